from odoo import http
from odoo.tests import HttpCase, tagged

from .common_deadline import DeadlineCommon
from .walk import Figures, Walk, WalkCase

ANSWER = "an agent's answer becomes the customer's mail"
DEADLINES = "a new ticket gets its deadlines"
PORTAL = "a request in the portal becomes a ticket"


@tagged("post_install", "-at_install")
class TestWalk(WalkCase, DeadlineCommon, HttpCase):
    """The ways of a ticket are short enough to be read (see `walk.py`)."""

    WANTED = {
        ANSWER: Figures(8, 40, 16),
        DEADLINES: Figures(8, 35, 14),
        PORTAL: Figures(10, 50, 20),
    }
    REACHED = {
        ANSWER: Figures(8, 50, 14),
        DEADLINES: Figures(15, 59, 21),
        PORTAL: Figures(25, 90, 38),
    }

    def test_answer_to_mail(self):
        for _number in range(2):
            ticket = self._create_ticket()
            self.env.flush_all()  # it was opened by another request
            walk = Walk()
            with self.mock_mail_gateway(), walk.recording():
                self._answer(ticket)
                self.env.flush_all()
        self.assertIn(self.anna.email, str(self._mails))
        self.check_walk(ANSWER, walk)

    def test_ticket_to_deadlines(self):
        self._create_sla()
        for _number in range(2):
            walk = Walk()
            with walk.recording():
                ticket = self.agent_env["helpdesk.ticket"].create(
                    {
                        "name": "Broken",
                        "partner_id": self.anna.id,
                        "notify_partner": False,  # that is another way
                    }
                )
                self.env.flush_all()
        self.assertTrue(ticket.answer_deadline and ticket.solution_deadline)
        self.check_walk(DEADLINES, walk)

    def test_portal_request_to_ticket(self):
        user = self._create_portal_user(self.anna)
        self.authenticate(user.login, user.login)
        for name in ("Before", "New"):
            data = {
                "name": name,
                "description": "Since today",
                "csrf_token": http.Request.csrf_token(self),
            }
            walk = Walk()
            with walk.recording(everywhere=True):
                self.url_open("/my/tickets/new", data=data, allow_redirects=False)
        tickets = self.env["helpdesk.ticket"].search([("name", "=", "New")])
        self.assertEqual(tickets.partner_id, self.anna)
        self.check_walk(PORTAL, walk)
