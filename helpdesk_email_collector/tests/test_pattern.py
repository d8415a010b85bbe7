from contextlib import contextmanager
from unittest.mock import patch

import re2

from odoo.tests import BaseCase, tagged

from .. import pattern as module
from ..pattern import MAX_TEXT, PatternError, compile_pattern, extract, matches

LINEAR = type(re2.compile("x"))
# A pattern for which Python's `re` takes for ever, and whether it fits `a…a!`.
HOSTILE = {
    r"(a+)+$": False,
    r"^(([a-z])+.)+[A-Z]([a-z])+$": False,
    r"(a|aa)+$": False,
    r"(.*a){25}": True,
}


@contextmanager
def searches():
    """Note the length of each text that the engine is given; yield the list of them.

    An engine whose time may grow faster than the text gets none.
    """
    lengths = []

    class Engine:
        def __init__(self, compiled):
            self.compiled = compiled

        def search(self, text):
            if not isinstance(self.compiled, LINEAR):
                raise TypeError("This engine may take for ever.")
            lengths.append(len(text))
            return self.compiled.search(text)

    original = module.compile_pattern
    with patch.object(module, "compile_pattern", lambda text: Engine(original(text))):
        yield lengths


@tagged("post_install", "-at_install")
class TestPattern(BaseCase):
    """rel-E1, rel-E2, rel-E4: regular expressions of managers meet hostile mail."""

    def test_hostile_patterns(self):
        """rel-E1: patterns that take Python's `re` for ever meet an engine of linear
        time, once, with a text of bounded length."""
        for pattern, fits in HOSTILE.items():
            for size in (60, MAX_TEXT - 1, MAX_TEXT * 3):
                text = "a" * size + "!"
                with self.subTest(pattern=pattern, size=size), searches() as lengths:
                    found = matches(pattern, text)
                    self.assertEqual(lengths, [min(size + 1, MAX_TEXT)])
                    # the end of the longest text, with its "!", is not looked at
                    self.assertEqual(found, fits or size > MAX_TEXT)

    def test_position_of_the_error(self):
        """rel-E2: a broken pattern is refused with the place of its fault."""
        for pattern, reason, position in (
            ("(a", "missing )", 1),
            ("x(a)(b", "missing )", 5),
            (r"\((a", "missing )", 3),
            ("ab(c))d", "unexpected )", 6),
            ("x[a", "missing ]", 2),
            ("[(](", "missing )", 4),
            ("[z-a]", "invalid character class range", 2),
            ("a*|*b", "no argument for repetition operator", 4),
            ("a**", "bad repetition operator", 2),
            ("ö\\q", "invalid escape sequence", 2),
            ("a\\", "trailing \\", 2),
            ("a(?=b)", "invalid perl operator", 2),
            ("a{2000}", "invalid repetition size", 2),
            ("x" * 1001, "pattern too large", 1001),
        ):
            with self.subTest(pattern=pattern):
                with self.assertRaises(PatternError) as caught:
                    compile_pattern(pattern)
                fault = caught.exception
                self.assertEqual((fault.reason, fault.position), (reason, position))

    def test_bounded_text(self):
        """rel-E4: of a long text only the beginning is looked at."""
        self.assertTrue(matches("needle", " " * (MAX_TEXT - 6) + "needle"))
        self.assertFalse(matches("needle", " " * MAX_TEXT + "needle"))

    def test_extract(self):
        """E03: the group's text, whatever its script; empty when nothing is found."""
        self.assertEqual(
            extract(r"kunde nr\. (\S+)", "für Kunde Nr. Ä-77 , ja"), "Ä-77"
        )
        self.assertEqual(extract(r"no (\d+)", "none"), "")
        self.assertEqual(extract(r"(x)?y", "y"), "")
