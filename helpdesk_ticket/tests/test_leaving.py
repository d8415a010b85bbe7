from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import TicketCommon


class LeavingCommon(TicketCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._create_user(
            "colleague", "helpdesk_contact.group_helpdesk_user"
        )
        cls.team.member_ids += cls.colleague
        cls.rival = cls.env["res.partner"].create({"name": "Rival", "is_company": True})
        cls.plain_user = cls.env.ref("base.group_user")

    def _get_mailed(self):
        return {address for mail in self._mails for address in mail["email_to"]}

    def _is_mailed(self, address):
        return any(address in mailed for mailed in self._get_mailed())

    def _close(self, ticket):
        with self.mock_mail_gateway():
            ticket._move("closed")


@tagged("post_install", "-at_install")
class TestColleagues(LeavingCommon):
    """T10: who has left gets no ticket back, and none stays with nobody."""

    def test_T10_a_reopened_ticket_does_not_go_to_who_has_left(self):
        ticket = self._create_ticket(user_id=self.colleague.id)
        self._close(ticket)
        self.colleague.active = False
        with self.mock_mail_gateway():
            reached = self._mail_in(f"Re: [{ticket.number}] x")
        self.assertEqual(reached, ticket)
        self.assertTrue(ticket.is_open)
        self.assertFalse(ticket.user_id)
        self.assertTrue(self._is_mailed(self.agent.email))

    def test_T10_nor_when_an_agent_reopens_it(self):
        ticket = self._create_ticket(user_id=self.colleague.id)
        self._close(ticket)
        self.colleague.group_ids = [Command.set(self.plain_user.ids)]
        with self.mock_mail_gateway():
            ticket.with_user(self.agent).action_reopen()
        self.assertFalse(ticket.user_id)

    def test_T10_who_is_there_goes_on_with_a_reopened_ticket(self):
        ticket = self._create_ticket(user_id=self.colleague.id)
        self._close(ticket)
        ticket.with_user(self.agent).action_reopen()
        self.assertEqual(ticket.user_id, self.colleague)

    def test_T10_tickets_of_who_has_left_are_merged_and_split(self):
        ticket = self._create_ticket(user_id=self.colleague.id)
        message = ticket.message_post(
            author_id=self.anna.id,
            body="And the phone.",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        other = self._create_ticket()
        self._close(ticket)
        self.colleague.active = False
        with self.mock_mail_gateway():
            split = ticket.with_user(self.agent)._split_off(message)
            ticket.with_user(self.agent)._merge_into(other)
        self.assertFalse((split + other).user_id)

    def test_T10_members_who_are_no_agents_get_no_turn(self):
        self.team.assignment = "turn"
        self.colleague.group_ids = [Command.set(self.plain_user.ids)]
        tickets = self._create_ticket()
        for _turn in range(3):
            tickets += self._create_ticket()
        self.assertEqual(tickets.user_id, self.agent + self.manager)

    def test_T10_members_of_an_archived_team_take_what_is_open_again(self):
        old = self.env["helpdesk.team"].create(
            {
                "name": "Old",
                "company_id": self.company.id,
                "member_ids": [Command.set(self.colleague.ids)],
            }
        )
        ticket = self._create_ticket(team_id=old.id)
        self._close(ticket)
        old.action_archive()
        with self.mock_mail_gateway():
            ticket.action_reopen()
        self.assertTrue(self._is_mailed(self.colleague.email))
        taken = self.env["helpdesk.ticket"].with_user(self.colleague).action_take_next()
        self.assertEqual(taken["res_id"], ticket.id)


@tagged("post_install", "-at_install")
class TestCustomers(LeavingCommon):
    """K11, T08: what one customer is told, another one's people do not read."""

    def _change_employer(self, contact, address):
        with self.mock_mail_gateway():
            contact.write({"parent_id": self.rival.id, "email": address})

    def test_K11_followers_take_no_tickets_along(self):
        copies = "Berndt <private@bernd.example>, Guest <guest@elsewhere.example>"
        self.env["helpdesk.contact.address"].create(
            {"email": "private@bernd.example", "partner_id": self.bernd.id}
        )
        ticket = self._create_ticket(email_cc=copies)
        ticket.message_subscribe(self.bernd.ids)
        self._change_employer(self.bernd, "bernd@rival.example")
        self.assertNotIn(self.bernd, ticket.message_partner_ids)
        self.assertIn(self.anna, ticket.message_partner_ids)
        self.assertIn("guest@", ticket.email_cc)
        self.assertNotIn("private@", ticket.email_cc)

    def test_K11_who_gets_its_first_company_goes_on_following(self):
        guest = self.env["res.partner"].create(
            {"name": "Guest", "email": "guest@elsewhere.example"}
        )
        ticket = self._create_ticket()
        ticket.message_subscribe(guest.ids)
        guest.parent_id = self.customer
        self.assertIn(guest, ticket.message_partner_ids)

    def test_K11_a_reopened_ticket_is_not_that_of_a_new_employer(self):
        ticket = self._create_ticket()
        self._close(ticket)
        self._change_employer(self.anna, "anna@rival.example")
        self.assertEqual(ticket.partner_id, self.anna)
        with self.mock_mail_gateway():
            ticket.with_user(self.agent).action_reopen()
            self._answer(ticket)
        self.assertFalse(ticket.partner_id)
        self.assertEqual(ticket.customer_id, self.customer)
        self.assertFalse(self._is_mailed("anna@"))

    def test_K11_a_contact_who_is_still_there_stays(self):
        guest = self.env["res.partner"].create(
            {"name": "Guest", "email": "guest@elsewhere.example"}
        )
        for values in (
            {"partner_id": self.anna.id},
            {"partner_id": guest.id, "customer_id": self.customer.id},
        ):
            ticket = self._create_ticket(**values)
            self._close(ticket)
            ticket.with_user(self.agent).action_reopen()
            self.assertEqual(ticket.partner_id.id, values["partner_id"])

    def test_K10_a_request_on_the_phone_brings_a_contact_back(self):
        (self.anna + self.customer).active = False
        with self.mock_mail_gateway():
            ticket = self.agent_env["helpdesk.ticket"].create(
                {"name": "On the phone", "partner_email": "anna@huber.example"}
            )
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertTrue(self.anna.active and self.customer.active)

    def test_T08_another_contact_did_not_ask_for_answers_elsewhere(self):
        ticket = self._create_ticket(reply_to="anna@private.example")
        ticket.with_user(self.agent).partner_id = self.bernd
        with self.mock_mail_gateway():
            self._answer(ticket)
        self.assertTrue(self._is_mailed("bernd@huber.example"))
        self.assertFalse(self._is_mailed("anna@"))

    def test_T08_who_becomes_a_contact_asked_for_answers_elsewhere(self):
        ticket = self._create_ticket(
            partner_id=False,
            partner_email="anna@huber.example",
            reply_to="anna@private.example",
        )
        ticket.partner_id = self.anna
        self.assertEqual(ticket.reply_to, "anna@private.example")

    def test_T08_a_merge_does_not_bring_a_former_sender_back(self):
        with self.mock_mail_gateway():
            ticket = self._mail_in()
        ticket.with_user(self.agent).partner_id = self.bernd
        other = self._create_ticket(partner_id=self.bernd.id)
        ticket.with_user(self.agent)._merge_into(other)
        self.assertNotIn("anna@", other.email_cc or "")


@tagged("post_install", "-at_install")
class TestBareAddress(LeavingCommon):
    """C09, T09: who is no contact gets answers as well."""

    def _answer_bare(self, **values):
        ticket = self._create_ticket(
            partner_id=False, partner_email="new@new.example", **values
        )
        with self.mock_mail_gateway():
            self._answer(ticket)
        return ticket

    def test_T09_an_answer_by_api_reaches_a_bare_address(self):
        self._answer_bare()
        self.assertEqual(self._get_mailed(), {"new@new.example"})

    def test_T09_where_it_asked_for(self):
        self._answer_bare(reply_to="other@new.example")
        self.assertEqual(self._get_mailed(), {"other@new.example"})

    def test_T09_not_where_nobody_is_to_be_told(self):
        self._answer_bare(notify_partner=False)
        self.assertFalse(self._get_mailed())

    def test_T09_not_twice_and_no_notes(self):
        contact = self.env["res.partner"].create(
            {"name": "New", "email": "new@new.example"}
        )
        ticket = self._answer_bare()
        with self.mock_mail_gateway():
            ticket.with_user(self.agent).message_post(
                body="Answer",
                message_type="comment",
                partner_ids=contact.ids,
                subtype_xmlid="mail.mt_comment",
            )
        self.assertEqual(len(self._mails), 1)
        with self.mock_mail_gateway():
            ticket.with_user(self.agent).message_post(
                body="Note", message_type="comment", subtype_xmlid="mail.mt_note"
            )
        self.assertFalse(self._get_mailed())


@tagged("post_install", "-at_install")
class TestTwoClicks(LeavingCommon):
    """What is pressed twice, or by two requests at once, is done once."""

    def _open_dialog(self, name, **values):
        return self.env[f"helpdesk.{name}"].with_user(self.agent).create(values)

    def test_T13_one_ticket_is_split_off(self):
        ticket = self._create_ticket()
        message = self._answer(ticket)
        dialog = self._open_dialog(
            "ticket.split",
            ticket_id=ticket.id,
            moved_message_ids=[Command.set(message.ids)],
        )
        dialog.action_split()
        with self.assertRaisesRegex(UserError, "another ticket"):
            dialog.action_split()
        self.assertEqual(len(ticket.split_ticket_ids), 1)

    def test_T15_a_private_message_is_sent_once(self):
        ticket = self._create_ticket()
        dialog = self._open_dialog(
            "private.message",
            ticket_id=ticket.id,
            partner_ids=[Command.set(self.bernd.ids)],
            body="<p>Once</p>",
        )
        with self.mock_mail_gateway():
            dialog.action_send()
            dialog.action_send()
        self.assertEqual(len(ticket._get_private_messages()), 1)
