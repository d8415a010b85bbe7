from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.helpdesk_ticket.tests.common import TicketCommon


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

    def test_an_accountant_sees_hours_on_the_contract(self):
        """T12: who is no agent sees the sum, not the lines."""
        contract = self._create_contract()
        self._log(self._create_ticket(project_id=self.project.id), 2.5)
        accountant = new_test_user(
            self.env,
            "test-accountant",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.assertEqual(contract.with_user(accountant).helpdesk_hours_spent, 2.5)

    def test_hours_of_many_contracts_are_read_at_once(self):
        contracts = self.env["contract.contract"]
        for _number in range(4):
            contracts += self._create_contract()
        contracts[:1].mapped("helpdesk_hours_spent")
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            contracts.mapped("helpdesk_hours_spent")

    def test_who_may_log_time_sees_the_tab(self):
        tickets = self.agent_env["helpdesk.ticket"]
        self.assertIn("timesheet_ids", tickets.get_view(view_type="form")["arch"])
        outside = self._create_user("outside", "helpdesk_contact.group_helpdesk_user")
        arch = tickets.with_user(outside).get_view(view_type="form")["arch"]
        self.assertNotIn("timesheet_ids", arch)

    def test_no_time_on_a_hidden_ticket(self):
        """rel-A7: it would start the work there, and use up the customer's contract."""
        ticket = self._create_ticket(project_id=self.project.id)
        line = self._log(self._create_ticket(project_id=self.project.id), 1.0)
        ticket.team_id = self.team.copy({"visibility": "members", "member_ids": False})
        values = {"name": "x", "unit_amount": 1, "project_id": self.project.id}
        for call in (
            lambda: line.write({"helpdesk_ticket_id": ticket.id}),
            lambda: line.create({**values, "helpdesk_ticket_id": ticket.id}),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                call()
        self.assertFalse(ticket.hours_spent)

    def test_time_of_a_merged_ticket_moves(self):
        """T17"""
        kept, merged = (
            self._create_ticket(),
            self._create_ticket(project_id=self.project.id),
        )
        line = self._log(merged, 2.0)
        merged._merge_into(kept)
        self.assertEqual(line.helpdesk_ticket_id, kept)
        self.assertEqual((kept.hours_spent, merged.hours_spent), (2.0, 0.0))

    def test_a_copy_has_no_time(self):
        ticket = self._create_ticket(project_id=self.project.id)
        self._log(ticket, 2.0)
        copy = ticket.copy()
        self.assertFalse(copy.timesheet_ids)
        self.assertEqual(copy.hours_spent, 0.0)

    def test_hours_in_the_analysis(self):
        ticket = self._create_ticket(project_id=self.project.id)
        self._log(ticket, 2.5)
        self.env.flush_all()
        Report = self.agent_env["helpdesk.ticket.report"]
        [(total,)] = Report._read_group(
            [("id", "=", ticket.id)], [], ["hours_spent:sum"]
        )
        self.assertEqual(total, 2.5)

    def test_time_that_leaves_a_ticket_leaves_its_contract(self):
        """T12: nobody is invoiced for time that is another's, or nobody's."""
        account = self.env["account.analytic.account"].create(
            {
                "name": "Maintenance Huber",
                "plan_id": self.project.account_id.plan_id.id,
                "company_id": self.company.id,
            }
        )
        contract = self._create_contract(group_id=account.id)
        other = self._create_ticket(
            project_id=self.project.id, partner_id=False, partner_email="x@x.example"
        )
        ticket = self._create_ticket(project_id=self.project.id)
        for target in (other, other.browse()):
            with self.subTest(target=target):
                line = self._log(ticket, 1.0)
                self.assertEqual(line.account_id, account)
                contract.invalidate_recordset(["helpdesk_hours_spent"])
                self.assertEqual(contract.helpdesk_hours_spent, 1.0)
                line.helpdesk_ticket_id = target
                self.assertEqual(line.account_id, self.project.account_id)
                contract.invalidate_recordset(["helpdesk_hours_spent"])
                self.assertEqual(contract.helpdesk_hours_spent, 0.0)

    def test_T12_time_goes_to_the_customer_that_it_was_worked_for(self):
        """Where a ticket was filed to another customer, nobody else is invoiced."""
        rival = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        rita = self.env["res.partner"].create(
            {"name": "Rita", "email": "rita@r.example", "parent_id": rival.id}
        )
        accounts = {
            customer: self.env["account.analytic.account"].create(
                {
                    "name": customer.name,
                    "plan_id": self.project.account_id.plan_id.id,
                    "company_id": self.company.id,
                }
            )
            for customer in self.customer + rival
        }
        for customer, account in accounts.items():
            self.env["contract.contract"].create(
                {
                    "name": customer.name,
                    "partner_id": customer.id,
                    "company_id": self.company.id,
                    "group_id": account.id,
                }
            )
        ticket = self._create_ticket(project_id=self.project.id)
        line = self._log(ticket, 1.0)
        self.assertEqual(line.account_id, accounts[self.customer])
        ticket.with_user(self.agent).partner_id = rita
        self.assertEqual(line.account_id, accounts[rival])
        self.assertEqual(line.helpdesk_ticket_id, ticket)
        self.assertEqual(ticket.hours_spent, 1.0)

    def test_an_ended_contract_takes_no_hours_without_a_word(self):
        """T12: new time, more time and time from another ticket."""
        contract = self._create_contract()
        ticket = self._create_ticket(
            project_id=self.project.id, contract_id=contract.id
        )
        other = self._create_ticket(project_id=self.project.id, contract_id=False)
        moved = self._log(other, 1.0)
        self.env.flush_all()
        contract.date_end = fields.Date.subtract(fields.Date.today(), days=1)
        ticket.invalidate_recordset(["contract_end_hint"])
        self.assertIn("ended on", ticket.contract_end_hint)
        self.assertFalse(other.contract_end_hint)

        def get_words():
            return len(ticket.message_ids.filtered(lambda m: "ended on" in m.body))

        line = self._log(ticket, 1.0)
        self.assertEqual(get_words(), 1)
        line.unit_amount = 0.5
        self.assertEqual(get_words(), 1)
        line.unit_amount = 2.0
        self.assertEqual(get_words(), 2)
        moved.helpdesk_ticket_id = ticket
        self.assertEqual(get_words(), 3)
        moved.write({"helpdesk_ticket_id": other.id, "unit_amount": 5.0})
        self.assertEqual(get_words(), 3)
        ticket.action_close()
        self.assertFalse(ticket.contract_end_hint)

    def _create_contract(self, **values):
        return self.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                **values,
            }
        )

    # -- time and contracts that change ------------------------------------------------

    def _create_contracts(self, customer, *values_list):
        plan = self.env["account.analytic.plan"].search([], limit=1)
        accounts = self.env["account.analytic.account"].create(
            [
                {"name": f"Account {i}", "plan_id": plan.id}
                for i in range(len(values_list))
            ]
        )
        self.column = plan._column_name()
        return self.env["contract.contract"].create(
            [
                {
                    "name": account.name,
                    "partner_id": customer.id,
                    "company_id": self.company.id,
                    "line_recurrence": False,
                    "date_start": "2025-01-01",
                    "group_id": account.id,
                    **values,
                }
                for account, values in zip(accounts, values_list, strict=True)
            ]
        )

    def test_T12_time_follows_the_contract_that_is_chosen_later(self):
        first, second = self._create_contracts(self.customer, {}, {})
        ticket = self._create_ticket(project_id=self.project.id)
        line = self._log(ticket, 1.0).sudo()
        self.assertEqual(line[self.column], self.project.account_id)
        for contract in (first, second):
            ticket.with_user(self.agent).contract_id = contract
            self.assertEqual(line[self.column], contract.group_id)
        ticket.with_user(self.agent).contract_id = False
        self.assertNotEqual(line[self.column], second.group_id)

    def test_T12_time_under_an_ended_contract_stays_there(self):
        [first] = self._create_contracts(self.customer, {})
        ticket = self._create_ticket(project_id=self.project.id)
        early, late = (self._log(ticket, 1.0).sudo() for _i in range(2))
        early.date = "2025-06-01"
        first.date_end = "2025-12-31"
        [second] = self._create_contracts(self.customer, {"date_start": "2026-01-01"})
        ticket.with_user(self.agent).contract_id = second
        self.assertEqual(early[self.column], first.group_id)
        self.assertEqual(late[self.column], second.group_id)

    def test_T12_time_copied_to_another_ticket_is_that_ones(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        [ours] = self._create_contracts(self.customer, {})
        [theirs] = self._create_contracts(other, {})
        ticket = self._create_ticket(project_id=self.project.id)
        second = self._create_ticket(
            project_id=self.project.id, partner_id=False, customer_id=other.id
        )
        line = self._log(ticket, 1.0)
        self.assertEqual(line.copy().sudo()[self.column], ours.group_id)
        copy = line.copy({"helpdesk_ticket_id": second.id})
        self.assertEqual(copy.sudo()[self.column], theirs.group_id)
        self.assertEqual((ticket.hours_spent, second.hours_spent), (2.0, 1.0))

    def test_T17_no_time_on_a_merged_ticket(self):
        ticket, survivor = (
            self._create_ticket(project_id=self.project.id) for _i in range(2)
        )
        line = self._log(survivor, 1.0)
        ticket._merge_into(survivor)
        with self.assertRaisesRegex(UserError, f"merged into {survivor.number}"):
            self._log(ticket, 1.0)
        with self.assertRaisesRegex(UserError, f"merged into {survivor.number}"):
            line.helpdesk_ticket_id = ticket
