import time

from odoo.tests import BaseCase, tagged

from ..pattern import MAX_TEXT, PatternError, compile_pattern, extract, matches

HOSTILE = (r"(a+)+$", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(a|aa)+$", r"(.*a){25}")


@tagged("post_install", "-at_install")
class TestPattern(BaseCase):
    """rel-E1, rel-E2, rel-E4: regular expressions of managers meet hostile mail."""

    def test_hostile_patterns_answer_at_once(self):
        """rel-E1: patterns that take Python's `re` for ever take no time."""
        for pattern in HOSTILE:
            for text in ("a" * 60 + "!", "a" * MAX_TEXT + "!"):
                started = time.monotonic()
                matches(pattern, text)
                with self.subTest(pattern=pattern, size=len(text)):
                    limit = 1 if len(text) < 100 else 10
                    self.assertLess(time.monotonic() - started, limit)

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
