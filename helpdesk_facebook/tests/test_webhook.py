import json
from unittest.mock import patch

from psycopg2.errors import NotNullViolation

from odoo import fields
from odoo.tests import tagged

from odoo.addons.helpdesk_contact import cleaning
from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from ..models import helpdesk_facebook_event
from .common import ADDRESS, PICTURE, SENDER, FacebookCommon

URL = "/helpdesk/facebook/webhook"


@tagged("post_install", "-at_install")
class TestWebhook(FacebookCommon, PatientHttpCase):
    """Who may deliver something, and that nothing breaks the address (K04)."""

    def _challenge(self, **changes):
        values = {"mode": "subscribe", "verify_token": "verify me", "challenge": "42"}
        values = {f"hub.{name}": one for name, one in {**values, **changes}.items()}
        query = "&".join(f"{name}={one}" for name, one in values.items())
        return self.url_open(f"{URL}?{query}")

    def _post(self, body, signature):
        return self.url_open(
            URL,
            data=body,
            headers={
                "Content-Type": "application/json",
                "X-Hub-Signature-256": signature,
            },
        )

    def test_challenge(self):
        answer = self._challenge()
        self.assertEqual((answer.status_code, answer.text), (200, "42"))
        self.assertEqual(self._challenge(verify_token="x").status_code, 403)
        self.assertEqual(self._challenge(verify_token="%C3%A4").status_code, 403)
        self.assertEqual(self._challenge(mode="unsubscribe").status_code, 403)
        self.assertEqual(self.url_open(URL).status_code, 403)
        self.page.active = False
        self.assertEqual(self._challenge().status_code, 403)

    def test_signature(self):
        body = self._message()
        for signature in ("", "sha256=", "sha256=é", self._sign(body, "another")):
            with self.subTest(signature=signature):
                sent = signature.encode("latin-1")
                self.assertEqual(self._post(body, sent).status_code, 403)
        self.assertEqual(self._post(body + b" ", self._sign(body)).status_code, 403)
        self.assertFalse(self.events.search([]))
        self.assertEqual(self._post(body, self._sign(body)).status_code, 200)
        self.assertEqual(self.events.search([]).state, "waiting")

    def test_delivered_twice(self):
        body = self._message()
        for _time in range(2):
            self.assertEqual(self._post(body, self._sign(body)).status_code, 200)
        self.assertEqual(len(self.events.search([])), 1)

    def test_what_cannot_be_read(self):
        """Noted, never an error: Facebook would switch the address off."""
        bodies = [b"{", b"[]", b"null", b"\xff\x00", b"[" * 100_000]
        bodies += [
            json.dumps({"entry": entry}).encode()
            for entry in (
                [None, 1, {"id": "4711"}],
                [{"id": "4711", "messaging": [None, {}, {"message": []}]}],
                [{"id": {}, "messaging": [{"message": {"mid": 1}}]}],
                [{"id": "4711", "changes": [{"field": "feed", "value": {}}]}],
            )
        ]
        bodies.append(self._message(mid="m_\0\ud800"))
        for body in bodies:
            with self.subTest(body=body[:40]):
                answer = self._post(body, self._sign(body))
                self.assertEqual(answer.status_code, 200)
        events = self.events.with_user(self.manager).search([])
        self.assertEqual(set(events.mapped("state")), {"ignored"})
        self.assertEqual(len(events), self.events.search_count([]))

    def test_too_much(self):
        """What no delivery of Facebook is like: refused, or read as far as it goes."""
        body = b"x" * 4_000_001
        self.assertEqual(self._post(body, self._sign(body)).status_code, 413)
        self.assertFalse(self.events.search([]))
        many = [{"sender": {"id": SENDER}, "message": {"mid": "m"}}] * 2001
        body = self._entry(messaging=many)
        self.assertEqual(self._post(body, self._sign(body)).status_code, 200)
        self.assertEqual(self.events.search([]).state, "ignored")
        self.events.search([]).unlink()
        deep = b'{"a":' * 900 + b"1" + b"}" * 900
        messages = [b'{"sender":{"id":"5"},"message":{"mid":"%d"},"x":1e999,"y":%s}']
        many = b",".join(messages[0] % (number % 7, deep) for number in range(300))
        body = b'{"entry":[{"id":"4711","messaging":[%s]}]}' % many
        self.assertEqual(self._post(body, self._sign(body)).status_code, 200)
        self.assertEqual(len(self.events.search([])), 7)
        self.assertEqual(self._deliver(), self._get_tickets())
        self.assertEqual(set(self.events.search([]).mapped("state")), {"done"})

    def test_times(self):
        for time in (10**14, -1, 10**30, True, "x", 1.5, None):
            with self.subTest(time=time):
                body = self._comment(created_time=time)
                self.assertEqual(self._post(body, self._sign(body)).status_code, 200)


@tagged("post_install", "-at_install")
class TestReceive(FacebookCommon):
    """What people write becomes tickets (K04, K07)."""

    def test_message(self):
        """K04, K07: a profile with the address, the name and the page's language."""
        [ticket] = self._deliver(self._message("My printer is broken.\nIt smokes."))
        contact = ticket.partner_id
        self.assertEqual(contact.email, ADDRESS)
        self.assertEqual(contact.name, "Grete Weber")
        self.assertEqual(contact.lang, "de_DE")
        self.assertEqual(contact.company_id, self.company)
        self.assertEqual(ticket.name, "My printer is broken.")
        self.assertEqual((ticket.team_id, ticket.company_id), (self.team, self.company))
        message = ticket.message_ids.filtered(lambda one: one.author_id == contact)
        self.assertIn("It smokes.", message.body)

    def test_further_message(self):
        """It joins the open ticket as the customer's; after closing it opens one."""
        [ticket] = self._deliver(self._message())
        ticket.with_user(self.agent).user_id = self.agent
        [same] = self._deliver(self._message("It <b>still</b> smokes."))
        self.assertEqual(same, ticket)
        said = ticket.message_ids[0]
        self.assertEqual(said.author_id, ticket.partner_id)
        self.assertIn("&lt;b&gt;still", said.body)
        ticket.stage_id = self.env.ref("helpdesk_ticket.stage_closed")
        self.assertEqual(len(self._deliver(self._message("Something else"))), 2)

    def test_all_that_is_old_is_forgotten(self):
        """I2: in parts, and however much came."""
        for _time in range(3):
            self._deliver(self._message())
        self.patch(helpdesk_facebook_event, "KEPT_DAYS", -1)
        self.patch(cleaning, "GC_UNLINK_LIMIT", 2)
        events = self.env["helpdesk.facebook.event"]
        self.assertEqual(len(events.search([])), 3)
        self.assertEqual(events._gc_events(), (2, True))
        self.assertEqual(events._gc_events(), (1, False))

    def test_known_contact(self):
        """A language set by hand stays, and the name is not asked for."""
        known = self.env["res.partner"].create(
            {"name": "Known", "email": ADDRESS, "lang": "en_US"}
        )
        [ticket] = self._deliver(self._message())
        self.assertEqual(ticket.partner_id, known)
        self.assertEqual(known.lang, "en_US")
        self.assertFalse(self.graph.calls)

    def test_no_name(self):
        """An expired token costs no ticket: one activity, however often it fails."""
        self.graph.problems.append("expired")
        [ticket] = self._deliver(self._message())
        self.assertEqual(ticket.partner_id.name, SENDER)
        self.assertIn("token", self.page.error)

    def test_posts_and_comments(self):
        """Comments on one post are one ticket; the page's own are none."""
        own = {"id": "4711", "name": "Our Page"}
        edited = self._comment("Changed", verb="edited")
        tickets = self._deliver(
            self._comment(),
            self._comment("Hello?"),
            edited,
            self._comment(**{"from": own}),
        )
        self.assertEqual(len(tickets), 1)
        self.assertEqual(tickets.partner_id.name, "Grete Weber")
        tickets = self._deliver(self._comment("New", item="post", post_id="4711_2"))
        self.assertEqual(len(tickets), 2)
        self.page.takes_posts = False
        self.assertEqual(len(self._deliver(self._comment(post_id="4711_3"))), 2)

    def test_files(self):
        self.graph.files["/a/picture.png"] = PICTURE
        self.graph.files["/a/large.png"] = b"x" * 1_000_001
        self.env["ir.config_parameter"].set_param("helpdesk_facebook.max_file_mb", "1")
        files = [
            {"type": "image", "payload": {"url": f"{self.graph.origin}/a/picture.png"}},
            {"type": "file", "payload": {"url": f"{self.graph.origin}/a/large.png"}},
            {"type": "file", "payload": {"url": "http://127.0.0.1:1/secret"}},
        ]
        [ticket] = self._deliver(self._message("Look", attachments=files))
        message = ticket.message_ids.filtered("attachment_ids")
        self.assertEqual(message.attachment_ids.mapped("raw"), [PICTURE])
        self.assertEqual(message.body.count("<em>"), 2)

    def test_without_text(self):
        """A sticker, or nothing at all, is a request, too."""
        [ticket] = self._deliver(self._message(""))
        self.assertEqual(ticket.name, "Nachricht auf Facebook")
        self.assertEqual(len(self._deliver(self._message("", attachments=[{}]))), 1)
        self.assertEqual(set(self.events.search([]).mapped("state")), {"done"})

    def test_link(self):
        """What a post links to stands in its text; its pictures are files."""
        self.graph.files["/a/picture.png"] = PICTURE
        picture = f"{self.graph.origin}/a/picture.png"
        link = "https://else.example/a"
        shown, linked = self._deliver(
            self._comment(item="status", photos=[picture]),
            self._comment(item="share", link=link, post_id="4711_2"),
        )
        self.assertEqual(shown.message_ids.attachment_ids.mapped("raw"), [PICTURE])
        self.assertIn(link, str(linked.description))
        self.assertNotIn("<em>", str(linked.description))

    def test_nothing_is_lost_or_done_twice(self):
        """A row whose processing fails, or that Odoo dies with, waits."""
        body = self._message()
        with patch.object(
            self.registry["helpdesk.intake"], "_open", side_effect=ValueError("Broken")
        ):
            self.assertFalse(self._deliver(body))
        event = self.events.search([])
        self.assertEqual((event.state, event.attempts), ("waiting", 1))
        self.assertEqual(event.reason, "Broken")
        self.assertFalse(self._deliver(body), "not before its time")
        event.next_attempt = fields.Datetime.now()
        self.assertEqual(len(self._deliver(body)), 1)
        self.assertEqual(event.state, "done")

    def test_words_in_no_log(self):
        """rel-I1: deliveries at the same moment put no words into the log."""
        row = (None, "message", None, None, "1", "secret words", "waiting", None)
        with (
            self.assertNoLogs("odoo.sql_db", "ERROR"),
            self.assertRaises(NotNullViolation),
            self.env.cr.savepoint(),
        ):
            self.events._insert([row])

    def test_failed_for_good(self):
        """Shown, and one activity for each administrator, however many failed."""
        administrator = self.env.ref("base.user_admin")
        administrator.company_ids += self.company
        bodies = [self._message("One"), self._message("Two")]
        with patch.object(
            self.registry["helpdesk.intake"], "_open", side_effect=ValueError("Broken")
        ):
            for _attempt in range(5):
                self.assertFalse(self._deliver(*bodies))
                self.events.search([]).next_attempt = False
        events = self.events.search([])
        self.assertEqual(events.mapped("state"), ["failed", "failed"])
        mine = self.page.activity_ids.filtered(lambda one: one.user_id == administrator)
        self.assertEqual(len(mine), 1)
        events.with_user(self.manager).action_retry()
        self.assertEqual(len(self._deliver()), 1)
        self.assertEqual(events.mapped("state"), ["done", "done"])

    def test_other_pages(self):
        """The app of one company delivers nothing for the page of another."""
        self._create_page("4712", company_id=self.other_company.id, app_secret="other")
        for page in ("4712", "999"):
            said = {"mid": f"m{page}", "text": "Hello"}
            body = self._entry(
                page, messaging=[{"sender": {"id": SENDER}, "message": said}]
            )
            self.assertFalse(self._deliver(body))
        events = self.events.search([])
        self.assertEqual(set(events.mapped("state")), {"ignored"})
        self.assertFalse(events.page_id)
        said = {"mid": "m4712", "text": "Hello"}
        body = self._entry(
            "4712", messaging=[{"sender": {"id": SENDER}, "message": said}]
        )
        self.assertTrue(self.events._receive(body, self._sign(body, "other")))
        self.assertEqual(self.events.search([])[0].state, "waiting")
