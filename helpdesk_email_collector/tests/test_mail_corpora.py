import os
import re
from email import message_from_bytes, policy
from pathlib import Path
from unittest import skipUnless

from odoo.tests import mute_logger, tagged

from ..reading.content import read_content
from ..reading.fields import clean_text
from ..reading.head import HEADER_ERRORS
from .common import CollectorCommon

FOLDER = os.environ.get("HELPDESK_MAIL_CORPORA", "")
CORPORA = {"python", "mail-parser", "flufl.bounce", "django-mailbox", "talon"}
CORPORA |= {"hyperkitty", "mailman", "dkimpy", "salmon-mail"}
_BLANKS = re.compile(r"\s+")


def expected_subject(raw):
    """Return the subject as `email.policy.default` decodes it, None if it cannot."""
    try:
        subject = message_from_bytes(raw, policy=policy.default)["Subject"]
    except HEADER_ERRORS:
        return None
    text = str(subject or "")
    # what nobody declared is recognised by us, and lost by it
    lost = "\ufffd" in text or not text.isascii() and "=?" not in raw.decode("latin-1")
    # … of Windows in what calls itself iso-8859-1 becomes a sign that nobody sees
    lost = lost or any("\x80" <= sign < "\xa0" for sign in text)
    return None if lost else _BLANKS.sub(" ", clean_text(text))


@skipUnless(FOLDER, "make test fetches the mails of other projects; here are none")
@tagged("post_install", "-at_install")
class TestMailCorpora(CollectorCommon):
    """E09: the test mails of Python and of other projects, through the gateway."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.helpdesk_notify_partner = False
        # as many mails as this are a flood of one sender for core
        cls.env["ir.config_parameter"].set_param(
            "mail.gateway.loop.threshold", "100000"
        )
        cls.files = sorted(path for path in Path(FOLDER).rglob("*") if path.is_file())
        cls.mails = [path.read_bytes() for path in cls.files]

    @mute_logger("odoo.addons.mail.models.mail_thread", "odoo.tools.mail")
    def test_corpora(self):
        """E09, E05: each is a ticket or refused by name, whole, and only once."""
        self.assertEqual({path.parent.name for path in self.files}, CORPORA)
        self.assertGreater(len(self.files), 250)
        rows = self._store(*self.mails)
        self._process()
        seen = set()
        for path, raw, row in zip(self.files, self.mails, rows, strict=True):
            with self.subTest(f"{path.parent.name}/{path.name}"):
                self.assertIn(row.state, ("done", "ignored"), row.error)
                self.assertTrue(row.reason)
                if row.ticket_id and row.ticket_id not in seen:
                    seen.add(row.ticket_id)
                    self._check_ticket(raw, row.ticket_id)
        self.assertGreater(len(seen), 70)
        # of 117 reports of mail servers, most of them without a form
        codes = [
            row.reason_code
            for path, row in zip(self.files, rows, strict=True)
            if path.parent.name == "flufl.bounce"
        ]
        self.assertGreaterEqual(codes.count("bounce") + codes.count("report"), 105)
        self._check_second_feed(rows.ticket_id)

    def _check_ticket(self, raw, ticket):
        subject = expected_subject(raw)
        if subject:
            self.assertEqual(_BLANKS.sub(" ", ticket.name), subject)
        kept = [
            (file.name, file.raw or b"") for file in ticket.message_ids.attachment_ids
        ]
        wanted = [(file.name, file.data) for file in read_content(raw).attachments]
        self.assertEqual(sorted(kept), sorted(wanted))

    def _check_second_feed(self, tickets):
        """A second delivery of all of them changes nothing."""
        Ticket = self.env["helpdesk.ticket"]
        before = Ticket.search_count([("company_id", "=", self.company.id)])
        rows = self._receive(*(b"Received: again\r\n" + raw for raw in self.mails))
        self.assertEqual(set(rows.mapped("state")), {"ignored"})
        self.assertEqual(rows.ticket_id, tickets)
        after = Ticket.search_count([("company_id", "=", self.company.id)])
        self.assertEqual(after, before)
