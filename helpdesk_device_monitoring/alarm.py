"""Parses what monitoring programs send into plain values (rel-A6, rel-C4).

Each program has a parser for its documented format; the rest of the addon does not
depend on the formats.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from odoo.addons.helpdesk_ticket.typed_text import many_lines, one_line

PROBLEM, END, INFO = "problem", "end", "info"
MAX_TEXT = 20_000
MAX_ALARMS = 200
HALF = re.compile("[\ud800-\udfff]")
# Words for each status, in lower case
BEGINS = ("problem", "firing", "down", "critical", "warning", "unknown", "alert")
ENDS = ("ok", "up", "resolved", "recovery", "end")
KUMA = {0: PROBLEM, 1: END}
ICINGA = {"PROBLEM": PROBLEM, "FLAPPINGSTART": PROBLEM, "RECOVERY": END}
HOST_LABELS = ("instance", "host", "hostname", "nodename", "node")


class AlarmError(Exception):
    """The input is not in the documented format; the message is a technical one."""


@dataclass(frozen=True)
class Alarm:
    """An event reported by a monitoring program.

    :param str fingerprint: identical for all events of the same alarm
    :param str status: PROBLEM, END, or INFO for what neither begins nor ends it
    :param str host: the program's name for the device, "" if there is none
    :param str subject: one line
    :param str text: the rest
    """

    fingerprint: str
    status: str
    host: str
    subject: str
    text: str


def read_alarms(kind, body):
    """Return the alarms in a delivery, each once with its last status.

    :param str kind: a key of READERS
    :param bytes body: as received
    :rtype: list[Alarm]
    :raise AlarmError: when it cannot be parsed
    """
    try:
        members = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise AlarmError("no JSON") from error
    if not isinstance(members, dict):
        raise AlarmError("no JSON object")
    alarms = {alarm.fingerprint: alarm for alarm in READERS[kind](members)}
    # always in the same order, to avoid deadlocks
    return [alarms[fingerprint] for fingerprint in sorted(alarms)]


def read_unreadable(body, subject):
    """Return an `Alarm` for what cannot be parsed, so that somebody can look at it.

    :param bytes body: as received
    :param str subject: of the alarm
    :rtype: Alarm
    """
    digest = hashlib.sha256(body).hexdigest()
    text = _lines(body.decode(errors="replace"))
    return Alarm(f"unreadable:{digest}", PROBLEM, "", subject, text)


def _make(identity, status, host, subject, text):
    """Return an `Alarm` from raw values; its fingerprint is a hash, because identities
    can be of any length."""
    whole = json.dumps(identity, sort_keys=True)
    host, subject = _line(host), _line(subject)
    return Alarm(
        hashlib.sha256(whole.encode()).hexdigest(),
        status,
        host,
        subject or host or "-",
        _lines(text),
    )


def _text(value):
    """Return a plain value as text without characters that the database refuses, or
    ""."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return HALF.sub("", str(value))


def _line(value):
    return one_line(_text(value))


def _lines(value):
    return many_lines(_text(value))[:MAX_TEXT]


def _object(members, name, needed=True):
    """Return a member that is an object, an empty one if it is missing.

    :raise AlarmError: when it is not an object, or missing though it is required
    """
    value = members.get(name)
    if value is None and not needed:
        return {}
    if not isinstance(value, dict):
        raise AlarmError(f"no {name}")
    return value


def _get_host(address):
    """Return the host in an address, which may have a port or be a URL."""
    address = _line(address)
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
    except ValueError:
        return address
    return parts.hostname or ("" if "://" in address else address)


def _read_generic(members):
    """Parse the format that any program can send."""
    status = _line(members.get("status")).lower()
    if status not in (*BEGINS, *ENDS):
        raise AlarmError("no status")
    host, subject = _line(members.get("host")), _line(members.get("subject"))
    if not (host or subject):
        raise AlarmError("no host and no subject")
    identity = [_text(members.get("id"))] if members.get("id") else [host, subject]
    kind = PROBLEM if status in BEGINS else END
    yield _make(identity, kind, host, subject, members.get("text"))


def _read_zabbix(members):
    """Parse the parameters of a webhook media type, sent as JSON."""
    value = _line(members.get("event_value"))
    if value not in ("0", "1"):
        raise AlarmError("no event_value")
    identity = [_text(members.get(name)) for name in ("trigger_id", "host")]
    if not identity[0]:
        identity = [_text(members.get("event_id"))]
    if not identity[0]:
        raise AlarmError("no trigger_id and no event_id")
    details = [members.get("message"), members.get("severity")]
    yield _make(
        identity,
        PROBLEM if value == "1" else END,
        members.get("host"),
        members.get("event_name") or members.get("subject"),
        "\n\n".join(text for text in map(_text, details) if text),
    )


def _read_alertmanager(members):
    """Parse a webhook of Prometheus Alertmanager, version 4."""
    alerts = members.get("alerts")
    if not isinstance(alerts, list) or len(alerts) > MAX_ALARMS:
        raise AlarmError("no alerts, or too many")
    for alert in alerts:
        if not isinstance(alert, dict):
            raise AlarmError("an alert that is no object")
        status = alert.get("status")
        if status not in ("firing", "resolved"):
            raise AlarmError("an alert without status")
        labels = _object(alert, "labels")
        notes = _object(alert, "annotations", needed=False)
        names = [labels[name] for name in HOST_LABELS if labels.get(name)]
        rest = [f"{name}: {_text(value)}" for name, value in sorted(labels.items())]
        yield _make(
            # Prometheus identifies an alert by its labels
            labels,
            PROBLEM if status == "firing" else END,
            _get_host(names[0]) if names else "",
            notes.get("summary") or labels.get("alertname"),
            "\n".join([_text(notes.get("description")), "", *rest]),
        )


def _read_icinga(members):
    """Parse a notification as in the event streams of Icinga 2."""
    kind = _line(members.get("notification_type")).upper()
    if not kind:
        raise AlarmError("no notification_type")
    host, service = _line(members.get("host")), _line(members.get("service"))
    if not host:
        raise AlarmError("no host")
    result = _object(members, "check_result", needed=False)
    yield _make(
        [host, service],
        ICINGA.get(kind, INFO),
        host,
        f"{service}: {host}" if service else host,
        "\n".join(
            text
            for text in (
                kind,
                _text(result.get("output")),
                _text(members.get("author")),
                _text(members.get("text")),
            )
            if text
        ),
    )


def _read_uptime_kuma(members):
    """Parse a notification of the type webhook, with the default body.

    A test has neither monitor nor heartbeat, and nor do warnings about certificates.
    """
    text = _text(members.get("msg"))
    if members.get("heartbeat") is None:
        if not text:
            raise AlarmError("no msg")
        if not text.endswith("Testing"):
            yield _make([text], PROBLEM, "", text, text)
        return
    beat, monitor = _object(members, "heartbeat"), _object(members, "monitor")
    identity = beat.get("monitorID") or monitor.get("id")
    if not _text(identity):
        raise AlarmError("no monitorID")
    status = beat.get("status")
    if isinstance(status, bool) or not isinstance(status, int):
        raise AlarmError("no status")
    name, host = _line(monitor.get("name")), _line(monitor.get("hostname"))
    yield _make(
        [_text(identity)],
        KUMA.get(status, INFO),
        host or _get_host(monitor.get("url")) or name,
        name or text,
        "\n".join(filter(None, [text, _text(beat.get("msg"))])),
    )


READERS = {
    "generic": _read_generic,
    "zabbix": _read_zabbix,
    "alertmanager": _read_alertmanager,
    "icinga": _read_icinga,
    "uptime_kuma": _read_uptime_kuma,
}
