import re

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestClosing(TicketCommon):
    """T17: close and cancel with a solution, and decide who is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.carla = cls.env["res.partner"].create(
            {"name": "Carla", "email": "carla@huber.example"}
        )
        cls.ticket = cls._create_ticket(email_cc="Dora <dora@huber.example>")
        cls.ticket.message_subscribe((cls.carla + cls.agent.partner_id).ids)

    def _dialog(self, tickets, cancel=False):
        tickets = tickets.with_user(self.agent)
        action = tickets.action_cancel_dialog() if cancel else None
        action = action or tickets.action_close_dialog()
        return Form(
            self.agent_env[action["res_model"]].with_context(**action["context"])
        )

    def _confirm(self, dialog):
        with self.mock_mail_gateway():
            dialog.save().action_confirm()
            self.flush_tracking()

    def _told(self):
        return sorted(address for mail in self._mails for address in mail["email_to"])

    def test_T17_solution_is_kept_and_sent(self):
        dialog = self._dialog(self.ticket)
        dialog.solution = "<p>The <b>cable</b> was loose.</p>"
        self._confirm(dialog)
        self.assertEqual(self.ticket.state, "closed")
        self.assertIn("<b>cable</b>", self.ticket.solution)
        (mail,) = self._mails
        self.assertIn("<b>cable</b>", mail["body"])
        self.assertIn(self.ticket.number, mail["subject"])
        self.assertEqual(self._told(), [self.anna.email_formatted])

    def _greetings(self):
        return {
            address: re.sub(r"\s+", " ", str(mail["body"])).split("<p>")[1][:40]
            for mail in self._mails
            for address in mail["email_to"]
        }

    def test_T24_nobody_is_greeted_by_the_name_of_another(self):
        self._confirm(self._dialog(self.ticket))
        said = self._greetings()
        self.assertIn(self.anna.name, said[self.anna.email_formatted])
        self.env["res.lang"]._activate_lang("de_DE")
        self.bernd.lang = "de_DE"
        other = self._create_ticket(email_cc="Dora <dora@huber.example>")
        other.message_subscribe((self.carla + self.bernd).ids)
        dialog = self._dialog(other)
        dialog.notify = "everybody"
        self._confirm(dialog)
        said = self._greetings()
        self.assertEqual(len(said), 4)
        self.assertIn(self.bernd.name, said.pop(self.bernd.email_formatted))
        for greeting in said.values():
            self.assertRegex(greeting, r"^Hello\s*,</p>")

    def test_T17_a_solution_that_is_told_is_our_answer(self):
        """A02: who wrote last are we, whichever way the ticket was closed."""
        self.company.helpdesk_notify_closing = True
        asked = {"author_id": self.anna.id, "message_type": "comment"}
        tickets = self.ticket + self._create_ticket()
        for ticket in tickets:
            ticket.message_post(body="Well?", subtype_xmlid="mail.mt_comment", **asked)
        self.assertEqual(set(tickets.mapped("last_answer")), {"customer"})
        dialog = self._dialog(self.ticket)
        dialog.solution = "<p>The cable was loose.</p>"
        self._confirm(dialog)
        other = tickets[1]
        other.solution = "<p>It was switched off.</p>"
        with self.mock_mail_gateway():
            other.with_user(self.agent).action_close()
        self.assertEqual(len(self._mails), 1)
        for ticket in tickets:
            self.assertEqual(ticket.last_answer, "us")

    def test_T17_without_a_solution_that_is_told_the_customer_spoke_last(self):
        template = self.env.ref("helpdesk_ticket.mail_template_ticket_closed")
        for solution, notify, active in (
            ("<p>The cable was loose.</p>", "nobody", True),
            ("<p>The cable was loose.</p>", "contact", False),
            ("<p><br></p>", "contact", True),
        ):
            with self.subTest(solution=solution, notify=notify, active=active):
                ticket = self._create_ticket()
                ticket.message_post(
                    body="Well?",
                    author_id=self.anna.id,
                    message_type="comment",
                    subtype_xmlid="mail.mt_comment",
                )
                template.active = active
                dialog = self._dialog(ticket)
                dialog.solution = solution
                dialog.notify = notify
                self._confirm(dialog)
                self.assertEqual(ticket.state, "closed")
                self.assertEqual(ticket.last_answer, "customer")

    def test_T17_nobody_is_told(self):
        dialog = self._dialog(self.ticket)
        dialog.notify = "nobody"
        self.assertFalse(dialog.recipients)
        self._confirm(dialog)
        self.assertEqual(self.ticket.state, "closed")
        self.assertFalse(self._mails)

    def test_T17_everybody_who_takes_part_is_told_but_no_colleague(self):
        dialog = self._dialog(self.ticket)
        dialog.notify = "everybody"
        for name in ("Anna", "Carla", "dora@huber.example"):
            self.assertIn(name, dialog.recipients)
        self.assertNotIn(self.agent.name, dialog.recipients)
        self._confirm(dialog)
        self.assertEqual(
            self._told(),
            sorted(
                [
                    self.anna.email_formatted,
                    self.carla.email_formatted,
                    "dora@huber.example",
                ]
            ),
        )
        self.assertFalse(
            self.env["res.partner"].search([("email", "=", "dora@huber.example")])
        )

    def test_T24_setting_is_the_default(self):
        self.assertEqual(self._dialog(self.ticket).notify, "contact")
        self.company.helpdesk_notify_closing = False
        self.assertEqual(self._dialog(self.ticket).notify, "nobody")

    def test_T24_choice_goes_before_the_setting(self):
        self.company.helpdesk_notify_closing = False
        dialog = self._dialog(self.ticket)
        dialog.notify = "contact"
        self._confirm(dialog)
        self.assertEqual(self._told(), [self.anna.email_formatted])

    def test_T09_quiet_ticket_proposes_nobody_and_obeys(self):
        self.ticket.notify_partner = False
        dialog = self._dialog(self.ticket)
        self.assertEqual(dialog.notify, "nobody")
        dialog.notify = "contact"
        self._confirm(dialog)
        self.assertEqual(self._told(), [self.anna.email_formatted])

    def test_T17_mass_closing_is_one_dialog_and_a_mail_per_ticket(self):
        other = self._create_ticket(partner_id=self.bernd.id)
        quiet = self._create_ticket(notify_partner=False)
        closed = self._create_ticket(solution="<p>Long ago</p>")
        closed._move("closed")
        tickets = self.ticket + other + quiet + closed
        dialog = self._dialog(tickets)
        self.assertEqual((dialog.ticket_count, dialog.quiet_count), (3, 1))
        dialog.solution = "<p>The router is back.</p>"
        self._confirm(dialog)
        self.assertEqual(set(tickets.mapped("state")), {"closed"})
        self.assertEqual(
            self._told(), sorted((self.anna + self.bernd).mapped("email_formatted"))
        )
        for ticket in (self.ticket, other):
            self.assertEqual(
                len([mail for mail in self._mails if ticket.number in mail["subject"]]),
                1,
            )
        self.assertIn("router", quiet.solution)
        self.assertIn("Long ago", closed.solution)

    def test_T17_without_a_solution_the_old_one_stays(self):
        other = self._create_ticket(solution="<p>As the last time</p>")
        self._confirm(self._dialog(self.ticket + other))
        self.assertIn("As the last time", other.solution)

    def test_T17_reopened_ticket_shows_its_solution_again(self):
        self.ticket.solution = "<p>First try</p>"
        self.ticket._move("closed")
        self.ticket.action_reopen()
        self.assertIn("First try", self._dialog(self.ticket).solution)

    def test_T17_cancelling_takes_a_reason_and_tells_nobody_by_itself(self):
        dialog = self._dialog(self.ticket, cancel=True)
        self.assertEqual(dialog.notify, "nobody")
        dialog.solution = "<p>A duplicate</p>"
        self._confirm(dialog)
        self.assertEqual(self.ticket.state, "cancelled")
        self.assertIn("A duplicate", self.ticket.solution)
        self.assertFalse(self._mails)

    def test_T17_cancelling_can_tell_the_contact(self):
        dialog = self._dialog(self.ticket, cancel=True)
        dialog.notify = "contact"
        self._confirm(dialog)
        (mail,) = self._mails
        self.assertIn("without a solution", mail["body"])

    def test_T17_open_service_orders_are_named_and_hinder_nothing(self):
        # field service's own stages are those of the first company
        stages = self.env["fsm.stage"].search([("stage_type", "=", "order")])
        stages.company_id = False
        self.env["fsm.team"].create({"name": "Technicians"})
        location = self.env["fsm.location"].create(
            {"name": "Shop", "owner_id": self.customer.id}
        )
        values = {"location_id": location.id, "helpdesk_ticket_id": self.ticket.id}
        done = self.env.ref("fieldservice.fsm_stage_completed").id
        orders = self.env["fsm.order"].create([values, {**values, "stage_id": done}])
        dialog = self._dialog(self.ticket)
        self.assertEqual(dialog.open_order_count, 1)
        self.assertEqual(dialog.open_orders, orders[0].name)
        self._confirm(dialog)
        self.assertEqual(self.ticket.state, "closed")

    def test_T17_without_open_orders_nothing_is_said(self):
        self.assertFalse(self._dialog(self.ticket).open_order_count)

    def test_T17_closed_tickets_open_no_dialog(self):
        self.ticket._move("closed")
        with self.assertRaises(UserError) as error:
            self.ticket.with_user(self.agent).action_close_dialog()
        self.assertIn("None of the tickets", str(error.exception))

    def test_T17_deleted_template_closes_without_a_mail(self):
        self.env.ref("helpdesk_ticket.mail_template_ticket_closed").unlink()
        self._confirm(self._dialog(self.ticket))
        self.assertEqual(self.ticket.state, "closed")
        self.assertFalse(self._mails)

    def test_T17_solution_is_sanitised(self):
        self.ticket.solution = "<p onclick='x()'>Ok<script>alert(1)</script></p>"
        self.assertEqual(self.ticket.solution, "<p>Ok</p>")

    def test_T17_dialog_is_for_agents_only(self):
        outsider = new_test_user(
            self.env,
            "test-closing-outsider",
            groups="base.group_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self.env(user=outsider)["helpdesk.ticket.close"].create(
                {"ticket_ids": self.ticket.ids}
            )

    def test_K12_customer_deleted_for_good_gets_no_mail(self):
        with self.mock_mail_gateway():
            self.anna.unlink()
        self.assertEqual(self.ticket.state, "closed")
        self.assertFalse(self._mails)
