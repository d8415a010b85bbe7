"""What becomes of a mail, and why: frozen, plain Python. Nothing is written by it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

CREATE, REPLY, IGNORE, ELSEWHERE = "create", "reply", "ignore", "other"


def _nothing():
    return MappingProxyType({})


@dataclass(frozen=True)
class Decision:
    """What becomes of one mail. Rules give a new one, they never change it.

    :param str kind: CREATE, REPLY, IGNORE, ELSEWHERE, or empty while nothing is decided
    :param str reason: code of `reasons.REASONS`, with `params`
    :param Mapping values: of the new ticket
    :param int ticket_id: of the ticket that the mail joins
    :param int quoted_id: of a ticket that it only quotes
    :param str customer: the address whose ticket it is, when a rule says so
    :param tuple rules: ids of the rules that applied
    :param tuple operations: ids of the operations that act when the ticket is there
    :param frozenset outspoken: ids of rules that are for automatic mail too
    :param bool stopped: no further rule is asked
    :param tuple trace: what the rules saw, for the try-out (E04)
    """

    kind: str = ""
    reason: str = ""
    params: Mapping = field(default_factory=_nothing)
    values: Mapping = field(default_factory=_nothing)
    ticket_id: int = 0
    quoted_id: int = 0
    customer: str = ""
    rules: tuple = ()
    operations: tuple = ()
    outspoken: frozenset = frozenset()
    stopped: bool = False
    trace: tuple = field(default=(), compare=False)

    def settle(self, kind, reason, **params):
        """Return this decision with what becomes of the mail, and why."""
        return replace(self, kind=kind, reason=reason, params=MappingProxyType(params))

    def change(self, **values):
        """Return this decision with other values."""
        return replace(self, **values)

    def give(self, **values):
        """Return this decision with more values of the new ticket."""
        return replace(self, values=MappingProxyType({**self.values, **values}))


@dataclass(frozen=True)
class Outcome:
    """What became of a mail when it was carried out.

    :param int ticket_id: of the ticket that holds it, or that it is about
    :param bool acknowledged: an automatic answer went to its sender
    :param bool told: its sender was told why there is no ticket
    """

    ticket_id: int = 0
    acknowledged: bool = False
    told: bool = False
