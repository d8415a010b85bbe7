from odoo.tests import Form, tagged

from .common import TicketCommon

ASKED = "it@huber.example"


@tagged("post_install", "-at_install")
class TestReplyTo(TicketCommon):
    """A contact asks for answers to another address (T09, E06)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._create_ticket(reply_to=ASKED)
        cls.ticket.message_subscribe(cls.anna.ids)

    def _get_mailed(self):
        return [address for mail in self._mails for address in mail["email_to"]]

    def test_answer_goes_where_it_was_asked_for(self):
        with self.mock_mail_gateway():
            self._answer(self.ticket)
        self.assertEqual(self._get_mailed(), [ASKED])

    def test_contact_asks_for_itself_and_another(self):
        """It stays the contact, with its link; both are proposed and get the answer."""
        own = self.anna.email_normalized
        self.ticket.reply_to = f"{own}, {ASKED}"
        with self.mock_mail_gateway():
            self._answer(self.ticket)
        mailed = " ".join(self._get_mailed())
        self.assertEqual((mailed.count(own), mailed.count(ASKED)), (1, 1))
        self.ticket.message_unsubscribe(self.anna.ids)  # followers get it anyway
        found = self.ticket.with_user(self.agent)._message_get_suggested_recipients(
            reply_discussion=True
        )
        by_email = {one["email"]: one["partner_id"] for one in found}
        self.assertEqual(by_email[own], self.anna.id)
        self.assertIn(ASKED, by_email)
        defaults = self.ticket._message_get_default_recipients()[self.ticket.id]
        for address in (own, ASKED):
            self.assertIn(address, defaults["email_to"])

    def test_answer_to_both_goes_once(self):
        """Also when an agent chooses the contact, or the address is a contact's."""
        other = self.env["res.partner"].create({"name": "IT", "email": ASKED})
        with self.mock_mail_gateway():
            self.ticket.with_user(self.agent).message_post(
                body="Hello",
                partner_ids=(self.anna | other).ids,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        self.assertEqual(len(self._mails), 1)
        self.assertIn(ASKED, self._get_mailed()[0])

    def test_notices(self):
        """T09, T17: the acknowledgement and the word of closing."""
        with self.mock_mail_gateway():
            ticket = self.env["helpdesk.ticket"].create(
                {"name": "New", "partner_id": self.anna.id, "reply_to": ASKED}
            )
            bare = self.env["helpdesk.ticket"].create(
                {"name": "B", "partner_email": "x@berg.example", "reply_to": ASKED}
            )
        self.assertTrue(ticket and bare)
        self.assertEqual(self._get_mailed(), [ASKED, ASKED])

    def test_proposed(self):
        found = self.ticket.with_user(self.agent)._message_get_suggested_recipients(
            reply_discussion=True
        )
        emails = [one["email"] for one in found]
        self.assertIn(ASKED, emails)
        self.assertNotIn(self.anna.email_normalized, emails)
        defaults = self.ticket._message_get_default_recipients()[self.ticket.id]
        self.assertEqual((defaults["email_to"], defaults["partner_ids"]), (ASKED, []))

    def test_private_message_goes_to_whom_it_was_written(self):
        """T15: chosen people are chosen people."""
        with self.mock_mail_gateway():
            self.ticket.with_user(self.agent)._post_private_message(
                "Hello", self.anna, self.env["ir.attachment"]
            )
        self.assertIn(self.anna.email_normalized, self._get_mailed()[0])

    def test_emptied(self):
        self.ticket.reply_to = False
        with self.mock_mail_gateway():
            self._answer(self.ticket)
        self.assertIn(self.anna.email_normalized, self._get_mailed()[0])

    def test_answer_from_there_joins(self):
        """E06: who answers from that address takes part."""
        self.assertIn(ASKED, self.ticket._get_participant_addresses())

    def test_warning_for_another_domain(self):
        with Form(self.ticket.with_user(self.agent)) as form:
            self.assertFalse(form.reply_to_elsewhere)
            form.reply_to = "anna@elsewhere.example"
            self.assertTrue(form.reply_to_elsewhere)
