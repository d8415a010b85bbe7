"""One mail on its way from the mailbox to its ticket. Plain Python, no database."""

import email.policy
import hashlib
import re
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from .authentication import authentication

# PostgreSQL refuses NUL in text, and a line break in a header forges another header.
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]+")
# What the parser of the standard library raises on headers of broken mail.
HEADER_ERRORS = (
    AttributeError,
    LookupError,
    MessageError,
    RecursionError,
    TypeError,
    ValueError,
)
# An index of PostgreSQL takes no longer text; RFC 5322, 2.1.1 allows 998 a line.
MAX_MESSAGE_ID = 998
# The headers that the sender's program writes once. `Received` and all that relays
# add differ between two deliveries of one mail.
IDENTIFYING_HEADERS = ("From", "To", "Cc", "Subject", "Date", "In-Reply-To")


def parse_headers(raw):
    """Read the headers of a mail without touching its body.

    :param bytes raw: the mail
    :return: an `EmailMessage` whose body is one unparsed text
    """
    return BytesParser(policy=email.policy.SMTP).parsebytes(raw, headersonly=True)


def header_text(message, name, default=""):
    """Return a header decoded, in one line, without control characters.

    :param EmailMessage message: the mail
    :param str name: the header's name
    :param str default: what to return when the header is missing
    """
    try:
        value = message.get(name)
    except HEADER_ERRORS:
        value = _raw_header(message, name)
    if value is None:
        return default
    value = str(value)
    # Undeclared 8-bit bytes arrive as surrogates, which no database takes.
    value = value.encode("utf-8", "replace").decode("utf-8")
    return CONTROL_CHARACTERS.sub(" ", value).strip()


def _raw_header(message, name):
    """Return a header that cannot be decoded, as it stands in the mail."""
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            return value
    return None


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
    _head, _separator, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    digest.update(body.rstrip(b"\n"))
    return f"<{digest.hexdigest()}@no-message-id.invalid>"


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
    # The ticket that the mail quotes though its sender takes no part in it.
    quoted: Any = None
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

    def source(self, key, compute):
        """Return what `compute` gives, computing it once per mail and `key`."""
        if key not in self.sources:
            self.sources[key] = compute()
        return self.sources[key]
