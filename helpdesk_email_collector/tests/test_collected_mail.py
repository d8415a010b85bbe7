from odoo.tests import BaseCase, tagged

from ..reading.facts import stable_message_id
from ..reading.fields import header_text
from ..reading.head import parse_headers
from ..reading.process import unread
from .common import plain_mail, sample


@tagged("post_install", "-at_install")
class TestCollectedMail(BaseCase):
    """E05, E07: what is read from a mail without a database."""

    def test_message_id_is_kept(self):
        """E05: a mail's own identifier is taken as it is."""
        raw = sample("german_printer.eml")
        self.assertEqual(
            stable_message_id(raw), "<5f1c2a90-8d11@weber-metallbau.example>"
        )

    def test_stable_message_id(self):
        """E05: Received does not matter, line ends do not, body and subject do."""
        raw = sample("english_no_message_id.eml")
        same = b"Received: from a by b\r\nX-Spam-Status: No\r\n" + raw
        self.assertEqual(stable_message_id(raw), stable_message_id(same))
        self.assertEqual(
            stable_message_id(raw), stable_message_id(raw.replace(b"\r\n", b"\n"))
        )
        for part in (b"ten minutes", b"VPN drops", b"tom.baker@"):
            changed = raw.replace(part, part.upper())
            self.assertNotEqual(stable_message_id(raw), stable_message_id(changed))

    def test_endless_message_id(self):
        """rel-C5: an identifier that no index takes is replaced."""
        raw = plain_mail(message_id=f"<{'x' * 5000}@sender.example>")
        self.assertLess(len(stable_message_id(raw)), 200)

    def test_header_text(self):
        """rel-C5: no line break and no NUL leaves a header."""
        message = parse_headers(sample("broken_headers.eml"))
        for name in ("From", "Subject", "Date"):
            self.assertNotRegex(header_text(message, name), r"[\x00-\x1f]")
        self.assertEqual(header_text(message, "X-None", default="-"), "-")

    def test_source_is_computed_once(self):
        """E02: what a condition needs is worked out once for each mail."""
        mail, calls = unread(plain_mail(), "<1@x>"), []
        for _time in range(2):
            mail.source("key", lambda: calls.append(1))
        self.assertEqual(calls, [1])

    def test_all_headers_of_one_name(self):
        """E02: mail servers write some fields several times."""
        raw = b"Delivered-To: a@one.example\r\nDelivered-To: b@two.example\r\n"
        mail = unread(raw + plain_mail(), "<1@x>")
        self.assertEqual(mail.delivered_to, ("a@one.example", "b@two.example"))
        self.assertEqual(mail.headers("X-None"), [])

    def test_what_it_answers(self):
        """E06: the nearest mail first, the oldest last, each once."""
        raw = plain_mail(references="<1@x> <2@x> <3@x>", in_reply_to="<3@x>")
        self.assertEqual(unread(raw, "").answered, ("<3@x>", "<2@x>", "<1@x>"))

    def test_date_that_can_be_true(self):
        """E05: neither 1970 nor 2099 is when a mail was written."""
        for text, year in (
            ("Fri, 27 Nov 2020 10:00:00 +0100", 2020),
            ("Fri, 27 Nov 2099 10:00:00 +0100", None),
            ("Thu, 1 Jan 1970 00:00:00 +0000", None),
            ("yesterday", None),
        ):
            date = unread(plain_mail(date=text), "").date
            self.assertEqual(date and date.year, year, text)
