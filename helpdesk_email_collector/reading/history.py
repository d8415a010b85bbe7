"""Which lines of a mail are quoted history, in text and in html.

Only what is certainly history is folded. Everything else is shown: answers within a
quotation, and forwarded mails. In case of doubt everything is shown.
"""

import re
from dataclasses import dataclass
from typing import Any

from .history_words import (
    ADDRESS,
    BETWEEN_ARROWS,
    BETWEEN_RULES,
    CLOCK,
    DATE,
    FORWARDED,
    IN_ONE_LINE,
    INLINE,
    LABEL,
    ORIGINAL,
    ORIGINAL_ALONE,
    OWN_WORDS,
    RULE,
    SIGNATURE,
    TIME,
    WHOLE_DATE,
    WROTE,
)

# In later lines no header lines of a quotation are searched for.
MAX_LINES = 20_000
MAX_TEXT = 700  # of one line
# A block of labels has few lines; a long value takes up to three of them.
MAX_BLOCK = 20
MAX_REST = 3
MAX_ATTRIBUTION = 400
MAX_OWN = 2_000
MAX_SIGNATURE = 40

# A quick test: most lines contain nothing that header lines of a quotation contain.
_HEADLIKE = re.compile(r"[\d:：]|^[-_=*—–]{2}")
# Direction marks, which programs put around Hebrew and Arabic names.
_DIRECTIONS = dict.fromkeys(
    map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)


@dataclass
class Line:
    """A line of a mail.

    :param str text: without surrounding blanks and quotation marks
    :param bool quoted: marked as quoted, for example by `>`
    :param quote: in html, the element that quotes it, or None
    :param bool known: a mail program declares that element to be a quotation
    :param bool begins: a mail program declares that history begins here
    :param bool picture: contains an image
    :param bool signature: a mail program declares it to be a signature
    """

    text: str
    quoted: bool = False
    quote: Any = None
    known: bool = False
    begins: bool = False
    picture: bool = False
    signature: bool = False
    folded: bool = False

    @property
    def is_blank(self):
        """Whether it shows nothing."""
        return not self.text and not self.picture

    @property
    def is_quoted(self):
        """Whether it is quoted in any way."""
        return self.quoted or self.quote is not None


def fold_history(lines, *, forward=False):
    """Mark the lines that are history as folded.

    :param list lines: of `Line`; modified
    :param bool forward: the subject says that the mail is forwarded, so that the
        history is its content
    """
    _Folder(lines, forward).fold()
    _fold_signature(lines)
    if not any(_is_own(line) for line in lines):
        for line in lines:
            line.folded = False
    _fold_blanks(lines)


class _Folder:
    """Processes the lines from top to bottom."""

    def __init__(self, lines, forward):
        self.lines = lines
        self.forward = forward
        self.announced = False  # whether what comes next is quoted
        self.seen = False  # whether something of the writer's own was shown
        self.own = []

    def fold(self):
        """Fold the history, up to a forwarded mail."""
        position = 0
        while position < min(len(self.lines), MAX_LINES):
            line = self.lines[position]
            if line.is_blank:
                position += 1
            elif self._is_forwarded(line):
                return
            elif line.is_quoted:
                position = self._fold_quote(position)
            elif end := self._find_head(position):
                if self.forward or not self._fold_head(position, end):
                    return
                position = end if self.announced else len(self.lines)
            else:
                self._remember(line)
                position += 1
        for line in self.lines[MAX_LINES:]:
            line.folded = line.quoted

    def _is_forwarded(self, line):
        """Return whether a forwarded mail begins here, which is not history."""
        quoted = line.quoted or self.announced
        return not quoted and bool(line.text) and is_forwarded(line.text)

    def _remember(self, line):
        """Treat a line as the writer's own, unless it only separates."""
        self.announced = False
        if _divides(line.text):
            return
        self.seen = True
        self.own.append(line.text)

    def _fold_quote(self, position):
        """Fold a quotation if it is history; return its end."""
        first = self.lines[position]
        end = position
        while end < len(self.lines) and self._belongs(self.lines[end], first):
            end += 1
        quote = self.lines[position:end]
        if self.forward:
            return end
        if first.quoted or first.known or self.announced or self._has_head(quote):
            for line in quote:
                line.folded = True
        else:
            self._remember(first)
        return end

    def _belongs(self, line, first):
        if first.quote is not None:
            return line.quote is first.quote
        return line.quoted and line.quote is None

    def _has_head(self, quote):
        """Return whether a quotation begins with the headers of a mail, or with its
        author."""
        texts = [line.text for line in quote[:MAX_BLOCK]]
        first = next((at for at, text in enumerate(texts) if text), 0)
        return bool(
            find_block(texts, first)
            or find_attribution(texts, first)
            or ORIGINAL.match(texts[first])
        )

    def _find_head(self, position):
        """Return the end of the header lines that begin here, or 0."""
        line = self.lines[position]
        if line.begins:
            end = position
            while end < len(self.lines) and self.lines[end].begins:
                end += 1
            return end
        if not _HEADLIKE.search(line.text):
            return 0
        texts = [
            "" if line.is_quoted else line.text
            for line in self.lines[position : position + MAX_BLOCK + 1]
        ]
        if ORIGINAL.match(texts[0]) or BETWEEN_RULES.match(texts[0]):
            below = next((at for at, text in enumerate(texts) if at and text), 0)
            size = below and (
                find_block(texts, below) or find_attribution(texts, below)
            )
            return position + (below + size if size else 1)
        size = find_block(texts, 0)
        return position + size if size else self._find_attribution(texts, position)

    def _find_attribution(self, texts, position):
        """Return the end of "… wrote:" if a quotation follows it, or 0."""
        count = find_attribution(texts, 0)
        if not count:
            return 0
        end = position + count
        following = (line for line in self.lines[end : end + 5] if not line.is_blank)
        quoted = next((line.is_quoted for line in following), False)
        whole = " ".join(texts[:count])
        # without quotation marks it has to be unmistakable
        plain = DATE.search(whole) and (TIME.search(whole) or ADDRESS.search(whole))
        return end if quoted or plain else 0

    def _fold_head(self, begin, end):
        """Fold header lines, and the text after them if it is not marked as quoted.

        :return: whether anything was folded
        """
        below = end
        while below < len(self.lines) and self.lines[below].is_blank:
            below += 1
        self.announced = below < len(self.lines) and self.lines[below].is_quoted
        if not self.announced and not self._may_fold_all():
            return False
        last = end if self.announced else len(self.lines)
        for line in self.lines[self._with_rule(begin) : last]:
            line.folded = True
        return True

    def _may_fold_all(self):
        """Return whether the writer's own words are above it, and none are within
        it."""
        return self.seen and not INLINE.search("\n".join(self.own)[-MAX_OWN:])

    def _with_rule(self, begin):
        """Return where header lines begin, including the lines that separate them."""
        first = begin
        for position in range(begin - 1, max(-1, begin - 6), -1):
            if _divides(self.lines[position].text):
                first = position
            elif not self.lines[position].is_blank:
                break
        return first


def _divides(text):
    """Return whether a line only separates what follows."""
    return bool(RULE.match(text) or (text and ORIGINAL_ALONE.match(text)))


def is_forwarded(text):
    """Return whether a line announces a forwarded mail."""
    looks = text[-1] in ":：-_=*—–" or text[:2] in ("--", "__", "==", "**", "——")
    return looks and bool(FORWARDED.match(text))


def find_block(texts, position):
    """Return the number of lines of a block of labels that begins here, or 0.

    It says who wrote, when or about what, and to whom: `From:`, `Sent:`, `To:`,
    `Subject:`, in any order and language.

    :param list texts: lines
    :param int position: of the first line
    :rtype: int
    """
    text = texts[position]
    first = LABEL.match(text) if ":" in text or "：" in text else None
    if not first or first.lastgroup not in ("from", "sent", "date", "to", "subject"):
        return 0
    if IN_ONE_LINE.match(text):
        return 1
    kinds, rest, end = set(), 0, 0
    block = texts[position : position + MAX_BLOCK]
    for number, text in enumerate(block):
        if found := LABEL.match(text):
            if found.lastgroup in kinds:
                break
            kinds.add(found.lastgroup)
            rest, end = 0, number + 1
        elif text:
            rest += 1
            if rest > MAX_REST:
                break
    if "from" not in kinds:
        return 0
    others = kinds & {"sent", "date", "to", "subject"}
    if "sent" in others and len(others) > 1:
        return end
    # a customer's list can have such labels too: from here, to there, on that day
    certain = any(CLOCK.search(text) or ADDRESS.search(text) for text in block[:end])
    return end if certain and {"date", "subject"} <= others else 0


def is_between_arrows(text):
    """Return whether a line is GroupWise's `>>> Anna 27.11.2026 09:00 >>>`."""
    return bool(text.startswith(">>>") and BETWEEN_ARROWS.match(text))


def find_attribution(texts, position):
    """Return the number of lines that say who wrote the following text, or 0.

    Mail programs wrap "On Monday, 3 May 2027 at 10:12, Anna Huber <…> wrote:".
    """
    for count in (1, 2, 3, 4):
        part = texts[position : position + count]
        if len(part) < count or not all(part):
            return 0
        whole = " ".join(part).translate(_DIRECTIONS)
        if len(whole) > MAX_ATTRIBUTION:
            return 0
        if whole[-1:] not in tuple(":：-—"):
            continue
        if BETWEEN_RULES.match(whole):
            return count
        own = OWN_WORDS.match(whole)
        if own and _is_whole([whole[own.end() :]]):
            return 0
        if count > 1 and _is_whole(part[1:]) and not ADDRESS.search(part[0]):
            return 0  # the writer's own words stand right above it
        named = TIME.search(whole) and ADDRESS.search(whole)
        if DATE.search(whole) and (WROTE.search(whole) or (named and count < 3)):
            return count
        return 0
    return 0


def _is_whole(part):
    """Return whether these lines are a complete attribution, without any line
    before."""
    text = " ".join(part)
    named = TIME.search(text) and ADDRESS.search(text)
    return bool(WHOLE_DATE.search(text) and (WROTE.search(text) or named))


def _is_own(line):
    return not (line.folded or line.signature or line.is_blank)


def _fold_signature(lines):
    """Fold signatures, up to the next folded line."""
    for line in lines:
        line.folded = line.folded or line.signature
    marks = [
        position
        for position, line in enumerate(lines)
        if not line.folded and SIGNATURE.match(line.text)
    ]
    if not marks:
        return
    below = lines[marks[-1] :]
    size = next((at for at, line in enumerate(below) if line.folded), len(below))
    if sum(not line.is_blank for line in below[:size]) <= MAX_SIGNATURE:
        for line in below[:size]:
            line.folded = line.signature = True


def _fold_blanks(lines):
    """Fold blank lines between folded lines."""
    waiting, inside = [], False
    for line in lines:
        if line.is_blank and not line.folded:
            waiting.append(line)
            continue
        if inside and line.folded:
            for blank in waiting:
                blank.folded = True
        waiting, inside = [], line.folded
    for blank in waiting if inside else []:
        blank.folded = True
