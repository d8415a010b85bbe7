from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged, warmup

from odoo.addons.helpdesk_contact import secret
from odoo.addons.helpdesk_ticket.tests.test_self_check import SelfCheckCommon

from ..mailbox_errors import MailboxError
from .common import CollectorCommon, plain_mail


@tagged("post_install", "-at_install")
class TestSelfCheck(SelfCheckCommon, CollectorCommon):
    """M04: how the mailboxes are, whether what came in was processed (E01, E05)."""

    NAME = "Mailbox Support mailbox"

    def _fail(self, kind, times):
        for _time in range(times):
            self.server._record_failure(MailboxError(kind))

    def test_mailbox(self):
        self._check_state(self.NAME, "attention", "never")
        self.server._record_success()
        row = self._check_state(self.NAME, "fine", "Read at")
        self.assertEqual(row.action_open()["res_id"], self.server.id)
        self._fail("lost", 1)
        self._check_state(self.NAME, "attention", self.server.helpdesk_error)
        self._fail("lost", 2)
        self._check_state(self.NAME, "broken", self.server.helpdesk_error)
        self.server._record_success()
        self._fail("login", 1)
        self._check_state(self.NAME, "broken", self.server.helpdesk_error)
        self.server._record_success()
        self.server.helpdesk_last_contact -= timedelta(hours=3)
        self._check_state(self.NAME, "broken", "since")
        self.server.state = "draft"
        self._check_state(self.NAME, "unset", "not switched on")
        self.assertFalse(self._find("Mailboxes"))
        self.server.active = False
        self._check_state("Mailboxes", "unset", "None")

    def test_password(self):
        """The key of the passwords is missing, unreadable, or another (rel-F3)."""
        self.server._record_success()
        with patch.object(secret, "_keys", return_value=[]):
            self._check_state(self.NAME, "broken", "with a key")
        with patch.object(Path, "exists", side_effect=PermissionError(13, "Denied")):
            self.assertEqual(self.server._find_secret_fault().kind, "key_file")
        self.server.server = "other.example"
        self._check_state(self.NAME, "broken", "other.example")
        self.server.password = False
        self._check_state(self.NAME, "broken", "missing")
        rows = self._open_page(self.admin)
        self.assertNotIn("not-a-secret", str(rows.read()))

    def test_core_server_is_none_of_ours(self):
        self.env["fetchmail.server"].create({"name": "Old"})
        self._check_state("Mail server Old", "unset")
        self.assertFalse(self._find("Mail server Support mailbox"))

    def test_other_companies_are_not_named(self):
        self.server.copy(
            {
                "name": "Secret mailbox",
                "company_id": self.other_company.id,
                "helpdesk_team_id": False,
            }
        )
        for user in (self.manager, self.admin):
            rows = self._open_page(user)
            self.assertNotIn("Secret", str(rows.mapped("name")))
        report = self.env["helpdesk.check"]._report(self.company)
        self.assertNotIn("Secret", str(report))
        report = self.env["helpdesk.check"]._report(self.other_company)
        self.assertIn("Secret", str(report))
        self.assertNotIn(self.NAME, str(report))

    def test_inbox(self):
        self._check_state("Received mails", "fine")
        mail = self._store(plain_mail())
        self._check_state("Received mails", "fine")
        mail.received_date -= timedelta(hours=1)
        row = self._check_state("Received mails", "broken", "1")
        self.assertEqual(row.action_open()["context"], {"search_default_waiting": 1})
        mail.next_attempt = fields.Datetime.now() + timedelta(hours=1)
        self._check_state("Received mails", "fine")
        mail.state = "failed"
        row = self._check_state("Received mails", "attention", "1")
        self.assertEqual(row.action_open()["context"], {"search_default_failed": 1})
        mail.company_id = self.other_company
        self._check_state("Received mails", "fine")

    def test_trusted_servers(self):
        self._check_state("Trusted mail servers", "attention")
        self.company.helpdesk_trusted_servers = "mx.demo.example"
        self._check_state("Trusted mail servers", "fine", "mx.demo.example")

    def _count_queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.env["helpdesk.check"]._run(self.company)
        return self.env.cr.sql_log_count - before

    @warmup
    def test_queries_do_not_grow_with_mailboxes(self):
        def grow(count):
            for number in range(count):
                server = self.server.copy({"name": f"Mailbox {number}"})
                server.write({"password": "not-a-secret", "state": "done"})
                server._record_failure(MailboxError("lost"))
            self._count_queries()

        grow(5)
        few = self._count_queries()
        grow(5)
        self.assertEqual(self._count_queries(), few)
