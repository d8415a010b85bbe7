"""The date of a forwarded mail as programs write it in many languages. Plain Python."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# German, French, Spanish and English, then Italian, Portuguese, Dutch, the Nordic
# languages, Polish, Czech, Russian
MONTHS = (
    ("jan", "ene", "gen", "tammi", "sty", "led", "янв"),
    ("feb", "fév", "fev", "helmi", "lut", "úno", "фев"),
    ("mar", "mär", "mrz", "mrt", "maart", "maalis", "bře", "мар"),
    ("apr", "avr", "abr", "huhti", "kwi", "dub", "апр"),
    ("may", "mai", "mag", "mei", "maj", "touko", "kvě", "мая", "май"),
    ("jun", "juin", "giu", "kesä", "czerw", "červn", "июн"),
    ("jul", "juil", "lug", "heinä", "lip", "červenc", "июл"),
    ("aug", "aoû", "aou", "ago", "elo", "sie", "srp", "авг"),
    ("sep", "set", "syys", "wrz", "zář", "сен"),
    ("oct", "okt", "ott", "out", "loka", "paź", "říj", "окт"),
    ("nov", "marras", "lis", "ноя"),
    ("dec", "dez", "déc", "dic", "joulu", "gru", "pro", "дек"),
)
# weekdays that begin like a month
NO_MONTHS = ("martes", "mardi", "martedì", "martedi")
TIME = re.compile(
    r"\b(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?\s*([ap])?\.?\s?m?\b", re.IGNORECASE
)
OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d{2})?\b")
ISO = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?")
YEAR_FIRST = re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b")
NUMBERS = re.compile(r"\b(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})\b")
WORDS = re.compile(r"[^\W\d_]+")
DAY = re.compile(r"\b(\d{1,2})(?:\.|er|st|nd|rd|th)?(?!\d|:)\b")
YEAR = re.compile(r"\b(19\d{2}|20\d{2})\b")


def read_date(text, zone=None):
    """Parse a date such as `Montag, 2. November 2026 16:05`.

    :param str text: the date
    :param zone: `tzinfo` to assume if the text does not name one
    :return: naive `datetime` in UTC, as Odoo stores it; None if it is not a date
    """
    text = (text or "")[:200].replace("\xa0", " ").replace("\u202f", " ")
    try:
        moment = _read_iso(text) or _read_rfc(text) or _read_words(text)
        if moment is None:
            return None
        if moment.tzinfo is None and zone is not None:
            moment = _localize(moment, zone)
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return moment


def _localize(moment, zone):
    localize = getattr(zone, "localize", None)  # zones of pytz must be applied with it
    return localize(moment) if localize else moment.replace(tzinfo=zone)


def _read_iso(text):
    found = ISO.search(text)
    return datetime.fromisoformat(found[0]) if found else None


def _read_rfc(text):
    """Parse an RFC 5322 date with an offset, as Thunderbird copies it."""
    if not OFFSET.search(text.partition(":")[2]):
        return None
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None


def _read_words(text):
    day = _read_day(text)
    if day is None:
        return None
    time = TIME.search(NUMBERS.sub(" ", text))
    if not time:
        return datetime(*day)
    hour, minute, second = (int(group or 0) for group in time.groups()[:3])
    if time.group(4):
        hour = hour % 12 + (12 if time.group(4).lower() == "p" else 0)
    return datetime(*day, hour, minute, second)


def _read_day(text):
    """Return (year, month, day)."""
    if match := YEAR_FIRST.search(text):
        return tuple(map(int, match.groups()))
    if match := NUMBERS.search(text):
        first, sign, second, year = match.groups()
        first, second, year = int(first), int(second), int(year)
        # the month comes first only in the USA, where AM and PM are used too
        american = sign == "/" and re.search(r"\d\s*[AP]\.?M\b", text, re.IGNORECASE)
        day, month = (second, first) if american or second > 12 else (first, second)
        return (year + 2000 if year < 100 else year), month, day
    words = [word.lower() for word in WORDS.findall(text)]
    # in French, Spanish and Italian “mar” may be Tuesday
    months = [_month(word) for word in words if word != "mar"] + [3] * ("mar" in words)
    month = next(filter(None, months), None)
    year = YEAR.search(text)
    day = DAY.search(TIME.sub(" ", text))
    if not (month and year and day):
        return None
    return int(year.group(1)), month, int(day.group(1))


def _month(word):
    """Return the number of the month with this name, or None."""
    if word in NO_MONTHS or len(word) < 3:
        return None
    found = [
        (len(name), number)
        for number, names in enumerate(MONTHS, start=1)
        for name in names
        if word.startswith(name)
    ]
    return max(found)[1] if found else None
