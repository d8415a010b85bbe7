from odoo.tests import Form, tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestReach(TicketCommon):
    """A customer who cannot be reached is nobody's secret (T09, T17)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._create_ticket(user_id=cls.agent.id)

    def _answer(self, ticket=None):
        """Let the manager answer the customer; return what the chatter says since."""
        ticket = ticket or self.ticket
        before = ticket.message_ids
        with self.mock_mail_gateway():
            ticket.with_user(self.manager).message_post(
                body="Please restart it.",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        return " ".join(str(m.body) for m in ticket.message_ids - before)

    def _get_notices(self):
        return self.env["mail.message"].search(
            [
                ("message_type", "=", "user_notification"),
                ("model", "=", "helpdesk.ticket"),
                ("res_id", "=", self.ticket.id),
                ("partner_ids", "in", self.agent.partner_id.ids),
            ]
        )

    def test_who_has_an_address_is_in_reach(self):
        self.assertFalse(self.ticket.out_of_reach)
        self.assertNotIn("Nobody received", self._answer())
        self.assertFalse(self._get_notices())

    def test_an_archived_contact(self):
        self.anna.active = False
        self.assertIn("is archived", self.ticket.out_of_reach)
        self.assertIn("Nobody received the last answer. Anna Huber is", self._answer())
        self.assertIn("Nobody received", self._get_notices().body)

    def test_a_contact_without_address(self):
        self.anna.email = False
        self.assertIn("no valid e-mail address", self.ticket.out_of_reach)
        self.assertIn("Nobody received the last answer", self._answer())
        self.assertEqual(len(self._get_notices()), 1)

    def test_a_ticket_without_contact(self):
        self.ticket.write({"partner_id": False, "partner_email": False})
        self.assertIn("no contact", self.ticket.out_of_reach)
        self.assertIn("Nobody received the last answer", self._answer())

    def test_mail_that_came_back_is_said_before_the_next_one(self):
        self.anna.message_bounce = 1
        self.assertIn("anna@huber.example bounced", self.ticket.out_of_reach)
        self.assertNotIn("Nobody received", self._answer())  # it goes out all the same

    def test_another_address_for_answers_is_in_reach(self):
        self.anna.email = False
        self.ticket.reply_to = "office@huber.example"
        self.assertFalse(self.ticket.out_of_reach)
        self.assertNotIn("Nobody received", self._answer())

    def test_somebody_in_copy_gets_it(self):
        self.anna.email = False
        self.ticket.email_cc = "office@huber.example"
        self.assertNotIn("Nobody received", self._answer())

    def test_notes_are_for_us(self):
        self.anna.active = False
        before = self.ticket.message_ids
        self.ticket.with_user(self.agent).message_post(body="Call her.")
        self.assertEqual(len(self.ticket.message_ids - before), 1)

    def test_T17_the_closing_dialog_says_it(self):
        self.anna.email = False
        other = self._create_ticket()
        wizard = self.env["helpdesk.ticket.close"].with_user(self.agent)
        with Form(wizard.with_context(default_ticket_ids=self.ticket.ids)) as form:
            form.notify = "contact"
            self.assertIn("no valid e-mail address", form.out_of_reach)
            form.notify = "nobody"
            self.assertFalse(form.out_of_reach)
        several = wizard.create(
            {"ticket_ids": (self.ticket + other).ids, "notify": "contact"}
        )
        lines = several.out_of_reach.splitlines()
        self.assertEqual(
            {line.split(":")[0] for line in lines},
            {self.ticket.number, other.number},
        )
