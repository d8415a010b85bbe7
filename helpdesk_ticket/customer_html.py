"""Sanitizes html from customers, so that it cannot affect the page around it (rel-C2).

Their texts are shown to agents and on customers' pages, printed, and mailed to other
people. They keep paragraphs, lists, links, tables and their own images; they lose
classes, names and all styles except a few keywords, and load nothing from elsewhere.
"""

import re
from collections import Counter

import nh3
from markupsafe import Markup

# A letter of a hundred pages; a longer one is a file.
MAX_TEXT = 400_000
# Mails contain tables within tables; people type less deeply nested text.
MAX_TAGS = 10_000
MAX_DEPTH = 60
MAX_ATTRIBUTES = 40
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
WORDS = {"a", "b", "code", "del", "em", "i", "ins", "s", "strong", "sub", "sup", "u"}
BLOCKS = {"blockquote", "br", "div", "hr", "p", "pre", "span", *HEADINGS}
LISTS = {"dd", "dl", "dt", "li", "ol", "ul"}
TABLES = {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
TAGS = WORDS | BLOCKS | LISTS | TABLES | {"img"}
# These end where the next one begins.
UNCOUNTED = {"br", "dd", "dt", "hr", "img", "li", "p", "td", "th", "tr"}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"alt", "height", "src", "width"},
    "li": {"value"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "span": {"class"},
    # The quoted part of a mail, which the chatter folds
    "*": {
        "data-o-mail-quote",
        "data-o-mail-quote-container",
        "data-o-mail-quote-node",
        "style",
    },
}
STYLES = {"font-style", "font-weight", "text-align", "text-decoration"}
# Files of the message itself, and images embedded in the text.
PICTURE = r"data:image/(?:png|jpeg|gif|webp);base64,[\w+/=]+"
OWN_PICTURE = re.compile(rf"/web/image/\d+[\w./?=&%-]*|{PICTURE}", re.ASCII)
LINK = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE | re.ASCII)
# What no reader sees, with all that is in it. A declaration holds no other one: each
# that is never closed would be read to the end of the text.
UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<[!?][^<>]*+>|<(script|style|title)\b.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
# Characters that the database or other programs refuse.
NO_TEXT = re.compile("[\x00\ud800-\udfff]")
# A tag as browsers read it. Possessive: each character is looked at once.
SPACE = r" \t\n\r\f"
ATTRIBUTE = (
    rf"[{SPACE}/]*+(?:=[^{SPACE}/>=]*+|[^{SPACE}/>=]++)"
    rf"(?:[{SPACE}]*+=[{SPACE}]*+"
    rf"""(?:"[^"]*+"|'[^']*+'|[^{SPACE}"'>][^{SPACE}>]*+)?+)?+"""
)
TAG = re.compile(
    rf"<(?P<end>/?)(?P<name>[a-zA-Z][^{SPACE}/>]*+)"
    rf"(?P<attributes>(?:{ATTRIBUTE})*+)[{SPACE}/]*+>?+|<"
)
ATTRIBUTE = re.compile(ATTRIBUTE)
CLASS = re.compile(r"\bclass\s*=", re.IGNORECASE)
EDITED = "o-mail-Message-edited"


class TooLongError(ValueError):
    """The text is longer than people write."""


def clean(text):
    """Return html of a customer in a form that may be stored and shown to others.

    :param str text: html as a browser or a program sent it
    :rtype: Markup
    :raise TooLongError: it is too long, or has more tags than people type
    """
    text = str(text or "")
    if len(text) > MAX_TEXT:
        raise TooLongError
    return _clean(text)


def show(text):
    """Return a stored text in a form that may be shown, at least as plain text.

    :param text: html of a message or a ticket, whoever wrote it
    :rtype: Markup
    """
    text = str(text or "")
    try:
        if len(text) > MAX_TEXT and len(re.sub(PICTURE, "", text)) > MAX_TEXT:
            raise TooLongError
        return _clean(text)
    except TooLongError:
        words = TAG.sub(" ", UNSEEN.sub("", NO_TEXT.sub("", text)))[:MAX_TEXT]
        return Markup(words.replace(">", "&gt;"))  # contains no tags any more


def show_mail(text):
    """Return the text of a mail for agents: unchanged if our own code sanitized it,
    otherwise without class names that Odoo's gateway keeps.

    :param text: html of a message
    :return: html
    """
    return show(text) if CLASS.search(text or "") else text


def _clean(text):
    if text.count("<") > MAX_TAGS:
        raise TooLongError
    text, deepest = _measure(UNSEEN.sub("", NO_TEXT.sub("", text)))
    if deepest > MAX_DEPTH:
        text = TAG.sub(" ", text)
    return Markup(
        nh3.clean(
            text,
            tags=TAGS,
            attributes=ATTRIBUTES,
            attribute_filter=_keep,
            filter_style_properties=STYLES,
            url_schemes={"data", "http", "https", "mailto", "tel"},
            link_rel="noopener noreferrer nofollow",
        )
    )


def _keep(tag, name, value):
    """Return the value of an attribute, None to remove it."""
    if name == "src":
        return value if OWN_PICTURE.fullmatch(value) else None
    if name == "href":
        return value if LINK.match(value) else None
    if name == "style":
        # These properties need no functions, which could contain URLs.
        return None if {"(", "\\", "@"} & set(value) else value
    if name == "class":
        return value if value == EDITED else None
    return value


def _measure(text):
    """Return a text with text tags only, and how deeply they are nested.

    A parser takes very long for a tag with many attributes, and for unclosed elements,
    so this is checked before parsing. Without tags that switch the parser's mode, these
    are exactly the tags that a browser finds.

    :raise TooLongError: a tag has more attributes than any text needs
    """
    opened, depth, deepest = Counter(), 0, 0

    def take(tag):
        nonlocal depth, deepest
        name = (tag["name"] or "").lower()
        if not name:
            return "&lt;"
        if name not in TAGS:
            return ""
        found = ATTRIBUTE.finditer(tag["attributes"])
        if any(count == MAX_ATTRIBUTES for count, _one in enumerate(found)):
            raise TooLongError
        if name not in UNCOUNTED:
            step = -min(opened[name], 1) if tag["end"] else 1
            opened[name] += step
            depth += step
            deepest = max(deepest, depth)
        return tag[0]

    return TAG.sub(take, text), deepest
