"""What a mail is known by, and what is kept of it. Plain Python, no database."""

import hashlib

from .reading.fields import CONTROL_CHARACTERS, header_text
from .reading.head import HEADER_ERRORS, parse_headers, read_head

__all__ = [
    "CONTROL_CHARACTERS",
    "HEADER_ERRORS",
    "header_text",
    "parse_headers",
    "plain_values",
    "stable_message_id",
]

# An index of PostgreSQL takes no longer text; RFC 5322, 2.1.1 allows 998 a line.
MAX_MESSAGE_ID = 998
# The headers that the sender's program writes once. `Received` and all that relays
# add differ between two deliveries of one mail.
IDENTIFYING_HEADERS = ("From", "To", "Cc", "Subject", "Date", "In-Reply-To")


def stable_message_id(raw, message=None):
    """Return the Message-ID of a mail, or one that its content always gives again.

    A mail without Message-ID (or with an endless one) that is delivered twice must be
    recognised, so the substitute is a hash of the body and of the headers of its
    author; `Received` and other headers of the way are left out.

    :param bytes raw: the mail
    :param EmailMessage message: its headers, when already parsed
    :return: an identifier in angle brackets as in RFC 5322, 3.6.4
    """
    message = message or parse_headers(raw)
    message_id = header_text(message, "Message-ID")
    if message_id and len(message_id) <= MAX_MESSAGE_ID:
        return message_id
    digest = hashlib.sha256()
    for name in IDENTIFYING_HEADERS:
        digest.update(f"{name}:{header_text(message, name)}\n".encode())
    body = raw[read_head(raw)[1] :]
    digest.update(body.replace(b"\r\n", b"\n").strip(b"\n"))
    return f"<{digest.hexdigest()}@no-message-id.invalid>"


def plain_values(values):
    """Return the values of a ticket as JSON holds them, to be kept and compared.

    :param dict values: as for `create`; commands of relations are tuples
    :rtype: dict
    """
    return {
        name: [list(command) for command in value]
        if isinstance(value, list | tuple)
        else value
        for name, value in sorted(values.items())
        if isinstance(value, (list, tuple, str, int, float, bool, type(None)))
    }
