"""The rules as a mail meets them: read once, kept in memory. Plain Python, no database.

A mail is tested against all rules of its company. Reading a thousand rules of the
database for each mail would cost more than the mail; these small objects do not.
"""

from dataclasses import dataclass
from typing import Any


class Texts:
    """What one source of a mail says, and the same without capitals."""

    __slots__ = ("_folded", "raw")

    def __init__(self, raw):
        self.raw = raw
        self._folded = None

    @property
    def folded(self):
        """The texts case-folded; a long body only once for all conditions."""
        if self._folded is None:
            self._folded = [text.casefold() for text in self.raw]
        return self._folded


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: `test` is the name of the method that compares."""

    id: int
    source: str
    header: str
    test: str
    value: Any
    negate: bool
    as_written: bool

    @property
    def key(self):
        """Under which the mail keeps what the source says."""
        return (self.source, self.header)


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """One rule: its conditions, the cheap ones first.

    `named` holds the kinds of mail (`is_reply`, `is_automatic`) that a condition names:
    such mails are left alone by rules that do not. `stops` tells whether no further
    rule is asked after it, `refuses` that it ignores or rejects the mail. A `broken`
    rule has a pattern that cannot be used.
    """

    id: int
    match_any: bool
    servers: frozenset
    conditions: tuple
    named: frozenset
    stops: bool
    refuses: bool
    broken: bool
