"""One mail on its way from the mailbox to its ticket. Plain Python, no database."""

import hashlib
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from .authentication import authentication
from .reading.head import (
    CONTROL_CHARACTERS,
    HEADER_ERRORS,
    header_text,
    parse_headers,
    read_head,
)

__all__ = [
    "CONTROL_CHARACTERS",
    "HEADER_ERRORS",
    "CollectedMail",
    "find_mail",
    "header_text",
    "parse_fields",
    "parse_headers",
    "stable_message_id",
]

# An index of PostgreSQL takes no longer text; RFC 5322, 2.1.1 allows 998 a line.
MAX_MESSAGE_ID = 998
ENVELOPE_FIELDS = (
    "Message-ID",
    "From",
    "To",
    "Cc",
    "Delivered-To",
    "Date",
    "Subject",
    "References",
    "In-Reply-To",
)
# What a mail holds of the database.
RECORDS = ("company", "server", "inbox", "following", "ticket", "quoted", "joined")
CONTENT_FIELDS = ("Content-Type", "Content-Disposition", "Content-Transfer-Encoding")
# The headers that the sender's program writes once. `Received` and all that relays
# add differ between two deliveries of one mail.
IDENTIFYING_HEADERS = ("From", "To", "Cc", "Subject", "Date", "In-Reply-To")


def stable_message_id(raw, message=None):
    """Return the Message-ID of a mail, or one that its content always gives again.

    A mail without Message-ID (or with an endless one) that is delivered twice must be
    recognised, so the substitute is a hash of the body and of the headers of its
    author; `Received` and other headers of the way are left out.

    :param bytes raw: the mail
    :param EmailMessage message: its headers, when already parsed
    :return: an identifier in angle brackets as in RFC 5322, 3.6.4
    """
    message = message or parse_headers(raw)
    message_id = header_text(message, "Message-ID")
    if message_id and len(message_id) <= MAX_MESSAGE_ID:
        return message_id
    digest = hashlib.sha256()
    for name in IDENTIFYING_HEADERS:
        digest.update(f"{name}:{header_text(message, name)}\n".encode())
    body = raw[read_head(raw)[1] :]
    digest.update(body.replace(b"\r\n", b"\n").strip(b"\n"))
    return f"<{digest.hexdigest()}@no-message-id.invalid>"


def parse_fields(message):
    """Parse the fields that core reads many times, once for all.

    Python parses a field whenever it is read: what the parts of a mail are is asked
    fifty times, who wrote to whom ten times.

    :param EmailMessage message: the mail; its fields become the parsed ones
    """
    _keep_parsed(message, ENVELOPE_FIELDS)
    for part in message.walk():
        _keep_parsed(part, CONTENT_FIELDS)


def _keep_parsed(part, names):
    for name in names:
        if name in part:
            part.replace_header(name, part[name])


def plain_values(values):
    """Return the values of a ticket as JSON holds them, to be kept and compared.

    :param dict values: as for `create`; commands of relations are tuples
    :rtype: dict
    """
    return {
        name: [list(command) for command in value]
        if isinstance(value, list | tuple)
        else value
        for name, value in sorted(values.items())
        if isinstance(value, (list, tuple, str, int, float, bool, type(None)))
    }


@dataclass(eq=False)  # compared by identity: Odoo compares contexts with `==`
class CollectedMail:
    """What is known and decided about one mail while it is processed.

    It travels in the context key `helpdesk_mail`. The records in it are of the
    environment that processes the mail.
    """

    raw: bytes
    company: Any
    server: Any = None
    inbox: Any = None
    forced: bool = False
    # The CollectedMail that is processed next: it can be read meanwhile.
    following: Any = None
    message_id: str = ""
    message: EmailMessage | None = None
    msg_dict: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    rules: list = field(default_factory=list)
    operations: list = field(default_factory=list)
    decision: str = ""
    reason: str = ""
    reason_params: dict = field(default_factory=dict)
    stopped: bool = False
    for_helpdesk: bool = False
    ticket: Any = None
    sources: dict = field(default_factory=dict)
    # Whether it answers a message of a ticket, as its headers say.
    answers_ticket: bool = False
    # The ticket that the mail quotes though its sender takes no part in it.
    quoted: Any = None
    # The agent who forwarded it, with what it wrote and the date of the original.
    forwarded: dict = field(default_factory=dict)
    # Automatic answers: whether one went to the sender, and whether too many did.
    acknowledged: bool = False
    too_many_answers: bool = False
    # The sign of a mail that a program wrote, and the rules that are for such mail.
    automatic: str = ""
    outspoken: set = field(default_factory=set)
    # The ticket that a rule adds the mail to.
    joined: Any = None
    # Whose ticket it is, when that is not the sender: an address.
    customer: str = ""
    # What was found odd when it was read, as [code, parameters], for the ticket (E09).
    remarks: list = field(default_factory=list)
    # Only to look: everything is decided, and nothing is written or sent (E04).
    dry_run: bool = False
    routes: list = field(default_factory=list)
    # Whether the rules write down what they saw, and what they wrote: a list of
    # {rule, conditions: [{condition, seen, verdict}], matched, operations: [text]}
    tracing: bool = False
    trace: list = field(default_factory=list)

    def __post_init__(self):
        self.message_id = self.message_id or stable_message_id(self.raw)

    def decide(self, decision, reason, **params):
        """Set what becomes of the mail, and why.

        :param str decision: `create`, `reply`, `other` or `ignore`
        :param str reason: a code of `reasons.REASONS`
        :param params: what the sentence of that code names; plain JSON values
        """
        self.decision = decision
        self.reason = reason
        self.reason_params = params

    @property
    def authentication(self):
        """Whether trusted servers confirm the sender: `pass`, `fail` or `none` (E08).

        The servers are those of the company; their findings stand in the mail.
        """
        servers = (self.company.helpdesk_trusted_servers or "").split(",")
        return self.source(
            "authentication_result", lambda: authentication(self.message, servers)
        )

    def get_headers(self):
        """Return the headers, those as received when the mail was not parsed yet.

        :rtype: EmailMessage
        """
        return self.message or parse_headers(self.raw)

    def forget(self):
        """Let go of all records; nothing can be asked of the mail afterwards."""
        for records in RECORDS:
            setattr(self, records, None)
        for many in (self.sources, self.values, self.rules, self.operations):
            many.clear()
        for many in (self.routes, self.forwarded, self.msg_dict, self.outspoken):
            many.clear()

    def source(self, key, compute):
        """Return what `compute` gives, computing it once per mail and `key`."""
        if key not in self.sources:
            self.sources[key] = compute()
        return self.sources[key]


def find_mail(env):
    """Return the mail that is processed, if our own code put it into the context.

    Whoever calls Odoo over RPC writes the context, too, but cannot make such an object.

    :param Environment env: whose context is read
    :rtype: CollectedMail
    """
    mail = env.context.get("helpdesk_mail")
    return mail if isinstance(mail, CollectedMail) else None
