"""One mail as it was read: frozen, and nothing of the database in it."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from markupsafe import Markup

from odoo.tools.mail import email_normalize

from .reading.calendar import Invitation
from .reading.fields import header_text, header_texts, parse_addresses
from .reading.head import HEADER_ERRORS, parse_headers, read_head
from .reading.process import take_apart
from .sender import delivered_to, named_addresses

# An index of PostgreSQL takes no longer text; RFC 5322, 2.1.1 allows 998 a line.
MAX_MESSAGE_ID = MAX_KEY = 998
# The headers that the sender's program writes once. `Received` and all that relays
# add differ between two deliveries of one mail.
IDENTIFYING_HEADERS = ("From", "To", "Cc", "Subject", "Date", "In-Reply-To")
REFERENCE = re.compile(r"<[^<>\s]{1,990}>")
BARE_REFERENCE = re.compile(r"(?<!\S)[^<>\s@]{1,300}@[^<>\s@]{1,300}(?!\S)")
# The first is the oldest mail, the last are the ones that were answered.
MAX_REFERENCES = 100
# Nobody writes to more; what is beyond is read nowhere.
MAX_PEOPLE = 300
# Clocks that were never set say 1970 or 1980; clocks are ahead by minutes, not by days.
OLDEST = datetime(1990, 1, 1)
AHEAD = timedelta(days=1)
# Written where a mail was delivered or fetched, which may happen years after it came.
DELIVERY = re.compile(r"\bwith (?:LMTPS?A?|IMAP4?S?|POP3?S?)\b", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Mail:
    """What one mail says.

    :param bytes raw: as it came
    :param str message_id: what it is known by
    :param EmailMessage head: its header fields as they came, no body
    :param str own_id: of its own, or of its content (`stable_message_id`)
    :param str email_from: who wrote it, as it says; `subject` and `dated` likewise
    :param datetime date: when it was written, in UTC without zone; None when it does
        not say so in a way that can be true
    :param datetime sent: when it was sent, likewise; None when nothing says it
    :param tuple answered: the Message-IDs that it answers, the nearest first
    :param str conversation: what further mails of it will be found by
    :param tuple to: (name, normalised address) of those that it was written to
    :param tuple cc: (name, normalised address) of those in copy
    :param tuple delivered_to: the addresses for which our own mail server took it
    :param tuple recipients: the addresses of all recipients, first those that mail
        servers name
    :param tuple named: all addresses of which it matters whether they are our own
    :param Markup body: its text as html, made harmless
    :param str text: its text as plain text
    :param tuple files: of (name, bytes, {"cid": …}), as `message_post` takes them
    :param tuple notes: what was odd about it, as [code, parameters]
    :param Invitation calendar: what an invitation in it says
    :param dict known: what was computed of it and is asked for again
    """

    raw: bytes
    message_id: str
    head: EmailMessage
    own_id: str
    email_from: str
    subject: str
    dated: str
    date: datetime | None
    sent: datetime | None
    answered: tuple
    conversation: str
    to: tuple
    cc: tuple
    delivered_to: tuple
    recipients: tuple
    named: tuple
    body: Markup = field(default_factory=Markup)
    text: str = ""
    files: tuple = ()
    notes: tuple = ()
    calendar: Invitation | None = None
    known: dict = field(default_factory=dict)

    def header(self, name):
        """Return the first header of this name as text in one line, empty for none."""
        return header_text(self.head, name)

    def headers(self, name):
        """Return all headers of this name, in their order."""
        return header_texts(self.head, name)

    def people(self, *names):
        """Return (name, normalised address) of all that these fields name."""
        return people_of(self.head, *names)

    def source(self, key, compute):
        """Return what `compute` gives, computing it once per mail and `key`."""
        if key not in self.known:
            self.known[key] = compute()
        return self.known[key]


def read(raw, message_id, **limits):
    """Read a mail; never raises, never takes long (E09).

    :param bytes raw: the mail
    :param str message_id: what it is known by
    :param limits: parameters of `reading.process.take_apart`
    :rtype: Mail
    """
    reading = take_apart(raw, message_id, **limits)
    return unread(
        raw,
        message_id,
        body=Markup(reading.html),
        text=reading.text,
        files=tuple(reading.files),
        notes=tuple(map(tuple, reading.notes)),
        calendar=reading.calendar or None,
    )


def unread(raw, message_id, calendar=None, **content):
    """Return a mail of which only the head is looked at, as when it is too large.

    :param content: what was read of its body
    :rtype: Mail
    """
    head = parse_headers(raw)
    dated = header_text(head, "Date")
    dates = [*header_texts(head, "Date"), *header_texts(head, "Resent-Date")]
    email_from, subject = header_text(head, "From"), header_text(head, "Subject")
    to, cc = people_of(head, "To", "Resent-To"), people_of(head, "Cc", "Resent-Cc")
    answered = find_answered(head)
    delivered = delivered_to(head)
    recipients = [*delivered, *(address for _name, address in [*to, *cc])]
    return Mail(
        raw=raw,
        message_id=message_id,
        head=head,
        own_id=stable_message_id(raw, head),
        email_from=email_from,
        subject=subject,
        dated=dated,
        date=read_moment(dated),
        sent=sent_on(dates, header_texts(head, "Received")),
        answered=answered,
        conversation=conversation_of(answered, calendar) or message_id[:MAX_KEY],
        to=to,
        cc=cc,
        delivered_to=tuple(delivered),
        recipients=tuple(dict.fromkeys(recipients)),
        named=tuple(named_addresses(head)),
        calendar=calendar,
        **content,
    )


def people_of(head, *names):
    """Return (name, normalised address) of all that these fields name.

    :param EmailMessage head: the header fields
    """
    found = {}
    fields = [(key.lower(), value) for key, value in head.raw_items()]
    for name in names:
        for key, value in fields:
            if key != name.lower():
                continue
            raw = str(value).encode("utf-8", "surrogateescape")
            for person, address in parse_addresses(raw)[:MAX_PEOPLE]:
                normalized = email_normalize(address)
                if normalized and not found.get(normalized):
                    found[normalized] = person
    return tuple((name, address) for address, name in found.items())


def find_answered(head):
    """Return the Message-IDs that a mail answers, the nearest first (RFC 5322, 3.6.4).

    :param EmailMessage head: the header fields
    """
    answered = header_text(head, "In-Reply-To")
    nearest = REFERENCE.findall(answered)
    if not nearest:  # some programs leave out the brackets
        nearest = [f"<{one}>" for one in BARE_REFERENCE.findall(answered)[:1]]
    others = REFERENCE.findall(header_text(head, "References"))
    kept = others[:1] + others[1:][-MAX_REFERENCES:]
    return tuple(dict.fromkeys([*nearest, *reversed(kept)]))


def conversation_of(answered, calendar=None):
    """Return what mails of one conversation are found by: the first mail that they
    name, and of an appointment its identifier (RFC 5545, 3.8.4.7); None for neither.

    :param tuple answered: of `find_answered`
    :param Invitation calendar: what an invitation in it says
    """
    if calendar and calendar.uid:
        return f"event {calendar.uid}"[:MAX_KEY]
    return answered[-1][:MAX_KEY] if answered else None


# -- what a mail is known by -----------------------------------------------------------


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


# -- when it was sent ------------------------------------------------------------------


def read_moment(text):
    """Return a date of a header (RFC 5322, 3.3) as UTC without zone, None when it
    cannot be read or cannot be true.

    :param str text: what stands in the header
    """
    try:
        moment = parsedate_to_datetime(text)
        if moment.utcoffset() is not None:
            moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    except (*HEADER_ERRORS, OverflowError):
        return None
    latest = datetime.now(timezone.utc).replace(tzinfo=None) + AHEAD
    return moment.replace(microsecond=0) if OLDEST < moment < latest else None


def sent_on(dates, received):
    """Return when a mail was sent, None when nothing says it.

    A clock may be wrong, and a mail may wait for days in a program that is offline: the
    first mail server on its way knows better than the Date. Where a mailbox is moved or
    fetched, later servers only say when that was.

    :param dates: the texts of its headers Date and Resent-Date
    :param received: the texts of its headers Received, the last server first
    """
    moments = [read_moment(text) for text in dates]
    on_its_way = [
        read_moment(text.rpartition(";")[2])
        for text in received
        if not DELIVERY.search(text)
    ]
    on_its_way = [moment for moment in on_its_way if moment]
    if on_its_way:
        moments.append(min(on_its_way))
    return max((moment for moment in moments if moment), default=None)


def came_on(dates, received):
    """Return when a mail came at the latest, None when nothing says it.

    :param dates: as for `sent_on`
    :param received: as for `sent_on`
    """
    texts = [*dates, *(text.rpartition(";")[2] for text in received)]
    return max(filter(None, map(read_moment, texts)), default=None)
