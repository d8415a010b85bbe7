from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import SENDER_ADDRESS, TicketCommon


@tagged("post_install", "-at_install")
class TestNotification(TicketCommon):
    def _open_ticket(self, **values):
        values = {"name": "Broken", "partner_id": self.anna.id, **values}
        return self.agent_env["helpdesk.ticket"].create(values)

    def _mails_to(self, address):
        return [mail for mail in self._mails if address in ",".join(mail["email_to"])]

    def test_T09_contact_is_told_of_the_opening(self):
        with self.mock_mail_gateway():
            ticket = self._open_ticket()
        mail = self.assertSentEmail(
            f'"{self.company.name}" <{SENDER_ADDRESS}>', [self.anna]
        )
        self.assertIn(ticket.number, mail["subject"])
        self.assertIn(ticket.number, mail["body"])
        # rel-H5: programs must not answer it
        self.assertEqual(mail["headers"]["Auto-Submitted"], "auto-replied")

    def test_T09_contact_is_told_of_answers(self):
        ticket = self._create_ticket()
        with self.mock_mail_gateway():
            self._answer(ticket)
        self.assertEqual(len(self._mails_to(self.anna.email)), 1)

    def test_T09_off_tells_nothing(self):
        with self.mock_mail_gateway():
            ticket = self._open_ticket(notify_partner=False)
            self._answer(ticket)
        self.assertFalse(self._mails_to(self.anna.email))

    def test_T09_switched_on_and_off_later(self):
        ticket = self._create_ticket(notify_partner=False)
        self.assertNotIn(self.anna, ticket.message_partner_ids)
        ticket.notify_partner = True
        self.assertIn(self.anna, ticket.message_partner_ids)
        ticket.notify_partner = False
        self.assertNotIn(self.anna, ticket.message_partner_ids)

    def test_former_contact_is_told_no_more(self):
        ticket = self._create_ticket()
        ticket.partner_id = self.bernd
        self.assertIn(self.bernd, ticket.message_partner_ids)
        self.assertNotIn(self.anna, ticket.message_partner_ids)

    def test_internal_note_does_not_reach_the_customer(self):
        """rel-B1"""
        ticket = self._create_ticket()
        with self.mock_mail_gateway():
            ticket.with_user(self.agent).message_post(
                body="They did not pay.", message_type="comment"
            )
        self.assertFalse(self._mails_to(self.anna.email))

    def test_stage_change_does_not_reach_the_customer(self):
        ticket = self._create_ticket()
        with self.mock_mail_gateway():
            ticket.with_user(self.agent).action_assign_to_me()
            self.flush_tracking()
        self.assertFalse(self._mails_to(self.anna.email))

    def test_N01_mails_come_from_and_return_to_the_sender_address(self):
        """N01: the setting is the address that customers see and write to."""
        ticket = self._create_ticket()
        with self.mock_mail_gateway():
            self._answer(ticket)
        (mail,) = self._mails_to(self.anna.email)
        self.assertEqual(mail["email_from"], f'"{self.agent.name}" <{SENDER_ADDRESS}>')
        self.assertIn(SENDER_ADDRESS, mail["reply_to"])

    def test_N01_what_a_customer_wrote_stays_the_customers(self):
        """The mail to the agents has our address and number, its message has not."""
        self.company.helpdesk_auto_create_contact = False
        sender = '"Eva" <eva@strange.example>'
        with self.mock_mail_gateway():
            ticket = self._mail_in("It smokes", sender, message_id="<1@strange>")
            ticket.message_subscribe(self.agent.partner_id.ids)
            self._mail_in("Re: It smokes", sender, In_Reply_To="<1@strange>")
        (mail,) = [m for m in self._mails_to(self.agent.email) if "Re:" in m["subject"]]
        self.assertIn(SENDER_ADDRESS, mail["email_from"])
        self.assertIn(f"[{ticket.number}]", mail["subject"])
        message = ticket.message_ids.filtered(lambda m: "Re:" in (m.subject or ""))
        self.assertEqual(message.email_from, sender)
        self.assertEqual(message.subject, "Re: It smokes")

    def test_N01_nonsense_is_refused(self):
        for address in ("support", "a@x.example, b@x.example"):
            with (
                self.subTest(address=address),
                self.assertRaisesRegex(ValidationError, "not an e-mail address"),
            ):
                self.company.helpdesk_sender_address = address

    def test_N05_every_mail_carries_the_number_and_the_references(self):
        with self.mock_mail_gateway():
            ticket = self._mail_in(message_id="<first@huber.example>")
            self._answer(ticket)
            ticket.with_user(self.agent).message_post(
                body="x",
                subject="A subject of its own",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        mails = self._mails_to(self.anna.email)
        self.assertEqual(len(mails), 3)
        for mail in mails:
            self.assertEqual(mail["subject"].count(ticket.number), 1)
            self.assertIn("<first@huber.example>", mail["references"])

    def test_acknowledgement_does_not_run_templates_of_strangers(self):
        """rel-C6: what a sender writes stays text."""
        subject = "{{ object.company_id.name }} ${1+1} %(x)s"
        with self.mock_mail_gateway():
            self._mail_in(subject=subject)
        (mail,) = self._mails_to(self.anna.email)
        self.assertIn(subject, mail["subject"])

    def test_import_does_not_mail_customers(self):
        with self.mock_mail_gateway():
            self.env["helpdesk.ticket"].with_context(import_file=True).create(
                {"name": "Old ticket", "partner_id": self.anna.id}
            )
        self.assertFalse(self._mails_to(self.anna.email))
