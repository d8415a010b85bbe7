"""The times of an invitation: parsed with their time zone, and formatted."""

import contextlib
import datetime
import re

import pytz

MAX_LINES = 2_000
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ](\d\d):?(\d\d)(?::?(\d\d))?([Zz]?))?"
)
_DURATION = re.compile(
    r"\+?P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:\d{1,6}S)?)?"
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_DAY = re.compile(r"([+-]?[1-5])(MO|TU|WE|TH|FR|SA|SU)")
_UTC_NAMES = {"utc", "gmt", "z", "etc/utc", "etc/gmt"}


def read_zones(lines):
    """Return the time zones defined in a file.

    :param list lines: of its VTIMEZONE components
    :return: dict, name -> list of (yearly rule, offset that applies from then on)
    """
    zones, name, change = {}, "", {}
    for line in lines[:MAX_LINES]:
        key, _colon, value = line.partition(":")
        key, value = key.partition(";")[0].strip().upper(), value.strip()
        if key == "TZID":
            name = value
        elif key == "BEGIN":
            change = {}
        elif key == "END" and value.upper() in ("STANDARD", "DAYLIGHT"):
            if found := _OFFSET.match(change.get("TZOFFSETTO", "")):
                minutes = int(found[2]) * 60 + int(found[3])
                minutes = min(minutes, 23 * 60) * (-1 if found[1] == "-" else 1)
                offset = datetime.timezone(datetime.timedelta(minutes=minutes))
                zones.setdefault(name, []).append((change, offset))
        else:
            change[key] = value
    return zones


def read_time(parameters, value, zones):
    """Parse a date, or a date and time, and return it with the name of its time zone.

    :param dict parameters: of the property
    :param str value: its value
    :param dict zones: of `read_zones`
    :return: `(date or datetime or None, name)`
    """
    found = _TIME.match(value.strip())
    if not found:
        return None, ""
    try:
        day = datetime.date(*map(int, found.groups()[:3]))
        if found[4] is None:
            return day, ""
        time = datetime.time(int(found[4]), int(found[5]), min(int(found[6] or 0), 59))
    except ValueError:
        return None, ""
    moment = datetime.datetime.combine(day, time)
    name = parameters.get("TZID", "").strip()
    if found[7] or name.lower() in _UTC_NAMES:
        return moment.replace(tzinfo=datetime.timezone.utc), "UTC"
    return _localize(moment, name, zones)


def _localize(moment, name, zones):
    known, changes = _find_zone(name), zones.get(name)
    # near the years 1 and 9999 an offset would leave the range of datetime
    with contextlib.suppress(OverflowError, ValueError):
        if known:
            return known.localize(moment), known.zone
        if changes:
            return moment.replace(tzinfo=_find_offset(moment, changes)), name
    return moment, name


def _find_zone(name):
    """Return a time zone by its IANA name, also at the end of a path, or its Windows
    name."""
    pieces = name.strip("/").split("/")
    candidates = ["/".join(pieces[number:]) for number in range(len(pieces))][:6]
    if name and " " in name:
        # imported here: only some invitations need it
        from babel.core import get_global

        candidates.insert(0, get_global("windows_zone_mapping").get(name, name))
    for candidate in candidates:
        if candidate in pytz.all_timezones_set:
            return pytz.timezone(candidate)
    return None


def _find_offset(moment, changes):
    """Return the offset that applies at a moment: that of the last change before it."""
    moments = [(_change_in(moment.year, change), zone) for change, zone in changes]
    past = [one for one in moments if one[0] <= moment]
    # before the first change of a year, the last one of the previous year applies
    return max(past or moments, key=lambda one: one[0])[1]


def _change_in(year, change):
    """Return the moment of a change in a year, by BYMONTH and BYDAY of its rule."""
    rule = dict(
        part.split("=", 1) for part in change.get("RRULE", "").split(";") if "=" in part
    )
    begin = _TIME.match(change.get("DTSTART", ""))
    hour = min(int(begin[4] or 0), 23) if begin else 0
    day, month = _DAY.fullmatch(rule.get("BYDAY", "")), rule.get("BYMONTH", "")
    if not day or not re.fullmatch("[1-9]|1[0-2]", month):
        return datetime.datetime(1, 1, 1)  # there is no change
    number, month = int(day[1]), int(month)
    first = datetime.datetime(year, month, 1, hour)
    if number < 0:
        first = datetime.datetime(year + month // 12, month % 12 + 1, 1, hour)
    distance = (DAYS.index(day[2]) - first.weekday()) % 7
    return first + datetime.timedelta(distance + 7 * (number - (number > 0)))


def read_end(end, duration, start, zones):
    """Return the end of an event; of an all-day event, its last day.

    :param tuple end: (parameters, value) of the property
    :param str duration: used if there is no end
    :param start: of `read_time`
    :param dict zones: of `read_zones`
    """
    moment = read_time(*end, zones)[0]
    try:
        if moment is None and start and (found := _DURATION.fullmatch(duration)):
            weeks, days, hours, minutes = (int(part or 0) for part in found.groups())
            moment = start + datetime.timedelta(weeks * 7 + days)
            if is_moment(start):
                moment += datetime.timedelta(hours=hours, minutes=minutes)
        if moment is None or is_moment(moment) != is_moment(start):
            return None
        if not is_moment(moment):  # DTEND is the day after the last one
            moment = max(start, moment - datetime.timedelta(1))
    except OverflowError:
        return None
    return moment


def is_moment(value):
    """Return whether a value has a time, not only a date."""
    return isinstance(value, datetime.datetime)


def say_when(start, end, zone, language="en", target=""):
    """Return the time of an event as text.

    :param str start: ISO 8601, see `Invitation`
    :param str end: the same
    :param str zone: the name of their time zone
    :param str language: such as `de_DE`
    :param str target: time zone for the text, if the moment is known
    :rtype: str
    """
    # imported here: only invitations need it
    from babel import dates

    moments = [_parse(text) for text in (start, end) if text]
    if not moments:
        return ""
    if target in pytz.all_timezones_set and all(map(_is_known, moments)):
        moments = [moment.astimezone(pytz.timezone(target)) for moment in moments]
        zone = target
    if all(map(_is_known, moments)):
        moments = [moment.astimezone(moments[0].tzinfo) for moment in moments]
    elif _is_known(moments[-1]):  # its offset from the first one is unknown
        del moments[1:]
    locale = _get_locale(language)
    days = [dates.format_date(moment, "full", locale) for moment in moments]
    if not is_moment(moments[0]):
        return " – ".join(dict.fromkeys(days))
    times = [
        # English times contain a narrow no-break space, which nobody types in a search
        dates.format_time(moment.replace(tzinfo=None), "short", locale=locale).replace(
            "\u202f", " "
        )
        for moment in moments
    ]
    said = [f"{days[0]}, {times[0]}"]
    if len(moments) > 1 and moments[1] != moments[0]:
        same = days[0] == days[1]
        said.append(times[1] if same else f"{days[1]}, {times[1]}")
    return " – ".join(said) + (f" ({zone})" if zone else "")


def _parse(text):
    kind = datetime.datetime if "T" in text else datetime.date
    return kind.fromisoformat(text)


def _is_known(moment):
    return is_moment(moment) and moment.tzinfo is not None


def _get_locale(language):
    from babel.core import Locale, UnknownLocaleError

    try:
        return Locale.parse(language.partition("@")[0])
    except (UnknownLocaleError, ValueError):
        return Locale("en")
