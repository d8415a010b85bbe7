from odoo.tests import tagged

from odoo.addons.helpdesk_email_collector.tests.common import plain_mail
from odoo.addons.helpdesk_email_collector.tests.rules_common import RulesCommon


@tagged("post_install", "-at_install")
class TestCreateLead(RulesCommon):
    """E03: a rule makes a lead of a mail, beside a ticket or instead of one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sales_team = cls.env["crm.team"].create(
            {"name": "Inside sales", "company_id": cls.company.id}
        )

    def _lead(self, subject):
        return self.env["crm.lead"].search([("name", "=", subject)])

    def test_instead_of_a_ticket(self):
        """E03: with stop the mail becomes a lead and no ticket."""
        operation = {"code": "create_lead", "value": str(self.sales_team.id)}
        self._add_rule(operations=(operation, "stop"))
        row = self._receive(plain_mail("Offer, please"))
        self.assertEqual((row.state, row.reason_code), ("done", "rule_document"))
        self.assertFalse(row.ticket_id)
        lead = self._lead("Offer, please")
        self.assertEqual(lead.team_id, self.sales_team)
        self.assertEqual(lead.email_from, "anna@huber.example")
        self.assertEqual(lead.company_id, self.company)
        self.assertFalse(lead.user_id)
        self.assertIn("Hello", lead.description)

    def test_beside_a_ticket(self):
        """E03: both name each other."""
        self._add_rule(operations=("create_lead",))
        ticket = self._receive(plain_mail("Both")).ticket_id
        lead = self._lead("Both")
        self.assertEqual(lead.partner_id, ticket.partner_id)
        self.assertTrue(
            any(f'data-oe-id="{lead.id}"' in m.body for m in ticket.message_ids)
        )

    def test_described(self):
        """E04: the try-out says so, and makes no lead."""
        operation = {"code": "create_lead", "value": str(self.sales_team.id)}
        self._add_rule(operations=(operation,))
        mail = self._decide(plain_mail("Only tried"))
        self.assertIn("Inside sales", mail.trace[0]["operations"][0])
        self.assertFalse(self._lead("Only tried"))

    def test_automatic_mail(self):
        """E07: no lead of the mail of a program, unless a rule names such mail."""
        self._add_rule(operations=("create_lead", "stop"))
        row = self._receive(plain_mail("Robot", Auto_Submitted="auto-generated"))
        self.assertEqual(row.reason_code, "automatic")
        self.assertFalse(self._lead("Robot"))
