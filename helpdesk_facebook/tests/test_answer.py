import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import helpdesk_facebook_delivery
from .common import ADDRESS, PICTURE, SENDER, FacebookCommon


@tagged("post_install", "-at_install")
class TestAnswer(FacebookCommon):
    """Answers go back over Facebook, once, or people are told (K04)."""

    def setUp(self):
        super().setUp()
        [self.ticket] = self._deliver(self._message())
        self.thread = self.env["helpdesk.facebook.thread"].search([])

    def _get_state(self, message):
        """Return how the message is marked, and what its parts are."""
        deliveries = self.deliveries.search([("message_id", "=", message.id)])
        mark = message.notification_ids.filtered(
            lambda one: one.notification_type == "facebook"
        )
        return mark.notification_status, deliveries.mapped("state")

    def _get_notices(self):
        return self.env["mail.message"].search(
            [
                ("res_id", "=", self.ticket.id),
                ("message_type", "=", "user_notification"),
                ("partner_ids", "=", self.agent.partner_id.id),
            ]
        )

    def test_acknowledgement(self):
        """The number of the ticket is told in Messenger, and no mail is sent."""
        self._send()
        [(path, values)] = self.graph.sent
        self.assertEqual(path, "/v24.0/me/messages")
        self.assertEqual(json.loads(values["recipient"]), {"id": SENDER})
        text = json.loads(values["message"])["text"]
        self.assertIn(self.ticket.number, text)
        self.assertNotIn("e-mail", text)
        self.assertIn("just write here", text)

    def test_closing(self):
        """It speaks of Messenger, not of a mail; who asked by mail reads of a mail."""
        other = self._create_ticket()
        self.ticket.solution = "The cable was loose."
        self._send()
        self.graph.calls.clear()
        with self.mock_mail_gateway():
            (self.ticket + other)._post_notice(
                "helpdesk_ticket.mail_template_ticket_closed"
            )
        [mail] = self._mails
        self.assertIn("e-mail", mail["body"])
        self._send()
        [(_path, values)] = self.graph.sent
        text = json.loads(values["message"])["text"]
        self.assertIn("The cable was loose.", text)
        self.assertIn("just write here", text)

    def test_no_notices(self):
        """Who archived the template wants none, here neither."""
        template = "helpdesk_ticket.mail_template_ticket_closed"
        self.env.ref(template).active = False
        self._send()
        self.graph.calls.clear()
        self.ticket._post_notice(template)
        self._send()
        self.assertFalse(self.graph.sent)

    def test_answer(self):
        message = self._reply(self.ticket)
        [(_path, values)] = self.graph.sent
        self.assertEqual(values["messaging_type"], "RESPONSE")
        self.assertEqual(json.loads(values["message"]), {"text": "Please restart it."})
        self.assertEqual(self._get_state(message), ("sent", ["sent"]))
        self._send()
        self.assertEqual(len(self.graph.sent), 1)
        self.assertEqual(self.ticket.state, "in_progress")

    def test_long_answer_with_a_file(self):
        self._reply(self.ticket, "a" * 2500, attachments=[("a.png", PICTURE)])
        texts = [json.loads(values["message"]) for _path, values in self.graph.sent]
        self.assertEqual([len(one.get("text", "")) for one in texts], [2000, 500, 0])
        self.assertEqual(texts[2]["attachment"]["type"], "image")
        self.assertIn("filedata", self.graph.sent[2][1])

    def test_no_mail(self):
        """K04: not by any way that Odoo has."""
        mails = self.env["mail.mail"].create(
            [
                {"email_to": ADDRESS, "body_html": "x"},
                {"recipient_ids": self.ticket.partner_id.ids, "body_html": "x"},
                {"email_to": f"a@b.example, {ADDRESS}", "email_cc": ADDRESS},
            ]
        )
        with self.mock_mail_gateway():
            self._answer(self.ticket)
            mails.send()
        sent = [address for mail in self._mails for address in mail["email_to"]]
        self.assertIn("a@b.example", sent)
        copies = [address for mail in self._mails for address in mail["email_cc"] or ()]
        self.assertFalse([one for one in sent + copies if "facebook.com" in one])

    def test_after_a_day(self):
        """Not sent; the message says so, and its author is told."""
        self._send()
        self.thread.last_date -= timedelta(hours=24)
        message = self._reply(self.ticket)
        self.assertFalse(self.graph.sent)
        self.assertEqual(self._get_state(message), ("exception", ["failed"]))
        self.assertEqual(len(self._get_notices()), 1)

    def test_after_a_day_by_people(self):
        self._send()
        self.thread.last_date -= timedelta(days=6)
        self.page.human_agent = True
        self._reply(self.ticket)
        [(_path, values)] = self.graph.sent
        self.assertEqual(values["tag"], "HUMAN_AGENT")
        self.assertEqual(values["messaging_type"], "MESSAGE_TAG")

    def test_refused(self):
        self._send()
        for problem in ("window", "refused"):
            self.graph.problems.append(problem)
            message = self._reply(self.ticket)
            self.assertEqual(self._get_state(message), ("exception", ["failed"]))

    def test_rate_limit(self):
        """It is tried again later, and those behind it wait."""
        self._send()
        self.graph.problems.append("limit")
        message = self._reply(self.ticket)
        self.assertEqual(self._get_state(message), ("ready", ["waiting"]))
        later = self._answer(self.ticket, "And another thing.")
        self._send()
        self.assertEqual(len(self.graph.sent), 1)
        self.deliveries.search([("state", "=", "waiting")]).next_attempt = False
        self._send()
        self.assertEqual(self._get_state(message), ("sent", ["sent"]))
        self.assertEqual(self._get_state(later), ("sent", ["sent"]))

    def test_expired_token(self):
        """One sentence, one activity; with a new token all of it goes out."""
        self._send()
        self.assertFalse(self._get_own_activities())
        self.graph.problems += ["expired", "expired"]
        first = self._reply(self.ticket)
        self.deliveries.search([("state", "=", "waiting")]).next_attempt = False
        self._send()
        self.assertIn("token", self.page.error)
        self.assertEqual(len(self._get_own_activities()), 1)
        self.assertEqual(self._get_state(first), ("ready", ["waiting"]))
        self.page.page_token = "new"
        self.assertFalse(self.page.error or self.page.activity_ids)
        self._send()
        self.assertEqual(self._get_state(first), ("sent", ["sent"]))
        self.assertEqual(self.graph.sent[-1][1]["access_token"], "new")

    def test_missing_permission(self):
        """The administrators are told; nothing is lost, and it is not for ever."""
        self._send()
        self._get_own_activities()
        self.graph.problems.append("permission")
        message = self._reply(self.ticket)
        self.assertIn("permission", self.page.error)
        self.assertEqual(len(self._get_own_activities()), 1)
        self.assertEqual(self._get_state(message), ("ready", ["waiting"]))
        delivery = self.deliveries.search([("message_id", "=", message.id)])
        delivery.next_attempt = False
        self._send()
        self.assertEqual(self._get_state(message), ("sent", ["sent"]))
        self.assertFalse(self.page.error or self._get_own_activities())
        self.graph.problems.append("permission")
        last = self._answer(self.ticket, "Again")
        delivery = self.deliveries.search([("message_id", "=", last.id)])
        delivery.attempts = 9
        self._send()
        self.assertEqual(self._get_state(last), ("exception", ["failed"]))
        self.assertIn("pages_messaging", last.notification_ids.failure_reason)

    def _get_own_activities(self):
        """Return those of an administrator who is allowed in the page's company."""
        administrator = self.env.ref("base.user_admin")
        administrator.company_ids += self.company
        return self.page.activity_ids.filtered(lambda one: one.user_id == administrator)

    def test_what_waits_holds_no_other_conversation_up(self):
        """However much waits for a new token of its page."""
        other = self._deliver(self._comment())[-1]
        self._send()
        for ticket in (self.ticket, other):
            ticket.with_user(self.agent).message_post(
                body="Please restart it.",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        waiting = self.deliveries.search([("state", "=", "waiting")], order="id")
        self.assertEqual(waiting.ticket_id, self.ticket | other)
        waiting[0].next_attempt = fields.Datetime.now() + timedelta(hours=1)
        with patch.object(helpdesk_facebook_delivery, "MAX_PER_RUN", 1):
            self._send()
        self.assertEqual(waiting.mapped("state"), ["waiting", "sent"])

    def test_nothing_is_sent_twice(self):
        """When nobody knows whether it arrived, people decide."""
        self._send()
        self.graph.problems.append("cut")
        message = self._reply(self.ticket)
        self.assertEqual(self._get_state(message), ("exception", ["failed"]))
        killed = self._answer(self.ticket, "Killed")
        delivery = self.deliveries.search([("message_id", "=", killed.id)])
        delivery.state = "sending"
        self._send()
        self.assertEqual(self._get_state(killed), ("exception", ["failed"]))
        self.assertEqual(len(self.graph.sent), 1)
        delivery.with_user(self.manager).action_retry()
        self._send()
        self.assertEqual(self._get_state(killed)[1], ["sent"])

    def test_no_conversation(self):
        """A ticket of somebody who never wrote: said, not silently lost."""
        stranger = self.anna.copy({"email": "99@facebook.com", "name": "X"})
        ticket = self._create_ticket(partner_id=stranger.id)
        message = self._answer(ticket)
        self.assertEqual(self._get_state(message), ("exception", []))

    def test_comment(self):
        """A comment is answered below it; what a program says is not published."""
        tickets = self._deliver(self._comment())
        self._send()
        self.graph.calls.clear()
        comment = tickets[-1]
        self._reply(comment)
        [(path, values)] = self.graph.sent
        self.assertEqual(path, "/v24.0/1_2/comments")
        self.assertEqual(values["message"], "Please restart it.")

    def test_test_connection(self):
        self.assertEqual(self.page.action_check()["params"]["type"], "success")
        _method, path, values = self.graph.calls[-1]
        self.assertEqual(path, "/v24.0/me")
        self.assertTrue(values["appsecret_proof"])
        self.page.page_id = "4712"
        with self.assertRaises(UserError):
            self.page.action_check()
