"""The plain-text part of our mails: blank lines between paragraphs, no marks for bold
or italic, URLs after the words of links, and "> " before quoted lines."""

import re
from collections import Counter

from lxml import etree, html

# No document holds these: they stand for the end of a line, for an empty line,
# and for a space that is to stay, as in program text.
LINE, PARAGRAPH, KEPT_SPACE = "\1", "\2", "\0"
PARAGRAPHS = ("blockquote", "h1", "h2", "h3", "h4", "ol", "p", "pre", "table", "ul")
# Tag -> what is put before and after it; all others are inline.
BLOCKS = {
    **dict.fromkeys(PARAGRAPHS, PARAGRAPH),
    **dict.fromkeys(("div", "hr", "li", "tr"), LINE),
}


def to_plain_text(text):
    """Return the text of a mail.

    :param str text: the mail as html, not empty
    :rtype: str
    """
    root = html.document_fromstring(text)
    etree.strip_elements(root, "head", "script", "style", with_tail=False)
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    # links that stand beside others, not in a sentence
    buttons = {
        link
        for link in root.iter("a")
        if "background" in link.get("style", "") or link.find("img") is not None
    }
    parts, links, quotes, items, kept = [], [], [], Counter(), 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        is_kept = node.tag == "pre" or "pre-wrap" in node.get("style", "")
        end_of_line = LINE if node in buttons else BLOCKS.get(node.tag, "")
        if event == "start":
            kept += is_kept
            parts.append(end_of_line + _get_mark(node, items))
            if node.tag == "a":
                links.append(len(parts))
            elif node.tag == "blockquote":
                quotes.append(len(parts))
            parts.append(_get_text(node.text, kept))
        else:
            kept -= is_kept
            if node.tag == "a":
                parts.append(_get_address(node, "".join(parts[links.pop() :])))
            elif node.tag == "blockquote":
                begin = quotes.pop()
                parts[begin:] = [_quote("".join(parts[begin:]))]
            # what follows belongs to the element around this one
            parts.append(end_of_line + _get_text(node.tail, kept))
    return _tidy("".join(parts))


def _get_mark(node, items):
    """Return what is put before the text of an element."""
    if node.tag == "br":
        return "\n"
    if node.tag in ("td", "th"):
        return " "
    if node.tag == "img":
        return node.get("alt", "")
    if node.tag != "li":
        return ""
    parent = node.getparent()
    items[parent] += 1
    return f"{items[parent]}. " if parent.tag == "ol" else "- "


def _get_text(text, kept):
    if kept:
        return (text or "").replace(" ", KEPT_SPACE)
    return re.sub(r"[ \t\r\n]+", " ", text or "")


def _get_address(link, words):
    """Return what is put after the words of a link: its URL, unless the words already
    contain it."""
    url, words = link.get("href", ""), words.strip()
    address = url.removeprefix("mailto:").removeprefix("tel:")
    if not address or address.startswith("#") or address.rstrip("/") in words:
        return ""
    return f" <{url}>" if words else url


def _quote(text):
    """Return quoted text with "> " before each line."""
    lines = [f"> {line}".rstrip() for line in _tidy(text).split("\n")]
    return "\n".join(lines).replace(" ", KEPT_SPACE)


def _tidy(text):
    text = re.sub(r" {2,}", " ", text)  # first: each is looked at once
    text = re.sub(
        f" *[{LINE}{PARAGRAPH}][{LINE}{PARAGRAPH} ]*",
        lambda found: "\n\n" if PARAGRAPH in found[0] else "\n",
        text,
    )
    lines = [line.strip(" ") for line in text.split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
    # an item whose text is a paragraph of its own
    text = re.sub(r"(?m)^(-|\d+\.)\n+", r"\1 ", text)
    # a mail program knows by the space that the signature begins
    text = re.sub(r"(?m)^--\n+", "-- \n", text)
    return text.strip().replace(KEPT_SPACE, " ")
