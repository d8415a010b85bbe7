"""The headers of a mail, split into fields in linear time, whatever they contain."""

import email.policy
import itertools
import re
from email.errors import MessageError
from email.message import EmailMessage

from .fields import ADDRESS_FIELDS

# Errors of the standard library for headers of broken mails.
HEADER_ERRORS = (
    AttributeError,
    IndexError,
    LookupError,
    MessageError,
    RecursionError,
    TypeError,
    ValueError,
)
# Up to here every header line is examined; after it only fields that every mail has.
MAX_HEAD = 256 * 1024
MAX_FAR = 8 * 1024 * 1024
MAX_FIELDS = 500
# Fields that prove that a line still belongs to the headers.
KNOWN_FIELDS = ADDRESS_FIELDS | {
    "content-transfer-encoding",
    "content-type",
    "date",
    "in-reply-to",
    "message-id",
    "mime-version",
    "received",
    "references",
    "return-path",
    "subject",
}

_END = re.compile(rb"\r?\n\r?\n|\r\r")
# Servers put fields of theirs above a byte order mark.
_FIELD = re.compile(rb"(?:\xef\xbb\xbf)?([!-9;-~]{1,128})[ \t]*:[ \t]*")
_FAR_FIELD = re.compile(
    rb"\n("
    + "|".join(sorted(KNOWN_FIELDS)).encode()
    + rb")[ \t]{0,100}:[ \t]{0,100}([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
    re.IGNORECASE,
)
# What programs leave above the headers: a byte order mark, empty lines.
_ABOVE = re.compile(
    rb"(?:\xef\xbb\xbf|[ \t]{0,20}\r?\n){0,20}"
    rb"(?=(?:from|to|subject|date|received|return-path|message-id|delivered-to"
    rb"|mime-version)[ \t]{0,10}:)",
    re.IGNORECASE,
)


def read_head(raw, start=0, end=None):
    """Split the headers of a mail, or of a part, into fields.

    For Python's parser, a folded line without its leading blank ends the headers, and
    the fields after it are lost. Here it belongs to the field before it, if fields that
    every mail has come after it.

    :param bytes raw: contains the mail
    :param int start: position of its headers
    :param int end: end of the mail, by default the end of `raw`
    :return: `(fields, body)`: a list of (name, raw value as bytes), and the position of
        the body
    """
    end = len(raw) if end is None else end
    if not start:
        start = _ABOVE.match(raw).end() if _ABOVE.match(raw) else 0
    if raw[start : start + 1] in (b"\r", b"\n"):  # no headers at all
        return [], start + (2 if raw[start : start + 2] == b"\r\n" else 1)
    stop, body, near = _find_end(raw, start, end)
    lines = raw[start:near].splitlines(keepends=True)
    matches = [_FIELD.match(line) for line in lines]
    far = _read_far_fields(raw, near, stop, lines, matches) if near < stop else []
    last_known = len(lines) if far else _find_last_known(matches)
    fields, position = [], start
    for number, (line, match) in enumerate(zip(lines, matches, strict=True)):
        if match:
            fields.append((match[1].decode(), [line[match.end() :]]))
        elif fields and not line.strip() and _is_body(lines, matches, number + 1):
            body = position + len(line)  # the blank line has blanks in it
            break
        elif number == 0 and line.startswith((b"From ", b">From ")):
            pass  # the line above each mail of an mbox file
        elif fields and (line[:1] in b" \t" or number < last_known):
            fields[-1][1].append(line if line[:1] in b" \t" else b" " + line)
        elif number > last_known:
            body = position  # the blank line is missing
            break
        position += len(line)
    joined = [(name, b"".join(value)) for name, value in fields]
    return first_fields(joined + far, MAX_FIELDS), body


def _find_end(raw, start, end):
    """Return the end of the headers, the position of the body, and the end of the part
    that is examined closely."""
    near = min(end, start + MAX_HEAD)
    if found := _END.search(raw, start, near):
        return *found.span(), found.start()
    if near == end:
        return near, near, near
    # the beginning of the next line is enough to recognise it
    near = raw.rfind(b"\n", start, near) + 1 or near
    limit, marks = min(end, start + MAX_FAR), (b"\n\r\n", b"\n\n")
    ends = [(raw.find(mark, near - 1, limit), len(mark)) for mark in marks]
    stop, size = min((found for found in ends if found[0] >= 0), default=(near, 0))
    return stop, stop + size, near


def _is_body(lines, matches, number):
    """Return whether a line cannot be part of a head: neither a field nor folded."""
    return (
        number < len(lines) and not matches[number] and lines[number][:1] not in b" \t"
    )


def _find_last_known(matches):
    """Return the number of the last line with a field that every mail has."""
    return max(
        (
            number
            for number, match in enumerate(matches)
            if match and match[1].decode().lower() in KNOWN_FIELDS
        ),
        default=-1,
    )


def _read_far_fields(raw, start, stop, lines, matches):
    """Return the fields that every mail has, from after very many other fields.

    Only if everything before them looks like headers; otherwise it is the text of a
    mail.
    """
    for line, match in zip(lines[1:], matches[1:], strict=True):
        if not match and line[:1] not in b" \t":
            return []
    found = _FAR_FIELD.finditer(raw, start - 1, stop)
    return [
        (match[1].decode(), match[2]) for match in itertools.islice(found, MAX_FIELDS)
    ]


def looks_like_mail(raw):
    """Return whether there is any field that every mail has.

    :param bytes raw: what may be a mail
    """
    return any(name.lower() in KNOWN_FIELDS for name, _value in read_head(raw)[0])


def first_fields(fields, count):
    """Return the first fields of each kind, and all those that every mail has.

    :param list fields: of (name, raw value)
    :param int count: maximum number for each kind
    """
    known = [field for field in fields[count:] if field[0].lower() in KNOWN_FIELDS]
    return fields[:count] + known[:count]


def parse_headers(raw):
    """Parse the headers of a mail without its body.

    :param bytes raw: the mail
    :return: an `EmailMessage` without body, for `header_text`
    """
    message = EmailMessage(policy=email.policy.SMTP)
    for name, value in read_head(raw)[0]:
        message.set_raw(name, value.decode("ascii", "surrogateescape"))
    return message
