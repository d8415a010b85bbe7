"""The result in columns that line up."""

from dev.steps import say


def heading(text):
    """Print the title of a subject."""
    say(f"\n{text}\n{'-' * len(text)}")


def table(header, lines):
    """Print ``lines`` below ``header``: the first column to the left, the others to the right."""
    say()
    rows = [[str(cell) for cell in row] for row in (header, *lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        say("  ".join([first.ljust(widths[0]), *cells]).rstrip())


def ms(seconds):
    """Return a duration in milliseconds."""
    return f"{seconds * 1000:.1f}" if seconds < 0.1 else f"{seconds * 1000:.0f}"


def times(ratio):
    """Return a ratio."""
    return f"{ratio:.2f}x"
