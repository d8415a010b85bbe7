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
