from datetime import datetime

from odoo.tests import freeze_time, tagged

from odoo.addons.helpdesk_email_collector.tests.common import plain_mail
from odoo.addons.helpdesk_email_collector.tests.rules_common import RulesCommon

from .test_invitation import calendar

MAIL = b"""\
From: Anna <anna@huber.example>
To: support@demo.example
Subject: Invitation
Message-ID: <invitation@huber.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

Please come.
--b
Content-Type: text/calendar; charset=utf-8; method=REQUEST; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"

%s
--b--
"""


@tagged("post_install", "-at_install")
class TestCreateEvent(RulesCommon):
    """E03: a rule makes an event of a mail, at the time of its invitation."""

    def _event(self, name):
        return self.env["calendar.event"].search([("name", "=", name)])

    def test_invitation(self):
        """E03: the event has the invitation's time, and nobody is invited."""
        text = calendar("DTSTART:20260701T090000Z", "SUMMARY:Site visit")
        self._add_rule(
            operations=({"code": "create_event", "value": str(self.agent.id)},)
        )
        with self.mock_mail_gateway():
            row = self._receive(MAIL % text.encode())
        self.assertTrue(row.ticket_id, row.error)
        event = self._event("Site visit")
        self.assertEqual(event.start, datetime(2026, 7, 1, 9))
        self.assertEqual(event.user_id, self.agent)
        self.assertEqual(event.partner_ids, self.agent.partner_id)

    def test_plain_mail(self):
        """E03: without an invitation, and without a ticket: the next full hour."""
        self._add_rule(operations=("create_event", "stop"))
        with freeze_time("2026-07-01 08:20:00"):
            row = self._receive(plain_mail("Call back"))
        self.assertEqual((row.state, row.reason_code), ("done", "rule_document"))
        event = self._event("Call back")
        self.assertEqual(event.start, datetime(2026, 7, 1, 9))

    def test_described(self):
        """E04: the try-out names the day."""
        text = calendar("DTSTART:20260701T090000Z", "SUMMARY:Site visit")
        self._add_rule(operations=("create_event",))
        mail = self._decide(MAIL % text.encode())
        self.assertIn("2026-07-01", mail.trace[0]["operations"][0])
        self.assertFalse(self._event("Site visit"))
