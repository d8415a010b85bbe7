from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CollectorCommon, plain_mail

FROM_BERND = "Bernd <bernd@huber.example>"


@tagged("post_install", "-at_install")
class TestPrimaryContactOnly(CollectorCommon):
    """C07: only the primary contact opens tickets; others are told, nothing is lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna.is_primary_contact = True
        cls.customer.helpdesk_primary_contact_only = True

    def _receive_quietly(self, *mails):
        with self.mock_mail_gateway():
            return self._receive(*mails)

    def _request(self):
        return self.env["helpdesk.ticket.request"].search(
            [("partner_id", "=", self.bernd.id)]
        )

    def test_primary_contact_opens_a_ticket(self):
        row = self._receive_quietly(plain_mail())
        self.assertTrue(row.ticket_id)

    def test_other_contact_is_told_whom_to_ask(self):
        with self.mock_mail_gateway():
            row = self._receive(plain_mail("Broken", FROM_BERND))
            self.assertEqual(row.state, "ignored")
            self.assertIn("Only Anna Huber may open tickets", row.reason)
            self.assertFalse(row.ticket_id)
        mail, asked = self._mails
        self.assertIn("anna@huber.example", asked["email_to"][0])
        self.assertIn("bernd@huber.example", mail["email_to"][0])
        self.assertIn("support@helpdesk.example", mail["email_from"])
        self.assertIn("Anna Huber", mail["body"])
        self.assertIn("anna@huber.example", mail["body"])
        self.assertEqual(mail["headers"]["Auto-Submitted"], "auto-replied")
        request = self._request()
        self.assertEqual(request.name, "Broken")
        self.assertEqual(request.primary_contact_id, self.anna)

    def test_told_in_the_support_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        template = self.env.ref("helpdesk_ticket.mail_template_request_held")
        template.with_context(lang="de_DE").subject = "Ihre Anfrage"
        self.bernd.lang = "de_DE"
        self._receive_quietly(plain_mail("Broken", FROM_BERND))
        self.assertEqual(self._mails[0]["subject"], "Ihre Anfrage")

    def test_told_once_a_day(self):
        with self.mock_mail_gateway():
            self._receive(plain_mail("One", FROM_BERND), plain_mail("Two", FROM_BERND))
        told = [m for m in self._mails if "bernd@huber.example" in m["email_to"][0]]
        self.assertEqual(len(told), 1)
        self.assertEqual(len(self._request()), 2)

    def test_K11_who_has_left_asked_for_the_employer_of_then(self):
        """A new employer reads nothing of the one before."""
        row = self._receive_quietly(plain_mail("Broken", FROM_BERND, "It burns."))
        request = self._request()
        rival = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        with self.mock_mail_gateway():
            self.bernd.parent_id = rival
            self._press(request, "action_accept", self.agent)
        ticket = row.ticket_id
        self.assertEqual(request.ticket_id, ticket)
        self.assertEqual(ticket.customer_id, self.customer)
        self.assertFalse(ticket.partner_id)
        self.assertNotIn(self.bernd, ticket.message_partner_ids)

    def test_agent_makes_a_ticket_of_the_whole_mail(self):
        row = self._receive_quietly(plain_mail("Broken", FROM_BERND, "It burns."))
        request = self._request().with_user(self.agent)
        self.assertEqual(request.text.strip(), "It burns.")
        with self.mock_mail_gateway():
            waits = self._press(request, "action_accept", self.agent)
        self.assertEqual(waits["params"]["model"], request._name)
        self.assertEqual(request.state, "accepted")
        self.assertEqual(request.ticket_id, row.ticket_id)
        self.assertEqual(request.ticket_id.partner_id, self.bernd)
        self.assertIn("It burns.", request.ticket_id.description)

    def test_one_ticket_however_it_is_decided(self):
        """A mail that became a ticket meanwhile, or becomes one, makes no second."""
        row = self._receive_quietly(plain_mail("Broken", FROM_BERND, "It burns."))
        request = self._request()
        row.state = "waiting"  # another decision is being carried out
        count = self.env["helpdesk.ticket"].search_count([])
        self.assertEqual(request.action_accept()["tag"], "helpdesk_wait_for")
        self.assertEqual((request.state, request.ticket_id.id), ("accepted", False))
        self.assertIn("being created", request.progress)
        self.assertEqual(self.env["helpdesk.ticket"].search_count([]), count)
        request.state = "held"
        ticket = self._create_ticket(partner_id=self.bernd.id)
        row.write({"state": "done", "ticket_id": ticket.id})
        request.action_accept()
        self.assertEqual((request.state, request.ticket_id), ("accepted", ticket))
        self.assertEqual(self.env["helpdesk.ticket"].search_count([]), count + 1)

    def test_ticket_made_in_the_inbox(self):
        """The request learns of it; what failed is tried again with the whole mail."""
        row = self._receive_quietly(plain_mail("Broken", FROM_BERND, "It burns."))
        with self.mock_mail_gateway():
            self._press(row, "action_create_ticket")
        request = self._request()
        self.assertEqual(request.state, "accepted")
        self.assertEqual(request.ticket_id, row.ticket_id)
        second = self._receive_quietly(plain_mail("Again", FROM_BERND, "It smokes."))
        second.state = "failed"
        with self.mock_mail_gateway():
            self._press(self._request()[0], "action_accept", self.agent)
        self.assertEqual(self._request()[0].ticket_id, second.ticket_id)
        self.assertTrue(second.ticket_id)

    def test_accepted_and_no_ticket(self):
        """C07, E05: what went wrong is on the request, and the button tries again."""
        row = self._receive_quietly(plain_mail("Broken", FROM_BERND, "It burns."))
        request = self._request().with_user(self.agent)
        with self.mock_mail_gateway(), self._refuse_tickets():
            self._press(request, "action_accept", self.agent)
        self.assertIn("retried automatically", request.progress)
        self.assertFalse(request.can_accept)
        with self.mock_mail_gateway(), self._refuse_tickets():
            for _attempt in range(2):
                row.next_attempt = False
                self._process()
        self.assertEqual((row.state, request.state), ("failed", "accepted"))
        self.assertIn("No room", request.progress)
        self.assertTrue(request.can_accept)
        with self.mock_mail_gateway():
            self._press(request, "action_accept", self.agent)
        self.assertTrue(request.ticket_id)
        self.assertFalse(request.progress)

    def _refuse_tickets(self):
        intake = type(self.env["helpdesk.intake"])
        return patch.object(intake, "_open_all", side_effect=UserError("No room"))

    def test_worker_is_off(self):
        """E05: whoever presses a button that nothing answers is told so at once."""
        self._receive_quietly(plain_mail("Broken", FROM_BERND, "It burns."))
        self.env["helpdesk.inbox.mail"]._get_processing_crons().active = False
        told = self._request().with_user(self.agent).action_accept()
        self.assertIn("switched off", told["params"]["message"])
        self.assertEqual(self._request().state, "accepted")

    def test_agent_discards(self):
        self._receive_quietly(plain_mail("Broken", FROM_BERND))
        request = self._request().with_user(self.agent)
        request.action_discard()
        self.assertEqual(request.state, "discarded")
        self.assertFalse(request.action_accept())

    def test_answer_to_an_existing_ticket_is_no_new_ticket(self):
        first = self._receive_quietly(plain_mail())
        reply = plain_mail("Re: Help", FROM_BERND, in_reply_to=first.message_id)
        row = self._receive_quietly(reply)
        self.assertEqual(row.state, "done")
        self.assertEqual(row.ticket_id, first.ticket_id)

    def test_automatic_mail_is_not_answered(self):
        automatic = plain_mail("Away", FROM_BERND, auto_submitted="auto-replied")
        self._receive_quietly(automatic)
        self.assertFalse(self._mails)
        self.assertFalse(self._request())

    def test_other_company_sees_no_request(self):
        """rel-G1"""
        self._receive_quietly(plain_mail("Broken", FROM_BERND))
        stranger = self._create_user(
            "stranger", "helpdesk_contact.group_helpdesk_user", self.other_company
        )
        requests = self.env(user=stranger, context={})["helpdesk.ticket.request"]
        self.assertFalse(requests.search([]))
