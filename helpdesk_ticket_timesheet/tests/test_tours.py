from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase
from odoo.addons.helpdesk_ticket.tests.common import TicketCommon


@tagged("post_install", "-at_install")
class TestTours(TicketCommon, PatientHttpCase):
    def test_T12_log_time(self):
        project = self.env["project.project"].create(
            {"name": "Maintenance", "company_id": self.company.id}
        )
        self.agent.group_ids += self.env.ref("hr_timesheet.group_hr_timesheet_user")
        self.env["hr.employee"].create(
            {
                "name": "Agent",
                "user_id": self.agent.id,
                "company_id": self.company.id,
            }
        )
        ticket = self._create_ticket(
            name="Tour: the oven is cold",
            project_id=project.id,
            user_id=self.agent.id,
        )
        self.start_tour(
            f"/odoo/tickets/{ticket.id}",
            "helpdesk_ticket_time",
            login=self.agent.login,
        )
        self.assertEqual(ticket.hours_spent, 0.5)
        self.assertEqual(ticket.timesheet_ids.employee_id.user_id, self.agent)
