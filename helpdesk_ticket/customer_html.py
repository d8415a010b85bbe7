"""What customers write, without what reaches further than their words (reliability C2).

Their texts are shown on agents' screens, printed, and mailed to other people. They keep
paragraphs, lists, links, tables and their own pictures; they have no class, no name and
no style but a few of words, and load nothing from elsewhere.
"""

import re
from html.parser import HTMLParser

import nh3
from markupsafe import Markup

# A letter of a hundred pages; a longer one is a file.
MAX_TEXT = 400_000
MAX_TAGS = 10_000
MAX_DEPTH = 60
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
WORDS = {"a", "b", "code", "del", "em", "i", "ins", "s", "strong", "sub", "sup", "u"}
BLOCKS = {"blockquote", "br", "div", "hr", "p", "pre", "span", *HEADINGS}
LISTS = {"dd", "dl", "dt", "li", "ol", "ul"}
TABLES = {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
VOID = {"br", "hr", "img"}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"alt", "height", "src", "width"},
    "li": {"value"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "*": {"style"},
}
STYLES = {"font-style", "font-weight", "text-align", "text-decoration"}
# Files of the message itself, and pictures that the text holds.
OWN_PICTURE = re.compile(
    r"/web/image/\d+[\w./?=&%-]*|data:image/(?:png|jpeg|gif|webp);base64,[\w+/=]+",
    re.ASCII,
)
LINK = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE | re.ASCII)


class TooLongError(ValueError):
    """A text is longer than people write."""


def clean(text):
    """Return html of a customer as it may be shown to others.

    :param str text: html as a browser or a program sent it
    :rtype: Markup
    :raise TooLongError: it is too long, or has more tags than a person's text
    """
    text = str(text or "")
    if len(text) > MAX_TEXT or text.count("<") > MAX_TAGS:
        raise TooLongError
    cleaned = nh3.clean(
        text,
        tags=WORDS | BLOCKS | LISTS | TABLES | {"img"},
        clean_content_tags={"script", "style"},
        attributes=ATTRIBUTES,
        attribute_filter=_keep,
        filter_style_properties=STYLES,
        url_schemes={"data", "http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )
    if _depth(cleaned) > MAX_DEPTH:
        cleaned = nh3.clean(cleaned, tags=set())
    return Markup(cleaned)


def _keep(tag, name, value):
    """Return the value of an attribute, None to leave it out."""
    if name == "src":
        return value if OWN_PICTURE.fullmatch(value) else None
    if name == "href":
        return value if LINK.match(value) else None
    return value


def _depth(text):
    """Return how many elements of a clean text lie within each other at most."""
    counter = _Depth()
    counter.feed(text)
    return counter.deepest


class _Depth(HTMLParser):
    def __init__(self):
        super().__init__()
        self.depth = self.deepest = 0

    def handle_starttag(self, tag, _attrs):
        if tag not in VOID:
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, _tag):
        self.depth -= 1
