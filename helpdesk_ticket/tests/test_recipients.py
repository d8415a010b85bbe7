from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools.mail import email_normalize

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestRecipients(TicketCommon):
    """Each recipient of a ticket's mail gets it for one reason, and by a link when it
    takes part from outside (T09, T10, C09, N05)."""

    def _get_reasons(self, message):
        """Return the reasons of a message's recipients by address."""
        ticket = self.env["helpdesk.ticket"].browse(message.res_id)
        recipients = ticket._notify_get_recipients(message)
        return {r["email_normalized"]: r["helpdesk_reason"] for r in recipients}

    def _get_linked(self):
        """Return the addresses of the mails that were just sent with a link."""
        return {
            email_normalize(address)
            for mail in self._mails
            for address in mail["email_to"]
            if "/helpdesk/link/" in mail["body"]
        }

    def test_people_of_an_answer(self):
        supplier = self.env["res.partner"].create(
            {"name": "Supplier", "email": "supplier@example.com"}
        )
        ticket = self._create_ticket(user_id=self.manager.id)
        people = self.anna | self.bernd | self.manager.partner_id
        ticket.message_subscribe(people.ids)
        with self.mock_mail_gateway():
            message = ticket.with_user(self.agent).message_post(
                body="Hello",
                partner_ids=supplier.ids,
                outgoing_email_to="depot@example.com",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        anna, bernd = self.anna.email_normalized, self.bernd.email_normalized
        self.assertEqual(
            self._get_reasons(message),
            {
                anna: "contact",
                bernd: "follower",
                self.manager.email_normalized: "colleague",
                "supplier@example.com": "chosen",
                "depot@example.com": "address",
            },
        )
        self.assertEqual(self._get_linked(), {anna, bernd})

    def test_who_asked_is_an_address_only(self):
        ticket = self._create_ticket(partner_id=False, partner_email="x@berg.example")
        with self.mock_mail_gateway():
            message = self._answer(ticket)
        self.assertEqual(self._get_reasons(message), {"x@berg.example": "requester"})
        self.assertEqual(self._get_linked(), {"x@berg.example"})

    def test_address_that_the_contact_asked_for(self):
        ticket = self._create_ticket(reply_to="it@huber.example")
        ticket.message_subscribe(self.anna.ids)
        with self.mock_mail_gateway():
            message = self._answer(ticket)
        reasons = {"it@huber.example": "asked_address"}
        self.assertEqual(self._get_reasons(message), reasons)
        self.assertEqual(self._get_linked(), set())

    def test_addresses_in_copy_of_a_notice(self):
        ticket = self._create_ticket(email_cc="dora@huber.example")
        with self.mock_mail_gateway():
            ticket._post_notice(
                "helpdesk_ticket.mail_template_ticket_closed", everybody=True
            )
        message = ticket.message_ids[:1]
        reasons = {self.anna.email_normalized: "contact", "dora@huber.example": "copy"}
        self.assertEqual(self._get_reasons(message), reasons)
        self.assertEqual(self._get_linked(), set(reasons))

    def test_colleagues_in_copy_of_a_notice(self):
        """T10: whoever may not read the ticket gets nothing of it, though the customer
        put that address in copy."""
        former = self._create_user("former", "helpdesk_contact.group_helpdesk_user")
        former.active = False
        people = f"{self.agent.email}, Boss <{self.manager.email}>, {former.email}"
        ticket = self._create_ticket(email_cc=people)
        wages = self.env["helpdesk.team"].create(
            {
                "name": "Wages",
                "company_id": self.company.id,
                "visibility": "members",
                "member_ids": [(6, 0, self.manager.ids)],
            }
        )
        for team in (self.team, wages):
            ticket.team_id = team
            with self.mock_mail_gateway():
                ticket._post_notice(
                    "helpdesk_ticket.mail_template_ticket_closed", everybody=True
                )
            told = {self.anna.email, self.agent.email, self.manager.email}
            if team != self.team:
                told.remove(self.agent.email)
            self.assertEqual(set(self._get_reasons(ticket.message_ids[:1])), told)

    def test_substitute_of_who_is_on_leave(self):
        self.team.leader_id = self.manager
        ticket = self._create_ticket(user_id=self.agent.id)
        now, day = fields.Datetime.now(), timedelta(days=1)
        self._create_leave(self.agent, now - day, now + 9 * day)
        with self.mock_mail_gateway():
            message = ticket.message_post(
                body="Hello?",
                author_id=self.anna.id,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        reasons = self._get_reasons(message)
        self.assertEqual(reasons[self.manager.email_normalized], "substitute")

    def test_T10_whoever_is_named_and_may_not_read_gets_nothing_aloud(self):
        stranger = self._create_user("strange", "helpdesk_contact.group_helpdesk_user")
        self.team.write(
            {"visibility": "members", "member_ids": [(6, 0, self.agent.ids)]}
        )
        ticket = self._create_ticket(user_id=self.agent.id)
        for kind in ("mail.mt_note", "mail.mt_comment"):
            said = ticket.message_ids
            with self.subTest(kind=kind), self.mock_mail_gateway():
                ticket.with_user(self.agent).message_post(
                    body="Look at this, please",
                    partner_ids=(stranger | self.manager).partner_id.ids,
                    message_type="comment",
                    subtype_xmlid=kind,
                )
                told = str([mail["email_to"] for mail in self._mails])
                self.assertNotIn("strange@", told)
                notes = (ticket.message_ids - said).filtered(
                    lambda message: "private message" in message.body
                )
                self.assertEqual(len(notes), 1)
                self.assertIn(stranger.name, notes.body)
                self.assertNotIn(self.manager.name, notes.body)
                self.assertTrue(notes.subtype_id.internal)
