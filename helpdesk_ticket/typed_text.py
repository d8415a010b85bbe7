import re

MAX_LINE = 200
# The maximum length in any of our forms
MAX_TEXT = 50_000
# The fields of our forms that people type into
TYPED = ("subject", "name", "description", "text", "comment", "feedback")

# A sign that people see: neither a space nor a mark of direction, a joint or a filler
# of any alphabet. A text without one shows nothing.
VISIBLE = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)


def one_line(text):
    """Return a text as one line without control characters (C5).

    :param text: from a form; other types, such as a file, count as empty
    :rtype: str
    """
    line = " ".join(text.split()) if isinstance(text, str) else ""
    line = "".join(c for c in line if c.isprintable())[:MAX_LINE]
    return line if VISIBLE.search(line) else ""


def many_lines(text):
    """Return a text as typed, without characters that the database refuses.

    Browsers count a line end as one character, but send two.

    :param text: from a form; other types, such as a file, count as empty
    :rtype: str
    """
    if not isinstance(text, str):
        return ""
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    return text if VISIBLE.search(text) else ""


def read_id(text):
    """Return the id in a URL or a form, 0 for anything else.

    :param text: from a browser
    :rtype: int
    """
    text = str(text)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def own_path(text):
    """Return a path of this site, "" for anything else, such as URLs of other sites or
    with other schemes.

    :param text: from a browser
    :rtype: str
    """
    text = text if isinstance(text, str) else ""
    is_path = text.startswith("/") and text.isprintable() and "\\" not in text
    return text if is_path and not text.startswith("//") else ""
