"""Whose address a mail gives as its author. Plain Python, no database."""

import contextlib
import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import getaddresses

MAX_HEADER = 2000
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]+")
BRACKETS = re.compile(r"<([^<>\s]+@[^<>\s]+)>")


@dataclass(frozen=True)
class Sender:
    """The author that a mail names; `doubt` says why that name is not to be trusted.

    `several`: the mail names several authors, in one From or in several (RFC 5322
    allows it, with a Sender; what shows them as one person is an attempt to deceive).
    `reply_to`: it names nobody, and the address comes from Reply-To.
    """

    name: str = ""
    address: str = ""
    doubt: str = ""


def sender_of(message):
    """Return who wrote a mail, by the address only, never by the name (rel-D3).

    :param EmailMessage message: the mail
    :rtype: Sender
    """
    lines = _lines(message, "from")
    authors = [author for line in lines for author in _addresses(line)]
    if len(lines) > 1 or len(authors) > 1:
        by = [one for line in _lines(message, "sender") for one in _addresses(line)]
        return Sender(*(by or authors or [("", "")])[0], doubt="several")
    if authors:
        return Sender(*authors[0])
    answers = [one for line in _lines(message, "reply-to") for one in _addresses(line)]
    return Sender(*answers[0], doubt="reply_to") if len(answers) == 1 else Sender()


def _lines(message, header):
    """Return a header as it stands in the mail: what is decoded may hold brackets."""
    return [
        str(value).encode("utf-8", "replace").decode("utf-8")[:MAX_HEADER]
        for name, value in message.raw_items()
        if name.lower() == header
    ]


def _decoded(text):
    """Return a name decoded; one that cannot be is shown as it stands in the mail."""
    with contextlib.suppress(HeaderParseError, LookupError, ValueError):
        text = str(make_header(decode_header(text)))
    return CONTROL_CHARACTERS.sub(" ", text).strip()


def _addresses(text):
    """Return (name, address) of each author in a header.

    `boss@example.com <evil@example.net>` is one: what stands before the only brackets
    is a name, with or without quotes.
    """
    brackets = BRACKETS.findall(text)
    head, _bracket, tail = text.partition("<")
    if len(brackets) == 1 and not tail.partition(">")[2].strip() and "," not in head:
        return [(_decoded(head.strip().strip('"')), brackets[0].lower())]
    return [
        (_decoded(name), address.lower())
        for name, address in getaddresses([text])
        if address.partition("@")[0] and address.partition("@")[2]
    ]
