import re
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.intake import helpdesk_ticket_request
from .common import TicketCommon

LINK = re.compile(r"/helpdesk/request/(\d+)/(\d+)/([0-9a-f]+)/(approve|decline)")


class RequestCommon(TicketCommon):
    """A customer where only Bernd opens tickets, and Anna wants one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bernd.is_primary_contact = True
        cls.customer.helpdesk_primary_contact_only = True

    def _hold(self, **values):
        with self.mock_mail_gateway():
            return self.env["helpdesk.ticket.request"]._hold(
                {
                    "name": "Printer",
                    "text": "It only\n<b>blinks</b>.",
                    "partner_id": self.anna.id,
                    "company_id": self.company.id,
                    **values,
                }
            )

    def _mail_to(self, partner):
        return [m for m in self._mails if partner.email in m["email_to"][0]]

    def _get_link(self):
        (mail,) = self._mail_to(self.bernd)
        found = LINK.search(str(mail["body"]))
        return int(found[1]), int(found[2]), found[3]

    def _open(self, link):
        public = self.env.ref("base.public_user")
        requests = self.env(user=public, context={})["helpdesk.ticket.request"]
        return requests._find_by_link(*link)


@tagged("post_install", "-at_install")
class TestTicketRequest(RequestCommon):
    """C07: others may ask, the primary contact decides."""

    def test_C07_an_agent_sees_the_files_before_deciding(self):
        request, other = self._hold(), self._hold(name="Other")
        request._add_files([("picture.png", b"one"), ("log.txt", b"two")])
        seen = (request + other).with_user(self.agent)
        self.assertEqual(
            seen[0].attachment_ids.mapped(lambda file: (file.name, file.raw)),
            [("picture.png", b"one"), ("log.txt", b"two")],
        )
        self.assertFalse(seen[1].attachment_ids)
        with self.mock_mail_gateway():
            seen[0].action_accept()
        self.assertEqual(len(request.ticket_id.message_ids.attachment_ids), 2)

    @mute_logger(
        "odoo.addons.helpdesk_ticket.models.intake.helpdesk_ticket_request",
        "odoo.addons.mail.models.mail_render_mixin",
    )
    def test_C07_a_manager_is_told_of_a_template_that_fails(self):
        """Nobody is asked to decide, so somebody of us has to know."""
        self.manager.notification_type = "inbox"
        template = self.env.ref("helpdesk_ticket.mail_template_request_approval")
        template.body_html = "<p t-out='1 / 0'/>"
        for name in ("Printer", "Scanner"):
            held = self._hold(name=name)
            self.assertEqual(held.state, "held")
        domain = [("model", "=", "mail.template"), ("res_id", "=", template.id)]
        told = self.env["mail.message"].search(domain)
        self.assertEqual(len(told), 1)
        self.assertIn(self.manager.partner_id, told.notified_partner_ids)
        self.assertIn("Printer", told.body)
        self.assertIn("ZeroDivisionError", told.body)

    def test_both_are_told(self):
        request = self._hold()
        (told,) = self._mail_to(self.anna)
        self.assertIn("Bernd Maier", told["body"])
        self.assertNotIn("/helpdesk/request/", told["body"])
        (asked,) = self._mail_to(self.bernd)
        self.assertIn("Anna Huber", asked["subject"])
        self.assertIn("&lt;b&gt;blinks", asked["body"])
        answers = [found[4] for found in LINK.finditer(asked["body"])]
        self.assertEqual(answers, ["approve", "decline"])
        self.assertEqual(asked["headers"]["Auto-Submitted"], "auto-replied")
        self.assertEqual(request.state, "held")

    def test_nobody_else_reads_the_links(self):
        """They stand in a mail of no document; agents read those of requests."""
        self._hold()
        messages = self.env["mail.message"].search([("body", "like", "/approve")])
        self.assertTrue(messages)
        for message in messages:
            self.assertFalse(message.with_user(self.agent).has_access("read"))
            self.assertFalse(message.model)

    def test_administrator_deletes_the_mails(self):
        """Settings > Technical > Emails: with the messages, which have no document."""
        self._hold()
        mails = self._new_mails
        messages = mails.mail_message_id
        self.assertEqual(len(messages), 2)
        mails.with_user(self.env.ref("base.user_admin")).unlink()
        self.assertFalse(mails.exists())
        self.assertFalse(messages.exists())

    def test_primary_contact_gets_no_flood(self):
        for _number in range(7):
            self._hold()
        self.assertFalse(self._mail_to(self.bernd))
        self.assertEqual(
            self.env["helpdesk.ticket.request"].search_count(
                [("partner_id", "=", self.anna.id)]
            ),
            7,
        )

    def test_approved(self):
        request = self._hold()
        found = self._open(self._get_link())
        self.assertEqual(found, request)
        with self.mock_mail_gateway():
            self.assertTrue(found._decide("approve"))
            self.assertFalse(found._decide("approve"))
            self.assertFalse(found._decide("decline"))
        self.assertEqual(request.state, "accepted")
        ticket = request.ticket_id
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(ticket.state, "unread")
        self.assertIn("&lt;b&gt;blinks", ticket.description)
        self.assertEqual(request.decided_by_id, self.bernd)
        self.assertTrue(self._mail_to(self.anna))

    def test_declined_and_made_a_ticket_by_an_agent_after_all(self):
        request = self._hold()
        found = self._open(self._get_link())
        with self.mock_mail_gateway():
            self.assertTrue(found._decide("decline"))
        self.assertEqual(request.state, "declined")
        self.assertIn("no ticket was opened", self._mail_to(self.anna)[0]["body"])
        self.assertFalse(request.ticket_id)
        with self.mock_mail_gateway():
            request.with_user(self.agent).action_accept()
        self.assertEqual(request.ticket_id.partner_id, self.anna)

    def test_changed_links_open_nothing(self):
        """rel-A2"""
        self._hold()
        request_id, primary_id, signature = self._get_link()
        other = self._hold()
        for wrong in (
            (other.id, primary_id, signature),
            (request_id, self.anna.id, signature),
            (request_id, primary_id, signature[:-1]),
            (request_id, primary_id, "é"),
            (10**12, primary_id, signature),
        ):
            with self.subTest(wrong=wrong):
                self.assertFalse(self._open(wrong))

    def test_link_ends(self):
        """With the time, another primary contact, another address, the setting."""
        request = self._hold()
        link = self._get_link()
        self.company.helpdesk_link = False
        self.assertFalse(self._open(link))
        self.assertIn("/my/", request._get_decision_url("approve"))
        self.company.helpdesk_link = True
        self.assertTrue(self._open(link))
        self.bernd.email = "bernd.new@huber.example"
        self.assertFalse(self._open(link))
        self.bernd.email = "bernd@huber.example"
        self.anna.is_primary_contact = True
        self.assertFalse(self._open(link))
        self.bernd.is_primary_contact = True
        self.assertTrue(self._open(link))
        self.env.cr.execute(
            "UPDATE helpdesk_ticket_request SET create_date = %s WHERE id = %s",
            (fields.Datetime.now() - timedelta(days=31), request.id),
        )
        request.invalidate_recordset()
        self.assertFalse(self._open(link))

    def test_who_finds_which_requests(self):
        request = self._hold()
        requests = self.env["helpdesk.ticket.request"]
        carl = self.anna.copy({"email": "carl@huber.example"})
        for partner, found in (
            (self.anna, request),
            (self.bernd, request),
            (carl, requests),
        ):
            self.assertEqual(requests._get_requests_of(partner), found)

    def test_what_waits_is_shown_however_old_it_is(self):
        """C07: requests that were decided since push none off the page."""
        waiting = self._hold()
        first, last = self._hold(), self._hold()
        (first | last).state = "declined"
        self.patch(helpdesk_ticket_request, "MAX_SHOWN", 1)
        self.assertEqual(waiting._get_requests_of(self.bernd), last | waiting)
