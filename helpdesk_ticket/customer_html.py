"""What others write, cleaned of all that could affect the page around it (rel-C2).

Their texts are shown on agents' screens, on customers' pages, printed, and mailed to
other people. They keep paragraphs, lists, links, tables and their own pictures; they
have no class, no name and no style but a few of words, and load nothing from elsewhere.
"""

import re
from collections import Counter

import nh3
from markupsafe import Markup

# A letter of a hundred pages; a longer one is a file.
MAX_TEXT = 400_000
# Mails hold tables in tables; a person who types has a few of these.
MAX_TAGS = 10_000
MAX_DEPTH = 60
MAX_ATTRIBUTES = 40
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
WORDS = {"a", "b", "code", "del", "em", "i", "ins", "s", "strong", "sub", "sup", "u"}
BLOCKS = {"blockquote", "br", "div", "hr", "p", "pre", "span", *HEADINGS}
LISTS = {"dd", "dl", "dt", "li", "ol", "ul"}
TABLES = {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
TAGS = WORDS | BLOCKS | LISTS | TABLES | {"img"}
# These end by themselves where the next one begins.
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
# Files of the message itself, and pictures that the text holds.
PICTURE = r"data:image/(?:png|jpeg|gif|webp);base64,[\w+/=]+"
OWN_PICTURE = re.compile(rf"/web/image/\d+[\w./?=&%-]*|{PICTURE}", re.ASCII)
LINK = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE | re.ASCII)
# What no reader sees, with all that is in it. A declaration holds no other one: each
# that is never closed would be read to the end of the text.
UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<[!?][^<>]*+>|<(script|style|title)\b.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
# What no database holds, and no other program reads.
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
    """A text is longer than people write."""


def clean(text):
    """Return html of a customer as it may be kept and shown to others.

    :param str text: html as a browser or a program sent it
    :rtype: Markup
    :raise TooLongError: it is too long, or has more tags than a person's text
    """
    text = str(text or "")
    if len(text) > MAX_TEXT:
        raise TooLongError
    return _clean(text)


def show(text):
    """Return a text that was stored as it may be shown: its words at least.

    :param text: html of a message or a ticket, of whoever wrote it
    :rtype: Markup
    """
    text = str(text or "")
    try:
        if len(text) > MAX_TEXT and len(re.sub(PICTURE, "", text)) > MAX_TEXT:
            raise TooLongError
        return _clean(text)
    except TooLongError:
        words = TAG.sub(" ", UNSEEN.sub("", NO_TEXT.sub("", text)))[:MAX_TEXT]
        return Markup(words.replace(">", "&gt;"))  # has no tag any more


def show_mail(text):
    """Return the text of a mail as agents see it: as it is when we made it, without
    what only its words need when Odoo's own gateway left names of classes in it.

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
    """Return the value of an attribute, None to leave it out."""
    if name == "src":
        return value if OWN_PICTURE.fullmatch(value) else None
    if name == "href":
        return value if LINK.match(value) else None
    if name == "style":
        # A property of words needs no function, which could name an address.
        return None if {"(", "\\", "@"} & set(value) else value
    if name == "class":
        return value if value == EDITED else None
    return value


def _measure(text):
    """Return a text with tags of texts only, and how deep they lie within each other.

    A parser takes ages over a tag of many attributes, and over elements that are never
    closed: so this is known before one looks at it. Without tags after which others
    are read in another way, all of them are those that a browser finds.

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
