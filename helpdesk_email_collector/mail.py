"""One mail as it was read: frozen, and nothing of the database in it."""

import functools
import re
from dataclasses import dataclass, field
from email.message import EmailMessage

from markupsafe import Markup

from odoo.tools.mail import email_normalize

from .mail_age import read_moment, sent_on
from .reading.calendar import Invitation
from .reading.fields import header_text, parse_addresses
from .reading.head import parse_headers
from .reading.process import take_apart
from .sender import delivered_to

REFERENCE = re.compile(r"<[^<>\s]{1,990}>")
BARE_REFERENCE = re.compile(r"(?<!\S)[^<>\s@]{1,300}@[^<>\s@]{1,300}(?!\S)")
# The first is the oldest mail, the last are the ones that were answered.
MAX_REFERENCES = 100
# Nobody writes to more; what is beyond is read nowhere.
MAX_PEOPLE = 300


@dataclass(frozen=True, eq=False)
class Mail:
    """What one mail says.

    :param bytes raw: as it came
    :param str message_id: what it is known by (`stable_message_id`)
    :param EmailMessage head: its header fields as they came, no body
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
        name = name.lower()
        found = []
        for key, value in self.head.raw_items():
            if key.lower() == name:
                single = EmailMessage()
                single.set_raw(key, value)
                found.append(header_text(single, key))
        return found

    @functools.cached_property
    def subject(self):
        """Its subject in one line."""
        return self.header("Subject")

    @functools.cached_property
    def date(self):
        """When it was written, in UTC without zone; None when it does not say so in a
        way that can be true."""
        return read_moment(self.header("Date"))

    @functools.cached_property
    def sent(self):
        """When it was sent, in UTC without zone; None when nothing says it."""
        dates = self.headers("Date") + self.headers("Resent-Date")
        return sent_on(dates, self.headers("Received"))

    @functools.cached_property
    def answered(self):
        """The Message-IDs that it answers, the nearest first (RFC 5322, 3.6.4)."""
        answered = self.header("In-Reply-To")
        nearest = REFERENCE.findall(answered)
        if not nearest:  # some programs leave out the brackets
            nearest = [f"<{one}>" for one in BARE_REFERENCE.findall(answered)[:1]]
        others = REFERENCE.findall(self.header("References"))
        kept = others[:1] + others[1:][-MAX_REFERENCES:]
        return tuple(dict.fromkeys([*nearest, *reversed(kept)]))

    @functools.cached_property
    def to(self):
        """(name, normalised address) of those that it was written to."""
        return self.people("To", "Resent-To")

    @functools.cached_property
    def cc(self):
        """(name, normalised address) of those in copy."""
        return self.people("Cc", "Resent-Cc")

    @functools.cached_property
    def delivered_to(self):
        """The addresses for which our own mail server took it."""
        return tuple(delivered_to(self.head))

    @property
    def recipients(self):
        """The addresses of all recipients, first those that mail servers name."""
        addresses = [address for _name, address in [*self.to, *self.cc]]
        return tuple(dict.fromkeys([*self.delivered_to, *addresses]))

    def people(self, *names):
        """Return (name, normalised address) of all that these fields name."""
        found, wanted = {}, [name.lower() for name in names]
        fields = [(key.lower(), value) for key, value in self.head.raw_items()]
        for name in wanted:
            for key, value in fields:
                if key != name:
                    continue
                raw = str(value).encode("utf-8", "surrogateescape")
                for person, address in parse_addresses(raw)[:MAX_PEOPLE]:
                    normalized = email_normalize(address)
                    if normalized and not found.get(normalized):
                        found[normalized] = person
        return tuple((name, address) for address, name in found.items())

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
    return Mail(
        raw=raw,
        message_id=message_id,
        head=parse_headers(raw),
        body=Markup(reading.html),
        text=reading.text,
        files=tuple(reading.files),
        notes=tuple(map(tuple, reading.notes)),
        calendar=reading.calendar or None,
    )


def unread(raw, message_id):
    """Return a mail of which only the head is looked at: it is too large.

    :rtype: Mail
    """
    return Mail(raw=raw, message_id=message_id, head=parse_headers(raw))
