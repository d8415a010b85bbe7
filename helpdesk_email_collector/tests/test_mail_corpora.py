import os
import re
import sys
from email import message_from_bytes, policy
from pathlib import Path
from unittest import skipUnless

from odoo.tests import mute_logger, tagged

from ..models.inbox.batch import MAX_PER_RUN
from ..reading.content import read_content
from ..reading.fields import clean_text
from ..reading.head import HEADER_ERRORS
from .common import CollectorCommon

FOLDER = os.environ.get("HELPDESK_MAIL_CORPORA", "")
CORPORA = {"python", "mail-parser", "flufl.bounce", "django-mailbox", "talon"}
CORPORA |= {"hyperkitty", "mailman", "dkimpy", "salmon-mail"}
# From source packages of Debian, where the archive has them: `make test` says when not.
SOURCES = {"golang-github-jhillyerd-enmime", "kf5-messagelib", "kmime", "notmuch"}
SOURCES |= {"libmail-deliverystatus-bounceparser-perl", "libmime-explode-perl"}
SOURCES |= {"php-horde-mime", "redmine", "rspamd"}
# Reports of mail servers, most of them without a form: how many must be recognised.
BOUNCES = {"flufl.bounce": 105, "libmail-deliverystatus-bounceparser-perl": 90}
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
    lost = lost or "=?" in text  # words of a header that it cannot decode
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
        names = {path.parent.name for path in self.files}
        self.assertIn(names, (CORPORA, CORPORA | SOURCES))
        self.assertGreater(len(self.files), 1000 if names > CORPORA else 250)
        rows = self._store(*self.mails)
        self._process_all(rows)
        seen = set()
        for path, raw, row in zip(self.files, self.mails, rows, strict=True):
            with self.subTest(f"{path.parent.name}/{path.name}"):
                self.assertIn(row.state, ("done", "ignored"), row.error)
                self.assertTrue(row.reason)
                if row.ticket_id and row.ticket_id not in seen:
                    seen.add(row.ticket_id)
                    self._check_subject(raw, row.ticket_id)
                if row.ticket_id:
                    self._check_files(raw, row)
        self.assertGreater(len(seen), 300 if names > CORPORA else 70)
        reports = {
            name: self._count_reports(rows, name) for name in names & set(BOUNCES)
        }
        for name, count in reports.items():
            self.assertGreaterEqual(count, BOUNCES[name], name)
        sys.stdout.write(
            f"figure: mails of {len(names)} collections: {len(rows)}, tickets: "
            f"{len(seen)}, recognised as reports of mail servers: {reports}\n"
        )
        self._check_second_feed(rows)

    def _process_all(self, rows):
        """Process mails, as often as it takes: one run takes so many of them."""
        for _run in range(1 + len(rows) // MAX_PER_RUN):
            self._process()

    def _count_reports(self, rows, corpus):
        codes = [
            row.reason_code
            for path, row in zip(self.files, rows, strict=True)
            if path.parent.name == corpus
        ]
        return codes.count("bounce") + codes.count("report")

    def _check_subject(self, raw, ticket):
        subject = expected_subject(raw)
        if subject:
            self.assertEqual(_BLANKS.sub(" ", ticket.name), subject)

    def _check_files(self, raw, row):
        """The message that a mail became has each of its files, whole."""
        messages = row.ticket_id.message_ids.filtered(
            lambda message: message.message_id == row.message_id
        )
        if row.state == "done":
            self.assertTrue(messages)
        wanted = [(file.name, file.data) for file in read_content(raw).attachments]
        for message in messages if row.state == "done" else ():
            kept = [(file.name, file.raw or b"") for file in message.attachment_ids]
            self.assertEqual(sorted(kept), sorted(wanted))

    def _check_second_feed(self, first):
        """A second delivery changes nothing; a fourth of them, of every collection."""
        Ticket = self.env["helpdesk.ticket"]
        before = Ticket.search_count([("company_id", "=", self.company.id)])
        mails = self.mails[::4]
        rows = self._receive(*(b"Received: again\r\n" + raw for raw in mails))
        self.assertEqual(set(rows.mapped("state")), {"ignored"})
        self.assertEqual(rows.ticket_id, first[::4].ticket_id)
        after = Ticket.search_count([("company_id", "=", self.company.id)])
        self.assertEqual(after, before)
