"""Incoming requests and messages of all channels: plain values, no records and no
database.

A channel passes an `IncomingRequest` to `helpdesk.intake`; what belongs to an existing
ticket is passed to that as an `IncomingMessage`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

# What happens to a request
OPENED, HELD = "opened", "held"
IGNORED, LIMITED, REPEATED = "ignored", "limited", "repeated"
# Who may read a message: all participants, our own users, chosen people.
PUBLIC, NOTE, PRIVATE = "public", "note", "private"


@dataclass(frozen=True)
class Person:
    """The person who asks: a name, an address, and the contact if known.

    :param int partner_id: id of the `res.partner`, 0 for somebody unknown
    """

    name: str = ""
    address: str = ""
    partner_id: int = 0


@dataclass(frozen=True)
class IncomingMessage:
    """What somebody wrote.

    :param str body: html, made safe
    :param str text: the same as plain text, for the detection of its language
    :param tuple files: of (name, bytes, {"cid": …})
    :param str kind: the `message_type` of the message
    :param str message_id: the Message-ID it is known by, empty for none
    :param str email_from: name and address of whoever sent it
    :param int author_id: id of the `res.partner` who wrote it, 0 for a bare address
    :param str to: who else got it, with names, without our own addresses
    :param str cc: likewise
    :param int parent_id: id of the `mail.message` that it answers, or 0
    :param str audience: PUBLIC, NOTE or PRIVATE
    :param bool automatic: a program wrote it: the ticket does not move
    :param bool takes_copies: whether those in copy take part from now on
    """

    body: str = ""
    text: str = ""
    subject: str = ""
    files: tuple = ()
    kind: str = "email"
    message_id: str = ""
    date: datetime | None = None
    email_from: str = ""
    author_id: int = 0
    to: str = ""
    cc: str = ""
    parent_id: int = 0
    audience: str = PUBLIC
    automatic: bool = False
    takes_copies: bool = True

    def leave_out_copies(self):
        """Return this message in a form in which people in copy get nothing further."""
        return replace(self, takes_copies=False)


@dataclass(frozen=True)
class IncomingRequest:
    """A request that opens a ticket.

    :param str channel: external identifier of the `helpdesk.channel`, empty when the
        values name one
    :param int company_id: id of the `res.company` whose helpdesk it reached
    :param Person person: whose ticket it is
    :param bool creates_contact: whether a contact is made of an unknown person; None
        leaves it to the company's setting (C09)
    :param bool acknowledges: whether the person is told that the ticket is open
    :param bool posts: whether the message is the first one of the conversation; else it
        is the content of the ticket only
    :param tuple file_ids: ids of `ir.attachment` that were uploaded for the ticket
    :param bool decided: one of us, or a rule, has decided that it becomes a ticket:
        nothing is asked at the door
    :param bool proven: the person has logged in: C08 is about what anybody can send
    :param tuple limit: (scope, subject) of `helpdesk.throttle`, or () for none
    :param tuple once: words by which the same request is known when it comes twice
    :param str lang: code of the language of the page where it was written, or empty
    :param int kept_id: id of the `helpdesk.ticket.request` that it is already, or 0
    :param Mapping values: more values of the ticket, which win
    """

    channel: str
    company_id: int
    person: Person
    message: IncomingMessage
    creates_contact: bool | None = None
    acknowledges: bool = True
    posts: bool = True
    file_ids: tuple = ()
    decided: bool = False
    proven: bool = False
    limit: tuple = ()
    once: tuple = ()
    lang: str = ""
    kept_id: int = 0
    values: Mapping = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Outcome:
    """What happened to a request.

    :param str kind: OPENED, HELD, IGNORED, LIMITED or REPEATED
    :param int ticket_id: id of the `helpdesk.ticket` that was opened, or 0
    :param int request_id: id of the `helpdesk.ticket.request` on hold, or 0
    """

    kind: str
    ticket_id: int = 0
    request_id: int = 0
