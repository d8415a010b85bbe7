"""Mails that an agent forwarded: who wrote the original, when, and its text. Plain
Python.

Mail programs put the original below lines such as `From: …`, in the language of the
person who forwards; Gmail, Apple Mail and Thunderbird announce it with a separate line.
No package on PyPI parses forwarded mails (`mail-parser-reply` and `email-reply-parser`
cut quotations off answers), so the lines are parsed here, in html and in plain text,
with the labels of quoted history in all languages known there.
"""

import itertools
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import getaddresses

from lxml import etree, html

from odoo.addons.helpdesk_ticket.automatic_mail import ANSWER
from odoo.addons.helpdesk_ticket.automatic_subjects import FORWARD_SUBJECT

from .forwarded_date import read_date
from .reading.history import is_forwarded
from .reading.history_words import (
    FORWARDED_BY,
    FORWARDED_WORDS,
    MARKS,
    ORIGINAL_WORDS,
)
from .reading.history_words import LABELS as WORDS

MAX_BODY = 2_000_000
MAX_LINES = 20_000
MAX_VALUE = 500
# A block has few lines; a long value may continue between two labels.
MAX_REST = 6
MAX_CANDIDATES = 50
QUOTED = re.compile(r"^\s*> ?")
LABELS = {
    "from": WORDS["from"],
    "date": f"{WORDS['sent']}|{WORDS['date']}",
    "to": WORDS["to"],
    "cc": WORDS["cc"],
    "subject": WORDS["subject"],
    "reply_to": "reply-to|antwort an|répondre à|responder a",
}
LABEL = re.compile(
    rf"[\s>*_{MARKS}]*(?:"
    + "|".join(f"(?P<{key}>{words})" for key, words in LABELS.items())
    + rf")[{MARKS}]{{0,3}}\s*\*?\s*[:：]\*?\s*(?P<value>.*)$",
    re.IGNORECASE | re.DOTALL,
)
ANNOUNCEMENT = re.compile(
    rf"[\s>*_-]*(?:{FORWARDED_WORDS}|{ORIGINAL_WORDS})[\s*_:-]*$"
    rf"|[\s>*_-]{{2,100}}(?:{FORWARDED_WORDS}|forwarded|weitergeleitet){FORWARDED_BY}"
    r"[\s*_:-]{2,100}$",
    re.IGNORECASE,
)
# Yahoo's, in plain text: the block is in the same line, and between its parts there may
# be no blank.
IN_ONE_LINE = re.compile(
    rf"[\s>*_-]{{2,100}}(?:{FORWARDED_WORDS}|{ORIGINAL_WORDS})[\s*_-]{{2,100}}"
    rf"(?=(?:{WORDS['from']})\s?[:：])",
    re.IGNORECASE,
)
NEXT_LABEL = re.compile(
    r"(?i:"
    + "|".join(f"(?P<{key}>{words})" for key, words in LABELS.items())
    + r")\s?[:：]\s?"
)
# Outlook's prefix of a forward in Danish and Norwegian is that of an answer in Finnish;
# the labels below, or who wrote in Finnish, tell which one it is.
DOUBTFUL_SIGN = re.compile(r"\s*(?:\[[^\[\]]{1,60}\]\s*)*vs\s?:", re.IGNORECASE)
# What programs or people put before the number of a ticket, such as "Re: [EXT] AW:".
SIGNS = re.compile(
    r"\s*(?:\[[^\[\]]{1,60}\]\s*)*"
    r"((?:[^\W\d_][^\[\]:：]{0,40}(?:\[\d{1,3}\])?[:：]\s*"
    r"(?:\[[^\[\]\d]{1,60}\]\s*)*){1,9})"
    r"\[[^\[\]]{0,60}\d"
)
SIGN = re.compile(r"([^\W\d_][^\[\]:：]{0,40})(?:\[\d{1,3}\])?[:：]")
DANISH_FROM = re.compile(r"[\s>*_]*fra\s*\*?\s*:", re.IGNORECASE)
FINNISH_FROM = re.compile(
    r"[\s>*_]*lähettäjä\s*\*?\s*:|.{0,300}\bkirjoitti\b.{0,60}:\s*$", re.IGNORECASE
)
FORWARD_END = re.compile(r"\s\(fwd\)\s*$", re.IGNORECASE)  # as Pine and mutt do
RULER = re.compile(r"[\s>]*[_-]{5,}\s*$")
ADDRESS = re.compile(r"[^\s<>\[\]()\"',;:]+@[^\s<>\[\]()\"',;:]+\.[^\s<>\[\]()\"',;:]+")
BLOCKS = {"p", "div", "tr", "table", "blockquote", "li", "ul", "ol", "pre", "hr"}
BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6", "br", "body", "section", "article"}
SPACES = re.compile(r"[ \t\r\n\f]+")


@dataclass
class ForwardedMail:
    """The original of a forwarded mail; `note` is what the agent wrote above it."""

    name: str
    address: str
    subject: str = ""
    date: datetime | None = None
    body: str = ""
    note: str = ""
    files: tuple = ()


def plain_subject(subject):
    """Return a subject without the prefixes of forwarding, and whether it had one."""
    text = subject or ""
    while match := FORWARD_SUBJECT.match(text):
        whole = match[0].count("[") > match[0].count("]")  # [Fwd: Help]
        text = text[match.end() :].removesuffix("]" if whole else "")
    text = FORWARD_END.sub("", text)
    return text.strip(), text != (subject or "")


def is_forward(subject, body):
    """Return whether a mail forwards another one, by its subject or its text.

    :param str subject: its subject
    :param str body: its text as html, with the history folded
    :rtype: bool
    """
    return bool(
        plain_subject(subject)[1]
        or announces_forward(body)
        or may_be_forward(subject, body)
    )


def may_be_forward(subject, body):
    """Return whether the prefix of a subject may be that of a forward: nothing shows
    that it is the Finnish prefix of an answer.

    :param str subject: its subject
    :param str body: its text as html, with the history folded
    :rtype: bool
    """
    if not DOUBTFUL_SIGN.match(subject or ""):
        return False
    document = _parse(body)
    lines = _Lines(document).texts if document is not None else ()
    return not any(FINNISH_FROM.match(line[:MAX_VALUE]) for line in lines)


def has_unknown_sign(subject):
    """Return whether something before the number of a ticket is not known as the sign
    of an answer: in another language it may be that of a forward.

    :param str subject: of a mail
    :rtype: bool
    """
    found = SIGNS.match(subject or "")
    signs = SIGN.findall(found[1]) if found else ()
    return not all(ANSWER.match(f"{sign}:") for sign in signs)


def _has_sign(subject, lines, start):
    """Tell whether a subject has the sign of a forward.

    :param list lines: of the text
    :param int start: the first one of the block of headers in it
    """
    if plain_subject(subject)[1]:
        return True
    danish = any(DANISH_FROM.match(line) for line in lines[start : start + MAX_REST])
    return danish and bool(DOUBTFUL_SIGN.match(subject or ""))


def announces_forward(body):
    """Return whether the text of a mail announces that another one is forwarded.

    Quoted history does not count: someone else may have forwarded that. Apple Mail
    quotes the announcement together with the headers and all below them; where an
    answer is quoted, there is a line saying who wrote it instead.

    :param str body: its text as html, with the history folded
    :rtype: bool
    """
    document = _parse(body)
    if document is None:
        return False
    for folded in document.xpath("//*[@data-o-mail-quote]"):
        if folded.getparent() is not None:
            if _begins_with_forward(folded):
                return True
            folded.drop_tree()
    lines = (line.strip("\xa0 \t") for line in _Lines(document).texts)
    return any(line and is_forwarded(line) for line in lines)


def _begins_with_forward(quotation):
    """Return whether a quotation consists of a forwarded mail and its announcement."""
    if next(quotation.iterancestors("pre"), None) is not None:
        lines = "".join(quotation.itertext()).splitlines()
    else:
        lines = _Lines(quotation).texts
    lines = filter(None, (line.strip("\xa0 \t>") for line in lines))
    return is_forwarded(next(lines, " ")) and bool(LABEL.match(next(lines, "")))


def read_forwarded(subject, body, zone=None):
    """Split a forwarded mail into the agent's note and the original.

    :param str subject: its subject. A prefix of forwarding in it, or a line that
        announces the original, makes it a forward: answers contain the same header
        lines
    :param str body: its text as html
    :param zone: `tzinfo` of the person who forwards, which mail programs show times in
    :return: `ForwardedMail`, None for a mail that does not forward another
    """
    document = _parse(body)
    if document is None:
        return None
    lines = _Lines(document)
    block = _find_block(lines.texts)
    if block is None:
        return None
    start, end, values, announced = block
    name, address = _read_address(values.get("from", ""))
    if not address or not (announced or _has_sign(subject, lines.texts, start)):
        return None
    return ForwardedMail(
        name=name,
        address=address,
        subject=plain_subject(values.get("subject") or subject)[0],
        date=read_date(values.get("date", ""), zone),
        note=_Lines(_parse(body)).cut(lambda line: line < start),
        body=lines.cut(
            lambda line: line > end,
            # Apple Mail quotes the original in plain text
            unquote=bool(QUOTED.match(lines.texts[end])),
        ),
    )


def _parse(body):
    if not body or len(body) > MAX_BODY:
        return None
    try:
        return html.fragment_fromstring(body, create_parent="div")
    except (etree.LxmlError, ValueError, RecursionError):
        return None


def _read_address(text):
    """Return (name, address) of `Anna <anna@x.example>`, also with `[mailto:…]`."""
    match = ADDRESS.search(text.replace("mailto:", " "))
    if not match:
        return "", ""
    pairs = [pair for pair in getaddresses([text]) if pair[1] == match.group(0)]
    before = text.replace("mailto:", " ")[: match.start()]
    name = (pairs[0][0] if pairs else "") or before
    name = name.strip(" \t\"'<[(*")
    return ("" if "@" in name else name), match.group(0).lower()


def _find_block(lines):
    """Find the first block of header lines.

    :return: (first line, last line, values, whether it was announced), or None
    """
    candidates = (
        n
        for n, line in enumerate(lines)
        if LABEL.match(line[:MAX_VALUE]) or IN_ONE_LINE.match(line[:MAX_VALUE])
    )
    for start in itertools.islice(candidates, MAX_CANDIDATES):
        if found := IN_ONE_LINE.match(lines[start][:MAX_VALUE]):
            values = _read_line(lines[start][found.end() :])
            if {"from", "subject"} <= values.keys():
                return start, start, values, True
            continue
        end, values = _read_block(lines, start)
        if "from" in values and len(values.keys() & {"date", "to", "subject"}) >= 2:
            above, announced = _skip_announcement(lines, start)
            return above, end, values, announced
    return None


def _read_block(lines, start):
    """Read labels and values, beginning with a line.

    :return: number of the last line of the block, and dict of values by key
    """
    end, values, rest = start, {}, []
    for number in range(start, min(len(lines), start + 60)):
        text = lines[number].strip("\xa0 \t>")
        match = LABEL.match(lines[number][:MAX_VALUE])
        if match:
            key = match.lastgroup if match.lastgroup != "value" else ""
            key = next((k for k in LABELS if match.group(k)), key)
            if key in values:
                break
            if rest and values:
                last = next(reversed(values))
                values[last] = " ".join([values[last], *rest])
            values[key] = match.group("value").strip("\xa0 \t*")
            end, rest = number, []
        elif text:
            rest.append(text)
            if len(rest) > MAX_REST:
                break
        elif values.keys() >= {"from", "subject"} or (rest and len(values) > 2):
            break
    return end, values


def _read_line(text):
    """Read labels and values that stand in one line; the subject is the last one.

    :return: dict key -> value
    """
    text, values, last, begin = text[: MAX_VALUE * 4], {}, "", 0
    for found in NEXT_LABEL.finditer(text):
        key = next(key for key in LABELS if found[key])
        if key in values or key == last or not found[key][0].isupper():
            continue
        if len(found[key]) < 3 and text[: found.start()][-1:].isalpha():
            continue  # the end of a word: USA:
        if last:
            values[last] = text[begin : found.start()].strip()
        last, begin = key, found.end()
        if last == "subject":
            break
    return {**values, last: text[begin:].strip()} if last else {}


def _skip_announcement(lines, start):
    """Return the number of the first line of an announcement above a block, and whether
    there is one."""
    first, announced = start, False
    for number in range(start - 1, max(-1, start - 8), -1):
        text = lines[number].strip("\xa0 \t>")
        if ANNOUNCEMENT.match(text):
            return number, True
        if text and not RULER.match(text):
            break
        if text:
            first = number
    return first, announced


class _Lines:
    """The lines of an html document as a reader sees them, with the position of
    each."""

    def __init__(self, document):
        self.document = document
        self.texts = [""]
        self.pieces = []  # (element, "text" or "tail", [(line, text), …])
        self.lines = {}  # element -> line that it begins in
        self._read(document)

    def _read(self, document):
        """Walk through the document without recursion, which deep nesting would
        exhaust."""
        stack = [(document, "open", False)]
        while stack:
            element, step, raw = stack.pop()
            if step == "tail":
                self._add(element, "tail", raw)
                continue
            is_block = element.tag in BLOCKS
            if is_block:
                self._break()
            if step == "close":
                continue
            self.lines[element] = len(self.texts) - 1
            inner = raw or element.tag == "pre"
            if isinstance(element.tag, str):
                self._add(element, "text", inner)
            stack.append((element, "close", raw))
            for child in reversed(element):
                stack.append((child, "tail", inner))
                stack.append((child, "open", inner))

    def _break(self):
        if self.texts[-1] and len(self.texts) < MAX_LINES:
            self.texts.append("")

    def _add(self, element, kind, raw):
        text = getattr(element, kind)
        if not text:
            return
        parts = text.split("\n") if raw else [SPACES.sub(" ", text)]
        piece = []
        for number, part in enumerate(parts):
            if number and len(self.texts) < MAX_LINES:
                self.texts.append("")
            self.texts[-1] += part if raw or self.texts[-1] else part.lstrip(" ")
            piece.append((len(self.texts) - 1, part))
        self.pieces.append((element, kind, piece))

    def cut(self, keep, unquote=False):
        """Return the html of the lines to keep; this changes the document.

        :param keep: callable, line number -> bool
        :param bool unquote: remove the quotation marks at the beginning of the lines
        :rtype: str
        """
        for element, kind, piece in self.pieces:
            kept = [text for line, text in piece if keep(line)]
            if unquote:
                kept = [QUOTED.sub("", text) for text in kept]
            setattr(element, kind, "\n".join(kept))
        for element in reversed(list(self.document.iterdescendants())):
            if not keep(self.lines[element]) and self._is_empty(element):
                element.drop_tree()
        inner = [html.tostring(child, encoding="unicode") for child in self.document]
        return f"{self.document.text or ''}{''.join(inner)}".strip()

    def _is_empty(self, element):
        """Return whether no content of an element is kept."""
        return not len(element) and not (element.text or "").strip("\xa0 \t\r\n")
