"""What a mail says, as text for a person who looks into the inbox. Plain Python."""

import email.policy
import re
from email.parser import BytesParser

from lxml import html
from lxml.etree import LxmlError

from .collected_mail import HEADER_ERRORS

# Enough to see what a mail is about; the whole of it is one click away.
MAX_BYTES = 5 * 1024 * 1024
MAX_TEXT = 100_000

_EMPTY_LINES = re.compile(r"\n\s*\n")


def readable_text(raw):
    """Return the text of a mail and the names of its attachments.

    Whatever cannot be read is left out: this is for looking only.

    :param bytes raw: the mail
    :return: `(text, names)`
    """
    try:
        message = BytesParser(policy=email.policy.default).parsebytes(raw[:MAX_BYTES])
        body = message.get_body(preferencelist=("plain", "html"))
        names = [
            part.get_filename() or part.get_content_type()
            for part in message.walk()
            if part.get_content_disposition() or part.get_filename()
        ]
        text = body.get_content()[:MAX_TEXT] if body is not None else ""
        if body is not None and body.get_content_subtype() == "html":
            text = _html_to_text(text)
    except (*HEADER_ERRORS, AssertionError, RecursionError):
        return raw[:MAX_TEXT].decode("utf-8", "replace"), []
    return text.strip(), names


def _html_to_text(text):
    """Return the visible text of html; by a parser: patterns can take for ever."""
    try:
        document = html.document_fromstring(text)
    except (LxmlError, ValueError):
        return ""
    for element in document.xpath("//head | //script | //style | //comment()"):
        element.drop_tree()
    for element in document.xpath("//br | //p | //div | //tr | //li"):
        element.tail = "\n" + (element.tail or "")
    return _EMPTY_LINES.sub("\n\n", document.text_content())
