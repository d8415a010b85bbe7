"""Encoded words of a head (RFC 2047), as programs write them, right or wrong.

The same charsets and aliases help here as in a body. Characters that are cut between
two words are put together again, bytes that should have been encoded are read.
"""

import base64
import binascii
import re

from .charset import Charsets, decode_bytes, find_codec

# Marks of our own, in the place of encoded words while the rest is looked at.
OPEN, CLOSE = "\ue000", "\ue001"
MARK = re.compile(f"{OPEN}([0-9]{{1,5}}){CLOSE}")

# The text of a word may hold a question mark, which is not allowed, but no other word.
_WORD = re.compile(
    rb"=\?([^?\s=]{1,60})\?([bBqQ])\?((?:[^?=]|\?(?!=)|=(?!\?))*(?:=(?=\?=))?)\?="
)
_PRIVATE = re.compile("[\ue000\ue001]")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")
_BLANK = re.compile(rb"\s*")


def decode_words(value, charsets=None):
    """Return a raw value as text, its encoded words decoded.

    :param bytes value: without line ends
    :param Charsets charsets: of the mail that it is from
    """
    text, words = split_words(value, charsets)
    return put_words(text, words)


def put_words(text, words):
    """Return a text with words in the place of the marks of `split_words`."""
    return MARK.sub(lambda mark: words[int(mark[1])], text) if words else text


def split_words(value, charsets=None):
    """Return the text of a value with marks for its encoded words, and the words.

    :param bytes value: without line ends
    :param Charsets charsets: of the mail that it is from
    :return: `(text, words)`; a mark holds the place of its word in the list
    """
    charsets = charsets or Charsets(value)
    end = value.rfind(b"?=") + 2 if b"=?" in value else 0
    pieces, words, position, run = [], [], 0, []
    for found in _WORD.finditer(value, 0, max(0, end)):
        between = value[position : found.start()]
        # what stands between two words counts only when it is more than a blank
        if run and not _BLANK.fullmatch(between):
            pieces.append(_mark(run, words, charsets))
            run = []
        if not run:
            pieces.append(_decode_rest(between, charsets))
        run.append(found.groups())
        position = found.end()
    if run:
        pieces.append(_mark(run, words, charsets))
    pieces.append(_decode_rest(value[position:], charsets))
    return "".join(pieces), words


def _decode_rest(value, charsets):
    text = value.decode() if _is_plain(value) else decode_bytes(value, None, charsets)
    return _PRIVATE.sub("", text)


def _is_plain(value):
    return value.isascii() and b"\x1b" not in value


def _mark(run, words, charsets):
    """Remember what words that follow each other say; return the mark for it."""
    groups = []
    for word in run:
        name = word[0].partition(b"*")[0].decode("latin-1").lower()  # RFC 2231, 5
        if not groups or groups[-1][0] != name:
            groups.append((name, []))
        groups[-1][1].append(word)
    texts = [
        decode_bytes(_decode_payloads(group, name), name, charsets)
        for name, group in groups
    ]
    words.append(_PRIVATE.sub("", "".join(texts)))
    return f"{OPEN}{len(words) - 1}{CLOSE}"


def _decode_payloads(group, name):
    """Return the bytes of words in one charset; a character may be cut between them."""
    pieces = []
    for _charset, encoding, payload in group:
        quoted = encoding in b"qQ"
        payload = payload if quoted else _NO_BASE64.sub(b"", payload)
        pieces.append((quoted, payload))
    data = b"".join(map(_decode_payload, pieces))
    if len(pieces) > 1 and not any(quoted for quoted, _payload in pieces):
        whole = _decode_base64(b"".join(payload for _quoted, payload in pieces))
        # some programs cut the code, not what it stands for
        if not _is_valid(data, name) and _is_valid(whole, name):
            return whole
    return data


def _decode_payload(piece):
    quoted, payload = piece
    return _decode_quoted(payload) if quoted else _decode_base64(payload)


def _is_valid(data, name):
    try:
        return bool(data.decode(find_codec(name) or "utf-8"))
    except (UnicodeError, ValueError):
        return False


def _decode_base64(payload):
    payload = payload.partition(b"=")[0]
    payload = payload[: len(payload) - (len(payload) % 4 == 1)]  # half a byte
    try:
        return base64.b64decode(payload + b"=" * (-len(payload) % 4))
    except (binascii.Error, ValueError):
        return payload


def _decode_quoted(payload):
    payload = payload.replace(b"_", b" ")
    return _QUOTED.sub(lambda code: bytes.fromhex(code[1].decode()), payload)
