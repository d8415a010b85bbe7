from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestPortalAccess(TicketCommon):
    """What a customer with an account may read of tickets, and that it writes none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal_anna = cls._create_portal_user(cls.anna)
        cls.portal_bernd = cls._create_portal_user(cls.bernd)
        cls.of_anna = cls._create_ticket()
        cls.of_bernd = cls._create_ticket(partner_id=cls.bernd.id)
        stranger = cls.env["res.partner"].create(
            {"name": "Sonja Stein", "email": "sonja@stein.example"}
        )
        cls.of_stranger = cls._create_ticket(partner_id=stranger.id)
        cls.all = cls.of_anna + cls.of_bernd + cls.of_stranger

    def _seen_by(self, user):
        tickets = self.env(user=user, context={})["helpdesk.ticket"]
        return tickets.search([("id", "in", self.all.ids)]).sudo()

    def _as_anna(self, ticket=None):
        tickets = self.env(user=self.portal_anna, context={})["helpdesk.ticket"]
        return tickets.browse((ticket or self.of_anna).id)

    def test_C07_a_contact_sees_its_own_tickets(self):
        self.assertEqual(self._seen_by(self.portal_anna), self.of_anna)
        self.of_anna.active = False
        self.assertFalse(self._seen_by(self.portal_anna))

    def test_C07_the_primary_contact_sees_those_of_the_company(self):
        """... from the moment on when it becomes primary, and no longer."""
        self.assertEqual(self._seen_by(self.portal_bernd), self.of_bernd)
        self.bernd.is_primary_contact = True
        self.assertEqual(self._seen_by(self.portal_bernd), self.of_anna + self.of_bernd)
        self.anna.is_primary_contact = True
        self.assertEqual(self._seen_by(self.portal_bernd), self.of_bernd)
        self.assertEqual(self._seen_by(self.portal_anna), self.of_anna + self.of_bernd)
        self.anna.parent_id = False  # K11: the tickets stay with the company she left
        self.assertFalse(self._seen_by(self.portal_anna))

    def test_G2_a_customer_of_two_companies_sees_by_contact(self):
        """rel-G2"""
        team = self.env["helpdesk.team"].create(
            {"name": "Other", "company_id": self.other_company.id}
        )
        ticket = self._create_ticket(company_id=self.other_company.id, team_id=team.id)
        self.assertEqual(self._as_anna(ticket).name, "Printer does not print")

    def test_A6_a_customer_writes_nothing(self):
        """rel-A6"""
        for call in (
            lambda ticket: ticket.create({"name": "x"}),
            lambda ticket: ticket.write({"name": "x"}),
            lambda ticket: ticket.unlink(),
            lambda ticket: ticket.copy(),
            lambda ticket: ticket.message_post(body="x"),
            lambda ticket: ticket.action_close(),
            lambda ticket: ticket.action_create_service_order(),
        ):
            with self.assertRaises(AccessError):
                call(self._as_anna())

    def test_A7_a_customer_reads_what_concerns_it_only(self):
        """rel-A3, rel-A7: what is ours is neither read nor found by."""
        ticket = self._as_anna()
        self.assertEqual(ticket.read(["number"])[0]["number"], self.of_anna.number)
        for name in ("user_id", "team_id", "access_token", "action_deadline"):
            for call in (
                lambda name: ticket.read([name]),
                lambda name: ticket.search([(name, "!=", False)]),
                lambda name: ticket.search([], order=name),
                lambda name: ticket.formatted_read_group([], [name], ["__count"]),
            ):
                with self.subTest(name), self.assertRaises(AccessError):
                    call(name)
        self.assertNotIn("user_id", ticket.fields_get())
        with self.assertRaises(AccessError):
            self._as_anna(self.of_bernd).read(["number"])

    def test_A3_no_agent_reads_the_token(self):
        """rel-A3"""
        with self.assertRaises(AccessError):
            self.of_anna.with_user(self.manager).read(["access_token"])

    def test_B1_notes_and_private_messages_are_hidden(self):
        """T15, rel-B1: also by their id, whatever kind of message they are."""
        ticket = self.of_anna.with_user(self.agent)
        answer = self._answer(self.of_anna)
        hidden = ticket.message_post(body="A note", subtype_xmlid="mail.mt_note")
        hidden += ticket.message_post(
            body="A note of a mail",
            message_type="email",
            subtype_xmlid="mail.mt_note",
        )
        hidden += ticket._post_private_message(
            "Secret", self.bernd, self.env["ir.attachment"]
        )
        messages = self.env(user=self.portal_anna)["mail.message"]
        self.assertIn("switch it off", messages.browse(answer.id).body)
        for message in hidden:
            with self.assertRaises(AccessError):
                messages.browse(message.id).read(["body"])
        found = messages.search([("id", "in", (answer + hidden).ids)])
        self.assertEqual(found.ids, answer.ids)

    def test_promises_to_the_customer(self):
        """T25: only what was promised, and not what we do among ourselves."""
        self.assertFalse(self.of_anna._get_portal_deadlines())
        self.company.helpdesk_answer_hours = 4
        self.company.helpdesk_action_hours = 2
        ticket = self._create_ticket()
        self.assertEqual(
            ticket._get_portal_deadlines(),
            [("First answer by", ticket.answer_deadline)],
        )
        with freeze_time(ticket.answer_deadline + timedelta(minutes=1)):
            self.assertFalse(ticket._get_portal_deadlines())
