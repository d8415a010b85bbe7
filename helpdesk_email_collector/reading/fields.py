"""Decoding header fields: text and addresses, in linear time, whatever they contain.

Encoded words (RFC 2047) are decoded the way programs write them, right or wrong, with
the same charsets and aliases as in a body. Characters that are split between two words
are joined, and bytes that should have been encoded are decoded.

For each address the result is the address that is meant or none, never a part of one
(rel-D3). `getaddresses` of the standard library gives up on a whole field because of
one character, and returns a part of what it does not understand.
"""

import base64
import binascii
import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from .charset import Charsets, decode_bytes, find_codec

# PostgreSQL refuses NUL, and a line break in a header could forge another header.
# The others reverse the direction of text, which makes `exe.jpg` look like `gpj.exe`.
CONTROL_CHARACTERS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]+"
)
# Characters that are allowed in a name only within quotes (RFC 5322, 3.2.3).
SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')
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
# Marks that replace encoded words while the rest is parsed.
OPEN, CLOSE = "\ue000", "\ue001"
MARK = re.compile(f"{OPEN}([0-9]{{1,5}}){CLOSE}")

# The text of a word may hold a question mark, which is not allowed, but no other word.
_ENCODED = re.compile(
    rb"=\?([^?\s=]{1,60})\?([bBqQ])\?((?:[^?=]|\?(?!=)|=(?!\?))*(?:=(?=\?=))?)\?="
)
_MARKS = re.compile("[\ue000\ue001]")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_BLANKS = re.compile(rb"\s*")
# Longer than RFC 5321, 4.5.3.1 allows, because some programs put numbers into them.
MAX_LOCAL = 250
MAX_DOMAIN = 255
SEPARATORS = ",;"
MAX_COMMAS = 5  # in a name
# How many unclosed brackets are searched for; more of them are taken as text.
MAX_BROKEN = 20

_CLOSED = {
    '"': re.compile(r'"(?:[^"\\]|\\.)*"'),
    "<": re.compile(r'<(?:[^<>"]|"[^"<>]*")*>'),
}
_PARENTHESIS = re.compile(r"[()]")
_WORD = re.compile(r'[^\s,;:<>"()]+')
_ESCAPED = re.compile(r"\\(.)")
_COMMENT = re.compile(r"\([^()]*\)")
# An address in brackets other than those of the standard, also escaped as in html.
_OPEN, _CLOSE = "[\\[({（«‹〈《＜]|&lt;", "[\\])}）»›〉》＞]|&gt;"
_NONE = r"\s@<>\[\](){}（）«»‹›〈〉《》＜＞&"
_OTHER_BRACKETS = re.compile(
    rf"(?:{_OPEN})\s{{0,9}}((?:(?:mailto|smtp)\s{{0,9}}:\s{{0,9}})?"
    rf"[^{_NONE}]{{1,{MAX_LOCAL}}}@[^{_NONE}]{{1,{MAX_DOMAIN}}})\s{{0,9}}(?:{_CLOSE})",
    re.IGNORECASE,
)
# Brackets and blanks, also invisible ones, which come with pasted text.
_AROUND = "<> \t\xa0\xad\u200b\u200c\u200d\u2060\ufeff"
_SCHEME = re.compile(r"(?:mailto|smtp)\s*:\s*", re.IGNORECASE)
_AROUND_AT = re.compile(r"\s{0,20}@\s{0,20}")
_LABEL = r"[^\x00-\x2c\x2e\x2f:-@\[-^`{-\x7f\s\ufffd\ue000\ue001]{1,63}"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL}){{0,30}}|\[[0-9A-Fa-f:.IPv]{{3,60}}\]")
_LOCAL = re.compile(r"[^\s()<>\[\]:;,\\\"@\x00-\x20\x7f\ufffd\ue000\ue001]+")
_QUOTED_LOCAL = re.compile(r'"(?:[^"\\\x00-\x1f\ufffd\ue000\ue001]|\\.)+"')
_LINE_ENDS = re.compile(rb"[\r\n]+")


def header_text(message, name, default=""):
    """Return a decoded header as one line, without control characters.

    :param EmailMessage message: the mail
    :param str name: the name of the header
    :param str default: returned if the header is missing
    :rtype: str
    """
    name = name.lower()
    for key, value in message.raw_items():
        if key.lower() == name:
            return decode_value(name, raw_value(value))
    return default


def header_texts(message, name):
    """Return all headers of this name, decoded, in their order.

    :param EmailMessage message: the mail
    :param str name: the name of the header
    """
    name = name.lower()
    return [
        decode_value(name, raw_value(value))
        for key, value in message.raw_items()
        if key.lower() == name
    ]


def raw_value(value):
    """Return the bytes of a value as `EmailMessage` stores it."""
    return str(value).encode("utf-8", "surrogateescape")


def decode_value(name, value, charsets=None):
    """Return the decoded value of a header field as one line.

    If the charset of bytes is not declared, it is guessed.

    :param str name: the name of the field
    :param bytes value: as in the mail, folded or not
    :param Charsets charsets: of the mail
    :rtype: str
    """
    if name.lower() in ADDRESS_FIELDS:
        return ", ".join(
            format_address(display, address)
            for display, address in parse_addresses(value, charsets)
        )
    return clean_text(decode_words(unfold(value, MAX_TEXT), charsets))


def parse_addresses(value, charsets=None):
    """Return the addresses of a field as (name, address), both decoded.

    :param bytes value: as in the mail, folded or not
    :param Charsets charsets: of the mail
    """
    return _parse(value, charsets) if charsets else list(_parse_alone(value))


def _parse(value, charsets):
    value = unfold(value, MAX_ADDRESSES)
    if len(value) >= MAX_ADDRESSES:  # the last one may be cut
        value = value.rpartition(b",")[0]
    return [
        (clean_text(name)[:MAX_NAME], clean_text(address))
        for name, address in split_addresses(value, charsets)
    ]


# of one mail the same few fields are asked for again and again
@functools.lru_cache(maxsize=16)
def _parse_alone(value):
    return _parse(value, None)


def unfold(value, limit):
    """Return a raw value without folding, cut to a maximum length.

    :param bytes value: as in the mail
    :param int limit: number of bytes
    :rtype: bytes
    """
    value = _LINE_ENDS.sub(b"", value.rstrip(b"\r\n"))
    if len(value) <= limit:
        return value
    value = value[:limit]
    # neither half a word nor half a character is left at the end
    start, end = value.rfind(b"=?"), value.rfind(b"?=")
    value = value[:start] if start > end else value
    return value.rpartition(b" ")[0] or value.decode("utf-8", "ignore").encode()


def clean_text(text):
    """Return text as one line, without control characters and surrogates."""
    return CONTROL_CHARACTERS.sub(" ", text).strip()


def format_address(name, address):
    """Return name and address as one string, quoted so that it can be parsed again."""
    if not name:
        return address
    if not SPECIALS.search(name):
        return f"{name} <{address}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def normalize(address):
    """Return an address in the form in which Odoo compares addresses.

    A local part with non-ASCII letters may be case-sensitive (RFC 6530).

    :param str address: of `parse_addresses`
    :rtype: str
    """
    local, at, domain = address.rpartition("@")
    return f"{local.lower() if local.isascii() else local}{at}{domain.lower()}"


# -- encoded words ---------------------------------------------------------------------


def decode_words(value, charsets=None):
    """Return a raw value with its encoded words decoded.

    :param bytes value: unfolded
    :param Charsets charsets: of the mail
    :rtype: str
    """
    text, words = split_words(value, charsets)
    return put_words(text, words)


def put_words(text, words):
    """Replace the marks of `split_words` by the words."""
    return MARK.sub(lambda mark: words[int(mark[1])], text) if words else text


def split_words(value, charsets=None):
    """Replace the encoded words of a value by marks.

    :param bytes value: unfolded
    :param Charsets charsets: of the mail
    :return: `(text, words)`; a mark contains the position of its word in the list
    """
    charsets = charsets or Charsets(value)
    end = value.rfind(b"?=") + 2 if b"=?" in value else 0
    pieces, words, position, run = [], [], 0, []
    for found in _ENCODED.finditer(value, 0, max(0, end)):
        between = value[position : found.start()]
        # what stands between two words counts only when it is more than a blank
        if run and not _BLANKS.fullmatch(between):
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
    plain = value.isascii() and b"\x1b" not in value
    text = value.decode() if plain else decode_bytes(value, None, charsets)
    return _MARKS.sub("", text)


def _mark(run, words, charsets):
    """Store the text of consecutive words; return the mark for it."""
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
    words.append(_MARKS.sub("", "".join(texts)))
    return f"{OPEN}{len(words) - 1}{CLOSE}"


def _decode_payloads(group, name):
    """Return the bytes of words in one charset; a character may be split between
    them."""
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
    return _HEX.sub(lambda code: bytes.fromhex(code[1].decode()), payload)


# -- addresses -------------------------------------------------------------------------


class Piece(NamedTuple):
    """A part of an address: `word`, `quoted`, `comment` or `angle`."""

    kind: str
    text: str
    blank: bool  # before it


def split_addresses(value, charsets=None):
    """Return the addresses of a field as (name, address).

    :param bytes value: unfolded
    :param Charsets charsets: of the mail
    """
    text, words = split_words(value, charsets)
    found = _read(text, words)
    if not found and words:  # some programs encode name and address together
        found = _read(put_words(text, words), [])
    return list(dict.fromkeys(found)) or _read_other_brackets(put_words(text, words))


def _read_other_brackets(text):
    """Return the address of a field that is not valid: with brackets of another kind,
    or with name and address quoted together."""
    text = text.replace("\uff20", "@").strip()
    if text.count("@") != 1 or "<>" in text:
        return []
    if found := _OTHER_BRACKETS.search(text):
        name = " ".join(f"{text[: found.start()]} {text[found.end() :]}".split())
        address = clean_address(found[1])
        return [(name.strip(" \"',;"), address)] if address else []
    return _read(text[1:-1] if text[0] == text[-1] == '"' else text, [])


def _read(text, words):
    """Return the addresses; encoded words are never taken for syntax of the field."""
    found, kept = [], []
    for pieces in _Scanner(text).split():
        people = _read_one(pieces, words)
        if len(people) == 1 and kept:
            # a comma in a name that should have been quoted
            name, address = people[0]
            if name or any(piece.kind == "angle" for piece in pieces):
                people = [(", ".join(filter(None, [*kept, name])), address)]
        if people or len(kept) > MAX_COMMAS:
            kept = []
        elif name := _name(pieces, words):
            kept.append(name)
        found += people
    return found


@dataclass
class _Scanner:
    """Splits a field from left to right."""

    text: str
    broken: int = 0

    def split(self):
        """Yield the pieces of each address."""
        pieces, position, blank = [], 0, False
        while position < len(self.text):
            sign = self.text[position]
            kind, end = self._find(sign, position)
            if sign in SEPARATORS:
                yield pieces
                pieces = []
            elif sign == ":" and not any("@" in piece.text for piece in pieces):
                pieces = []  # the name of a group (RFC 5322, 3.4), or `mailto:`
            elif kind != "word" or not (sign.isspace() or sign in "<>"):
                pieces.append(Piece(kind, self.text[position:end], blank))
            # a bracket without another one divides like a blank
            blank = kind == "word" and (sign.isspace() or sign in "<>")
            position = end
        yield pieces

    def _find(self, sign, position):
        """Return the kind of the piece at a position, and its end."""
        if sign in '"<(' and self.broken < MAX_BROKEN:
            if sign == "(":
                end = self._end_of_comment(position)
            else:
                found = _CLOSED[sign].match(self.text, position)
                end = found.end() if found else 0
            if end:
                return {'"': "quoted", "<": "angle", "(": "comment"}[sign], end
            self.broken += 1
        found = _WORD.match(self.text, position)
        return "word", found.end() if found else position + 1

    def _end_of_comment(self, position):
        depth = 0
        for found in _PARENTHESIS.finditer(self.text, position):
            depth += 1 if found[0] == "(" else -1
            if not depth:
                return found.end()
        return 0


def _read_one(pieces, words):
    """Return (name, address) of some pieces, or two of them if there are two
    addresses."""
    angles = [piece.text[1:-1] for piece in pieces if piece.kind == "angle"]
    if angles:
        name = _name([piece for piece in pieces if piece.kind != "angle"], words)
        addresses = [clean_address(put_words(angle, words)) for angle in angles]
        return [(name, address) for address in addresses if address]
    tokens = _join(pieces)
    with_at = [token for token in tokens if any("@" in piece.text for piece in token)]
    # what is quoted is a name, whatever it says, when there is something else
    chosen = [token for token in with_at if "@" in _plain(token)] or with_at
    taken = {id(token) for token in chosen}
    rest = [piece for token in tokens if id(token) not in taken for piece in token]
    name = _name(rest, words)
    comments = [piece for piece in pieces if piece.kind == "comment"]
    name = name or _name([one for one in comments if _is_beside(one, pieces)], words)
    addresses = [
        clean_address(put_words("".join(piece.text for piece in token), words))
        for token in chosen
    ]
    return [(name, address) for address in addresses if address]


def _plain(token):
    """Return the text of the pieces that are not quoted."""
    return "".join(piece.text for piece in token if piece.kind == "word")


def _is_beside(comment, pieces):
    """Return whether a comment is beside an address, not within it."""
    return comment.blank or comment in (pieces[0], pieces[-1])


def _join(pieces):
    """Return lists of pieces that belong together, as there is no blank between them.

    Comments are skipped, and blanks beside an @ too.
    """
    tokens = []
    for piece in pieces:
        if piece.kind == "comment":
            continue
        last = tokens[-1][-1].text if tokens else ""
        beside = last.endswith("@") or piece.text.startswith("@")
        if tokens and (beside or not piece.blank):
            tokens[-1].append(piece)
        else:
            tokens.append([piece])
    return tokens


def _name(pieces, words):
    """Return the name made of these pieces, a comment only if there is nothing else."""
    if pieces and all(piece.kind == "comment" for piece in pieces):
        pieces = [piece._replace(text=piece.text[1:-1]) for piece in pieces]
    texts = []
    for piece in pieces:
        text = piece.text
        if piece.kind == "quoted":
            text = _ESCAPED.sub(r"\1", text[1:-1])
        texts.append(f" {text}" if piece.blank or piece.kind == "quoted" else text)
    name = " ".join(put_words("".join(texts), words).split()).strip(' "')
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1]
    return name.strip()


def clean_address(text):
    """Return an address without what programs put around it, "" if it is not one.

    :param str text: with or without brackets
    :rtype: str
    """
    text = _SCHEME.sub("", text.strip(_AROUND), count=1)
    if text.startswith("@") and ":" in text:  # the way to it (RFC 5322, 4.4)
        text = text.rpartition(":")[2]
    if text.startswith('"') and text.endswith('"') and "@" in text:
        text = text[1:-1]
    if "(" in text:
        text = _COMMENT.sub("", text)
    local, at, domain = _AROUND_AT.sub("@", text).strip().rpartition("@")
    if local.startswith("'") and domain.endswith("'"):
        local, domain = local[1:], domain[:-1]
    domain = domain.rstrip(". ")
    if "/" in local and "." not in domain:  # a name of Notes, cut at its blank
        return ""
    if not at or len(local) > MAX_LOCAL or len(domain) > MAX_DOMAIN:
        return ""
    known = _LOCAL.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local)
    if not (known and _DOMAIN.fullmatch(domain) and any(map(str.isalnum, domain))):
        return ""
    # signs of ASCII, and letters of any script
    written = all(
        sign.isascii() or sign.isalnum() or unicodedata.category(sign)[0] == "M"
        for sign in local + domain
    )
    return f"{local}@{domain}" if written else ""
