"""An invitation in words, for a mail that says nothing else (RFC 5545)."""

import re

SHOWN = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "ORGANIZER", "DESCRIPTION")
MAX_LINES = 2_000

_ESCAPED = re.compile(r"\\([\\;,nN])")


def calendar_text(text):
    """Return the main lines of the first event of a calendar file."""
    lines = text.replace("\n ", "").replace("\n\t", "").split("\n")[:MAX_LINES]
    found, inside = {}, False
    for line in lines:
        name, _colon, value = line.partition(":")
        name = name.partition(";")[0].upper()
        inside = inside or (name == "BEGIN" and value.strip() == "VEVENT")
        if inside and name in SHOWN:
            found.setdefault(name, _ESCAPED.sub(_unescape, value).strip())
    return "\n".join(f"{name}: {found[name]}" for name in SHOWN if name in found)


def _unescape(match):
    return "\n" if match[1] in "nN" else match[1]
