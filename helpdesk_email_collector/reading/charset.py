"""Decoding bytes with the declared charset, or with the one that fits best."""

import codecs
import re
from dataclasses import dataclass

from .charset_guess import guess_charset, is_mislabelled, is_written
from .charset_japanese import decode_japanese, is_japanese

# What programs write -> what they mean, mostly the larger set of the same family
# (as the WHATWG's Encoding Standard has it).
LARGER = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "johab": "cp949",
    "shift_jis": "cp932",
    "tis-620": "cp874",
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
}
NAMES = {
    "x-gbk": "gb18030",
    "gb-2312-80": "gb18030",
    "csgb2312": "gb18030",
    "euc-cn": "gb18030",
    "cp936": "gb18030",
    "cn-big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "csbig5": "big5hkscs",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "ks-c-5601-1987": "cp949",
    "ks-c-5601": "cp949",
    "ksc5601": "cp949",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "x-sjis": "cp932",
    "x-ms-cp932": "cp932",
    "windows-31j": "cp932",
    "cp31j": "cp932",
    "sjis": "cp932",
    "x-euc-jp": "euc_jp",
    "cseucpkdfmtjapanese": "euc_jp",
    "cp51932": "euc_jp",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "csiso2022jp": "iso2022_jp_ext",
    "x-windows-iso2022jp": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp50222": "iso2022_jp_ext",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ukrainian": "mac_cyrillic",
    "x-mac-greek": "mac_greek",
    "x-mac-turkish": "mac_turkish",
    "x-mac-ce": "mac_latin2",
    "koi8-ru": "koi8_u",
    "koi8": "koi8_r",
    "ansi": "cp1252",
}
JAPANESE = ("iso2022_jp",)
_KOREAN = b"\x1b$)C"  # stands above a text of seven bits (RFC 1557)

_ONE_BYTE = ("cp125", "cp437", "cp85", "cp86", "iso8859", "koi8", "mac", "latin")
_WIDE = ("utf-16", "utf-32")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_WINDOWS = re.compile(r"(?:x-)?(?:windows|window|win|cp|ibm|dos)-?(\d{3,4})\b.*")
_ISO = re.compile(r"(?:x-)?iso-?8859-?(\d{1,2})\b.*")
_JUNK = re.compile(r"[;,\s]")
_DECLARED = re.compile(
    rb"(?i)\bcharset\*?\s?=\s?(?:3D)?[\"']?([a-z][\w.:+-]{1,40})"
    rb"|=\?([a-z][\w.:+-]{1,40})\?[bq]\?"
)
_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
MAX_LOOK = 256 * 1024
MAX_HINTS = 20
# For how many parts of one mail a charset may be guessed; guessing
# takes its time, and the others are taken for the same.
MAX_GUESSES = 30
# How much of a text may be damaged for its charset to be believed, one character in …
INTACT = 20


@dataclass
class Charsets:
    """The charsets of one mail: those declared in it, and one that was guessed.

    :param bytes raw: the mail
    """

    raw: bytes = b""
    hints: set | None = None
    guesses: int = 0
    last: str = "cp1252"

    def guess(self, data, codec=None):
        """Return the codec for bytes that are invalid in their declared charset."""
        if self.guesses < MAX_GUESSES:
            self.guesses += 1
            found = guess_charset(data, self._get_hints() | {codec})
            self.last = found or codec or self.last
        return self.last

    def _get_hints(self):
        """Return the unusual codecs declared anywhere in the mail."""
        if self.hints is None:
            found = _DECLARED.findall(self.raw, 0, MAX_LOOK)
            names = dict.fromkeys(first or second for first, second in found)
            codecs_ = (find_codec(name.decode()) for name in list(names)[:MAX_HINTS])
            self.hints = {codec for codec in codecs_ if codec} - {"utf-8", "cp1252"}
            if any(codec.startswith(JAPANESE) for codec in self.hints):
                self.hints |= {"cp932", "euc_jp"}
        return self.hints


def decode_bytes(data, declared=None, charsets=None):
    """Decode bytes; guess the charset if the declared one is impossible.

    :param bytes data: what to decode
    :param str declared: the charset that the mail names, or None
    :param Charsets charsets: of the mail
    :rtype: str
    """
    return clean_body(_decode(data, find_codec(declared), charsets or Charsets()))


def _decode(data, codec, charsets):
    if data.isascii() and is_japanese(data):
        return decode_japanese(data)
    if _KOREAN in data and data.isascii():
        return data.decode("iso2022_kr", "replace")
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return data.decode(name, "replace")
    # What is valid as UTF-8 is UTF-8, whatever its label: any bytes are valid in
    # charsets of one byte, most in others, where few characters may be valid as both.
    unlikely = codec and (
        codec.startswith(_ONE_BYTE)
        or (codec.startswith(_WIDE) and b"\0" not in data)
        or not is_written(data, codec)
    )
    candidates = ["utf-8", codec] if unlikely else [codec or "utf-8", "utf-8"]
    for candidate in candidates:
        if candidate == codec and is_mislabelled(data, codec):
            break
        try:
            return data.decode(candidate)
        except (UnicodeError, ValueError):
            if is_mostly(data, candidate, strict=codec != "utf-8"):
                return data.decode(candidate, "replace")
    return data.decode(charsets.guess(data, codec), "replace")


def is_mostly(data, codec, *, strict):
    """Return whether bytes are text in a charset, apart from a few damaged ones.

    :param bytes data: not valid as a whole
    :param str codec: the charset
    :param bool strict: allow less damage, because the charset was not declared
    :rtype: bool
    """
    if codec.startswith(_ONE_BYTE):
        return False  # nearly everything is valid there
    try:
        text = data.decode(codec, "replace")
    except (UnicodeError, ValueError):  # some codecs cannot skip damaged bytes
        return False
    ascii_only = len(text.encode("ascii", "ignore"))
    invalid = text.count("\ufffd")
    valid = len(text) - ascii_only - invalid
    if codec != "utf-8":
        return invalid * INTACT <= max(valid, INTACT - 1) or (
            invalid == 1 and valid > 3
        )
    if invalid == 1 and not valid and not strict:
        return _ends_within(data)
    return bool(valid) and invalid * (4 if strict else 1) <= valid


def _ends_within(data):
    """Return whether UTF-8 text ends within a character that is not a Western
    letter."""
    tail = data[-3:].lstrip(bytes(range(128)))
    return len(tail) > 1 or tail in (b"\xc2", b"\xc3")


def clean_body(text):
    """Return text with LF line ends, without characters that a database refuses."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return _NO_TEXT.sub("", text)


def find_codec(declared):
    """Return the codec for the name of a charset, None if it is not one for text.

    :param str declared: as a mail names it
    :rtype: str
    """
    name = (declared or "").strip("'\" \t").lower().replace("_", "-")
    codec = _look_up(name.replace(" ", "-")) or _look_up(_JUNK.split(name)[0])
    # base64, zlib and others are codecs too, but not of text
    if not codec or not getattr(codec, "_is_text_encoding", True):
        return None
    name = LARGER.get(codec.name, codec.name)
    return None if name in ("idna", "punycode") else name


def _look_up(name):
    name = _WINDOWS.sub(r"cp\1", _ISO.sub(r"iso8859-\1", name))
    try:
        return codecs.lookup(NAMES.get(name, name))
    except (LookupError, ValueError):
        return None
