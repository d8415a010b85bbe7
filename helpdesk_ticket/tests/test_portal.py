import json

from lxml import html
from markupsafe import Markup

from odoo import http
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import TicketCommon
from .test_public_pages import KEPT


@tagged("post_install", "-at_install")
class TestPortal(TicketCommon, PatientHttpCase):
    """The customer's pages, over HTTP."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal_anna = cls._create_portal_user(cls.anna)
        cls.of_anna = cls._create_ticket(description="<p>It only blinks.</p>")
        cls.of_bernd = cls._create_ticket(
            partner_id=cls.bernd.id, name="Wages of <b>Bernd</b>"
        )

    def setUp(self):
        super().setUp()
        self.authenticate(self.portal_anna.login, self.portal_anna.login)

    def _count_queries(self, url):
        self.flush_tracking()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertEqual(self.url_open(url).status_code, 200)
        return self.env.cr.sql_log_count - before

    def test_K11_list(self):
        """K11, C07: one's own; as primary contact those of the company, the closed
        ones by a switch."""
        page = self.url_open("/my/tickets").text
        self.assertIn(self.of_anna.number, page)
        self.assertNotIn(self.of_bernd.number, page)
        self.anna.is_primary_contact = True
        page = self.url_open("/my/tickets").text
        self.assertIn(self.of_bernd.number, page)
        self.assertIn("Wages of &lt;b&gt;Bernd", page)
        self.of_bernd._move("closed")
        self.assertNotIn(self.of_bernd.number, self.url_open("/my/tickets").text)
        for query in (
            "filterby=closed",
            "filterby=all&groupby=status&sortby=name",
            "filterby=all&groupby=person&sortby=status",
            "filterby=all&groupby=topic&search=Wages",
            "filterby=all&search_in=person&search=bernd",
            f"filterby=all&search={self.of_bernd.number}",
            "filterby=all&search_in=content&search=wages",
        ):
            with self.subTest(query):
                page = self.url_open(f"/my/tickets?{query}").text
                self.assertIn(self.of_bernd.number, page)
        page = self.url_open("/my/tickets?search=nothing&sortby=x&groupby=y").text
        self.assertIn("Nothing was found", page)

    def test_A1_a_ticket_of_others_looks_like_none(self):
        """rel-A1"""
        answers = [
            self.url_open(f"/my/tickets/{number}", allow_redirects=False)
            for number in (self.of_bernd.id, self.of_bernd.id + 10**6)
        ]
        for answer in answers:
            self.assertEqual(answer.status_code, 303)
            self.assertTrue(answer.headers["Location"].endswith("/my/tickets"))

    def test_page(self):
        """T15: what concerns the customer, and no more of it."""
        self.of_anna.write({"solution": "<p>The cable.</p>", "user_id": self.agent.id})
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "raw": b"x",
                    "res_model": "helpdesk.ticket",
                    "res_id": self.of_anna.id,
                }
                for name in ("shown.txt", "hidden.txt")
            ]
        )
        self.of_anna.with_user(self.agent).message_post(
            body="A note", attachment_ids=attachments[1].ids
        )
        url = f"/my/tickets/{self.of_anna.id}"
        page = self.url_open(url).text
        self.assertIn("It only blinks.", page)
        self.assertIn("shown.txt", page)
        self.assertNotIn("hidden.txt", page)
        self.assertNotIn("The cable.", page)
        self._answer(self.of_anna, body="We are on our way.")
        with self.mock_mail_gateway():
            self.of_anna._move("closed")
        self._check_solution(self.url_open(url).text, "helpdesk_conversation")
        path = self.of_anna._get_link_path(self.anna.id, self.anna.email_normalized)
        self.authenticate(None, None)
        page = self.url_open(path).text
        self._check_solution(page, "helpdesk_messages")
        self.assertLess(page.index("on our way"), page.index("The cable."))

    def _check_solution(self, page, label):
        """Check that a page says the solution once: as a part of the conversation."""
        (solution,) = html.fromstring(page).xpath("//*[text()='The cable.']")
        self.assertTrue(
            solution.xpath(f"ancestor::section[@aria-labelledby='{label}']")
        )
        (title,) = solution.xpath("ancestor::article//h3")
        self.assertEqual(title.text_content().strip(), "Solution")
        self.assertEqual(page.count("The cable."), 1)

    def test_C07_the_conversation_comes_with_the_page(self):
        """C07, T15: read at once, without what is quoted and without what is ours."""
        self._answer(
            self.of_anna,
            body=Markup("<p>Pull the plug.</p>")
            + Markup('<blockquote data-o-mail-quote="1">Old words</blockquote>'),
        )
        self.of_anna.with_user(self.agent).message_post(
            body="He is slow", subtype_xmlid="mail.mt_note"
        )
        self.of_anna._post_private_message(
            "Secret", self.bernd, self.env["ir.attachment"]
        )
        page = self.url_open(f"/my/tickets/{self.of_anna.id}").text
        first = page.partition('id="helpdesk_messages"')[2]
        self.assertIn("Pull the plug.", first)
        for hidden in ("Old words", "He is slow", "Secret"):
            self.assertNotIn(hidden, page)

    def test_one_time_on_all_pages(self):
        """Who has no time zone reads our company's, here and behind a link."""
        self.portal_anna.tz = False
        self.company.partner_id.tz = "Asia/Tokyo"
        ticket = self._create_ticket()
        self._open_at(ticket, "2026-11-16 20:30:00")
        link = ticket._get_link_path(self.anna.id, self.anna.email_normalized)
        for path in (f"/my/tickets/{ticket.id}", link):
            self.assertIn("11/17/2026 05:30 AM", self.url_open(path).text)
        self.assertIn(
            'data-tz="Asia/Tokyo"', self.url_open(f"/my/tickets/{ticket.id}").text
        )

    def test_customers_read_their_own_words(self):
        """A stage has a name for customers; without one there is a usual word."""
        url = f"/my/tickets/{self.of_anna.id}"
        self.of_anna._move("asked")
        self.assertIn("Waiting for you", self.url_open(url).text)
        self.of_anna.stage_id.customer_name = "Your turn"
        for path in (url, "/my/tickets", "/my/tickets?groupby=status"):
            page = self.url_open(path).text
            self.assertIn("Your turn", page)
            self.assertNotIn(self.of_anna.stage_id.name, page)

    def test_number_of_queries(self):
        """The list costs the same for few tickets and many; so does a page."""
        for topic in self.env["helpdesk.ticket.topic"].search([], limit=2):
            self._create_ticket(topic_id=topic.id)
        self._count_queries("/my/tickets?groupby=topic")
        few = self._count_queries("/my/tickets?groupby=topic")
        for _number in range(20):
            self._create_ticket()
        self.assertEqual(self._count_queries("/my/tickets?groupby=topic"), few)
        url = f"/my/tickets/{self.of_anna.id}"
        self._answer(self.of_anna)
        self._count_queries(url)
        before = self._count_queries(url)
        for _number in range(5):
            self._answer(self.of_anna)
        self.assertEqual(self._count_queries(url), before)

    def _post(self, path, **data):
        data["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(path, data=data)

    def test_open_and_nothing_typed_is_lost(self):
        """C03, T07: also without scripts, which send the files with the form: they
        come back with a box that leaves them out."""
        page = self._post(
            "/my/tickets/new",
            name="",
            description="Since today",
        ).text
        self.assertIn("Write a subject", page)
        self.assertIn("Since today", page)
        files = {"files": ("screen.txt", b"black", "text/plain")}
        data = {
            "name": "No network",
            "description": "Since today",
            "csrf_token": http.Request.csrf_token(self),
        }
        wrong = {**data, "name": ""}
        page = self.url_open("/my/tickets/new", data=wrong, files=files).text
        kept = KEPT.search(page)[1]
        data["attachment"] = kept
        page = self.url_open("/my/tickets/new", data=data).text
        self.assertIn("Thank you", page)
        self.assertIn("screen.txt", page)
        ticket = self.env["helpdesk.ticket"].search([("name", "=", "No network")])
        self.assertEqual(ticket.partner_id, self.anna)

    def test_C07_whom_to_ask(self):
        self.bernd.is_primary_contact = True
        self.customer.helpdesk_primary_contact_only = True
        for page in (
            self.url_open("/my/tickets/new").text,
            self._post("/my/tickets/new", name="x", description="x").text,
        ):
            self.assertIn(self.bernd.name, page)
            self.assertIn(self.bernd.email, page)
            self.assertNotIn("<textarea", page)

    def test_states_change_by_post_with_csrf_only(self):
        """rel-H4, rel-A1"""
        url = f"/my/tickets/{self.of_anna.id}/close"
        self.url_open(f"{url}?reason=closed")
        self.assertEqual(self.url_open(url, data={"reason": "closed"}).status_code, 400)
        self._post(f"/my/tickets/{self.of_bernd.id}/close", reason="closed")
        self.assertTrue(self.of_anna.is_open and self.of_bernd.is_open)
        page = self._post(url, comment="It is <fine>").text
        self.assertIn("Choose a reason", page)
        self.assertIn("It is &lt;fine&gt;", page)
        self._post(url, reason="closed")
        self.assertEqual(self.of_anna.state, "closed")

    def test_A6_an_answer_says_text_and_files_only(self):
        """rel-A6: by Odoo's own route for messages."""
        self.of_anna._move("asked")
        post_data = {
            "body": "Done",
            "subtype_xmlid": "mail.mt_note",
            "message_type": "notification",
            "author_id": self.bernd.id,
            "partner_ids": self.bernd.ids,
            "rating_value": 5,
        }
        for ticket in self.of_anna, self.of_bernd:
            params = {
                "thread_model": "helpdesk.ticket",
                "thread_id": ticket.id,
                "post_data": post_data,
            }
            with mute_logger("odoo.http"):
                self._answer_by_route(params)
        self.assertNotIn("Done", str(self.of_bernd.message_ids.mapped("body")))
        answer = self.of_anna.message_ids.filtered(
            lambda message: message.message_type == "comment"
        )
        self.assertEqual(answer.author_id, self.anna)
        self.assertIn("Done", answer.body)
        self.assertEqual(answer.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertFalse(answer.partner_ids)
        self.assertFalse(self.of_anna.rating_ids)
        self.assertEqual(self.of_anna.state, "in_progress")

    def _answer_by_route(self, params):
        return self.url_open(
            "/mail/message/post",
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}),
            headers={"Content-Type": "application/json"},
        )

    def test_a_day_of_a_customer(self):
        """C03, C07, T07, T13: open with a file, leave out another, answer, close,
        reopen, rate, and reopen by an answer."""
        self.start_tour(
            "/my/tickets", "helpdesk_portal_day", login=self.portal_anna.login
        )
        ticket = self.env["helpdesk.ticket"].search(
            [("name", "=", "Tour: the oven is cold")]
        )
        self.assertEqual(ticket.state, "in_progress")
        self.assertEqual(ticket.customer_rating, "top")
        self.assertEqual(
            ticket._get_public_files()[ticket.id].mapped("name"), ["oven.txt"]
        )
