"""Folding the history in the html of a mail, line by line.

Both the classes set by mail programs and the text itself are evaluated: most of
Outlook's history is marked only by `From:`, `Sent:`, `To:`.
"""

from .history import MAX_TEXT, Line, fold_history, is_between_arrows
from .html_rules import BLOCKS
from .html_tree import Text

# No signature is longer; if it seems to be, it contains somebody's own text.
MAX_SIGNATURE = 40
SHOWN, FOLDED, NEUTRAL = "shown", "folded", "neutral"


def fold_tree(root, *, forward=False):
    """Mark history in a tree as folded.

    :param Node root: of the tree; modified
    :param bool forward: whether the mail says that it is forwarded
    """
    reader = _Reader()
    reader.read_children(root, _Place())
    lines = reader.finish()
    _mark_signatures(lines)
    fold_history(lines, forward=forward)
    _settle(root)


class _Place:
    """What a line is within: a quotation, its header lines, a signature."""

    __slots__ = ("begins", "known", "pre", "quote", "signature", "split")

    def __init__(self, other=None):
        for name in self.__slots__:
            setattr(self, name, getattr(other, name, None))

    def enter(self, node):
        """Return the place within an element."""
        place = _Place(self)
        mark = node.mark
        place.pre = self.pre or node.tag == "pre"
        if mark == "signature":
            place.signature = node
        elif mark == "head":
            place.begins = node
        elif mark == "split" and self.split is None:
            # if it does not contain a quotation, it is one itself
            place.split = node
            if _has_quotation(node):
                place.begins = node
            elif not self.known:
                place.quote, place.known = node, True
        elif mark == "quote" or (node.tag == "blockquote" and self.split is not None):
            if not self.known:
                place.quote, place.known = node, True
        elif node.tag == "blockquote" and self.quote is None:
            place.quote = node
        return place


def _has_quotation(node):
    return any(
        not isinstance(child, Text)
        and (child.tag == "blockquote" or _has_quotation(child))
        for child in node.children
    )


class _Reader:
    """Converts a tree into visible lines."""

    def __init__(self):
        self.lines = []
        self.fresh = True  # whether the next text is in a new line
        self.texts = []
        self.passed = set()  # header lines whose quotation was found

    def read_children(self, node, place):
        """Read what is in an element."""
        children = []
        for child in node.children:
            if isinstance(child, Text):
                pieces = _split_lines(child) if place.pre else [child]
                for piece in pieces:
                    self._take_text(piece, place)
                    if place.pre and piece.text.endswith("\n"):
                        self.fresh = True
                children += pieces
            else:
                self._take_node(child, place)
                children.append(child)
        node.children = children

    def _take_node(self, node, place):
        if node.tag == "hr":
            self.fresh = True
            self._add(node, "_" * 5, place)
            self.lines[-1].begins = node.mark == "head"
        elif node.picture:
            self._add(node, "", place)
            self.lines[-1].picture = True
        if node.tag in BLOCKS:
            self.fresh = True
        if node.children:
            within = place.enter(node)
            if within.quote is not place.quote and place.split is not None:
                self.passed.add(place.split)
            self.read_children(node, within)
        elif node.tag in ("td", "th"):
            self.texts.append(" ")
        if node.tag in BLOCKS:
            self.fresh = True

    def _take_text(self, text, place):
        if text.text.strip():
            self._add(text, text.text, place)

    def _add(self, leaf, text, place):
        if self.fresh:
            self.finish()
            line = Line("", quote=place.quote, known=bool(place.known))
            line.quoted = bool(place.pre) and text.startswith(">")
            line.begins = bool(place.begins) and place.begins not in self.passed
            line.signature = place.signature
            self.lines.append(line)
            self.fresh = False
        self.texts.append(text[:MAX_TEXT])
        leaf.line = self.lines[-1]

    def finish(self):
        """Return the lines; no text is added to the last one any more."""
        if self.lines and self.texts:
            text = " ".join(" ".join(self.texts).split())
            self.lines[-1].text = text[:MAX_TEXT]
            if is_between_arrows(text):
                self.lines[-1].begins, self.lines[-1].quoted = True, False
        self.texts = []
        return self.lines


def _split_lines(text):
    """Split a text into one text per line."""
    if "\n" not in text.text:
        return [text]
    return [Text(line) for line in text.text.splitlines(keepends=True)]


def _mark_signatures(lines):
    """Mark signatures, unless they are too long."""
    sizes = {}
    for line in lines:
        sizes[line.signature] = sizes.get(line.signature, 0) + 1
    for line in lines:
        line.signature = bool(line.signature) and sizes[line.signature] <= MAX_SIGNATURE


def _settle(node):
    """Fold elements without visible content; return the state of an element."""
    states = [_state(child) for child in node.children]
    node.has_text = any(
        child.has_text if not isinstance(child, Text) else child.text.strip()
        for child in node.children
    )
    if SHOWN not in states and FOLDED in states and node.tag:
        return FOLDED
    if SHOWN not in states and FOLDED not in states:
        return NEUTRAL
    before, waiting = NEUTRAL, []
    for child, state in zip(node.children, states, strict=True):
        if state == NEUTRAL:
            waiting.append(child)
            continue
        child.folded = state == FOLDED
        _fold_between(waiting, before, state)
        before, waiting = state, []
    _fold_between(waiting, before, FOLDED)
    return SHOWN


def _fold_between(children, before, behind):
    """Fold what shows nothing between folded elements."""
    for child in children if before == behind == FOLDED else []:
        child.folded = True


def _state(child):
    if not isinstance(child, Text) and child.children:
        return _settle(child)
    if child.line is None:
        return NEUTRAL
    return FOLDED if child.line.folded else SHOWN
