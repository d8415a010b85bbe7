from odoo.tests import HttpCase, tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestTours(TicketCommon, HttpCase):
    def test_agent_answers_a_new_ticket(self):
        """T13: opening marks as read, taking assigns, answering starts the work."""
        ticket = self._create_ticket(name="Tour: the printer blinks")
        self.start_tour(
            "/odoo/tickets", "helpdesk_ticket_answer", login=self.agent.login
        )
        self.assertEqual(ticket.user_id, self.agent)
        self.assertEqual(ticket.state, "in_progress")
        answer = ticket.message_ids.filtered(lambda m: m.message_type == "comment")
        self.assertIn("Please switch it off and on", answer.body)
        self.assertIn(self.anna, answer.notified_partner_ids)
