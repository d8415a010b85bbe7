from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import CollectorCommon, plain_mail


@tagged("post_install", "-at_install")
class TestMisfiled(CollectorCommon):
    """E05: *This was wrong* puts a mail where it belongs, and learns from it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.helpdesk_auto_create_contact = True

    def _correct(self, ticket, message=None, user=None, **values):
        """Go through the dialog as the agent does."""
        context = {"default_ticket_id": ticket.id}
        if message:
            context["default_message_id"] = message.id
        wizard = self.env["helpdesk.ticket.misfiled"].with_user(user or self.agent)
        form = Form(wizard.with_context(**context))
        for name, value in values.items():
            form[name] = value
        with self.mock_mail_gateway():
            action = form.save().action_correct()
        return self.env["helpdesk.ticket"].browse(action["res_id"])

    def _conversation(self):
        """Return two tickets; the second mail of the first is about the other."""
        first, second = self._receive(
            plain_mail("Printer"), plain_mail("Phone", body="dead")
        )
        wrong = self._receive(
            plain_mail("Re: Printer", body="phone", in_reply_to=first.message_id)
        )
        self.assertEqual(wrong.ticket_id, first.ticket_id)
        return first.ticket_id, second.ticket_id, wrong

    def _message(self, row):
        return self.env["mail.message"].search([("message_id", "=", row.message_id)])

    def test_E05_to_another_ticket(self):
        """The message, its row and the next answer to it go to the right ticket."""
        first, second, row = self._conversation()
        second._move("closed")
        found = self._correct(
            first, self._message(row), mistake="ticket", target_id=second
        )
        self.assertEqual(found, second)
        message = self._message(row)
        self.assertEqual(message.res_id, second.id)
        self.assertEqual(message.helpdesk_origin_id, first)
        self.assertEqual(row.ticket_id, second)
        self.assertEqual(row.moved_from_id, first)
        self.assertEqual(row.moved_by_id, self.agent)
        self.assertEqual(message.author_id, self.anna)
        self.assertEqual(self.anna.email, "anna@huber.example")
        self.assertIn(self.agent.name, str(row.explanation))
        self.assertIn("moved here", "".join(second.message_ids.mapped("body")))
        self.assertIn("was moved to", "".join(first.message_ids.mapped("body")))
        self.assertTrue(second.is_open, "a customer's mail reopens its ticket")
        answer = self._receive(plain_mail("Re: x", in_reply_to=row.message_id))
        self.assertEqual(answer.ticket_id, second)

    def test_E05_to_a_new_ticket_of_the_right_contact(self):
        first, _second, row = self._conversation()
        ticket = self._correct(
            first,
            self._message(row),
            mistake="new",
            name="The phone",
            partner_id=self.bernd,
            learn=False,
        )
        self.assertEqual(ticket.split_from_id, first)
        self.assertEqual(ticket.partner_id, self.bernd)
        self.assertEqual(ticket.name, "The phone")
        self.assertEqual(self._message(row).author_id, self.bernd)
        self.assertEqual(row.ticket_id, ticket)

    def test_K03_the_next_mail_goes_right(self):
        """The address of a contact made by mail is learnt for the right one."""
        address = "anna.private@mail.example"
        ticket = self._receive(plain_mail("From home", email_from=address)).ticket_id
        wrong = ticket.partner_id
        self.assertNotEqual(wrong, self.anna)
        self._correct(ticket, partner_id=self.anna)
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(ticket.customer_id, self.customer)
        self.assertFalse(wrong.email)
        again = self._receive(plain_mail("Again", email_from=f"Anna <{address}>"))
        self.assertEqual(again.ticket_id.partner_id, self.anna)

    def test_K03_nothing_is_learnt_when_not_wanted(self):
        address = "family@mail.example"
        ticket = self._receive(plain_mail("Family", email_from=address)).ticket_id
        wrong = ticket.partner_id
        self._correct(ticket, partner_id=self.anna, learn=False)
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(wrong.email, address)
        again = self._receive(plain_mail("Again", email_from=address))
        self.assertEqual(again.ticket_id.partner_id, wrong)

    def test_K03_a_further_address_changes_hands(self):
        self.env["helpdesk.contact.address"].create(
            {"email": "desk@huber.example", "partner_id": self.bernd.id}
        )
        raw = plain_mail("Desk", email_from="desk@huber.example")
        ticket = self._receive(raw).ticket_id
        self.assertEqual(ticket.partner_id, self.bernd)
        self._correct(ticket, partner_id=self.anna)
        self.assertEqual(
            self.anna.helpdesk_address_ids.mapped("email"), ["desk@huber.example"]
        )
        self.assertFalse(self.bernd.helpdesk_address_ids)

    def test_K03_the_address_of_a_user_is_nobody_elses(self):
        """Mail must not be able to change who logs in with an address."""
        raw = plain_mail("Mine", email_from=self.manager.email)
        ticket = self._receive(raw).ticket_id
        with self.assertRaises(UserError):
            self._correct(ticket, partner_id=self.anna)

    def test_E05_the_only_mail_of_a_ticket(self):
        """It takes its ticket along; a ticket of its own it has already."""
        first, second = self._receive(plain_mail("One"), plain_mail("Two")).ticket_id
        with self.assertRaises(UserError):
            self._correct(first, mistake="new")
        self._correct(first, mistake="ticket", target_id=second)
        self.assertEqual(first.merged_into_id, second)
        self.assertFalse(first.is_open)
        self.assertEqual(second.inbox_mail_count, 2)

    def test_E05_split_and_merge_take_the_originals_along(self):
        first, second, row = self._conversation()
        split = first._split_off(self._message(row))
        self.assertEqual(row.ticket_id, split)
        split.with_user(self.agent)._merge_into(second)
        self.assertEqual(row.ticket_id, second)

    def test_rel_G1_only_between_tickets_that_the_agent_may_write(self):
        first, second, row = self._conversation()
        stranger = self._create_user(
            "stranger", "helpdesk_contact.group_helpdesk_user", self.other_company
        )
        message = self._message(row)
        wizard = self.env["helpdesk.ticket.misfiled"].create(
            {
                "ticket_id": first.id,
                "message_id": message.id,
                "mistake": "ticket",
                "target_id": second.id,
            }
        )
        plain = self._create_user("plain", "base.group_user")
        for user in (stranger, plain):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                wizard.with_user(user).action_correct()
        second.write({"company_id": self.other_company.id, "team_id": False})
        with self.assertRaises(UserError):  # AccessError is one
            wizard.with_user(self.agent).action_correct()

    def test_E05_only_a_mail_of_this_ticket(self):
        """A message of another ticket given by hand is refused."""
        _first, second, row = self._conversation()
        with self.assertRaises(UserError):
            self._correct(second, self._message(row), partner_id=self.bernd)
        other = self._create_ticket()
        with self.assertRaises(UserError):
            self._correct(other, partner_id=self.bernd)
