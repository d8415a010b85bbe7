from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestTimesheet(TicketCommon):
    """T12, T13: time on a ticket."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent.group_ids += cls.env.ref("hr_timesheet.group_hr_timesheet_user")
        cls.env["hr.employee"].create(
            {
                "name": cls.agent.name,
                "user_id": cls.agent.id,
                "company_id": cls.company.id,
            }
        )
        cls.project = cls.env["project.project"].create(
            {"name": "Helpdesk", "company_id": cls.company.id}
        )

    def _log(self, ticket, hours):
        return self.agent_env["account.analytic.line"].create(
            {"name": "Work", "unit_amount": hours, "helpdesk_ticket_id": ticket.id}
        )

    def test_time_starts_the_work_and_is_summed(self):
        ticket = self._create_ticket(project_id=self.project.id, user_id=self.agent.id)
        lines = self._log(ticket, 1.5) + self._log(ticket, 0.5)
        self.assertEqual(lines.project_id, self.project)
        self.assertEqual(lines.account_id, self.project.account_id)
        self.assertEqual(ticket.hours_spent, 2.0)
        self.assertEqual(ticket.state, "in_progress")

    def test_time_needs_a_project(self):
        with self.assertRaisesRegex(UserError, "Choose a project"):
            self._log(self._create_ticket(), 1.0)

    def test_hours_on_the_contract(self):
        contract = self.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        ticket = self._create_ticket(
            project_id=self.project.id, contract_id=contract.id
        )
        self._log(ticket, 2.5)
        self.assertEqual(contract.helpdesk_hours_spent, 2.5)
