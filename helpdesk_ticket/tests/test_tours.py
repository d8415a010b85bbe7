from markupsafe import Markup

from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestTours(TicketCommon, PatientHttpCase):
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

    def test_C06_ticket_for_a_new_contact_on_the_phone(self):
        self.start_tour("/odoo", "helpdesk_ticket_on_the_phone", login=self.agent.login)
        ticket = self.env["helpdesk.ticket"].search([("name", "=", "Tour: no network")])
        self.assertEqual(ticket.partner_id.email, "tina@tour.example")
        self.assertEqual(
            ticket.channel_id, self.env.ref("helpdesk_ticket.channel_phone")
        )
        self.assertIn(ticket.partner_id, ticket.message_partner_ids)

    def test_K11_tickets_on_the_customer(self):
        self._create_ticket(name="Tour: the oven is cold")
        self.start_tour(
            f"/odoo/helpdesk-customers/{self.customer.id}",
            "helpdesk_ticket_of_customer",
            login=self.agent.login,
        )

    def test_K12_delete_a_customer_for_good(self):
        ticket = self._create_ticket(name="Tour: farewell")
        self.start_tour(
            f"/odoo/helpdesk-customers/{self.customer.id}",
            "helpdesk_partner_delete",
            login=self.manager.login,
        )
        self.assertFalse(self.customer.exists())
        self.assertEqual(ticket.state, "closed")

    def test_the_day_of_an_agent(self):
        """T10, T13, T16, T17: take the next ticket, answer, ask, create a service
        order, close with a solution, reopen."""
        # field service's own stages are those of the first company
        stages = self.env["fsm.stage"].search([("stage_type", "=", "order")])
        stages.company_id = False
        self.env["fsm.team"].create(
            {"name": "Technicians", "company_id": self.company.id}
        )
        self.customer.write({"street": "Hauptstraße 1", "city": "München"})
        ticket = self._create_ticket(name="Tour: the oven is cold")
        self.start_tour("/odoo/tickets", "helpdesk_ticket_day", login=self.agent.login)
        self.assertEqual(ticket.user_id, self.agent)
        self.assertEqual(ticket.state, "in_progress")
        self.assertEqual(len(ticket.fsm_order_ids), 1)
        self.assertIn("The fuse was burnt.", ticket.solution)

    def test_T17_without_a_mouse(self):
        """The tabulator leaves the text of the solution, and is no part of it."""
        ticket = self._create_ticket(name="Tour: no mouse")
        self.start_tour(
            f"/odoo/tickets/{ticket.id}",
            "helpdesk_ticket_keyboard",
            login=self.agent.login,
        )
        self.assertEqual(ticket.state, "closed")
        self.assertIn("The fuse was burnt.", ticket.solution)
        self.assertNotIn("oe-tabs", ticket.solution)

    def test_T15_private_message(self):
        self.env["res.partner"].create(
            {"name": "Tour Supplier", "email": "service@supplier.example"}
        )
        ticket = self._create_ticket(name="Tour: a secret")
        self.start_tour(
            f"/odoo/tickets/{ticket.id}",
            "helpdesk_ticket_private",
            login=self.agent.login,
        )
        message = ticket.message_ids[0]
        self.assertTrue(message.is_internal)
        self.assertEqual(message.partner_ids.mapped("name"), ["Tour Supplier"])

    def test_T09_a_customer_out_of_reach(self):
        self.anna.email = False
        ticket = self._create_ticket(name="Tour: nobody is there")
        self.start_tour(
            f"/odoo/tickets/{ticket.id}",
            "helpdesk_ticket_out_of_reach",
            login=self.agent.login,
        )

    def test_lines_of_plain_mails(self):
        """The long lines of a ticket's mails wrap; mails of other records stay as Odoo
        shows them."""
        ticket = self._create_ticket(
            name="Tour: a long line", description="<pre>The first mail.</pre>"
        )
        for record, model, tour in (
            (ticket, "tickets", "helpdesk_plain_mail_of_ticket"),
            (self.customer, "res.partner", "helpdesk_plain_mail_of_another"),
        ):
            record.message_post(
                body=Markup("<pre>%s</pre>") % ("One line. " * 50),
                message_type="email",
                author_id=self.anna.id,
            )
            self.start_tour(f"/odoo/{model}/{record.id}", tour, login=self.agent.login)

    def test_T11_T17_menu_of_actions(self):
        """A task is made, printing is offered, and the ticket is given up."""
        self.agent.group_ids += self.env.ref("project.group_project_user")
        project = self.env["project.project"].create({"name": "Shop"})
        ticket = self._create_ticket(name="Tour: new shelf", project_id=project.id)
        self.start_tour(
            f"/odoo/tickets/{ticket.id}",
            "helpdesk_ticket_actions",
            login=self.agent.login,
        )
        self.assertEqual(ticket.task_ids.project_id, project)
        self.assertEqual(ticket.state, "cancelled")
        self.assertIn("bought one elsewhere", ticket.solution)
