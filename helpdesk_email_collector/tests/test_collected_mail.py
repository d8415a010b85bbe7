from email import message_from_bytes, policy

from odoo.tests import BaseCase, tagged

from ..collected_mail import (
    CollectedMail,
    header_text,
    parse_headers,
    stable_message_id,
)
from ..mail_signs import automatic_sign, is_automatic
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

    def test_automatic_signs(self):
        """E07: RFC 3834 and the headers that everybody uses."""
        for headers in (
            {"Auto_Submitted": "auto-generated (by cron)"},
            {"Auto_Submitted": "Auto-Replied; owner-email=x"},
            {"Precedence": "Junk"},
            {"Return_Path": "<>"},
        ):
            message = message_from_bytes(plain_mail(**headers), policy=policy.SMTP)
            self.assertTrue(is_automatic(message), headers)
        for headers in (
            {},
            {"Auto_Submitted": "no"},
            {"Precedence": "first-class"},
            {"Return_Path": "<anna@huber.example>"},
        ):
            message = message_from_bytes(plain_mail(**headers), policy=policy.SMTP)
            self.assertEqual(automatic_sign(message), "", headers)

    def test_compared_by_identity(self):
        """Contexts are compared with ==; two mails are never the same."""
        raw = plain_mail()
        self.assertNotEqual(
            CollectedMail(raw, company=None), CollectedMail(raw, company=None)
        )

    def test_source_is_computed_once(self):
        """E02: what a condition needs is worked out once for each mail."""
        mail, calls = CollectedMail(plain_mail(), company=None), []
        for _time in range(2):
            mail.source("key", lambda: calls.append(1))
        self.assertEqual(calls, [1])
