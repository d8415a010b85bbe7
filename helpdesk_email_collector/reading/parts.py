"""The parts of a mail, by their boundaries: exact bytes, linear time, no recursion.

The parser of the standard library recurses, fails on unusual headers and parses
attached mails; for a mail that may be hostile, the structure is read from the bytes.
"""

import binascii
import re
from dataclasses import dataclass, field
from email.message import Message
from email.utils import unquote

from .charset import Charsets, decode_bytes
from .fields import clean_text, decode_value, put_words, split_words, unfold
from .head import HEADER_ERRORS, read_head

MAX_PARTS = 5_000
# Each level is searched again, so bytes times levels are limited.
MAX_SCANNED = 400 * 1024 * 1024
MAX_PARAMETERS = 4_096
MAX_LINE = 998
# What some programs write instead of multipart types.
SHORT_TYPES = {"pdf": "application/pdf", "html": "text/html"}
MAX_NAME = 180  # file systems allow 255 bytes

_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+)(?=$|[\s,])")
_FIRST_BOUNDARY = re.compile(rb"(?m)^--([^\r\n]{1,200}?)[ \t]*\r?$")
_LINE_END = re.compile(rb"((--)?[ \t]{0,200}\r?)(?:\n|\Z)")
_FOREIGN = re.compile(rb"[^A-Za-z0-9+/=]")
_NOT_OF_BASE64 = bytes(byte for byte in range(256) if _FOREIGN.match(bytes([byte])))
MAX_PIECES = 2_000
# The end of a continued line, and blanks that a server appended.
_SOFT_END = re.compile(rb"=[ \t]{1,1000}(?=\r?\n)")
# Where base64 may end, and what shows that something else follows it.
_BASE64_ENDS = re.compile(rb"=[ \t]*\r?\n|\n[ \t]*\r?\n")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s]")
MAX_FOOTER = 5_000
# An encoded word that goes on in the next piece of a name (RFC 2231, 3).
_CUT_WORD = re.compile(
    rb"(=\?[\w-]{1,60}\?[bq]\?(?:(?!\?=)[^\"]){0,1000})"
    rb"\"\s*;\s*(?:file)?name\*\d{1,2}\s*=\s*\"",
    re.IGNORECASE,
)
_PATH = re.compile(r"[\\/]")


@dataclass
class Part:
    """One part of a mail, or the whole mail.

    :param list fields: of (name, raw value)
    :param tuple span: start and end of its body
    :param Charsets charsets: of the mail
    :param list children: its parts, for a multipart
    """

    fields: list
    span: tuple
    default_type: str = "text/plain"
    charsets: Charsets = field(default_factory=Charsets)
    children: list = field(default_factory=list)
    params: Message = field(init=False)
    words: dict = field(default_factory=dict)
    type: str = field(init=False)
    # whether the type is not understood, and this is the default of RFC 2045
    is_guess: bool = False

    def __post_init__(self):
        self.params = Message()
        for name in ("Content-Type", "Content-Disposition"):
            # the content of an encoded word is not syntax of the field
            value = _CUT_WORD.sub(rb"\1", unfold(self._raw(name), MAX_PARAMETERS))
            text, self.words[name.lower()] = split_words(value, self.charsets)
            # `set_raw` has no check that could fail
            self.params.set_raw(name, clean_text(text))
        self.type = self._get_type()

    def _raw(self, name):
        name = name.lower()
        return next((value for key, value in self.fields if key.lower() == name), b"")

    def header(self, name):
        """Return a decoded header field of this part, "" if it is missing."""
        return decode_value("", self._raw(name), self.charsets)

    def _get_type(self):
        text = self.params["Content-Type"].partition(";")[0].strip(" \"'").lower()
        if text in SHORT_TYPES:
            return SHORT_TYPES[text]
        if found := _TYPE.match(text):  # the semicolon after it may be missing
            return found[1]
        self.is_guess = bool(text)
        # RFC 2045, 5.2: unknown types are plain text, unless they have a file name
        named = text and (self.filename or self.is_attachment)
        return "application/octet-stream" if named or "*" in text else self.default_type

    @property
    def is_multipart(self):
        """Whether it contains parts."""
        return self.type.startswith("multipart/")

    @property
    def is_attachment(self):
        """Whether it is declared not to be displayed."""
        disposition = self.params["Content-Disposition"]
        return disposition.strip().lower().startswith("attachment")

    def parameter(self, name, header="content-type"):
        """Return a parameter of a header field, "" if it is missing or invalid.

        :param str name: of the parameter
        :param str header: of the field, in lower case
        :rtype: str
        """
        try:
            found = self.params.get_params([], header) or []
            values = [value for key, value in found if key.lower() == name]
            # there may be the real name beside one in ASCII
            extended = (value for value in values if isinstance(value, tuple))
            value = next(extended, values[0] if values else "")
            if isinstance(value, tuple):  # RFC 2231: charset, language, text
                data = unquote(value[2]).encode("latin-1")
                return clean_text(decode_bytes(data, value[0], self.charsets))
        except UnicodeError:
            value = value[2]  # declared as encoded, but it is not
        except HEADER_ERRORS:
            return ""
        return clean_text(put_words(unquote(str(value)), self.words[header]))

    @property
    def filename(self):
        """The file name without a path, "" if there is none."""
        name = self.parameter("filename", "content-disposition")
        name = name or self.parameter("name")
        # the closing quotation mark may be missing
        return clean_filename(name.removeprefix('"') if name.count('"') == 1 else name)

    @property
    def content_id(self):
        """The Content-ID by which html refers to this part."""
        return self.header("Content-ID").strip("<> ")[:250]

    def decode(self, raw):
        """Return the content, without its transfer encoding.

        :param bytes raw: the mail
        """
        body = raw[slice(*self.span)]
        # a parameter or a comment may follow, though it is not allowed
        encoding = re.split(r"[;(]", self.header("Content-Transfer-Encoding"))[0]
        encoding = encoding.strip(" \"'").lower()
        if encoding not in ("base64", "quoted-printable", "x-uuencode", "uuencode"):
            return body
        if encoding == "base64":
            if _is_plain(body):
                return body
            return _decode_base64(_without_footer(body))
        if encoding == "quoted-printable":  # RFC 2045, 6.7, rule 3
            body = _SOFT_END.sub(b"=", body)
        message = Message()
        message["Content-Transfer-Encoding"] = encoding
        message.set_payload(body.decode("ascii", "surrogateescape"))
        try:
            return message.get_payload(decode=True)
        except HEADER_ERRORS:
            return body


def _without_footer(body):
    """Return base64 without the text that a scanner or a list appended."""
    if not _NO_BASE64.search(body, max(0, len(body) - MAX_FOOTER)):
        return body
    end = _BASE64_ENDS.search(body, len(body) - len(body.lstrip()))
    return body[: end.end()] if end and _NO_BASE64.search(body, end.end()) else body


def _decode_base64(body):
    """Decode base64 as far as possible.

    It may end within a group of characters, and programs concatenate separately encoded
    pieces, each with its own padding.
    """
    found, waiting = [], b""
    for piece in body.translate(None, _NOT_OF_BASE64).split(b"=", MAX_PIECES):
        waiting += piece.replace(b"=", b"")  # the last one may contain more
        if len(waiting) % 4 in (2, 3):  # otherwise it is not padding
            found.append(_decode_piece(waiting))
            waiting = b""
    return b"".join([*found, _decode_piece(waiting)])


def _decode_piece(piece):
    piece = piece[: len(piece) - (len(piece) % 4 == 1)]  # an incomplete byte is dropped
    return binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))


def _is_plain(body):
    """Return whether data declared as base64 was never encoded, by its first line."""
    first = body[:MAX_LINE].strip().splitlines()[:1]
    return len(_FOREIGN.findall(first[0].strip())) > 2 if first else False


def clean_filename(name):
    """Return a file name of limited length, without path and control characters."""
    name = _PATH.split(clean_text(name))[-1].strip(" .")
    if len(name) > MAX_NAME:
        stem, dot, extension = name.rpartition(".")
        keep = MAX_NAME - len(extension) - 1
        name = f"{stem[:keep]}.{extension}" if dot and keep > 20 else name[:MAX_NAME]
    return name


def read_parts(raw, charsets=None):
    """Return a mail as a `Part` with all its parts below it.

    Attached mails are parts without children.

    :param bytes raw: the mail
    :param Charsets charsets: of the mail, if known already
    :return: `(part, complete)`; not complete if there were too many parts
    """
    fields, body = read_head(raw)
    charsets = charsets or Charsets(raw)
    root = Part(fields, (body, len(raw)), charsets=charsets)
    waiting, count, scanned = [root], 1, 0
    while waiting:
        part = waiting.pop()
        if not part.is_multipart:
            continue
        start, end = part.span
        scanned += end - start
        if count >= MAX_PARTS or scanned > MAX_SCANNED:
            return root, False
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for first, last in _split(raw, part)[: MAX_PARTS - count]:
            head, body = read_head(raw, first, last)
            span = (min(body, last), last)
            part.children.append(Part(head, span, default, charsets))
        count += len(part.children)
        if not part.children:
            part.type = "text/plain"  # shown unchanged if there is no boundary at all
        waiting += part.children
    return root, count < MAX_PARTS


def _split(raw, part):
    """Return start and end of each part of a multipart."""
    start, end = part.span
    boundary = part.parameter("boundary").encode("utf-8", "replace")
    spans = _split_by(raw, boundary, start, end) if boundary else []
    if not spans and (found := _FIRST_BOUNDARY.search(raw, start, end)):
        # the boundary is missing or wrong: the first line that looks like one
        spans = _split_by(raw, found[1].removesuffix(b"--"), start, end)
    return spans


def _split_by(raw, boundary, start, end):
    spans, begin = [], None
    for first, last, closing in _delimiters(raw, b"--" + boundary, start, end):
        if begin is not None:
            stop = first - 1  # the line end belongs to the delimiter
            if raw[stop - 1 : stop] == b"\r":
                stop -= 1
            spans.append((begin, max(begin, stop)))
        if closing:
            return spans
        begin = min(last + 1, end)
    if begin is not None and begin < end:
        spans.append((begin, end))  # never closed
    return spans


def _delimiters(raw, mark, start, end):
    """Yield (start, end, whether it closes) of the delimiter lines."""
    position = start
    while (first := raw.find(mark, position, end)) >= 0:
        position = first + len(mark)
        if first > start and raw[first - 1] not in b"\r\n":
            continue
        found = _LINE_END.match(raw, position, end)
        if found:
            yield first, found.end(1), bool(found[2])
