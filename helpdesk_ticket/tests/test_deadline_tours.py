from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestDeadlineTours(TicketCommon, PatientHttpCase):
    def test_T25_overdue_answer_and_its_explanation(self):
        self.env["helpdesk.sla"].search([]).active = False
        self.env["helpdesk.sla"].create(
            {
                "name": "Gold",
                "company_id": self.company.id,
                "answer_hours": 1,
                "solution_hours": 8,
            }
        )
        opened = fields.Datetime.now() - timedelta(hours=3)
        with self.mock_datetime_and_now(opened):
            ticket = self._create_ticket(name="Tour: the till is down")
            self.env.flush_all()
        self.start_tour("/odoo/tickets", "helpdesk_deadline", login=self.agent.login)
        self.assertEqual(ticket.answer_result, "broken")
        self.assertFalse(ticket.solution_result)
