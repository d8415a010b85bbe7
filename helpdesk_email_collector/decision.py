"""Where a mail belongs, and what happens to it: frozen dataclasses in plain Python.

They hold ids instead of records and write nothing. Each step that finds something out
or decides something returns a new object.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from odoo.tools import frozendict

from odoo.addons.helpdesk_ticket.incoming import PUBLIC
from odoo.addons.helpdesk_ticket.own_addresses import OwnAddresses

from .reading.process import Mail
from .sender import Sender
from .verdicts import NONE

# What a mail is:
# - NEW: a request that may open a ticket
# - ANSWER: it joins a ticket
# - TWIN, OWN, REPORT, OVERSIZED, OTHER: no ticket opens of it by itself; the reason of
#   the place says why
NEW, ANSWER = "new", "answer"
TWIN, OWN, REPORT, OVERSIZED, OTHER = "twin", "own", "report", "oversized", "other"
# What happens to it
CREATE, REPLY, IGNORE, ELSEWHERE = "create", "reply", "ignore", "other"
NOTHING = frozendict()


# -- where it belongs ------------------------------------------------------------------


@dataclass(frozen=True)
class Arrival:
    """How a mail reached us.

    :param int company_id: id of `res.company`
    :param int server_id: id of `fetchmail.server`, 0 when a mail server delivered it
    :param int row_id: id of its row in the inbox, 0 for a try-out
    :param str forced_by: name of the user who wants a ticket of it in any case
    :param bool released: a manager exempted it from the limits
    :param tuple acted: ids of the rules that already did something with it
    :param bool tried: only a try-out, with a trace of what the rules compared
    """

    company_id: int
    server_id: int = 0
    row_id: int = 0
    forced_by: str = ""
    released: bool = False
    acted: tuple = ()
    tried: bool = False


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the database contains about a set of mails: read at once for all of them,
    before anything is written for one of them.

    It holds for these mails only, and until something is written.

    :param Mapping aliases: for each `Mail` (model, defaults) of the aliases that its
        head names, by address
    :param OwnAddresses ours: our own addresses, whatever these mails say
    :param frozenset persons: addresses for which our mail server took one of them, and
        that are somebody's
    :param Mapping people: ids of the contacts of addresses that may be a sender's
    :param Mapping names: by what each `Mail` is known when another one has its
        Message-ID
    :param Mapping rows: ids of rows of mails that are done, by company and Message-ID
    :param Mapping copies: ids of rows of mails that are done and have another
        Message-ID, by company, sender and the moment when they were written
    :param Mapping messages: ids of `mail.message` by Message-ID, the last one first
    :param frozenset tickets: ids of the tickets of those messages that are still there
    :param Mapping quoted: ids of the tickets whose reference stands in each `Mail`
    :param Mapping numbered: ids of those whose number stands in its subject
    :param Mapping begun: (id of the row, id of its ticket) of the last mail of a
        conversation, by company and key
    """

    aliases: Mapping
    ours: OwnAddresses
    persons: frozenset
    people: Mapping
    names: Mapping
    rows: Mapping
    copies: Mapping
    messages: Mapping
    tickets: frozenset
    quoted: Mapping
    numbered: Mapping
    begun: Mapping


@dataclass(frozen=True)
class Forwarded:
    """What an agent forwarded: the original is the request, the agent only passed it
    on.

    :param int agent_id: id of the agent's `res.partner`
    :param str note: html of what the agent wrote above the original
    """

    agent_id: int
    subject: str
    body: str
    note: str = ""
    date: datetime | None = None
    files: tuple = ()


@dataclass(frozen=True)
class Place:
    """Who wrote a mail and where it belongs, found out before the rules are applied.

    :param int company_id: id of the `res.company` whose helpdesk it reached
    :param str message_id: what the mail is known by from here on, empty for its own
    :param str kind: one of the constants above
    :param str reason: code of `reasons.REASONS`, with `params`
    :param Sender sender: whom the mail is from
    :param int contact_id: id of the sender's `res.partner`, proven or not
    :param int author_id: id of the contact that counts as its author, 0 for nobody
    :param bool is_internal: the contact is one of our users
    :param str proof: what trusted servers say about who wrote it: PASS, FAIL or NONE
    :param str doubt: why the mail may not be the sender's (`sender_doubt`); the
        contact does not count then
    :param str automatic: the sign of a program that wrote it
    :param str unasked: the same, or the signs of a newsletter: no request
    :param str spam: by what a mail server calls it spam
    :param bool quiet: it asks for no automatic answer, or went to many
    :param int ticket_id: of the ticket that it joins, or that a report is about
    :param int parent_id: of the `mail.message` that it answers
    :param str audience: who may read what it says on a ticket
    :param str warning: why an agent's mail speaks to our people only
    :param int quoted_id: of a ticket that it quotes and does not join
    :param tuple tickets: ids of all tickets that it names, joined or not
    :param Mapping aliases: (model, defaults) of the aliases that it was sent to, by
        address, those that a mail server names first
    :param Mapping values: what the address it came to gives a new ticket
    :param str to: who else got it, without our own addresses; `cc` likewise
    :param OwnAddresses own: which of its addresses are our own
    :param tuple learned: addresses of which it says for the first time that they are
    :param int twin_id: of the row of the same mail
    """

    arrival: Arrival
    company_id: int
    message_id: str = ""
    kind: str = NEW
    reason: str = ""
    params: Mapping = NOTHING
    sender: Sender = field(default_factory=Sender)
    contact_id: int = 0
    author_id: int = 0
    is_internal: bool = False
    proof: str = NONE
    doubt: str = ""
    automatic: str = ""
    unasked: str = ""
    spam: str = ""
    quiet: bool = False
    ticket_id: int = 0
    parent_id: int = 0
    audience: str = PUBLIC
    warning: str = ""
    quoted_id: int = 0
    tickets: tuple = ()
    aliases: Mapping = NOTHING
    values: Mapping = NOTHING
    to: str = ""
    cc: str = ""
    own: OwnAddresses = field(default_factory=OwnAddresses)
    learned: tuple = ()
    twin_id: int = 0
    forwarded: Forwarded | None = None


# -- what happens to it ----------------------------------------------------------------


@dataclass(frozen=True)
class Decision:
    """What happens to a mail. Rules return a new one, they never change it.

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
    params: Mapping = NOTHING
    values: Mapping = NOTHING
    ticket_id: int = 0
    quoted_id: int = 0
    customer: str = ""
    rules: tuple = ()
    operations: tuple = ()
    outspoken: frozenset = frozenset()
    stopped: bool = False
    trace: tuple = field(default=(), compare=False)

    def give(self, **values):
        """Return this decision with additional values for the new ticket."""
        return replace(self, values=frozendict({**self.values, **values}))


@dataclass(frozen=True, eq=False)
class Case:
    """A mail and what was decided about it.

    :param Mail mail: the parsed mail
    :param Place place: who wrote it and where it belongs
    :param Decision decision: what happens to it
    :param bool answers: whether automatic answers may be sent to its sender
    """

    mail: Mail
    place: Place
    decision: Decision
    answers: bool = True


@dataclass(frozen=True)
class Outcome:
    """The result of carrying out a decision.

    :param int ticket_id: of the ticket that contains the mail, or that it is about
    :param bool acknowledged: an automatic answer was sent to its sender
    :param bool told: its sender was told why there is no ticket
    """

    ticket_id: int = 0
    acknowledged: bool = False
    told: bool = False
