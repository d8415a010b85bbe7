from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SENDER_ADDRESS, TicketCommon


@tagged("post_install", "-at_install")
class TestTyped(TicketCommon):
    """What agents and programs type is linked, or refused in words (K03, C09)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tickets = cls.agent_env["helpdesk.ticket"]

    def test_K03_what_stands_in_the_context_is_typed_too(self):
        bad = {"partner_email": "no address", "name": "  ", "closed_date": "2020-01-01"}
        for name, value in bad.items():
            tickets = self.tickets.with_context(**{f"default_{name}": value})
            with self.subTest(name=name), self.assertRaises(UserError):
                tickets.create({} if name == "name" else {"name": "x"})
        known = self.tickets.with_context(default_partner_email=self.anna.email)
        self.assertEqual(known.create({"name": "x"}).partner_id, self.anna)
        empty = self.tickets.with_context(default_channel_id=False)
        self.assertTrue(empty.create({"name": "x"}).channel_id)

    def test_T05_a_subject_that_nobody_sees_is_none(self):
        """A list would show a ticket without a word to click on."""
        for name in (
            "\u200b\u200b",
            "\u2060 \ufeff",
            "\u3164",
            "\u2800\u200f",
            "\u00ad",
        ):
            with self.subTest(name=ascii(name)):
                with self.assertRaisesRegex(UserError, "Enter a subject"):
                    self.tickets.create({"name": name})
                with self.assertRaisesRegex(UserError, "Enter a subject"):
                    self._create_ticket().with_user(self.agent).name = name
                with self.mock_mail_gateway():
                    ticket = self._mail_in(subject=name)
                self.assertEqual(ticket.name, "No subject")
        self.assertTrue(self.tickets.create({"name": "\u05d0\u200f!"}))

    def test_T14_what_the_helpdesk_keeps_is_written_by_nobody(self):
        """rel-A6: a first answer in time, a merge or a proven sender is no claim."""
        other = self._create_ticket()
        ticket = self._create_ticket(user_id=self.agent.id).with_user(self.agent)
        forged = {
            "answered_date": "2020-01-01 00:00:00",
            "asked_date": "2020-01-01 00:00:00",
            "due_date": "2020-01-01 00:00:00",
            "duplicate_of_id": other.id,
            "last_action_date": "2020-01-01 00:00:00",
            "last_answer": "us",
            "merged_into_id": other.id,
            "partner_email_normalized": "other@huber.example",
            "rating_last_value": 5.0,
            "sender_email": "other@huber.example",
            "split_from_id": other.id,
            "state": "cancelled",
        }
        for name, value in forged.items():
            with self.subTest(name=name):
                with self.assertRaisesRegex(UserError, "helpdesk itself"):
                    ticket.write({name: value})
                with self.assertRaisesRegex(UserError, "helpdesk itself"):
                    self.tickets.create({"name": "x", name: value})
                by_context = self.tickets.with_context(**{f"default_{name}": value})
                with self.assertRaisesRegex(UserError, "helpdesk itself"):
                    by_context.create({"name": "x"})
        kept = self.tickets.fields_get(attributes=["readonly", "store", "type"])
        columns = {
            name
            for name, field in kept.items()
            if field["readonly"]
            and field.get("store")
            and not field["type"].endswith("2many")
        }
        for name in columns - {"id", "write_date", "write_uid"}:
            with self.subTest(kept=name):
                ticket.write({name: ticket[name]})  # as it is: nothing changes

    def test_K03_addresses_in_copy_and_for_answers(self):
        values = {"name": "x", "partner_id": self.anna.id}
        for bad in (
            {"email_cc": "no address"},
            {"email_cc": "bernd@huber.example, Bob"},
            {"reply_to": "nonsense"},
        ):
            with self.subTest(bad=bad), self.assertRaisesRegex(UserError, "address"):
                self.tickets.create({**values, **bad})
        good = '"Maier, Bernd" <bernd@huber.example>; g@guest.example'
        ticket = self.tickets.create({**values, "email_cc": good})
        self.assertEqual(ticket.email_cc, good)

    def test_K03_an_address_of_our_own(self):
        with self.assertRaisesRegex(UserError, "our own"):
            self.tickets.create({"name": "x", "partner_email": SENDER_ADDRESS})

    def test_K10_who_is_chosen_later_is_active_again(self):
        for name in ("partner_email", "partner_id"):
            with self.subTest(name=name):
                self.anna.active = False
                ticket = self.tickets.create({"name": "x"})
                ticket[name] = self.anna if name == "partner_id" else self.anna.email
                self.assertEqual(ticket.partner_id, self.anna)
                self.assertTrue(self.anna.active)

    def test_A01_what_was_copied_is_found(self):
        self.anna.phone = "+43 1 234 56-78"
        ticket = self._create_ticket(name="Printer")
        for typed in (
            f"Re: [{ticket.number}] Printer",
            "tel:+43-1-2345678",
            "Anna \u00a0Huber",
            "Anna Huber <anna@huber.example>",
        ):
            with self.subTest(typed=typed):
                found = self.tickets.search([("searched_words", "ilike", typed)])
                self.assertIn(ticket, found)
