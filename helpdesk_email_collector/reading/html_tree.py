"""A tree of harmless html elements, and its conversion to html."""

import re
from html import escape

from .html_rules import VOID

# For a blockquote that is not a quotation but indents a text.
INDENTED = "margin:1em 40px"
# Folded pieces of text per mail, each an element; what follows them is shown unfolded.
MAX_FOLDS = 1_000
# Odoo folds all lines that begin like this; a blank in front prevents it.
_FOLDABLE = re.compile(r"(?:^|(?<=\n))(?=--|>)")
_ZERO_WIDTH = "\u200b"


class TooLarge(Exception):
    """The html cannot be limited to the allowed size."""


class Text:
    """A piece of text; `line` is the line of the mail that contains it, unless it is
    blank."""

    __slots__ = ("folded", "line", "text")

    def __init__(self, text):
        self.text = text
        self.line = None
        self.folded = False


class Node:
    """An element.

    :param str tag: its name, empty for the root
    :param list attributes: of (name, value), to be written
    :param str mark: of `html_rules.get_mark`
    """

    __slots__ = (
        "attributes",
        "children",
        "folded",
        "has_text",
        "line",
        "mark",
        "picture",
        "tag",
    )

    def __init__(self, tag, attributes=(), mark="", *, picture=False):
        self.tag = tag
        self.attributes = attributes
        self.mark = mark
        self.picture = picture
        self.children = []
        self.line = None
        self.folded = self.has_text = False


def write_tree(root, limit):
    """Return a tree as html.

    :param Node root: of the tree
    :param int limit: maximum length
    :rtype: str
    :raises TooLarge: if it would be longer
    """
    writer = _Writer(limit)
    writer.write_children(root, inside=False)
    return "".join(writer.parts)


class _Writer:
    def __init__(self, limit):
        self.limit = limit
        self.parts = []
        self.size = self.folds = 0

    def write_children(self, node, *, inside):
        """Write the content of an element.

        :param bool inside: whether it is folded as a part of another element
        """
        after_fold, leading, waiting = False, True, []
        for child in node.children:
            folded = child.folded and not inside
            if isinstance(child, Text):
                # Odoo evaluates the text before the first element
                text = _FOLDABLE.sub(" ", child.text) if leading else child.text
                text = escape(text, quote=False)
                if folded:  # adjacent folded lines become one element
                    waiting.append(text)
                    continue
            after_fold = after_fold or bool(waiting)
            self._write_folded(waiting)
            waiting = []
            if isinstance(child, Text):
                self._add(text)
            else:
                self._write_node(child, folded=folded, inside=inside, after=after_fold)
                after_fold, leading = folded, False
        self._write_folded(waiting)

    def _write_folded(self, texts):
        text = "".join(texts)
        self.folds += bool(text)
        if text.strip() and self.folds <= MAX_FOLDS:
            text = f'<span data-o-mail-quote="1">{text}</span>'
        self._add(text)

    def _write_node(self, node, *, folded, inside, after):
        tag, attributes = node.tag, list(node.attributes)
        if tag == "blockquote" and not (folded or inside):
            tag = "div"  # Odoo folds every blockquote
            style = dict(attributes).get("style", "")
            if "margin" not in style:
                style = f"{style};{INDENTED}".strip(";")
            attributes = [("style", style)]
        if folded:
            attributes.append(("data-o-mail-quote", "1"))
        text = "".join(f' {name}="{escape(value)}"' for name, value in attributes)
        # after folded elements Odoo also folds elements without text, even images
        visible = after and not folded and not node.has_text and _has_picture(node)
        if visible and tag == "img":
            self._add(f"<span>{_ZERO_WIDTH}<{tag}{text}></span>")
            return
        self._add(f"<{tag}{text}>{_ZERO_WIDTH if visible else ''}")
        if tag not in VOID:
            self.write_children(node, inside=inside or folded)
            self._add(f"</{tag}>")

    def _add(self, text):
        self.size += len(text)
        if self.size > self.limit:
            raise TooLarge
        self.parts.append(text)


def _has_picture(node):
    return node.picture or any(
        isinstance(child, Node) and _has_picture(child) for child in node.children
    )
