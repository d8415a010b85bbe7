MAX_LINE = 200
# As much as any of our forms takes
MAX_TEXT = 50_000
# The fields of our forms that people type into
TYPED = ("subject", "name", "description", "text", "comment", "feedback")

# Printable signs that show nothing: the space, fillers of Hangul, an empty Braille cell
BLANKS = frozenset(" \u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def one_line(text):
    """Return a text as one line without control characters (C5).

    :param text: from a form; what is no text, as a file in its place, counts as none
    :rtype: str
    """
    line = " ".join(text.split()) if isinstance(text, str) else ""
    line = "".join(c for c in line if c.isprintable())[:MAX_LINE]
    return "" if is_blank(line) else line


def is_blank(text):
    """Say whether nobody would see anything of a text: nothing but spaces, marks of
    direction and joints, whichever alphabet they belong to.

    :param str text: what somebody typed, may be empty
    """
    return not any(c.isprintable() and c not in BLANKS for c in text or "")


def many_lines(text):
    """Return a text as it was typed, without what no database holds.

    A browser counts the end of a line as one character, and sends two.

    :param text: from a form; what is no text, as a file in its place, counts as none
    :rtype: str
    """
    if not isinstance(text, str):
        return ""
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    return "" if is_blank(text) else text


def read_id(text):
    """Return the id that an address or a form holds, 0 for anything else.

    :param text: from a browser
    :rtype: int
    """
    text = str(text)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def own_path(text):
    """Return a path of this site, "" for anything else: for an address of another site
    as for one that a program would run.

    :param text: from a browser
    :rtype: str
    """
    text = text if isinstance(text, str) else ""
    is_path = text.startswith("/") and text.isprintable() and "\\" not in text
    return text if is_path and not text.startswith("//") else ""
