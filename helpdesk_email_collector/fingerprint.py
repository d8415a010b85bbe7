"""A short fingerprint of a mail's text, to recognise repetitions.

A program that does not mark its automatic replies sends the same text for each of our
mails, with a different number, date or quotation. Plain Python, no database.
"""

import hashlib
import re

MAX_TEXT = 20_000
MAX_WORDS = 80
HASH_CHARS = 6
# A few different words may be a name, a day or a number in words.
MAX_NEW_WORDS, NEW_SHARE = 2, 8
TAGS = re.compile(r"<[^<>]{0,2000}>")
QUOTED = re.compile(r"^\s*(>|&gt;).*$", re.MULTILINE)
QUOTATION = re.compile(r"<blockquote\b.*", re.IGNORECASE | re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")
# in numbers of cases, dates, times, identifiers
DIGIT = re.compile(r"\d")
DAYS = re.compile(
    r"\b(mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(mon|tue|wed|thu|fri|sat|sun)\b"
    r"|\b(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\b"
    r"|\b(mon|diens|donners|frei|sams|sonn)tag\b|\bmittwoch\b"
    r"|\b(januar|februar|märz|mai|juni|juli|oktober|dezember)\b"
    r"|\b(lun|mar|mercre|jeu|vendre|same)di\b|\bdimanche\b"
    r"|\b(janvier|février|mars|avril|juin|juillet|août|septembre|octobre|décembre)\b"
    r"|\b(lunes|martes|miércoles|jueves|viernes|sábado|domingo)\b"
    r"|\b(enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre"
    r"|noviembre|diciembre)\b",
    re.IGNORECASE,
)


def fingerprint(subject, body, files=()):
    """Return a string by which mails are compared.

    :param str subject: of the mail
    :param str body: its text, as html
    :param files: contents of its files, as bytes
    :return: `<hash of everything>:<hashes of its words>`
    """
    digest = hashlib.sha256(subject.encode("utf-8", "replace"))
    bare = TAGS.sub("", body)
    digest.update("".join(bare.split()).encode("utf-8", "replace"))
    for content in files:
        digest.update(content)
    own = QUOTATION.sub("", body[:MAX_TEXT])
    text = QUOTED.sub("", TAGS.sub("\n", own))
    words = _words(f"{subject}\n{text}")
    return f"{digest.hexdigest()[:32]}:{''.join(words)}"


def _words(text):
    """Return the hashes of the words of a text, without numbers and dates."""
    words = [word for word in text.split() if not DIGIT.search(word)]
    text = DAYS.sub(" ", " ".join(words)).casefold()
    hashes = {
        hashlib.sha256(word.encode()).hexdigest()[:HASH_CHARS]
        for word in WORD.findall(text)
    }
    return sorted(hashes)[:MAX_WORDS]


def is_same(one, other):
    """Return whether two mails have exactly the same content.

    :param str one: a fingerprint
    :param str other: a fingerprint
    :rtype: bool
    """
    return one.partition(":")[0] == other.partition(":")[0]


def says_nothing_new(one, earlier):
    """Return whether a mail repeats an earlier one, apart from a few words.

    :param str one: a fingerprint
    :param str earlier: the fingerprint of an earlier mail
    :rtype: bool
    """
    new, old = _read(one), _read(earlier)
    if len(old) == MAX_WORDS:  # only some words of a long text are kept
        new = {word for word in new if word <= max(old)}
    if not new or len(new) * 2 < len(old):
        return False
    return len(new - old) <= min(MAX_NEW_WORDS, len(new) // NEW_SHARE)


def _read(text):
    words = text.partition(":")[2]
    return {
        words[start : start + HASH_CHARS] for start in range(0, len(words), HASH_CHARS)
    }
