from datetime import date

from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, new_test_user, tagged

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
        domain = self.env["helpdesk.ticket"]._get_contract_domain(self.anna)
        with freeze_time("2026-06-01"):
            offered = self.env["contract.contract"].search(domain)
        self.assertEqual(offered, self.contract)

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

    def test_accountant_sees_number_and_hours_and_only_these_tickets(self):
        accountant = new_test_user(
            self.env,
            "test-accountant",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        covered = self._create_ticket(contract_id=self.contract.id)
        other = self._create_ticket()
        contract = self.contract.with_user(accountant)
        self.assertEqual(contract.helpdesk_ticket_count, 1)
        self.assertEqual(contract.helpdesk_hours_spent, 0)
        domain = contract.action_view_helpdesk_tickets()["domain"]
        seen = self.env["helpdesk.ticket"].with_user(accountant)
        self.assertEqual(seen.search(domain), covered)
        self.assertNotIn(other, seen.search([]))

    def test_agent_can_choose_a_contract(self):
        ticket = self._create_ticket().with_user(self.agent)
        ticket.contract_id = self.contract.with_user(self.agent)
        self.assertEqual(ticket.contract_id.display_name, "Maintenance")
