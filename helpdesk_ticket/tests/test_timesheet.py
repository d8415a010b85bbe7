from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

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

    def test_time_leaves_waiting_and_closed_tickets_alone(self):
        """T13"""
        for event, state in (("asked", "waiting"), ("closed", "closed")):
            ticket = self._create_ticket(project_id=self.project.id)
            ticket._move(event)
            self._log(ticket, 1.0)
            self.assertEqual(ticket.state, state)

    def test_time_needs_a_project(self):
        with self.assertRaisesRegex(UserError, "Choose a project"):
            self._log(self._create_ticket(), 1.0)

    def test_time_carries_the_only_open_task(self):
        ticket = self._create_ticket(project_id=self.project.id)
        self.assertFalse(self._log(ticket, 1.0).task_id)
        tasks = self.env["project.task"].create(
            [
                {
                    "name": name,
                    "project_id": self.project.id,
                    "helpdesk_ticket_id": ticket.id,
                }
                for name in ("One", "Two")
            ]
        )
        self.assertFalse(self._log(ticket, 1.0).task_id, "nobody knows which")
        tasks[0].state = "1_done"
        self.assertEqual(self._log(ticket, 1.0).task_id, tasks[1])
        self.assertEqual(tasks[1].effective_hours, 1.0)

    def test_time_is_on_the_contracts_own_account(self):
        """T12: where the contract has one, its time is invoiced from it."""
        account = self.env["account.analytic.account"].create(
            {
                "name": "Maintenance Huber",
                "plan_id": self.project.account_id.plan_id.id,
                "company_id": self.company.id,
            }
        )
        contract = self.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        ticket = self._create_ticket(project_id=self.project.id)
        self.assertEqual(ticket.contract_id, contract)
        self.assertEqual(self._log(ticket, 1.0).account_id, self.project.account_id)
        contract.group_id = account
        line = self._log(ticket, 1.0)
        self.assertEqual(line.account_id, account)
        self.assertEqual(line.project_id, self.project)
        accountant = new_test_user(
            self.env,
            "test-accountant",
            groups="account.group_account_invoice,analytic.group_analytic_accounting",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        seen = self.env["account.analytic.line"].with_user(accountant)
        self.assertEqual(seen.search([("account_id", "=", account.id)]), line)

    def test_project_of_the_contract(self):
        """T12: the project with the contract's analytic account is the ticket's."""
        contract = self.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        self.team.project_id = other = self.project.copy({"name": "Of the team"})
        self.assertEqual(self._create_ticket().project_id, other)
        contract.group_id = self.project.account_id
        self.assertEqual(self._create_ticket().project_id, self.project)
        self.assertEqual(self._create_ticket(contract_id=False).project_id, other)

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
