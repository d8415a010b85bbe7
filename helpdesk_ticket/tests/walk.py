"""How far a reader goes who follows one way through our code, from its first call.

What is counted: each function of ours once, where it is called first. Ours are the
files of the three addons, and of those that come by themselves beside them, without
their tests: what somebody installs besides adds steps that are no part of the way. The
small ones below them know nothing of the helpdesk, and count as little as Odoo's own. A
comprehension, a lambda and a generator that goes on belong to the function around them.
So the sequence is what somebody reads who follows the way from top to bottom.

- *files* and *functions*: how many of ours are in the sequence
- *turns*: how often the next function lies in another file than the one before
- *back*: how many of the turns lead to a file that was read before

A walk is taken when the caches are filled: what happens once in the life of a process
is no part of the way. What runs in another process (a mail is read in one) is not seen;
the functions that hand over to it are.
"""

import inspect
import sys
import threading
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]
ADDONS = ("helpdesk_contact", "helpdesk_ticket", "helpdesk_email_collector")


@dataclass(frozen=True)
class Figures:
    """The size of a way."""

    files: int
    functions: int
    turns: int

    def __str__(self):
        return " / ".join(map(str, astuple(self)))

    def holds(self, other):
        """Tell whether none of the figures of another way is higher."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return all(mine >= theirs for mine, theirs in pairs)


class Walk:
    """The functions of ours that were called, in the order of their first calls.

    :param until: a function that is not ours, at whose call the way ends
    """

    def __init__(self, until=None):
        self.steps = []  # (file, name of the function)
        self.is_whole = until is None
        self._end = until and inspect.unwrap(until).__code__
        self._seen = set()

    @contextmanager
    def recording(self, everywhere=False):
        """Record calls of this thread.

        :param bool everywhere: of threads that begin meanwhile, too
        """
        before = sys.getprofile()
        if everywhere:
            threading.setprofile(self._note)
        sys.setprofile(self._note)
        try:
            yield self
        finally:
            sys.setprofile(before)
            threading.setprofile(None)

    def _note(self, frame, event, _argument):
        code = frame.f_code
        # one and the same for each call; codes of two files may be equal
        key = (code.co_filename, code.co_firstlineno, code.co_name)
        if event != "call" or key in self._seen:
            return
        if code is self._end:
            sys.setprofile(None)
            self.is_whole = True
            return
        self._seen.add(key)
        if file := _find_own(code):
            self.steps.append((file, code.co_name))

    @property
    def figures(self):
        """The `Figures` of what was recorded."""
        files = [file for file, _name in self.steps]
        turns = sum(one != other for one, other in pairwise(files))
        return Figures(len(set(files)), len(files), turns)

    @property
    def back(self):
        """How many turns lead to a file that was read before."""
        figures = self.figures
        return figures.turns - max(figures.files - 1, 0)

    def describe(self):
        """Return the sequence as lines, one for each stay in a file."""
        lines = []
        for file, name in self.steps:
            if not lines or lines[-1][0] != file:
                lines.append((file, []))
            lines[-1][1].append(name)
        return "\n".join(f"{file}: {', '.join(names)}" for file, names in lines)


def _find_own(code):
    """Return the file of a function of ours, None for everybody else's."""
    path = Path(code.co_filename)
    # neither a module nor the body of a class, no lambda and no comprehension
    is_function = code.co_flags & inspect.CO_OPTIMIZED and code.co_name[0] != "<"
    if not is_function or not path.is_relative_to(ROOT):
        return None
    parts = path.relative_to(ROOT).parts
    if not parts[0].startswith(ADDONS) or "tests" in parts:
        return None
    return "/".join(parts)


class WalkCase:
    """What the tests of ways share.

    `WANTED` says what a way should need at most, `REACHED` what it may need today.
    """

    WANTED = {}
    REACHED = {}

    def check_walk(self, way, walk):
        """Print the figures of a way, and hold it to what was reached."""
        figures, reached = walk.figures, self.REACHED[way]
        # `make test` shows lines that begin so
        print(  # noqa: T201 pylint: disable=print-used
            f"figure: {way}: {figures} files / functions / turns, {walk.back} of the "
            f"turns back (wanted {self.WANTED[way]}, allowed {reached})"
        )
        self.assertTrue(walk.steps and walk.is_whole, f"{way}: it was not walked")
        self.assertTrue(
            reached.holds(figures),
            f"{way}: {figures} files / functions / turns, at most {reached} are "
            f"allowed. The way:\n{walk.describe()}",
        )
