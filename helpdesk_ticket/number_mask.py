"""The mask of ticket numbers (T20). Plain Python, no database.

`TS{yy}{mm}-{0000}` is a text with placeholders: {yyyy} {yy} {mm} {dd} for the date,
{cccc} for the customer's code with that number of characters, {topic} for the code of
the topic group, and one counter with its digits, {0000}, or {0000+1000} to start after
1000.
"""

import functools
import re
import string
import unicodedata

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

RESETS = ("never", "year", "month")
MAX_LENGTH = 40
MIN_LENGTH = 4
TOPIC_LENGTH = 10
COUNTER_DIGITS = 10

DATES = {"yyyy": "%Y", "yy": "%y", "mm": "%m", "dd": "%d"}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
COUNTER = re.compile(r"(0{1,12})(?:\+(\d{1,9}))?")
COUNTER_PLACEHOLDER = re.compile(r"\{0[^{}]*\}")
LITERAL = re.compile(r"[A-Za-z0-9_./#-]*")

DIGITS = frozenset(string.digits)
CODE_CHARACTERS = frozenset(string.digits + string.ascii_uppercase)

REASONS = {
    "no_counter": _lt("The mask needs a counter: add {0000} to it."),
    "two_counters": _lt("The mask has two counters: remove one of them."),
    "two_topics": _lt("The mask has {topic} twice: remove one of them."),
    "unknown": _lt(
        "“{%(text)s}” is not a placeholder. Use {yyyy}, {yy}, {mm}, {dd}, {cccc}, "
        "{topic} and {0000}."
    ),
    "character": _lt(
        "“%(text)s” cannot be used in a ticket number. Use letters without accents, "
        "digits and - _ . / #."
    ),
    "too_long": _lt("The numbers would have more than %(length)s characters."),
    "too_short": _lt(
        "Numbers with fewer than %(length)s characters could be matched by mistake in "
        "mail subjects: add digits to the counter."
    ),
    "topic_beside_counter": _lt(
        "Put a character such as “-” between {topic} and the counter, otherwise two "
        "tickets could get the same number."
    ),
    "year_missing": _lt(
        "The counter starts again every year, so the mask needs the year: add {yy}."
    ),
    "month_missing": _lt(
        "The counter starts again every month, so the mask needs year and month: add "
        "{yy}{mm}."
    ),
}


class MaskError(ValueError):
    """Why a mask is invalid: a key of REASONS and its parameters."""

    def __init__(self, reason, **params):
        super().__init__(reason)
        self.reason = reason
        self.params = params

    def get_text(self, env):
        """Return the sentence in the language of `env`."""
        text = env._(REASONS[self.reason])
        return text % self.params


class NumberMask:
    """A parsed mask, which renders numbers and checks its own limits."""

    def __init__(self, text):
        self.text = (text or "").strip()
        self.parts = list(self._read(self.text))
        kinds = [kind for kind, _value in self.parts]
        for kind in ("counter", "topic"):
            if kinds.count(kind) > 1:
                raise MaskError(f"two_{kind}s")
        if "counter" not in kinds:
            raise MaskError("no_counter")
        self.width, self.offset = dict(self.parts)["counter"]
        self.has_codes = "customer" in kinds or "topic" in kinds
        self._check_length()
        self._check_topic(kinds)

    @staticmethod
    def _read(text):
        """Yield the parts of a mask as (kind, value).

        :raise MaskError: when the text cannot be understood
        """
        # Split by a pattern with one group: literals and placeholders alternate.
        for index, piece in enumerate(PLACEHOLDER.split(text)):
            counter = COUNTER.fullmatch(piece)
            if index % 2 == 0:
                if not LITERAL.fullmatch(piece):
                    raise MaskError("character", text=LITERAL.sub("", piece)[:1])
                yield "text", piece
            elif piece in DATES:
                yield "date", piece
            elif piece == "topic":
                yield "topic", TOPIC_LENGTH
            elif counter:
                yield "counter", (len(counter[1]), int(counter[2] or 0))
            elif piece and not piece.strip("c") and len(piece) <= TOPIC_LENGTH:
                yield "customer", len(piece)
            else:
                raise MaskError("unknown", text=piece)

    def _check_length(self):
        measures = {"text": len, "date": len, "counter": lambda value: value[0]}
        size = sum(measures.get(kind, int)(value) for kind, value in self.parts)
        topics = sum(value - 1 for kind, value in self.parts if kind == "topic")
        if size - topics < MIN_LENGTH:
            raise MaskError("too_short", length=MIN_LENGTH)
        # the counter may exceed its digits
        if size - self.width + max(self.width, COUNTER_DIGITS) > MAX_LENGTH:
            raise MaskError("too_long", length=MAX_LENGTH)

    def _check_topic(self, kinds):
        """Refuse ambiguous masks: codes differ in length, so `A` and 1001 must not look
        like `A1` and 001."""
        if "topic" not in kinds:
            return
        first, last = sorted((kinds.index("topic"), kinds.index("counter")))
        between = "".join(
            value for kind, value in self.parts[first:last] if kind == "text"
        )
        if between.isalnum() or not between:
            raise MaskError("topic_beside_counter")

    def check_reset(self, reset):
        """Refuse a counter that restarts while the rest of the number is repeated.

        :param str reset: one of RESETS
        :raise MaskError: when the same number could be drawn twice
        """
        dates = {value for kind, value in self.parts if kind == "date"}
        year = bool(dates & {"yyyy", "yy"})
        if reset == "year" and not year:
            raise MaskError("year_missing")
        if reset == "month" and not (year and "mm" in dates):
            raise MaskError("month_missing")

    @property
    def key(self):
        """The mask without digits and start of its counter: masks with the same key
        must share one counter, or they could produce the same numbers."""
        return COUNTER_PLACEHOLDER.sub("{0}", self.text)

    def render(self, counter, date, customer="", topic=""):
        """Return the number of a ticket.

        :param counter: the value of the counter, or a placeholder for it
        :param date: the day of the ticket
        :param str customer: the customer's code
        :param str topic: the code of the topic group
        :rtype: str
        """
        text = ""
        for kind, value in self.parts:
            if kind == "counter":
                text += str(counter).zfill(self.width)
            elif kind == "text":
                text += value
            elif kind == "date":
                text += date.strftime(DATES[value])
            elif kind == "customer":
                text += clean_code(customer)[:value].rjust(value, "0")
            else:
                text += clean_code(topic)[:TOPIC_LENGTH] or "0"
        return text

    def around(self, date, customer="", topic=""):
        """Return the text before and after the counter; the parameters are those of
        `render`."""
        gap = "\0" * self.width  # no number has it
        before, _gap, after = self.render(gap, date, customer, topic).partition(gap)
        return before, after

    def overlaps(self, other):
        """Return whether two masks with separate counters could produce the same
        number.

        Both are treated as patterns; walking through them side by side finds a text
        that matches both.

        :rtype: bool
        """
        mine, theirs = self._get_steps(), other._get_steps()
        seen, todo = set(), [(0, 0)]
        while todo:
            place = todo.pop()
            if place in seen:
                continue
            seen.add(place)
            i, j = place
            if (i, j) == (len(mine), len(theirs)):
                return True
            if i < len(mine) and mine[i][1]:
                todo.append((i + 1, j))
            if j < len(theirs) and theirs[j][1]:
                todo.append((i, j + 1))
            if i < len(mine) and j < len(theirs) and mine[i][0] & theirs[j][0]:
                todo.append((i if mine[i][1] else i + 1, j if theirs[j][1] else j + 1))
        return False

    def _get_steps(self):
        """Return the pattern as (characters, whether they may be repeated)."""
        steps = []
        for kind, value in self.parts:
            if kind == "text":
                steps += [(frozenset(character), False) for character in value]
            elif kind == "date":
                steps += [(DIGITS, False)] * len(value)
            elif kind == "customer":
                steps += [(CODE_CHARACTERS, False)] * value
            elif kind == "topic":
                steps += [(CODE_CHARACTERS, False), (CODE_CHARACTERS, True)]
            else:
                steps += [(DIGITS, False)] * value[0] + [(DIGITS, True)]
        return steps


@functools.lru_cache
def read_mask(text, reset):
    """Return the parsed mask, cached for all tickets.

    :param str text: the mask
    :param str reset: when its counter restarts, one of RESETS
    :rtype: NumberMask
    :raise MaskError: when it is invalid
    """
    mask = NumberMask(text)
    mask.check_reset(reset)
    return mask


def clean_code(text):
    """Return a code in the form used in numbers: upper-case letters and digits only."""
    plain = unicodedata.normalize("NFKD", text or "").upper()
    return "".join(sign for sign in plain if sign in CODE_CHARACTERS)
