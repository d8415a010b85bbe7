"""One mail as it was read: frozen, and nothing of the database in it."""

import hashlib
from dataclasses import dataclass, field

from markupsafe import Markup

from .reading.calendar import Invitation
from .reading.facts import MAX_KEY, Facts, read_facts
from .reading.process import take_apart

# Of a mail whose head nobody could read: it may be a program's, so none answers it.
NO_ANSWER = "X-Auto-Response-Suppress: All"


@dataclass(frozen=True, eq=False, kw_only=True)
class Mail(Facts):
    """What one mail says, beside the `Facts` that it says of itself.

    :param bytes raw: as it came
    :param str message_id: what it is known by
    :param Markup body: its text as html, made harmless
    :param str text: its text as plain text
    :param tuple files: of (name, bytes, {"cid": …}), as `message_post` takes them
    :param tuple notes: what was odd about it, as (code, parameters)
    :param Invitation calendar: what an invitation in it says
    :param dict known: what was computed of it and is asked for again
    """

    raw: bytes
    message_id: str
    body: Markup = field(default_factory=Markup)
    text: str = ""
    files: tuple = ()
    notes: tuple = ()
    calendar: Invitation | None = None
    known: dict = field(default_factory=dict)

    def source(self, key, compute):
        """Return what `compute` gives, computing it once per mail and `key`."""
        if key not in self.known:
            self.known[key] = compute()
        return self.known[key]


def read_all(mails):
    """Read mails, each when it is asked for, the next ones meanwhile; never raises,
    never takes long (E09).

    :param list mails: of (bytes, Message-ID by which the mail is known, if not by its
        own, what is known of it when not even its head can be read: texts of header
        fields by their names, limits as of `reading.process.take_apart`)
    :return: iterator of `Mail`
    """
    readings = take_apart([(raw, limits) for raw, _id, _told, limits in mails])
    for (raw, message_id, told, _limits), reading in zip(mails, readings, strict=True):
        yield _make(raw, message_id, told, reading)


def read(raw, message_id="", **limits):
    """Read one mail, as `read_all` does.

    :rtype: Mail
    """
    return next(read_all([(raw, message_id, {}, limits)]))


def unread(raw, message_id=""):
    """Return a mail of which only the head is looked at.

    :rtype: Mail
    """
    return next(read_all([(raw, message_id, {}, None)]))


def _make(raw, message_id, told, reading):
    facts = vars(reading.facts or _believe(raw, told))
    message_id = message_id or facts["own_id"]
    return Mail(
        **{**facts, "conversation": facts["conversation"] or message_id[:MAX_KEY]},
        raw=raw,
        message_id=message_id,
        body=Markup(reading.html),
        text=reading.text,
        files=tuple(reading.files),
        notes=reading.notes,
        calendar=reading.calendar,
    )


def _believe(raw, told):
    """Return what is said of a mail whose head cannot be read; it is read as a head of
    few lines, which no stranger wrote.

    :rtype: Facts
    """
    own_id = f"<{hashlib.sha256(raw).hexdigest()}@no-message-id.invalid>"
    lines = [NO_ANSWER]
    for name, text in {"Message-ID": own_id, **told}.items():
        if text:
            lines.append(f"{name}: {' '.join(text.split())}")
    return read_facts("\r\n".join([*lines, "", ""]).encode("utf-8", "replace"))
