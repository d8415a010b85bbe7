from odoo.tests import tagged

from .common import SUPPORT, CollectorCommon, plain_mail


@tagged("post_install", "-at_install")
class TestThreadByNumber(CollectorCommon):
    """E06: the number in the subject, for programs that drop the other headers."""

    def _reply(self, ticket, email_from="Anna <anna@huber.example>", **headers):
        subject = f"AW: [{ticket.number}] Help"
        with self.mock_mail_gateway():
            return self._receive(plain_mail(subject, email_from, **headers))

    def setUp(self):
        super().setUp()
        with self.mock_mail_gateway():
            self.ticket = self._receive(plain_mail()).ticket_id

    def test_contact_reaches_the_ticket(self):
        self.ticket._move("asked")
        row = self._reply(self.ticket)
        self.assertEqual(row.ticket_id, self.ticket)
        self.assertIn("anna@huber.example is a participant", row.reason)
        self.assertEqual(self.ticket.state, "in_progress")

    def test_further_address_of_the_contact_reaches_it(self):
        self.anna.helpdesk_address_ids = [(0, 0, {"email": "anna@private.example"})]
        row = self._reply(self.ticket, "anna@private.example")
        self.assertEqual(row.ticket_id, self.ticket)

    def test_number_of_a_merged_ticket_leads_to_the_other(self):
        survivor = self.ticket.copy({"partner_id": self.bernd.id})
        self.ticket._merge_into(survivor)
        survivor.action_close()
        row = self._reply(self.ticket)
        self.assertEqual(row.ticket_id, survivor)
        self.assertEqual(survivor.state, "in_progress")
        self.assertEqual(self.ticket.state, "closed")

    def test_person_in_copy_reaches_it(self):
        self.ticket.email_cc = "Boss <boss@huber.example>"
        row = self._reply(self.ticket, "boss@huber.example")
        self.assertEqual(row.ticket_id, self.ticket)

    def test_who_got_a_mail_by_number_takes_no_part(self):
        """rel-D4: anybody can write the number, and with it whom the mail goes to."""
        for field in ("to", "cc"):
            address = f"eve.{field}@stranger.example"
            with self.subTest(field=field):
                headers = {field: f"{SUPPORT}, {address}"}
                headers["message_id"] = f"<{field}@huber.example>"
                joined = self._reply(self.ticket, **headers)
                self.assertEqual(joined.ticket_id, self.ticket)
                texts = self.ticket.message_ids.mapped("body")
                self.assertIn(address, str(texts), "it is said who else got it")
                row = self._reply(self.ticket, f"Eve <{address}>")
                self.assertNotEqual(row.ticket_id, self.ticket)

    def test_stranger_gets_a_ticket_of_its_own(self):
        """rel-D4: a guessed number opens nobody's ticket."""
        followers = self.ticket.message_partner_ids
        row = self._reply(self.ticket, "evil@stranger.example")
        self.assertTrue(row.ticket_id)
        self.assertNotEqual(row.ticket_id, self.ticket)
        self.assertEqual(self.ticket.message_partner_ids, followers)

    def test_same_subject_without_number_is_a_new_ticket(self):
        with self.mock_mail_gateway():
            row = self._receive(plain_mail("Re: Help", message_id="<2@huber.example>"))
        self.assertNotEqual(row.ticket_id, self.ticket)

    def test_automatic_reply_does_not_join(self):
        row = self._reply(self.ticket, auto_submitted="auto-replied")
        self.assertEqual(row.state, "ignored")

    def test_number_of_a_ticket_that_moved_to_our_other_company(self):
        """E06: who takes part there joins it; nobody else learns of it (rel-D4)."""
        self.ticket.write({"company_id": self.other_company.id, "team_id": False})
        self.assertEqual(self._reply(self.ticket).ticket_id, self.ticket)
        eve = "Eve <eve@stranger.example>"
        stranger = self._reply(self.ticket, eve)
        self.assertNotEqual(stranger.ticket_id, self.ticket)
        self.assertFalse(stranger.ticket_id.quoted_ticket_id)

    def test_endless_brackets_are_not_read_to_their_end(self):
        """rel-C1: the number counts in a subject as long as a line may be."""
        for count, body, found in (
            (900, "It blinks.", True),
            (1000, "Is anybody there?", False),
            (5000, "Now it smokes, too.", False),
        ):
            with self.mock_mail_gateway():
                subject = "[" * count + f"{self.ticket.number}]"
                row = self._receive(plain_mail(subject, body=body))
            with self.subTest(count):
                self.assertEqual(row.state, "done")
                self.assertEqual(row.ticket_id == self.ticket, found)
