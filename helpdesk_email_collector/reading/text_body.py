"""The plain text of a mail as html, the way Odoo writes it, with the history folded."""

from html import escape

from .history import MAX_TEXT as MAX_LINE
from .history import Line, fold_history, is_between_arrows

MAX_TEXT = 400_000
# Folded pieces per text, each an element; what follows them is shown unfolded.
MAX_FOLDS = 1_000


def html_length(text):
    """Return the maximum length of a text as html."""
    longer = {"&": len("amp;"), "<": len("lt;"), ">": len("gt;"), "\n": 1}
    signs = sum(text.count(sign) * size for sign, size in longer.items())
    return len(text) + signs + MAX_FOLDS * 40


def join_flowed(text, delete_space):
    """Return text without the line ends that a program inserted into paragraphs (RFC
    3676).

    :param str text: of a part whose `format` is `flowed`
    :param bool delete_space: whether the blank before such a line end is not part of
        the text
    :rtype: str
    """
    joined, before = [], None  # the quotation depth of a continued line
    for line in text.replace("\r\n", "\n").split("\n"):
        words = line.lstrip(">")
        depth = len(line) - len(words)
        flows = words.endswith(" ") and words.strip() not in ("", "--")
        kept = words[:-1] if flows and delete_space else words
        if before == depth and words.strip() not in ("", "--"):
            joined[-1].append(kept.removeprefix(" "))
        else:
            joined.append([line[:depth], kept])
        before = depth if flows else None
    return "\n".join(map("".join, joined))


def text_to_html(text, *, forward=False):
    """Return text as html that keeps its lines, with the history folded.

    Odoo's own search for quoted lines takes quadratic time, and recognises neither
    header lines nor answers between quotations.

    :param str text: the text
    :param bool forward: whether the mail says that it is forwarded
    :rtype: str
    """
    if not text.strip():
        return ""
    sources = text.split("\n")
    lines = [_read_line(source) for source in sources]
    _spare_escaped(lines, sources)
    fold_history(lines, forward=forward)
    return f"<pre>{_write(sources, lines)}</pre>"


def _read_line(source):
    text = source.strip()
    if is_between_arrows(text):
        return Line(text[:MAX_LINE], begins=True)
    quoted = text.startswith(">") and source.find(">") < 2
    return Line(text.lstrip("> ")[:MAX_LINE] if quoted else text[:MAX_LINE], quoted)


def _spare_escaped(lines, sources):
    """Treat a single line `>From …` as the writer's own: mbox files escape it like
    this."""
    for at, source in enumerate(sources):
        if source.startswith(">From "):
            beside = [*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]
            if not any(line.quoted for line in beside):
                lines[at] = Line(source[:MAX_LINE])


def _looks_folded(line):
    """Return whether Odoo would fold a line that is to be shown."""
    return not line.folded and (line.quoted or line.text.startswith(("--", ">")))


def _write(sources, lines):
    pieces, position, folds = [], 0, 0
    while position < len(lines):
        stop, folded = position, lines[position].folded
        while stop < len(lines) and lines[stop].folded == folded:
            stop += 1
        folds += folded
        if folds > MAX_FOLDS:
            stop, folded = len(lines), False
        # a blank in front prevents Odoo from folding a line that is to be shown
        text = "\n".join(
            (" " if _looks_folded(line) or folds > MAX_FOLDS else "")
            + escape(source, quote=False)
            for source, line in zip(
                sources[position:stop], lines[position:stop], strict=True
            )
        )
        pieces.append(f'<span data-o-mail-quote="1">{text}</span>' if folded else text)
        position = stop
    return "\n".join(pieces)
