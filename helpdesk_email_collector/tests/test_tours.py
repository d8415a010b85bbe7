from unittest.mock import patch

from odoo import api
from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import CollectorCommon, plain_mail
from .test_inbox_content import html_mail


@tagged("post_install", "-at_install")
class TestTours(CollectorCommon, PatientHttpCase):
    """E04, E05: what people do in the browser."""

    def _receive_html(self):
        raw = html_mail().replace(b"Subject: Html", b"Subject: Tour: stored")
        return self._receive(raw)

    def test_E02_write_a_rule(self):
        self.start_tour(
            "/odoo/action-helpdesk_email_collector.action_helpdesk_email_collector",
            "helpdesk_email_collector",
            login=self.manager.login,
        )
        rules = self.env["helpdesk.email.collector"].with_context(active_test=False)
        rule = rules.search([("name", "=", "Tour: invoices")])
        self.assertFalse(rule.active)
        self.assertEqual(rule.filter_ids.mapped("value"), ["invoice"])
        self.assertEqual(rule.operation_ids.field_id.name, "severity_id")

    def test_E04_try_out(self):
        row = self._receive_html()
        tickets = self.env["helpdesk.ticket"].search_count([])
        self.start_tour(
            "/odoo/helpdesk-inbox", "helpdesk_email_tryout", login=self.manager.login
        )
        self.assertEqual(self.env["helpdesk.ticket"].search_count([]), tickets)
        self.assertFalse(self.env["helpdesk.email.tryout"].search([]))
        self.assertEqual(row.state, "done")

    def test_E05_look_and_replay(self):
        row = self._receive_html()
        self.start_tour(
            "/odoo/helpdesk-inbox", "helpdesk_inbox_mail", login=self.manager.login
        )
        self.assertEqual(row.access_ids.mapped("kind"), ["content"])

    def test_E05_button_and_worker(self):
        """The page shows at once that the mail waits, and then what became of it."""
        row = self._store(plain_mail("Tour: failed"))
        row.write({"state": "failed", "error": "No room"})
        Inbox = self.registry["helpdesk.inbox.mail"]
        search_count, looks = Inbox.search_count, []

        @api.model
        def look(inbox, domain, limit=None):
            """The worker is done when the page looks for the second time."""
            looks.append(domain)
            if len(looks) == 2:
                inbox.with_user(self.env.ref("base.user_root"))._cron_process()
            return search_count(inbox, domain, limit=limit)

        look._readonly = False  # the worker writes
        with patch.object(Inbox, "search_count", look):
            self.start_tour(
                f"/odoo/helpdesk-inbox/{row.id}",
                "helpdesk_inbox_button",
                login=self.manager.login,
            )
        self.assertTrue(row.ticket_id)

    def test_E05_this_was_wrong(self):
        first, second = self._receive(
            plain_mail("Tour: printer"), plain_mail("Tour: phone")
        )
        wrong = self._receive(
            plain_mail(
                "Re: Tour: printer",
                body="The phone is dead",
                in_reply_to=first.message_id,
            )
        )
        self.start_tour(
            f"/odoo/tickets/{first.ticket_id.id}",
            "helpdesk_ticket_misfiled",
            login=self.agent.login,
        )
        self.assertEqual(wrong.ticket_id, second.ticket_id)


@tagged("post_install", "-at_install")
class TestSmallScreen(CollectorCommon, PatientHttpCase):
    """E02: the list of rules where the window is small."""

    browser_size = "900x700"

    def test_E02_in_use_keeps_its_place(self):
        self.env["helpdesk.email.collector"].create({"name": "Tour: seen"})
        self.start_tour(
            "/odoo/action-helpdesk_email_collector.action_helpdesk_email_collector",
            "helpdesk_email_rule_columns",
            login=self.manager.login,
        )
