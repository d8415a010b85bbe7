"""The addresses of a field, in linear time, as programs and people write them.

Either the address that is meant or none: never a part of one (rel-D3). `getaddresses`
of the standard library gives up on a whole field for one sign, and leaves a part of
what it does not understand.
"""

import re
import unicodedata
from typing import NamedTuple

from .words import put_words, split_words

# Longer ones than RFC 5321, 4.5.3.1 allows are about: programs count in them.
MAX_LOCAL = 250
MAX_DOMAIN = 255
SEPARATORS = ",;"
MAX_COMMAS = 5  # in a name
# How many brackets that are never closed are looked for; the others are taken as text.
MAX_BROKEN = 20

_CLOSED = {
    '"': re.compile(r'"(?:[^"\\]|\\.)*"'),
    "<": re.compile(r'<(?:[^<>"]|"[^"<>]*")*>'),
}
_PARENTHESIS = re.compile(r"[()]")
_WORD = re.compile(r'[^\s,;:<>"()]+')
_ESCAPED = re.compile(r"\\(.)")
_COMMENT = re.compile(r"\([^()]*\)")
# An address in other brackets than those of the standard, and what html makes of these.
_OPEN, _CLOSE = "[\\[({（«‹〈《＜]|&lt;", "[\\])}）»›〉》＞]|&gt;"
_NONE = r"\s@<>\[\](){}（）«»‹›〈〉《》＜＞&"
_OTHER_BRACKETS = re.compile(
    rf"(?:{_OPEN})\s{{0,9}}((?:(?:mailto|smtp)\s{{0,9}}:\s{{0,9}})?"
    rf"[^{_NONE}]{{1,{MAX_LOCAL}}}@[^{_NONE}]{{1,{MAX_DOMAIN}}})\s{{0,9}}(?:{_CLOSE})",
    re.IGNORECASE,
)
# Brackets and blanks, those that nobody sees, too: they come with what is pasted.
_AROUND = "<> \t\xa0\xad\u200b\u200c\u200d\u2060\ufeff"
_SCHEME = re.compile(r"(?:mailto|smtp)\s*:\s*", re.IGNORECASE)
_AROUND_AT = re.compile(r"\s{0,20}@\s{0,20}")
_LABEL = r"[^\x00-\x2c\x2e\x2f:-@\[-^`{-\x7f\s\ufffd\ue000\ue001]{1,63}"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL}){{0,30}}|\[[0-9A-Fa-f:.IPv]{{3,60}}\]")
_LOCAL = re.compile(r"[^\s()<>\[\]:;,\\\"@\x00-\x20\x7f\ufffd\ue000\ue001]+")
_QUOTED_LOCAL = re.compile(r'"(?:[^"\\\x00-\x1f\ufffd\ue000\ue001]|\\.)+"')


class Piece(NamedTuple):
    """A part of an address: a `word`, what is `quoted`, a `comment`, or an `angle`."""

    kind: str
    text: str
    blank: bool  # before it


def split_addresses(value, charsets=None):
    """Return the addresses of a field, each as (name, address).

    :param bytes value: without line ends
    :param Charsets charsets: of the mail that it is from
    """
    text, words = split_words(value, charsets)
    found = _read(text, words)
    if not found and words:  # some programs encode name and address together
        found = _read(put_words(text, words), [])
    return list(dict.fromkeys(found)) or _read_other_brackets(put_words(text, words))


def _read_other_brackets(text):
    """Return the one address of a field where the standard knows none: in brackets of
    another kind, or quoted together with its name."""
    text = text.replace("\uff20", "@").strip()
    if text.count("@") != 1 or "<>" in text:
        return []
    if found := _OTHER_BRACKETS.search(text):
        name = " ".join(f"{text[: found.start()]} {text[found.end() :]}".split())
        address = clean_address(found[1])
        return [(name.strip(" \"',;"), address)] if address else []
    return _read(text[1:-1] if text[0] == text[-1] == '"' else text, [])


def _read(text, words):
    """Return the addresses; encoded words are never taken for signs of the field."""
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


class _Scanner:
    """Takes a field apart, from left to right."""

    def __init__(self, text):
        self.text = text
        self.broken = 0

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
        """Return the kind of the piece at a place, and where it ends."""
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
    """Return (name, address) of the pieces of one: two, when there are two in it."""
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
    """Return the text of what is not quoted."""
    return "".join(piece.text for piece in token if piece.kind == "word")


def _is_beside(comment, pieces):
    """Tell whether a comment stands beside an address, not within it."""
    return comment.blank or comment in (pieces[0], pieces[-1])


def _join(pieces):
    """Return the pieces that are one, as no blank is between them, as lists.

    A comment is not there, and a blank beside an @ neither.
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
    """Return the name that pieces make, a comment only when there is nothing else."""
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
    """Return an address without what programs put around it, empty when it is none.

    :param str text: as it stands in brackets, or without
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
    return f"{local}@{domain}" if all(map(_is_written, local + domain)) else ""


def _is_written(sign):
    """Tell whether a sign is of ASCII, or a letter of any script."""
    return sign.isascii() or sign.isalnum() or unicodedata.category(sign)[0] == "M"
