"""Invitations, answers to them and cancellations (RFC 5545, RFC 5546), valid or not.

Parsed line by line rather than with `vobject` or `icalendar`: both reject a file that
is cut off or contains one invalid date, and the rule of a time zone can keep both busy
forever.
"""

import dataclasses
import re

from .calendar_time import read_end, read_time, read_zones

COMPONENTS = {"VEVENT", "VTODO"}
ANSWERS = {"REPLY", "COUNTER", "REFRESH"}
MAX_TEXT = 1024 * 1024
MAX_LINES = 20_000
MAX_HEAD = 4_000  # characters of a property's name and parameters
MAX_VALUE = 20_000
MAX_PARTS = 50

_FOLD = re.compile(r"\n[ \t]")
_NAME = re.compile(r"[\s\ufeff]*([A-Za-z0-9-]{1,64})(?=[;:])")
_ESCAPED = re.compile(r"\\([\\;,nN])")
_CARET = re.compile(r"\^([n^'])")  # RFC 6868
_MAILTO = re.compile(r"\s*(?:mailto:)?\s*", re.IGNORECASE)
_COMMENTS = ("X-CALENDARSERVER-ATTENDEE-COMMENT", "X-CALENDARSERVER-PRIVATE-COMMENT")


@dataclasses.dataclass(frozen=True)
class Invitation:
    """The first event of a calendar file.

    :param str method: `REQUEST`, `REPLY`, `CANCEL`, `COUNTER` …, empty for a file that
        is not addressed to anybody
    :param str uid: identifies the event in all mails about it
    :param int sequence: how often it was changed
    :param str status: of an answer `ACCEPTED`, `DECLINED`, `TENTATIVE` …, otherwise of
        the event `CONFIRMED`, `CANCELLED` …
    :param str start: ISO 8601 date, or date and time, with the UTC offset if it is
        known
    :param str end: the same; of all-day events the last day
    :param str zone: time zone of start and end, the IANA name if it has one
    :param str organizer: an address
    :param str attendee: address of the person who answers
    :param str comment: what that person wrote
    """

    method: str = ""
    uid: str = ""
    sequence: int = 0
    status: str = ""
    summary: str = ""
    start: str = ""
    end: str = ""
    zone: str = ""
    location: str = ""
    organizer: str = ""
    organizer_name: str = ""
    attendee: str = ""
    attendee_name: str = ""
    comment: str = ""
    description: str = ""


def read_invitation(text, method=""):
    """Return the first event of a calendar file, None if it contains none.

    :param str text: the file
    :param str method: that the mail names for the file
    :rtype: Invitation
    """
    text = "\n".join(filter(None, text[:MAX_TEXT].split("\n")))
    lines = _FOLD.sub("", text).split("\n")[:MAX_LINES]
    found = _Event()
    for line in lines:
        if (name := _NAME.match(line)) and not found.take(name[1].upper(), line):
            break
    if not found.properties:
        return None
    return _build(found, (found.method or method).strip().upper()[:32])


class _Event:
    """Parser of the first event of a file."""

    def __init__(self):
        self.method = ""
        self.zones = []  # the lines that define time zones
        self.properties = {}  # name -> list of (parameters, value)
        self.inside = ""  # the component that the lines are of
        self.depth = (
            0  # depth of components within it: alarms, the changes of a time zone
        )

    def take(self, name, line):
        """Process a line; return whether more lines are needed."""
        value = line.partition(":")[2].strip().upper()
        if not self.inside:
            if name == "METHOD":
                self.method = value
            elif name == "BEGIN" and value in COMPONENTS | {"VTIMEZONE"}:
                self.inside = value
            return True
        if name == "END" and not self.depth:
            ended, self.inside = self.inside, ""
            return ended not in COMPONENTS
        if self.inside == "VTIMEZONE":
            self.zones.append(line)
        elif name not in ("BEGIN", "END") and not self.depth:
            same = self.properties.setdefault(name, [])
            if len(same) < MAX_PARTS:
                same.append(_split(line))
        self.depth += {"BEGIN": 1, "END": -1}.get(name, 0)
        return True

    def text(self, name):
        """Return the value of a property as plain text."""
        return "\n".join(
            _unescape(value) for _parameters, value in self.properties.get(name, [])[:1]
        )

    def first(self, name):
        """Return (parameters, value) of the first property of this name."""
        return self.properties.get(name, [({}, "")])[0]


def _split(line):
    """Split a property into its parameters and its value."""
    pieces, begin, quoted = [], 0, False
    for position, character in enumerate(line[:MAX_HEAD]):
        if character == '"':
            quoted = not quoted
        elif not quoted and character in ";:":
            pieces.append(line[begin:position])
            begin = position + 1
            if character == ":":
                break
    else:  # a quotation mark that is never closed
        head, _colon, _value = line.partition(":")
        pieces, begin = head[:MAX_HEAD].split(";"), len(head) + 1
    parameters = {}
    for piece in pieces[1 : MAX_PARTS + 1]:
        key, _equals, value = piece.partition("=")
        value = _CARET.sub(_uncaret, value.strip().strip('"'))
        parameters.setdefault(key.strip().upper(), value)
    return parameters, line[begin : begin + MAX_VALUE].strip()


def _uncaret(match):
    return {"n": "\n", "^": "^", "'": '"'}[match[1]]


def _unescape(value):
    text = _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
    return text.strip()


def _build(event, method):
    zones = read_zones(event.zones)
    start, zone = read_time(*event.first("DTSTART"), zones)
    end = read_end(
        event.first("DTEND") if "DTEND" in event.properties else event.first("DUE"),
        event.text("DURATION"),
        start,
        zones,
    )
    status, attendee = event.text("STATUS").upper(), ({}, "")
    if method in ANSWERS:
        attendee = _find_attendee(event)
        status = attendee[0].get("PARTSTAT", "").upper() or status
    organizer = event.first("ORGANIZER")
    sequence = event.text("SEQUENCE")
    return Invitation(
        method=method,
        uid=event.text("UID")[:1000],
        sequence=int(sequence) if re.fullmatch("[0-9]{1,9}", sequence) else 0,
        status=status[:32],
        summary=" ".join(event.text("SUMMARY").split()),
        start=start.isoformat() if start else "",
        end=end.isoformat() if end else "",
        zone=zone,
        location=" ".join(event.text("LOCATION").split()),
        organizer=_MAILTO.sub("", organizer[1], count=1),
        organizer_name=organizer[0].get("CN", ""),
        attendee=_MAILTO.sub("", attendee[1], count=1),
        attendee_name=attendee[0].get("CN", ""),
        comment=_find_comment(event, attendee[0]),
        description=event.text("DESCRIPTION"),
    )


def _find_attendee(event):
    """Return the attendee who answers: if there are several, the one with a status."""
    attendees = event.properties.get("ATTENDEE", [({}, "")])
    for parameters, value in attendees:
        if parameters.get("PARTSTAT", "NEEDS-ACTION").upper() != "NEEDS-ACTION":
            return parameters, value
    return attendees[0]


def _find_comment(event, parameters):
    """Return the comment of an answer, which programs put into different properties."""
    found = [value for _parameters, value in event.properties.get("COMMENT", [])]
    for name in _COMMENTS:
        found += [value for _parameters, value in event.properties.get(name, [])]
    found = [_unescape(value) for value in found]
    found.append(parameters.get("X-RESPONSE-COMMENT", "").strip())
    return "\n".join(dict.fromkeys(filter(None, found)))
