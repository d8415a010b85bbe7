from pathlib import Path
from unittest.mock import patch

from lxml import etree, html

from odoo.http import Request
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from ..typed_text import TYPED
from .common import TicketCommon

OURS = "odoo.addons.helpdesk_web_address.models.ir_http"
QUIET = ("odoo.http", OURS)
VIEWS = Path(__file__).parents[1] / "views"
# What makes the server show everything to whoever asks for it, in Odoo's own pages
DEBUG = "debug=1"


@tagged("post_install", "-at_install")
class TestErrorPages(TicketCommon, PatientHttpCase):
    """rel-C11: whatever customers send gets a page in their language, or a sentence."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._create_portal_user(cls.anna)
        cls.ticket = cls._create_ticket()
        cls.company.helpdesk_form = True
        cls.env["res.lang"]._activate_lang("fr_FR")
        modules = cls.env["ir.module.module"].search([("name", "=", "helpdesk_ticket")])
        modules._update_translations(["fr_FR"])
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.authenticate(self.portal.login, self.portal.login)

    def _send(self, path, method="POST", token=True, headers=None, **data):
        """Send a form as a program does; return the answer."""
        if token:
            data["csrf_token"] = Request.csrf_token(self)
        return self.opener.request(
            method,
            self.base_url() + path,
            data=data,
            headers={"Sec-Fetch-Site": "same-origin", **(headers or {})},
            allow_redirects=False,
            timeout=60,
        )

    def _check_own_page(self, answer, status, title):
        self.assertEqual(answer.status_code, status, answer.text[:500])
        page = html.fromstring(answer.content)
        self.assertEqual(page.xpath("//main//h1")[0].text_content().strip(), title)
        self.assertNotIn("Traceback", answer.text)
        self.assertNotIn("odoo/addons", answer.text)
        self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
        return page

    @mute_logger(*QUIET)
    def test_pages_of_odoo(self):
        """Those of the account, and of what other apps show in the portal."""
        title = "Invalid request"
        for path in (
            "/my/address?partner_id=x",
            "/my/address?use_delivery_as_billing=maybe",
            f"/my/address?partner_id=1.5&{DEBUG}",
            "/my/tasks?date_begin=x&date_end=y",
            "/my/projects?date_begin=x&date_end=y",
        ):
            with self.subTest(path=path):
                self._check_own_page(self.url_open(path), 400, title)
        for path, data in (
            ("/my/security", {}),
            ("/my/security", {"old": "x"}),
            ("/my/deactivate_account", {}),
            ("/my/address/submit", {"partner_id": "x"}),
            ("/my/address/submit", {"use_delivery_as_billing": "maybe"}),
        ):
            with self.subTest(path=path, data=data):
                self._check_own_page(self._send(path, **data), 400, title)
        for path in ("/my/address?partner_id=%00", "/my/account?redirect=%00&a=1&a=2"):
            with self.subTest(path=path):
                self.assertEqual(self.url_open(path).status_code, 200)

    @mute_logger("odoo.http")
    def test_what_cannot_be_taken_is_logged_without_a_word_of_it(self):
        with self.assertLogs(OURS, "WARNING") as logged:
            self.url_open("/my/address?partner_id=geheim")
        self.assertIn("ValueError", logged.output[0])
        self.assertIn("WARNING", logged.output[0])
        self.assertIn("controllers.portal, line", logged.output[0])
        self.assertNotIn("geheim", logged.output[0])

    @mute_logger(*QUIET)
    def test_own_failure_is_none_of_the_request(self):
        """A request that holds nothing cannot be wrong: that is an error 500, without
        the insides of the program."""

        def fail(*_args, **_options):
            raise ZeroDivisionError

        title = "Something went wrong on our side"
        model = type(self.env["helpdesk.ticket"])
        with patch.object(model, "search_count", fail):
            for path in ("/my/tickets", f"/my/tickets?{DEBUG}"):
                status = 400 if "?" in path else 500
                answer = self.url_open(path)
                self.assertEqual(answer.status_code, status)
                self.assertNotIn("Traceback", answer.text)
            self._check_own_page(self.url_open("/my/tickets"), 500, title)

    @mute_logger(*QUIET)
    def test_other_kinds_of_requests(self):
        title = "Invalid request"
        link = self.ticket._get_link_path(self.anna.id, self.anna.email)
        for method, path in (
            ("POST", "/my/tickets"),
            ("POST", self.ticket.access_url),
            ("PUT", "/my/tickets/new"),
            ("DELETE", self.ticket.access_url),
            ("GET", "/my/tickets/upload"),
            ("GET", "/my/deactivate_account"),
            ("POST", link),
            ("PUT", f"/helpdesk/form/{self.company.id}"),
        ):
            with self.subTest(method=method, path=path):
                answer = self._send(path, method=method)
                self._check_own_page(answer, 405, title)
                self.assertTrue(answer.headers["Allow"])

    @mute_logger(*QUIET)
    def test_in_the_language_of_the_reader(self):
        self.opener.cookies.set("frontend_lang", "fr_FR")
        found = set()
        for answer in (
            self._send("/my/tickets"),
            self._send("/fr/my/tickets"),
            self._send("/my/tickets/upload", token=False),
            self.url_open("/my/address?partner_id=x"),
            self.url_open("/my/tickets/upload"),
        ):
            page = html.fromstring(answer.content)
            self.assertIn(answer.status_code, (400, 405))
            self.assertEqual(page.get("lang"), "fr-FR")
            found.add(page.xpath("//main//h1")[0].text_content().strip())
        page = html.fromstring(self.url_open("/my/tickets").content)
        self.assertEqual(page.get("lang"), "fr-FR")
        self.assertEqual(len(found), 2)
        self.assertFalse(found & {"Invalid request"})
        self.assertFalse(found & {"This page has expired"})

    @mute_logger(*QUIET)
    def test_form_of_an_old_page(self):
        """What was typed is there to be copied, unless another site has sent it."""
        title = "This page has expired"
        text = "Long <b>thoughts</b>"
        for path, name in (
            ("/my/tickets/new", "description"),
            (f"{self.ticket.access_url}/reopen", "text"),
            (f"/helpdesk/form/{self.company.id}", "text"),
        ):
            with self.subTest(path=path):
                answer = self._send(path, token=False, **{name: text})
                page = self._check_own_page(answer, 400, title)
                self.assertIn(text, page.xpath("//main")[0].text_content())
                self.assertTrue(page.xpath(f"//main//a[@href='{path}']"))
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "", "Origin": "null"},
        ):
            answer = self._send(
                "/my/tickets/new", token=False, headers=headers, description=text
            )
            with self.subTest(headers=headers):
                self._check_own_page(answer, 400, title)
                self.assertNotIn("thoughts", answer.text)
        answer = self._send("/my/tickets/upload", token=False)
        self._check_own_page(answer, 400, title)

    @mute_logger(*QUIET)
    def test_session_that_ends_meanwhile(self):
        self.authenticate(None, None)
        post = {"name": "Heating", "description": "It <b>is</b> cold.", "type_id": "1"}
        answer = self._send("/my/tickets/new", **post)
        page = self._check_own_page(answer, 403, "You were logged out")
        shown = page.xpath("//main")[0].text_content()
        self.assertIn("Heating", shown)
        self.assertIn("It <b>is</b> cold.", shown)
        self.assertTrue(page.xpath("//main//a[contains(@href, '/web/login')]"))
        self.assertEqual(self._send("/my/tickets/new", "GET").status_code, 303)
        self.assertEqual(self._send("/my/tickets/new").status_code, 303)

    @mute_logger(*QUIET)
    def test_too_large(self):
        parts = [(f"part{number}", (None, "x")) for number in range(2000)]
        for path in ("/my/tickets/new", f"/helpdesk/form/{self.company.id}"):
            with self.subTest(path=path):
                answer = self.url_open(path, data={"a": "b"}, files=parts)
                self._check_own_page(answer, 413, "That is too large")

    @mute_logger(*QUIET)
    def test_no_traceback_over_rpc(self):
        call = {
            "model": "helpdesk.ticket",
            "method": "read",
            "args": [self.ticket.ids, ["email_cc"]],
            "kwargs": {},
        }
        for user, is_told in ((self.portal, False), (self.agent, True)):
            self.authenticate(user.login, user.login)
            if is_told:
                call["method"] = "no_such_method"
            path = "/web/dataset/call_kw/helpdesk.ticket/read"
            answer = self.url_open(path, json={"params": call}).json()
            with self.subTest(user=user.login):
                self.assertTrue(answer["error"]["data"]["message"])
                debug = answer["error"]["data"]["debug"]
                self.assertEqual("Traceback" in debug, is_told)

    @mute_logger(*QUIET)
    def test_answer_of_somebody_who_is_logged_out(self):
        """The conversation keeps what was typed, and says why it was not sent."""
        self.authenticate(None, None)
        params = {
            "thread_model": "helpdesk.ticket",
            "thread_id": self.ticket.id,
            "post_data": {"body": "Is anybody there?"},
        }
        answer = self.url_open("/mail/message/post", json={"params": params}).json()
        self.assertEqual(answer["error"]["data"]["name"], "odoo.exceptions.UserError")
        self.assertIn("logged out", answer["error"]["data"]["message"])

    @mute_logger(*QUIET)
    def test_no_traceback_in_pages_of_odoo(self):
        """Also where the page is none of the portal."""
        for user, is_told in ((self.portal, False), (self.agent, True)):
            self.authenticate(user.login, user.login)
            page = self.url_open(f"/rate/none/7?{DEBUG}")
            with self.subTest(user=user.login):
                self.assertEqual(page.status_code, 500)
                self.assertEqual("Traceback" in page.text, is_told)

    def test_agents_see_what_odoo_says(self):
        self.authenticate(self.agent.login, self.agent.login)
        with mute_logger(*QUIET):
            page = self.url_open("/my/address?partner_id=x")
        self.assertEqual(page.status_code, 500)

    def test_all_that_people_type_is_kept(self):
        found = set()
        for path in VIEWS.glob("*_templates.xml"):
            tree = etree.parse(str(path))
            found |= set(tree.xpath("//form//textarea/@name"))
            found |= set(tree.xpath("//form//input[@type='text']/@name"))
        self.assertEqual(found - {"website"} - set(TYPED), set())  # a trap for programs
        self.assertGreater(len(found), 4)
