"""When an invitation takes place: what rules need of RFC 5545. Plain Python.

A hostile mail may hold anything: of a calendar only the first event is read, line by
line, and a bounded text.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

MAX_TEXT = 200_000
MAX_LINE = 1_000
DURATION = re.compile(
    r"P(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:\d{1,5}S)?)?"
)
ESCAPED = re.compile(r"\\([\\;,nN])")


@dataclass
class Invitation:
    """An event: in UTC without zone, or as dates when it takes whole days."""

    summary: str
    location: str
    start: datetime
    stop: datetime
    all_day: bool


def read_invitation(text, zone):
    """Return the first event of a calendar.

    :param str text: as in RFC 5545
    :param str zone: the zone of times that name none, or one that nobody knows
    :return: `Invitation`, or None when there is none, or it is called off
    """
    properties, inside = {}, False
    for line in _unfold(text[:MAX_TEXT]):
        head, _colon, value = line[:MAX_LINE].partition(":")
        name, *parameters = head.split(";")
        name = name.upper()
        if name == "METHOD" and value.strip().upper() == "CANCEL":
            return None
        if name == "BEGIN" and value.strip().upper() == "VEVENT":
            inside = True
        elif name == "END" and value.strip().upper() == "VEVENT":
            break
        elif inside:
            properties.setdefault(name, (parameters, value.strip()))
    return _make_invitation(properties, zone) if "DTSTART" in properties else None


def _unfold(text):
    """Put lines together that were cut after 75 bytes (RFC 5545, 3.1)."""
    return re.sub(r"\r?\n[ \t]", "", text).splitlines()


def _make_invitation(properties, zone):
    start = _read_time(*properties["DTSTART"], zone)
    if start is None:
        return None
    all_day = not isinstance(start, datetime)
    end = properties.get("DTEND")
    stop = _read_time(*end, zone) if end else None
    if stop is None:
        default = timedelta(days=1) if all_day else timedelta(hours=1)
        stop = start + _read_duration(properties.get("DURATION"), default)
    if all_day:  # the end of a day-long event is the day after
        stop = max(start, _day(stop) - timedelta(days=1))
        start, stop = (datetime.combine(day, time()) for day in (start, stop))
    elif not isinstance(stop, datetime) or stop < start:
        stop = start + timedelta(hours=1)
    return Invitation(
        summary=_read_text(properties.get("SUMMARY")),
        location=_read_text(properties.get("LOCATION")),
        start=start,
        stop=stop,
        all_day=all_day,
    )


def _day(moment):
    return moment.date() if isinstance(moment, datetime) else moment


def _read_time(parameters, value, zone):
    """Return a datetime in UTC without zone, or a date; None for what is neither."""
    try:
        if len(value) == 8:
            return date(int(value[:4]), int(value[4:6]), int(value[6:]))
        moment = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")
        if value.endswith("Z"):
            return moment
        name = next((p[5:] for p in parameters if p.upper().startswith("TZID=")), "")
        local = moment.replace(tzinfo=_get_zone(name.strip('"'), zone))
        return local.astimezone(timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _get_zone(name, default):
    """Return a zone by its IANA name; Microsoft writes names of its own."""
    for candidate in (name, default):
        try:
            return ZoneInfo(candidate)
        except (KeyError, ValueError, OSError):
            continue
    return timezone.utc


def _read_duration(entry, default):
    match = DURATION.fullmatch(entry[1]) if entry else None
    weeks, days, hours, minutes = (
        (int(n or 0) for n in match.groups()) if match else [0] * 4
    )
    found = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    return found or default


def _read_text(entry):
    text = entry[1] if entry else ""
    return ESCAPED.sub(lambda m: " " if m[1] in "nN" else m[1], text).strip()[:200]
