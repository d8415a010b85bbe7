"""Everything that a mail says about itself, as plain values (E05, E06, E07, E08).

The child process finds it out. What depends on settings or on the database (which
addresses are ours, which servers are trusted) is decided in Odoo, based on these
values.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from odoo.addons.helpdesk_ticket.automatic_mail import (
    automatic_sign,
    list_names,
    many_signs,
    newsletter_sign,
    suppress_sign,
)
from odoo.addons.helpdesk_ticket.own_addresses import without_tag

from ..delivery_report import DeliveryReport, looks_like_report, read_report
from ..fingerprint import fingerprint
from ..sender import (
    PEOPLE_FIELDS,
    Sender,
    author_of,
    delivered_to,
    filled_in,
    form_header,
    named_addresses,
    people_in,
    possible_senders,
)
from ..verdicts import Finding, domain_of, findings_in, spam_sign
from .fields import (
    decode_value,
    header_text,
    header_texts,
    normalize,
    parse_addresses,
    raw_value,
)
from .head import HEADER_ERRORS, parse_headers, read_head

# PostgreSQL cannot index longer values; RFC 5322, 2.1.1 allows 998 per line.
MAX_MESSAGE_ID = MAX_KEY = 998
# The headers that the sender's program writes once. `Received` and all that relays
# add differ between two deliveries of one mail.
IDENTIFYING_HEADERS = ("From", "To", "Cc", "Subject", "Date", "In-Reply-To")
REFERENCE = re.compile(r"<[^<>\s]{1,990}>")
BARE_REFERENCE = re.compile(r"(?<!\S)[^<>\s@]{1,300}@[^<>\s@]{1,300}(?!\S)")
# The first is the oldest mail, the last ones are those that are answered.
MAX_REFERENCES = 100
# No genuine mail has more recipients; the rest is ignored.
MAX_PEOPLE = 300
# Clocks that were never set say 1970 or 1980; others are ahead by minutes, not by days.
OLDEST = datetime(1990, 1, 1)
AHEAD = timedelta(days=1)
# What the pieces have in common in which one mail was sent.
PIECE = re.compile(
    r"\s*message/partial\s*;(?:.{0,500};)?\s*id\s*=\s*\"?([^\s\";]{3,900})",
    re.IGNORECASE,
)
# Added when a mail is delivered or fetched, which may be years after it arrived.
DELIVERY = re.compile(r"\bwith (?:LMTPS?A?|IMAP4?S?|POP3?S?)\b", re.IGNORECASE)


@dataclass(frozen=True, eq=False, kw_only=True)
class Facts:
    """What one mail says of itself.

    :param str own_id: its Message-ID, or one that its content always gives again
    :param tuple fields: (name in small letters, text) of each field of its head
    :param str email_from: who wrote it, as it says; `email_to`, `subject` and `dated`
        likewise
    :param datetime written: when it says that it was written, in UTC without zone
    :param datetime date: the same; None when it cannot be true
    :param datetime sent: when it was sent, likewise; None when nothing says it
    :param datetime came: when it came at the latest, likewise
    :param tuple answered: the Message-IDs that it answers, the nearest first
    :param str conversation: what further mails of it will be found by, if it says so
    :param tuple conversations: what mails of one conversation have in common
    :param tuple to: (name, normalised address) of those that it was written to
    :param tuple cc: (name, normalised address) of those in copy
    :param tuple hidden: (name, normalised address) of those in blind copy
    :param tuple delivered_to: the addresses for which our own mail server took it
    :param tuple recipients: the addresses of all recipients, first those that mail
        servers name
    :param dict named: all addresses of which it matters whether they are our own, each
        with what it is without a plus
    :param dict people: (name, address in small letters) of each in `PEOPLE_FIELDS`
    :param Sender author: who stands in From
    :param tuple writers: the addresses of which it may turn out that one wrote it
    :param tuple lists: how a mailing list names itself, that it came through
    :param str automatic: by what a program wrote it; `suppressed`: by what it asks for
        no answer; `spam`: by what a mail server marks it; `form`: by what a form's
        program does
    :param tuple filled_in: (name, address) of who filled in a form, as its text says;
        two empty texts for what is none
    :param tuple many: the signs of many recipients; then those of them that count when
        the list is in front of our own mailbox
    :param tuple newsletter: by what it is a newsletter; then likewise
    :param str domain: of the one address in From; `findings`: what mail servers found
        out about it
    :param bool like_report: it may be a report about a mail of ours
    :param DeliveryReport report: that report
    :param str fingerprint: what it says, to recognise that it says the same again
    """

    own_id: str
    fields: tuple[tuple[str, str], ...]
    email_from: str
    email_to: str
    subject: str
    dated: str
    written: datetime | None
    date: datetime | None
    sent: datetime | None
    came: datetime | None
    answered: tuple[str, ...]
    conversation: str
    conversations: tuple[str, ...]
    to: tuple[tuple[str, str], ...]
    cc: tuple[tuple[str, str], ...]
    hidden: tuple[tuple[str, str], ...]
    delivered_to: tuple[str, ...]
    recipients: tuple[str, ...]
    named: dict[str, str]
    people: dict[str, tuple[tuple[str, str], ...]]
    author: Sender
    writers: tuple[str, ...]
    lists: tuple[str, ...]
    automatic: str
    suppressed: str
    spam: str
    form: str
    filled_in: tuple[str, str]
    many: tuple[tuple[str, ...], tuple[str, ...]]
    newsletter: tuple[str, str]
    domain: str
    findings: tuple[Finding, ...]
    like_report: bool
    report: DeliveryReport | None
    fingerprint: str

    def header(self, name):
        """Return the first header of this name as one line, empty if there is none."""
        return next(iter(self.headers(name)), "")

    def headers(self, name):
        """Return all headers of this name, in their order."""
        name = name.lower()
        return [text for key, text in self.fields if key == name]


def read_facts(raw, text="", html="", files=(), calendar=None, *, whole=False):
    """Return what a mail says about itself, in linear time.

    :param bytes raw: the mail
    :param str text: its text if it was parsed; `html` the same
    :param files: the contents of its files
    :param Invitation calendar: of the invitation in it
    :param bool whole: also parse its parts, to recognise reports
    :rtype: Facts
    """
    head = parse_headers(raw)
    like_report = looks_like_report(head, raw)
    subject = header_text(head, "Subject")
    person = filled_in(text)
    return Facts(
        fields=tuple(
            (name.lower(), decode_value(name, raw_value(value)))
            for name, value in head.raw_items()
        ),
        subject=subject,
        automatic=automatic_sign(head, lambda: text),
        suppressed=suppress_sign(head),
        spam=spam_sign(head),
        form=form_header(head),
        filled_in=person,
        many=(tuple(many_signs(head)), tuple(many_signs(head, _is_ours))),
        newsletter=(newsletter_sign(head), newsletter_sign(head, _is_ours)),
        lists=list_names(head),
        domain=domain_of(head),
        findings=tuple(findings_in(head)),
        like_report=like_report,
        report=read_report(raw, head) if whole and like_report else None,
        fingerprint=fingerprint(subject, html, files),
        **_read_identity(raw, head, calendar),
        **_read_people(head, person[1]),
        **_read_moments(head),
    )


def _is_ours(_name):
    """Stands in for the list in front of our own mailbox."""
    return True


def _read_identity(raw, head, calendar):
    """Return the identifier of a mail, and the conversation that it belongs to."""
    answered = find_answered(head)
    conversations = list(answered[-1:])
    if calendar and calendar.uid:  # RFC 5545, 3.8.4.7
        conversations.append(f"event {calendar.uid}"[:MAX_KEY])
    if piece := PIECE.match(header_text(head, "Content-Type")):  # RFC 2046, 5.2.2
        conversations.append(f"pieces {piece[1]}"[:MAX_KEY])
    return {
        "own_id": stable_message_id(raw, head),
        "answered": answered,
        "conversation": "".join(conversations[-1:])[:MAX_KEY],
        "conversations": tuple(conversations),
    }


# -- people ----------------------------------------------------------------------------


def _read_people(head, filled_in_by=""):
    """Return the people in the headers of a mail, by header.

    :param EmailMessage head: the header fields
    :param str filled_in_by: the address in the text of a form
    """
    to, cc = people_of(head, "To", "Resent-To"), people_of(head, "Cc", "Resent-Cc")
    delivered = delivered_to(head)
    recipients = [*delivered, *(address for _name, address in [*to, *cc])]
    people = {name: tuple(people_in(head, name)) for name in PEOPLE_FIELDS}
    author = author_of(head)
    return {
        "email_from": header_text(head, "From"),
        "email_to": header_text(head, "To"),
        "to": to,
        "cc": cc,
        "hidden": people_of(head, "Bcc", "Resent-Bcc"),
        "delivered_to": tuple(delivered),
        "recipients": tuple(dict.fromkeys(recipients)),
        "named": {one: without_tag(one) for one in named_addresses(head)},
        "people": people,
        "author": author,
        "writers": tuple(
            sorted({*possible_senders(author, people), filled_in_by} - {""})
        ),
    }


def people_of(head, *names):
    """Return (name, normalised address) of everybody in these headers.

    :param EmailMessage head: the header fields
    """
    found = {}
    fields_of = [(key.lower(), value) for key, value in head.raw_items()]
    for name in names:
        for key, value in fields_of:
            if key != name.lower():
                continue
            for person, address in parse_addresses(raw_value(value))[:MAX_PEOPLE]:
                normalized = normalize(address)
                if normalized and not found.get(normalized):
                    found[normalized] = person
    return tuple((name, address) for address, name in found.items())


# -- identifiers -----------------------------------------------------------------------


def find_answered(head):
    """Return the Message-IDs that a mail answers, the closest first (RFC 5322, 3.6.4).

    :param EmailMessage head: the header fields
    """
    answered = header_text(head, "In-Reply-To")
    nearest = REFERENCE.findall(answered)
    if not nearest:  # some programs leave out the brackets
        nearest = [f"<{one}>" for one in BARE_REFERENCE.findall(answered)[:1]]
    others = REFERENCE.findall(header_text(head, "References"))
    kept = others[:1] + others[1:][-MAX_REFERENCES:]
    return tuple(dict.fromkeys([*nearest, *reversed(kept)]))


def stable_message_id(raw, message=None):
    """Return the Message-ID of a mail, or a reproducible substitute.

    A mail without a Message-ID (or with an excessively long one) must be recognised
    when it is delivered twice, so the substitute is a hash of the body and of the
    author's headers, without `Received` and others that are added on the way.

    :param bytes raw: the mail
    :param EmailMessage message: its headers, if they are parsed already
    :return: an identifier in angle brackets (RFC 5322, 3.6.4)
    :rtype: str
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


def _read_moments(head):
    """Return when a mail was written, sent and received, as far as it says so."""
    dated, received = header_text(head, "Date"), header_texts(head, "Received")
    dates = [*header_texts(head, "Date"), *header_texts(head, "Resent-Date")]
    return {
        "dated": dated,
        "written": read_date(dated),
        "date": read_moment(dated),
        "sent": sent_on(dates, received),
        "came": came_on(dates, received),
    }


def read_date(text):
    """Parse the date of a header (RFC 5322, 3.3).

    :param str text: the value of the header
    :return: naive `datetime` in UTC, None if it is not valid
    """
    try:
        moment = parsedate_to_datetime(text)
        moment -= moment.utcoffset() or timedelta()
        return moment.replace(tzinfo=None, microsecond=0)
    except (*HEADER_ERRORS, OverflowError):
        return None


def read_moment(text):
    """Parse a date like `read_date`; return None if it is implausible."""
    moment = read_date(text)
    latest = datetime.now(timezone.utc).replace(tzinfo=None) + AHEAD
    return moment if moment and OLDEST < moment < latest else None


def sent_on(dates, received):
    """Return when a mail was sent, None if nothing says so.

    A clock may be wrong, and a mail may wait for days in a program that is offline: the
    first mail server on the way is more reliable than Date. When mailboxes are moved or
    fetched, later servers only say when that happened.

    :param dates: the values of its headers Date and Resent-Date
    :param received: the values of its headers Received, the last server first
    :return: naive `datetime` in UTC
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
    """Return when a mail arrived at the latest, None if nothing says so.

    :param dates: see `sent_on`
    :param received: see `sent_on`
    :return: naive `datetime` in UTC
    """
    texts = [*dates, *(text.rpartition(";")[2] for text in received)]
    return max(filter(None, map(read_moment, texts)), default=None)
