"""A mail prepared for display: sanitized, complete, and fast. Plain Python.

Nothing in a mail may run in the reader's browser or contact its sender: active content
is removed, and images from other servers are left out, because loading them tells the
sender who read the mail and when.
"""

import base64
import email.policy
from dataclasses import dataclass, field
from email.parser import BytesParser

from lxml import etree, html
from markupsafe import Markup

from odoo.tools.mail import html_sanitize

from .reading.fields import CONTROL_CHARACTERS
from .reading.head import HEADER_ERRORS

MAX_TEXT = 500_000
PLAIN = "white-space: pre-wrap; font: inherit"
MAX_PARTS = 1000
# Larger embedded images are listed as attachments only.
MAX_INLINE = 2 * 1024 * 1024
# Image types that cannot contain scripts; SVG can.
INLINE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
READ_ERRORS = (*HEADER_ERRORS, AssertionError, MemoryError)


@dataclass
class MailContent:
    """The content of one mail, for display."""

    body: Markup = field(default_factory=Markup)
    is_html: bool = False
    attachments: list = field(default_factory=list)  # of {index, name, type, size}
    blocked_images: int = 0


def read_content(raw):
    """Return the content of a mail with sanitized html.

    What cannot be read is left out: this is for display only, and the original can be
    downloaded.

    :param bytes raw: the mail
    :rtype: MailContent
    """
    content = MailContent()
    message = _parse(raw)
    if message is None:
        content.body = _as_html(raw[:MAX_TEXT].decode("utf-8", "replace"))
        return content
    body = _find_body(message)
    parts = _get_files(message, body)
    content.attachments = [
        {"index": index, "name": _name(part, index), "type": _type(part), "size": size}
        for index, part, size in parts
    ]
    text = _text(body) if body is not None else ""
    if body is not None and body.get_content_type() == "text/html":
        content.is_html = True
        pictures = {_content_id(part): part for _index, part, _size in parts}
        content.body, content.blocked_images = _make_safe(text, pictures)
    else:
        content.body = _as_html(text)
    return content


def read_attachment(raw, index):
    """Return one file of a mail.

    :param bytes raw: the mail
    :param int index: as in `MailContent.attachments`
    :return: `(name, bytes)`, or None if there is no such file
    """
    message = _parse(raw)
    if message is None:
        return None
    for number, part, _size in _get_files(message, _find_body(message)):
        if number == index:
            return _name(part, index), _payload(part)
    return None


def _parse(raw):
    try:
        return BytesParser(policy=email.policy.default).parsebytes(raw)
    except (*READ_ERRORS, RecursionError):
        return None


def _find_body(message):
    try:
        return message.get_body(preferencelist=("html", "plain"))
    except (*READ_ERRORS, RecursionError):
        return None


def _get_files(message, body):
    """Return `(index, part, size)` of all parts that are neither containers nor the
    text."""
    found = []
    try:
        for index, part in enumerate(_walk(message)):
            is_text = part.get_content_maintype() == "text"
            named = part.get_filename() or part.is_attachment()
            if part is not body and (named or not is_text):
                found.append((index, part, len(_payload(part))))
            if index >= MAX_PARTS:
                break
    except READ_ERRORS:
        return found
    return found


def _walk(message):
    """Yield the parts of a mail, not those of attached mails."""
    stack = [message]
    while stack:
        part = stack.pop()
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            stack.extend(reversed(part.get_payload()))
        else:
            yield part


def _payload(part):
    try:
        if part.get_content_type() == "message/rfc822":
            return part.get_payload(0).as_bytes()
        return part.get_payload(decode=True) or b""
    except READ_ERRORS:
        return b""


def _name(part, index):
    try:
        name = part.get_filename()
    except READ_ERRORS:
        name = None
    name = CONTROL_CHARACTERS.sub(" ", str(name or "")).replace("\\", "/")
    name = name.rpartition("/")[2].strip()  # never a path on the reader's computer
    suffix = ".eml" if _type(part) == "message/rfc822" else ""
    return name[:200] or f"attachment-{index}{suffix}"


def _type(part):
    return part.get_content_type()


def _content_id(part):
    try:
        return str(part.get("Content-ID") or "").strip().strip("<>")
    except READ_ERRORS:
        return ""


def _text(part):
    try:
        return part.get_content()[:MAX_TEXT]
    except READ_ERRORS:
        return _payload(part)[:MAX_TEXT].decode("utf-8", "replace")


def _as_html(text):
    return Markup('<pre style="%s">%s</pre>') % (PLAIN, text.strip())


def _make_safe(text, pictures):
    """Return the html of a mail without active content and external images.

    :param str text: the html
    :param dict pictures: parts by Content-ID
    :return: `(Markup, number of images left out)`
    """
    try:
        # Parsed first, because the sanitizer's patterns are very slow on broken html.
        text = html.tostring(html.document_fromstring(text), encoding="unicode")
        safe = html_sanitize(text, sanitize_attributes=True, sanitize_style=True)
        document = html.fragment_fromstring(str(safe), create_parent="div")
    except (etree.LxmlError, ValueError, RecursionError):
        return _as_html(text), 0
    blocked = 0
    for image in document.iter("img"):
        source = (image.get("src") or "").strip()
        if source.lower().startswith("cid:"):
            image.set("src", _inline(pictures.get(source[4:])))
        elif not source.lower().startswith("data:image/"):
            image.attrib.pop("src", None)
            blocked += 1
        image.attrib.pop("srcset", None)
    for text in document.iter("pre"):
        text.set("style", PLAIN)
    for link in document.iter("a"):
        link.set("target", "_blank")
        link.set("rel", "noopener noreferrer nofollow")
    return Markup(html.tostring(document, encoding="unicode")), blocked


def _inline(part):
    """Return an embedded image as a data URL."""
    if part is None or _type(part) not in INLINE_TYPES:
        return ""
    data = _payload(part)
    if len(data) > MAX_INLINE:
        return ""
    return f"data:{_type(part)};base64,{base64.b64encode(data).decode()}"
