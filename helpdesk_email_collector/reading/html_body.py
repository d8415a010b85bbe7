"""Html from anybody, rewritten with its harmless parts only (E09, rel-C2).

Only known tags and attributes are written. Odoo's own sanitizer processes the result
again when it is stored. As that takes quadratic time for some html, the result is
limited in size, depth and number of elements; large html that cannot be limited becomes
text.
"""

import base64
import binascii
import contextlib
import itertools
import re
from collections import Counter

from lxml import etree

from .html_history import fold_tree
from .html_rules import (
    ATTRIBUTES,
    BLOCKS,
    KILLED,
    SCHEMES,
    TAGS,
    VOID,
    clean_style,
    clean_url,
    get_mark,
    is_hidden,
    is_picture,
)
from .html_tree import Node, Text, TooLarge, write_tree

MAX_BYTES = 2 * 1024 * 1024
MAX_HTML = 600_000
MAX_ELEMENTS = 8_000
MAX_DEPTH = 80
MAX_ATTRIBUTES = 60
MAX_VALUE = 8_000
# Most mails show something in their first lines.
MAX_FIRST_LOOK = 50_000
# Zero-width characters, with which programs fill the preview of a mail.
INVISIBLE = dict.fromkeys(
    map(ord, "\u00ad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
)

_MARKUP = re.compile(r"<[!?][^<>]*>|</?[a-zA-Z]+:[^<>]*>")
_START = re.compile(r"<[a-zA-Z]")
_STRAY = re.compile(r"<(?!/?[a-zA-Z])")
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{1000,}>")
_TAG = re.compile(r"<[^<>]*>")
_DATA_IMAGE = re.compile(r"data:image/(png|jpe?g|gif|webp|bmp);base64,", re.IGNORECASE)
_EMPTY_LINES = re.compile(r"\n[ \t\xa0]*\n\s*")


def clean_html(text, *, forward=False):
    """Return harmless html, with the history folded.

    :param str text: the html of the mail
    :param bool forward: whether the mail says that it is forwarded
    :return: `(html, images)`: images are those embedded in the html itself, as
        (subtype, bytes); their `src` is `cid:` and `image_cid` of their position
    :raises TooLarge: if it must be shown as text
    """
    builder = _Builder()
    _parse(text, builder)
    fold_tree(builder.root, forward=forward)
    return write_tree(builder.root, MAX_HTML), builder.images


def image_cid(number):
    """Return the Content-ID that the html uses for the image at this position."""
    return f"inline-{number}@helpdesk.invalid"


def html_to_text(text):
    """Return the visible text of html, in linear time for any input."""
    writer = _TextWriter()
    _parse(text, writer)
    return _EMPTY_LINES.sub("\n\n", "".join(writer.parts)).strip()


def what_shows(text):
    """Return whether html shows text, and whether it shows an image to look at."""
    for piece in (text[:MAX_FIRST_LOOK], text):
        writer = _ShownWriter()
        _parse(piece, writer)
        if "".join(writer.parts).translate(INVISIBLE).strip():
            return True, bool(writer.pictures)
    return False, bool(writer.pictures)


def _parse(text, target):
    """Feed a target with the elements of a text, without building a tree."""
    text = _without_comments(text[:MAX_BYTES])
    text = _STRAY.sub("&lt;", _MARKUP.sub("", text))
    end = text.rfind(">") + 1  # after it there cannot be a tag
    text = text[:end] + text[end:].replace("<", "&lt;")
    text = _LONG_TAG.sub(
        lambda tag: tag[0] if tag[0].count("=") <= 10 * MAX_ATTRIBUTES else "", text
    )
    # huge: without it the parser drops all text below a depth of 256
    parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True)
    # if it is too broken to be parsed, the target stays empty
    with contextlib.suppress(etree.LxmlError, ValueError):
        etree.fromstring(text[:MAX_BYTES].encode("utf-8", "replace"), parser)


def _without_comments(text):
    """Remove comments; of an unclosed one only its opening mark."""
    parts, position = [], 0
    while (start := text.find("<!--", position)) >= 0:
        parts.append(text[position:start])
        end = text.find("-->", start + 2)
        if end < 0:
            parts.append(text[start:].replace("<!--", ""))
            return "".join(parts)
        position = end + 3
    parts.append(text[position:])
    return "".join(parts)


# Elements that show text typed by somebody.
SHOWN_AS = {"textarea": "pre"}


class _Target:
    """Receives the events of a parser, without what is never shown, and always
    balanced."""

    def __init__(self):
        self.parts = []
        # of each open element: its tag, and what `begin` returned
        self.open = []
        self.counts = Counter()
        self.killed = 0
        self.texts = []

    def start(self, tag, attributes):
        """Process the start of an element."""
        self._flush()
        tag = SHOWN_AS.get(tag, tag)
        self.killed += tag in KILLED
        self.counts[tag] += 1
        self.open.append((tag, None if self.killed else self.begin(tag, attributes)))

    def end(self, tag):
        """Process the end of an element, and of elements left open in it."""
        self._flush()
        tag = SHOWN_AS.get(tag, tag)
        while self.counts[tag]:
            inner, state = self.open.pop()
            self.counts[inner] -= 1
            if not self.killed:
                self.finish(inner, state)
            self.killed -= inner in KILLED
            if inner == tag:
                return

    def data(self, text):
        """Process a piece of text."""
        if not self.killed:
            self.texts.append(text)

    def close(self):
        """Process the end of the document."""
        self._flush()
        while self.open:
            self.end(self.open[-1][0])

    def _flush(self):
        if self.texts:
            self.add_text("".join(self.texts))
            self.texts.clear()


CELLS = ("td", "th")


class _TextWriter(_Target):
    """Writes the visible text, one line per block, with tabs between the cells of a
    table; counts the visible images."""

    def __init__(self):
        super().__init__()
        self.pictures = 0

    def begin(self, tag, attributes):
        """Begin a line with a block."""
        self.pictures += tag == "img" and is_picture(attributes)
        if tag in BLOCKS:
            self.parts.append("\n")
        elif tag in CELLS and self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\t")

    def finish(self, tag, _state):
        """End the line of a block."""
        if tag in BLOCKS and tag != "br":
            self.parts.append("\n")

    def add_text(self, text):
        """Write text."""
        self.parts.append(text)


class _ShownWriter(_TextWriter):
    """Writes the visible text without what is hidden."""

    def __init__(self):
        super().__init__()
        self.hidden = 0

    def begin(self, tag, attributes):
        """Begin an element; return whether it hides what is in it."""
        super().begin(tag, attributes)
        hides = is_hidden(attributes)
        self.hidden += hides
        return hides

    def finish(self, tag, state):
        """End an element."""
        self.hidden -= bool(state)
        return super().finish(tag, state)

    def add_text(self, text):
        """Write text that is not hidden."""
        if not self.hidden:
            self.parts.append(text)


class _Builder(_Target):
    """Builds a tree of the harmless elements."""

    def __init__(self):
        super().__init__()
        self.root = Node("")
        self.nodes = [self.root]  # those that are open
        self.images = []
        self.count = 0

    def begin(self, tag, attributes):
        """Add an element, if it is one that is known and not too deep; return it."""
        if tag not in TAGS or len(self.open) > MAX_DEPTH:
            return None
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise TooLarge
        written = self._clean_attributes(tag, attributes)
        if tag == "a" and any(name == "href" for name, _value in written):
            written += [("target", "_blank"), ("rel", "noopener noreferrer")]
        picture = tag == "img" and is_picture(dict(written))
        node = Node(tag, written, get_mark(tag, attributes), picture=picture)
        self.nodes[-1].children.append(node)
        if tag not in VOID:
            self.nodes.append(node)
        return node

    def finish(self, tag, node):
        """Close an element."""
        if node and tag not in VOID:
            self.nodes.pop()

    def add_text(self, text):
        """Add text."""
        self.nodes[-1].children.append(Text(text))

    def _clean_attributes(self, tag, attributes):
        cleaned = []
        for name, value in itertools.islice(attributes.items(), MAX_ATTRIBUTES):
            if name not in ATTRIBUTES:
                continue
            if name == "style":
                value = clean_style(value)
            elif name == "src" and (found := _DATA_IMAGE.match(value.strip())):
                value = self._take_image(found, value.strip())
            elif name in SCHEMES:
                value = clean_url(value, tag, name)
            if value is not None and (value or name != "style"):
                cleaned.append((name, value[:MAX_VALUE]))
        return cleaned

    def _take_image(self, found, value):
        """Extract an embedded image, whose data would slow everything down."""
        try:
            content = base64.b64decode(value[found.end() :])
        except (binascii.Error, ValueError):
            return None
        self.images.append((found[1].lower(), content))
        return f"cid:{image_cid(len(self.images))}"
