"""The head of a mail: found, unfolded and decoded in linear time, whatever it holds."""

import email.policy
import itertools
import re
from email.errors import MessageError
from email.message import EmailMessage

from .addresses import split_addresses
from .words import decode_words

# What the standard library raises on headers of broken mail.
HEADER_ERRORS = (
    AttributeError,
    IndexError,
    LookupError,
    MessageError,
    RecursionError,
    TypeError,
    ValueError,
)
# PostgreSQL refuses NUL in text, and a line break in a header forges another header.
# The others turn the direction of text round, which makes `gpj.exe` of `exe.jpg`.
CONTROL_CHARACTERS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]+"
)
# What stands in a name only within quotes (RFC 5322, 3.2.3).
SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')
# So far every line of a head is looked at; behind it only fields that every mail has.
MAX_HEAD = 256 * 1024
MAX_FAR = 8 * 1024 * 1024
MAX_FIELDS = 500
# RFC 5322, 2.1.1 allows 998 characters a line; a value may be folded.
MAX_TEXT = 8 * 1024
MAX_ADDRESSES = 32 * 1024
MAX_NAME = 998
ADDRESS_FIELDS = {
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "bcc",
    "delivered-to",
    "resent-from",
    "resent-sender",
    "resent-to",
    "resent-cc",
}
# Fields by which a line is recognised as belonging to the head after all.
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
_FIELD = re.compile(rb"([!-9;-~]{1,128})[ \t]*:[ \t]*")
_FAR_FIELD = re.compile(
    rb"\n("
    + "|".join(sorted(KNOWN_FIELDS)).encode()
    + rb")[ \t]{0,100}:[ \t]{0,100}([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
    re.IGNORECASE,
)
_LINE_ENDS = re.compile(rb"[\r\n]+")
# What programs leave above a mail: a mark of UTF-8, empty lines.
_ABOVE = re.compile(
    rb"(?:\xef\xbb\xbf|[ \t]{0,20}\r?\n){0,20}"
    rb"(?=(?:from|to|subject|date|received|return-path|message-id|delivered-to"
    rb"|mime-version)[ \t]{0,10}:)",
    re.IGNORECASE,
)


def read_head(raw, start=0, end=None):
    """Split the head of a mail, or of a part, into its fields.

    A folded line without its leading blank ends the head for Python's own parser, and
    the fields behind it are lost. Here it belongs to the field above when fields that
    every mail has follow it.

    :param bytes raw: what holds the mail
    :param int start: where its head begins
    :param int end: where the mail ends, the end of `raw` by default
    :return: `(fields, body)`: a list of (name, raw value as bytes), and where the body
        begins
    """
    end = len(raw) if end is None else end
    if not start:
        start = _ABOVE.match(raw).end() if _ABOVE.match(raw) else 0
    if raw[start : start + 1] in (b"\r", b"\n"):  # no head at all
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
        elif number == 0 and line.startswith((b"From ", b">From ")):
            pass  # the line that a mailbox file has above each mail
        elif fields and (line[:1] in b" \t" or number < last_known):
            fields[-1][1].append(line if line[:1] in b" \t" else b" " + line)
        elif number > last_known:
            body = position  # the blank line is missing
            break
        position += len(line)
    joined = [(name, b"".join(value)) for name, value in fields]
    return first_fields(joined + far, MAX_FIELDS), body


def _find_end(raw, start, end):
    """Return where a head ends, where the body begins, and how far to look closely."""
    near = min(end, start + MAX_HEAD)
    if found := _END.search(raw, start, near):
        return *found.span(), found.start()
    if near == end:
        return near, near, near
    # what stands behind a whole line can be told from its beginning
    near = raw.rfind(b"\n", start, near) + 1 or near
    limit, marks = min(end, start + MAX_FAR), (b"\n\r\n", b"\n\n")
    ends = [(raw.find(mark, near - 1, limit), len(mark)) for mark in marks]
    stop, size = min((found for found in ends if found[0] >= 0), default=(near, 0))
    return stop, stop + size, near


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
    """Return the fields that every mail has, from behind very many others.

    Only when all that stands before looks like a head: else it is the text of a mail.
    """
    for line, match in zip(lines[1:], matches[1:], strict=True):
        if not match and line[:1] not in b" \t":
            return []
    found = _FAR_FIELD.finditer(raw, start - 1, stop)
    return [
        (match[1].decode(), match[2]) for match in itertools.islice(found, MAX_FIELDS)
    ]


def first_fields(fields, count):
    """Return the first fields, and of the others those that every mail has.

    :param list fields: of (name, raw value)
    :param int count: how many there may be of each kind
    """
    known = [field for field in fields[count:] if field[0].lower() in KNOWN_FIELDS]
    return fields[:count] + known[:count]


def clean_text(text):
    """Return a text in one line, without control characters and surrogates."""
    return CONTROL_CHARACTERS.sub(" ", text).strip()


def decode_value(name, value, charsets=None):
    """Return the value of a header field as text in one line.

    Bytes without a declared charset are recognised instead of lost.

    :param str name: the name of the field
    :param bytes value: as it stands in the mail, folded or not
    :param Charsets charsets: of the mail that it is from
    """
    if name.lower() in ADDRESS_FIELDS:
        return ", ".join(
            format_address(display, address)
            for display, address in parse_addresses(value, charsets)
        )
    return clean_text(decode_words(unfold(value, MAX_TEXT), charsets))


def parse_addresses(value, charsets=None):
    """Return the addresses of a field, each as (name, address), both as clean text.

    :param bytes value: as it stands in the mail, folded or not
    :param Charsets charsets: of the mail that it is from
    """
    value = unfold(value, MAX_ADDRESSES)
    if len(value) >= MAX_ADDRESSES:  # the last one may be cut
        value = value.rpartition(b",")[0]
    return [
        (clean_text(name)[:MAX_NAME], clean_text(address))
        for name, address in split_addresses(value, charsets)
    ]


def format_address(name, address):
    """Return name and address for people, quoted so that they are split again."""
    if not name:
        return address
    if not SPECIALS.search(name):
        return f"{name} <{address}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def unfold(value, limit):
    """Return a raw value without the line ends of its folding, and not too long.

    :param bytes value: as it stands in the mail
    :param int limit: of bytes
    """
    value = _LINE_ENDS.sub(b"", value.rstrip(b"\r\n"))
    if len(value) <= limit:
        return value
    value = value[:limit]
    # neither half a word nor half a character is left at the end
    start, end = value.rfind(b"=?"), value.rfind(b"?=")
    value = value[:start] if start > end else value
    return value.rpartition(b" ")[0] or value.decode("utf-8", "ignore").encode()


def parse_headers(raw):
    """Read the headers of a mail without touching its body.

    :param bytes raw: the mail
    :return: an `EmailMessage` without body, for `header_text`
    """
    message = EmailMessage(policy=email.policy.SMTP)
    for name, value in read_head(raw)[0]:
        message.set_raw(name, value.decode("ascii", "surrogateescape"))
    return message


def header_text(message, name, default=""):
    """Return a header decoded, in one line, without control characters.

    :param EmailMessage message: the mail
    :param str name: the header's name
    :param str default: what to return when the header is missing
    """
    name = name.lower()
    for key, value in message.raw_items():
        if key.lower() == name:
            raw = str(value).encode("utf-8", "surrogateescape")
            return decode_value(name, raw)
    return default
