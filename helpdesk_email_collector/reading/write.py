"""A mail rewritten so that any program can read it (E09)."""

import base64
import re
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import quote

from .charset import Charsets
from .fields import ADDRESS_FIELDS, decode_value, parse_addresses
from .head import HEADER_ERRORS, read_head
from .text_body import text_to_html

MAX_ADDRESSES = 300
MAX_REFERENCES = 100
MAX_BLOCKS = 50
# Odoo's own search for quoted lines takes quadratic time in their number.
MAX_QUOTES = 300
OWN_FIELDS = {
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "content-id",
    "content-description",
    "mime-version",
    "message-id",
}
ONCE = {"subject", "date", "in-reply-to", "references"}
# Of others, `font` or `chemical`, Python's parser knows no content; of `message` and
# `multipart` it would go into it.
FILE_TYPES = {"application", "audio", "image", "text", "video"}

_SAFE = re.compile(r"[ -~]*")
_SAFE_NAME = re.compile(r"[A-Za-z0-9 ._'-]*")
_SAFE_ID = re.compile(r"[!-;=?-~]{1,250}")
_REFERENCE = re.compile(r"<[^<>\s]{1,300}>")
_MESSAGE_ID = re.compile(
    r"<[\w!#$%&'*+/=?^`{|}~.-]{1,400}@[\w!#$%&'*+/=?^`{|}~.-]{1,400}>", re.ASCII
)
UNREADABLE_ID = "<unreadable@message-id.invalid>"
BOUNDARY = "=_helpdesk_part"
INNER = "=_helpdesk_text"


def write_head(fields, message_id, charsets=None):
    """Return the headers of a mail as bytes, one line per field.

    Everything is ASCII except for non-ASCII addresses, which have no other form (RFC
    6532).

    :param list fields: of (name, raw value)
    :param str message_id: the identifier of the mail
    :param Charsets charsets: of the mail
    :rtype: bytes
    """
    lines, seen = [], set()
    charsets = charsets or Charsets(b"\n".join(value for _name, value in fields))
    for name, value in fields:
        key = name.lower()
        if key in OWN_FIELDS or (key in ONCE and key in seen):
            continue
        seen.add(key)
        text = _write_value(key, value, charsets)
        if text or key == "return-path":
            lines.append(f"{name}: {text}")
    # an invalid one is stored all the same, but not shown in this copy of the mail
    readable = message_id if _MESSAGE_ID.fullmatch(message_id) else UNREADABLE_ID
    lines.append(f"Message-ID: {readable}")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n"


def _write_value(key, value, charsets):
    if key in ADDRESS_FIELDS:
        return _write_addresses(parse_addresses(value, charsets)[:MAX_ADDRESSES])
    text = decode_value(key, value, charsets)
    if key in ("references", "in-reply-to"):
        found = _REFERENCE.findall(text) or text.split()[:1]
        # the first is the oldest mail, the last ones are those that are answered
        kept = found[:1] + found[1:][-MAX_REFERENCES:]
        return _encode(" ".join(dict.fromkeys(kept)))
    if key == "date":
        return _write_date(text)
    return _encode(text)


def _write_date(text):
    try:
        return format_datetime(parsedate_to_datetime(text))
    except (*HEADER_ERRORS, OverflowError):
        return ""


def _write_addresses(addresses):
    """Return addresses with names that cannot be mistaken for syntax."""
    written = []
    for name, address in addresses:
        if not name:
            written.append(address)
        elif _SAFE_NAME.fullmatch(name):
            written.append(f'"{name}" <{address}>')
        else:
            written.append(f"{_word(name)} <{address}>")
    return ", ".join(written)


def _encode(text):
    """Return text for a header: unchanged, or as one encoded word."""
    return text if _SAFE.fullmatch(text) and "=?" not in text else _word(text)


def _word(text):
    return f"=?utf-8?b?{base64.b64encode(text.encode('utf-8', 'replace')).decode()}?="


def write_mail(content, message_id):
    """Return a parsed mail as bytes.

    :param Content content: of the mail
    :param str message_id: the identifier of the mail
    :rtype: bytes
    """
    head = write_head(content.fields, message_id, content.charsets)
    if content.type == "multipart/report" and content.report:
        return head + _write_report(content)
    body = _write_body(content)
    if not content.attachments:
        return head + b"MIME-Version: 1.0\r\n" + body
    files = [_write_file(attachment) for attachment in content.attachments]
    return head + b"MIME-Version: 1.0\r\n" + _multipart("mixed", [body, *files])


def _write_body(content):
    if content.html:
        html = _write_text("html", content.html)
        if not content.text.strip():
            return html
        return _multipart(
            "alternative", [_write_text("plain", content.text), html], INNER
        )
    if content.text.count("\n>") > MAX_QUOTES:
        return _write_text("html", text_to_html(content.text))
    return _write_text("plain", content.text)


def _write_text(subtype, text):
    return _write_part(f"text/{subtype}; charset=utf-8", text.encode("utf-8"))


def _write_file(attachment):
    kind = attachment.type
    if kind.startswith("text/"):
        # decoding and encoding with this charset keeps every byte
        kind += "; charset=iso-8859-1"
    elif kind.partition("/")[0] not in FILE_TYPES:
        kind = "application/octet-stream"
    disposition = "inline" if attachment.inline else "attachment"
    name = quote(attachment.name.encode("utf-8", "replace"), safe="")
    lines = [f"Content-Disposition: {disposition}; filename*=utf-8''{name}"]
    if _SAFE_ID.fullmatch(attachment.cid):
        lines.append(f"Content-ID: <{attachment.cid}>")
    return _write_part(kind, attachment.data, *lines)


def _write_part(kind, data, *lines):
    head = [f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", *lines]
    text = "\r\n".join([*head, "", ""]).encode("ascii", "replace")
    return text + base64.b64encode(data) + b"\r\n"


def _multipart(subtype, parts, boundary=BOUNDARY, parameters=""):
    mark = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"{parameters}\r\n'
    pieces = [head.encode()]
    pieces += [b"\r\n" + mark + b"\r\n" + part for part in parts]
    return b"".join([*pieces, b"\r\n", mark, b"--\r\n"])


def _write_report(content):
    """Write a report (RFC 6522) with the parts by which Odoo recognises a bounce."""
    parts = [_write_body(content)]
    for kind, data in content.report:
        if kind == "message/delivery-status":
            blocks = b"\r\n".join(_write_blocks(data, content.charsets))
            parts.append(b"Content-Type: message/delivery-status\r\n\r\n" + blocks)
        elif kind in ("message/rfc822", "text/rfc822-headers"):
            # from the beginning: Odoo searches for the Message-ID of the returned mail
            head = write_head(read_head(data)[0], _message_id(data), content.charsets)
            parts.append(b"Content-Type: text/rfc822-headers\r\n\r\n" + head)
    parameters = f'; report-type="{content.report_type}"'
    return b"MIME-Version: 1.0\r\n" + _multipart("report", parts, BOUNDARY, parameters)


def _write_blocks(data, charsets):
    """Yield the groups of fields of a delivery report, each as header lines."""
    position = 0
    for _number in range(MAX_BLOCKS):
        while data[position : position + 1] in (b"\r", b"\n"):
            position += 1
        if position >= len(data):
            return
        fields, position = read_head(data, position)
        lines = [
            f"{name}: {_encode(decode_value('', value, charsets))}"
            for name, value in fields
        ]
        yield ("\r\n".join(lines) + "\r\n").encode("ascii", "replace")


def _message_id(data):
    for name, value in read_head(data)[0]:
        if name.lower() == "message-id":
            return decode_value(name, value)
    return ""
