"""Japanese in seven bits (RFC 1468), with the extensions of Microsoft's programs.

Python's codecs know neither the circled numbers and company signs that these programs
use, nor how to continue after a damaged character.
"""

import re

_ESCAPE = re.compile(rb"(\x1b(?:\$[@B]|\$\([@BDOPQ]|\([BHIJ]))")
_RUNS = re.compile(rb"[\x21-\x7e]+|[^\x21-\x7e]+")
_DOUBLE = (
    b"\x1b$@",
    b"\x1b$B",
    b"\x1b$(@",
    b"\x1b$(B",
    b"\x1b$(O",
    b"\x1b$(P",
    b"\x1b$(Q",
)
# Longer text is decoded with Python's codec, which is faster.
MAX_BYTES = 1024 * 1024


def is_japanese(data):
    """Return whether bytes contain the escape sequences that switch to Japanese."""
    return b"\x1b" in data and bool(_ESCAPE.search(data))


def decode_japanese(data):
    """Decode Japanese text; a damaged part becomes a single replacement character."""
    try:
        return data.decode("iso2022_jp")
    except UnicodeError:
        if len(data) > MAX_BYTES:
            return data.decode("iso2022_jp_ext", "replace")
    pieces, mark = [], b"\x1b(B"
    for piece in _ESCAPE.split(data):
        if _ESCAPE.fullmatch(piece):
            mark = piece
        elif mark in _DOUBLE or mark == b"\x1b$(D":
            pieces += _decode_double(piece, supplement=mark == b"\x1b$(D")
        elif mark == b"\x1b(I":
            pieces.append(
                bytes(byte | 0x80 for byte in piece).decode("cp932", "replace")
            )
        else:
            pieces.append(piece.decode("ascii", "replace"))
    return "".join(pieces)


def _decode_double(piece, *, supplement):
    """Yield the text of characters of two bytes each, up to the end of a line."""
    line, end, rest = piece.partition(b"\n")  # RFC 1468: it ends there
    for run in _RUNS.findall(line):
        if not 0x21 <= run[0] <= 0x7E:
            yield run.decode("ascii", "replace")
            continue
        pairs = zip(run[::2], run[1::2], strict=False)
        if supplement:
            data = b"".join(bytes((0x8F, a | 0x80, b | 0x80)) for a, b in pairs)
            yield data.decode("euc_jp", "replace")
        else:
            yield b"".join(_shift(a, b) for a, b in pairs).decode("cp932", "replace")
        if len(run) % 2:
            yield "\ufffd"
    yield (end + rest).decode("ascii", "replace")


def _shift(first, second):
    """Return a character of JIS X 0208 in Shift_JIS."""
    lead = (first - 0x21 >> 1) + 0x81
    lead += 0x40 * (lead > 0x9F)
    if first % 2:
        return bytes((lead, second + 0x1F + (second >= 0x60)))
    return bytes((lead, second + 0x7E))
