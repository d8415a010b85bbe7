from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestHistory(TicketCommon, PatientHttpCase):
    """T19: the tickets of a business partner on a line of time."""

    def test_T19_from_the_ticket_and_the_partner(self):
        ticket = self._create_ticket()
        action = ticket.with_user(self.agent).action_view_history()
        self.assertEqual(action["tag"], "helpdesk_ticket.history")
        self.assertEqual(
            action["params"],
            {"partner_id": self.customer.id, "ticket_id": ticket.id},
        )
        for partner in (self.customer, self.anna):
            action = partner.with_user(self.agent).action_view_helpdesk_history()
            self.assertEqual(action["params"]["partner_id"], partner.id)
            self.assertFalse(action["params"]["ticket_id"])

    def test_T19_a_ticket_without_customer_says_so(self):
        bare = self._create_ticket(partner_id=False, partner_email="x@y.example")
        with self.assertRaisesRegex(UserError, "Choose the customer first"):
            bare.action_view_history()

    def test_T19_in_the_browser(self):
        """Tour: months, contacts, archived tickets hidden, 20 to a page.

        What was imported last may have been opened first.
        """
        self._create_ticket(name="Tour: archived", active=False)
        for number in range(20):
            self._create_ticket(name=f"Tour: no. {number}")
        solved = self._create_ticket(name="Tour: solved", user_id=self.agent.id)
        solved.solution = "<p>Switched it <b>off</b> and on.</p>"
        solved.action_close()
        oldest = self._create_ticket(
            name="Tour: the first of all", partner_id=self.bernd.id
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET create_date = '2024-03-05' WHERE id = %s",
            [oldest.id],
        )
        self.env.invalidate_all()
        self.start_tour(
            f"/odoo/tickets/{solved.id}",
            "helpdesk_ticket_history",
            login=self.agent.login,
        )
