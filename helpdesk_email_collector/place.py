"""Where a mail belongs and who wrote it, before any rule is asked. Plain Python.

A `Place` holds ids, no records, and is never changed: each step of finding it returns
a new one.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from odoo.addons.helpdesk_ticket.incoming import PUBLIC
from odoo.addons.helpdesk_ticket.own_addresses import OwnAddresses

from .sender import Sender

# What a mail is:
# - NEW: a request that may open a ticket
# - ANSWER: it joins a ticket
# - TWIN, OWN, REPORT, OVERSIZED, OTHER: no ticket opens of it by itself; the reason of
#   the place says why
NEW, ANSWER = "new", "answer"
TWIN, OWN, REPORT, OVERSIZED, OTHER = "twin", "own", "report", "oversized", "other"


@dataclass(frozen=True)
class Arrival:
    """How a mail came to us.

    :param int company_id: id of the `res.company`
    :param int server_id: id of the `fetchmail.server`, 0 when a mail server piped it in
    :param int row_id: id of its row in the inbox, 0 for one that is only tried out
    :param str forced_by: the user who wants a ticket of it whatever it is
    :param bool released: a manager lets it pass the limits
    :param tuple acted: ids of the rules that did something with it before
    :param bool tried: it is only looked at
    """

    company_id: int
    server_id: int = 0
    row_id: int = 0
    forced_by: str = ""
    released: bool = False
    acted: tuple = ()
    tried: bool = False


@dataclass(frozen=True)
class Forwarded:
    """What an agent forwarded: the original is the request, the agent only brings it.

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
    """Where one mail belongs.

    :param str message_id: what the mail is known by from here on, empty for its own
    :param str kind: one of the constants above
    :param str reason: code of `reasons.REASONS`, with `params`
    :param Sender sender: whom the mail is from
    :param int contact_id: id of the sender's `res.partner`, proven or not
    :param bool is_internal: the contact is one of our users
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
    :param MappingProxyType values: what the address it came to gives a new ticket
    :param str to: who else got it, without our own addresses; `cc` likewise
    :param OwnAddresses own: which of its addresses are our own
    :param int twin_id: of the row of the same mail
    """

    arrival: Arrival
    message_id: str = ""
    kind: str = NEW
    reason: str = ""
    params: MappingProxyType = field(default_factory=lambda: MappingProxyType({}))
    sender: Sender = field(default_factory=Sender)
    contact_id: int = 0
    is_internal: bool = False
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
    values: MappingProxyType = field(default_factory=lambda: MappingProxyType({}))
    to: str = ""
    cc: str = ""
    own: OwnAddresses = field(default_factory=OwnAddresses)
    twin_id: int = 0
    forwarded: Forwarded | None = None

    @property
    def company_id(self):
        """Id of the `res.company` whose helpdesk it reached."""
        return self.arrival.company_id

    @property
    def author_id(self):
        """Id of the contact that counts as its author, 0 for nobody."""
        return 0 if self.doubt else self.contact_id

    def settle(self, kind, reason, **params):
        """Return this place with what the mail is, and why."""
        return replace(self, kind=kind, reason=reason, params=MappingProxyType(params))

    def change(self, **values):
        """Return this place with other values."""
        return replace(self, **values)
