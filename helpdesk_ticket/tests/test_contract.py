from datetime import date

from odoo.exceptions import ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged, warmup

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestContract(TicketCommon):
    """T12: contracts of the customer, and what accountants see on them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._create_contract("Maintenance")

    @classmethod
    def _create_contract(cls, name, **values):
        return cls.env["contract.contract"].create(
            {
                "name": name,
                "partner_id": cls.customer.id,
                "company_id": cls.company.id,
                "line_recurrence": False,
                "date_start": date(2026, 1, 1),
                **values,
            }
        )

    def test_only_running_contracts_of_the_customer_are_offered(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        self._create_contract("Theirs", partner_id=other.id)
        self._create_contract("Future", date_start=date(2027, 1, 1))
        self._create_contract("Over", date_end=date(2026, 2, 1))
        self._create_contract("From a supplier", contract_type="purchase")
        with freeze_time("2026-06-01"):
            ticket = self._create_ticket()
            self.assertEqual(ticket.contract_id, self.contract)
            self.assertEqual(ticket.running_contract_count, 1)

    def test_the_only_running_contract_is_chosen_by_itself(self):
        """From API, mail, form and import alike."""
        self.assertEqual(self._create_ticket().contract_id, self.contract)
        self.assertEqual(self._mail_in().contract_id, self.contract)
        with Form(self.agent_env["helpdesk.ticket"]) as form:
            form.name = "On the phone"
            form.partner_id = self.anna
            self.assertEqual(form.contract_id.id, self.contract.id)
        self.assertEqual(form.record.contract_id, self.contract)
        result = self.agent_env["helpdesk.ticket"].load(
            ["name", "partner_id/.id"], [["Imported", str(self.anna.id)]]
        )
        imported = self.env["helpdesk.ticket"].browse(result["ids"])
        self.assertEqual(imported.contract_id, self.contract)

    def test_none_and_several_contracts_leave_the_choice(self):
        self._create_contract("Second")
        several = self._create_ticket().with_user(self.agent)
        self.assertFalse(several.contract_id)
        self.assertEqual(several.running_contract_count, 2)
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        none = self._create_ticket(partner_id=other.id)
        self.assertFalse(none.contract_id)
        self.assertEqual(none.running_contract_count, 0)
        bare = self._create_ticket(partner_id=False, partner_email="x@new.example")
        self.assertFalse(bare.contract_id)

    def test_contracts_of_another_company_do_not_count(self):
        self.contract.company_id = self.other_company
        self.assertFalse(self._create_ticket().contract_id)

    def test_contract_that_is_over_is_not_chosen(self):
        with freeze_time("2026-06-01"):
            self.contract.date_end = date(2026, 5, 31)
            self.assertFalse(self._create_ticket().contract_id)
            self.contract.date_end = date(2026, 6, 1)
            self.assertEqual(self._create_ticket().contract_id, self.contract)

    def test_choice_of_the_agent_stays(self):
        second = self._create_contract("Second")
        ticket = self._create_ticket(contract_id=second.id)
        ticket.partner_id = self.bernd
        self.assertEqual(ticket.contract_id, second)
        second.active = False
        none = self._create_ticket(contract_id=False)
        self.assertFalse(none.contract_id)

    def test_new_customer_brings_its_own_contract(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        theirs = self._create_contract("Theirs", partner_id=other.id)
        ticket = self._create_ticket()
        ticket.partner_id = other
        self.assertEqual(ticket.contract_id, theirs)

    @warmup
    def test_many_tickets_take_one_search(self):
        self._create_ticket()
        counts = []
        for size in (1, 1, 30):
            tickets = self.env["helpdesk.ticket"].concat(
                *(self._create_ticket(contract_id=False) for _i in range(size))
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            tickets._find_running_contracts()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts[1:])

    def test_contract_of_another_customer_is_refused(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        ticket = self._create_ticket(partner_id=other.id)
        with self.assertRaisesRegex(ValidationError, "one of the customer's own"):
            ticket.contract_id = self.contract

    def test_contract_goes_when_the_customer_changes(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        ticket = self._create_ticket(contract_id=self.contract.id)
        self.assertEqual(ticket.contract_id, self.contract)
        ticket.partner_id = other
        self.assertFalse(ticket.contract_id)

    def test_accountant_sees_number_and_only_these_tickets(self):
        accountant = new_test_user(
            self.env,
            "test-accountant",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        covered = self._create_ticket(contract_id=self.contract.id)
        other = self._create_ticket(contract_id=False)
        contract = self.contract.with_user(accountant)
        self.assertEqual(contract.helpdesk_ticket_count, 1)
        domain = contract.action_view_helpdesk_tickets()["domain"]
        seen = self.env["helpdesk.ticket"].with_user(accountant)
        self.assertEqual(seen.search(domain), covered)
        self.assertNotIn(other, seen.search([]))

    def test_agent_can_choose_a_contract(self):
        ticket = self._create_ticket(contract_id=False).with_user(self.agent)
        ticket.contract_id = self.contract.with_user(self.agent)
        self.assertEqual(ticket.contract_id.display_name, "Maintenance")
