"""The text of Outlook's rich text format, in linear time (E09).

It is compressed (MS-OXRTFCP), and often contains the html that the sender wrote
(MS-OXRTFEX): in this case the html is returned.
"""

import codecs
import re
import struct

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 500
# The initial dictionary of the compression.
DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern "
    rb"\fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0"
    b"\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
WINDOW = 4096
# Groups without text of the author.
HIDDEN = {
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "footnote",
    "annotation",
    "pntext",
    "nonshppict",
}
SIGNS = {
    "par": "\n",
    "line": "\n",
    "row": "\n",
    "sect": "\n\n",
    "page": "\n\n",
    "tab": "\t",
    "cell": "\t",
    "nestcell": "\t",
    "emdash": "—",
    "endash": "–",
    "emspace": "\u2003",
    "enspace": "\u2002",
    "bullet": "•",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "~": "\xa0",
    "_": "\u2011",
    "{": "{",
    "}": "}",
    "\\": "\\",
    "\n": "\n",
    "\r": "\n",
}
# The character set of a font, as a code page.
CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gb18030",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}

_TOKEN = re.compile(
    r"\\(?P<word>([a-zA-Z]{1,32})(-?\d{1,9})?) ?|(?P<bytes>(?:\\'[0-9a-fA-F]{2})+)"
    r"|\\(?P<sign>[^a-zA-Z'])|(?P<brace>[{}])|[\r\n\0]+|(?P<text>[^\\{}\r\n\0]+)|.",
    re.DOTALL,
)
_HEX = re.compile(r"\\'")


class BrokenRtf(ValueError):
    """It is not rich text, or it is too large."""


def unpack(data):
    """Return decompressed rich text (MS-OXRTFCP, 3.1.4).

    :param bytes data: compressed or not
    :rtype: bytes
    :raises BrokenRtf: if it cannot be decompressed
    """
    if data.startswith(rb"{\rtf"):
        return data
    if len(data) < 16:
        raise BrokenRtf
    _packed, size, kind, _check = struct.unpack_from("<II4sI", data)
    if size > MAX_BYTES:
        raise BrokenRtf
    if kind == b"MELA":
        return data[16 : 16 + size]
    if kind != b"LZFu":
        raise BrokenRtf
    return _unpack(data, size)


def _unpack(data, size):
    found = bytearray(DICTIONARY.rjust(WINDOW))
    position, size = 16, size + WINDOW
    while position < len(data) and len(found) < size:
        control = data[position]
        position += 1
        for bit in range(8):
            if not control >> bit & 1:
                found += data[position : position + 1]
                position += 1
                continue
            token = int.from_bytes(data[position : position + 2], "big")
            position += 2
            # the token refers to a position in a ring buffer of the text so far
            distance = (len(found) + len(DICTIONARY) - (token >> 4)) % WINDOW
            if not distance or position > len(data):
                return bytes(found[WINDOW:size])
            begin = len(found) - distance
            length = (token & 15) + 2
            piece = found[begin : begin + length]
            # it may overlap with what it writes
            found += (piece * length)[:length]
    return bytes(found[WINDOW:size])


def read_rtf(data):
    """Return the content of rich text.

    :param bytes data: compressed or not
    :return: `(kind, text)`: kind is `html` for html contained in it, or `plain`
    :raises BrokenRtf: if it is not rich text
    """
    data = unpack(data)
    if not data.startswith(rb"{\rtf") or len(data) > MAX_BYTES:
        raise BrokenRtf
    reader = _Reader(is_html=rb"\fromhtml" in data[:1000])
    reader.read_all(data.decode("latin-1"))
    return "html" if reader.is_html else "plain", reader.finish()


class _Reader:
    """Parses rich text from left to right."""

    def __init__(self, is_html):
        self.is_html = is_html
        self.parts = []
        self.waiting = bytearray()  # of one character set
        self.codec = self.default = "cp1252"
        self.fonts = {}
        self.font = None  # the one that the table of fonts describes
        self.hidden = self.htmlrtf = self.starred = False
        self.skip, self.after = (
            0,
            1,
        )  # number of fallback characters after a Unicode character
        self.groups = []

    def read_all(self, data):
        """Read all of it, up to the end of its group."""
        take = {
            "text": lambda text: self._take_bytes(text.encode("latin-1")),
            "bytes": lambda text: self._take_bytes(bytes.fromhex(_HEX.sub("", text))),
            "sign": self._take_sign,
            "brace": self._take_brace,
        }
        position = 0
        while found := _TOKEN.match(data, position):
            position, kind = found.end(), found.lastgroup
            if kind == "word":
                word, number = found[2], int(found[3] or 0)
                if word == "bin":
                    position += max(0, number)
                else:
                    self._take_word(word, number if found[3] else None)
            elif kind:
                take[kind](found[kind])
            if kind == "brace" and not self.groups:
                return

    def finish(self):
        """Return the text."""
        self._flush()
        text = "".join(self.parts)
        # characters above U+FFFF are surrogate pairs
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text.replace("\0", "")

    def _take_bytes(self, data):
        if self.skip:
            skipped = min(self.skip, len(data))
            self.skip -= skipped
            data = data[skipped:]
        if not (self.hidden or self.htmlrtf):
            self.waiting += data

    def _take_brace(self, brace):
        self._flush()
        self.skip, self.starred = 0, False
        if brace == "{":
            if len(self.groups) >= MAX_DEPTH:
                raise BrokenRtf
            self.groups.append((self.hidden, self.htmlrtf, self.codec, self.after))
        elif self.groups:
            self.hidden, self.htmlrtf, self.codec, self.after = self.groups.pop()

    def _take_sign(self, sign):
        if sign == "*":
            self.starred = True
        elif sign in SIGNS:
            self._write(SIGNS[sign])

    def _take_word(self, word, number):
        starred, self.starred = self.starred, False
        if word == "htmltag" and self.is_html:
            self._flush()
            self.htmlrtf = False
            self.codec = self.default
        elif starred or word in HIDDEN or word == "mhtmltag":
            self.hidden = True
        if word == "htmlrtf":
            self._flush()
            self.htmlrtf = self.is_html and number != 0
        elif word == "u" and number is not None:
            self._write(chr(number % 0x10000))
            self.skip = self.after
        elif word == "uc":
            self.after = min(max(0, number or 0), 10)
        elif word in SIGNS:
            self._write(SIGNS[word])
        else:
            self._take_charset(word, number)

    def _take_charset(self, word, number):
        if word == "ansicpg":
            self.default = self.codec = _find_codec(number)
        elif word == "f":
            self._flush()
            self.font = number
            self.codec = self.fonts.get(number, self.default)
        elif word == "fcharset" and self.hidden and number in CHARSETS:
            self.fonts[self.font] = CHARSETS[number]
        elif word == "plain":
            self._flush()
            self.codec = self.default

    def _write(self, text):
        self._flush()
        if not (self.hidden or self.htmlrtf):
            self.parts.append(text)

    def _flush(self):
        if self.waiting:
            self.parts.append(self.waiting.decode(self.codec, "replace"))
            self.waiting = bytearray()


def _find_codec(number):
    name = "utf-8" if number == 65001 else f"cp{number}"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
