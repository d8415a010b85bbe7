import inspect
import json
import re

from lxml import html
from markupsafe import Markup

from odoo.exceptions import UserError
from odoo.http import Request, _generate_routing_rules
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from ..models.portal.actions import MAX_PENDING
from .common import TicketCommon

SECRET = "Their board is negotiating"
HOSTILE = (
    "<p onclick='x()' style='position:fixed;color:red'>Text</p><script>x</script>"
    "<a href='java&#9;script:x()'>a</a><a href='JaVaScRiPt:x()'>b</a>"
    "<a href='data:text/html,x'>c</a><iframe src='x'></iframe>"
    "<svg onload='x()'><script>x</script></svg><form action='x'><input></form>"
    "<meta http-equiv='refresh' content='0'><base href='x'>"
    "<style>@import 'x'; p {position: fixed}</style>"
)
MARKUP = '<img src=x onerror="alert(1)">'
# The routes that work on a thread, a message or a file that they are told.
PREFIXES = ("/mail/", "/portal/", "/rating/", "/discuss/", "/html_editor/")
# What answers to calls of people who must not do it is logged as a warning.
QUIET = ("odoo.http", "odoo.addons.base.models.ir_rule", "odoo.addons.mail")


@tagged("post_install", "-at_install")
class TestPortalBreakIn(TicketCommon, PatientHttpCase):
    """A customer with an account tries to get at what is not its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._create_portal_user(cls.anna)
        cls.mine = cls._create_ticket()
        stranger = cls.env["res.partner"].create({"name": "Stranger"})
        cls.theirs = cls._create_ticket(
            name=SECRET, description=SECRET, partner_id=stranger.id
        )
        said = cls.theirs.message_post(
            body=SECRET,
            subtype_xmlid="mail.mt_comment",
            attachments=[("a.txt", SECRET.encode())],
        )
        note = cls.mine.message_post(
            body=SECRET,
            subtype_xmlid="mail.mt_note",
            attachments=[("a.txt", SECRET.encode())],
        )
        cls.messages = said + note
        cls.files = cls.messages.attachment_ids
        cls.env.flush_all()

    # -- by every route ---------------------------------------------------------

    def _get_rules(self):
        modules = self.env["ir.module.module"].search([("state", "=", "installed")])
        return _generate_routing_rules(modules.mapped("name"), nodb_only=False)

    def _get_routes(self):
        """Return the JSON routes that take what we can name: (url, parameters)."""
        found = {}
        for url, endpoint in self._get_rules():
            is_json = endpoint.routing["type"] == "jsonrpc"
            if is_json and url.startswith(PREFIXES) and "<" not in url:
                signature = inspect.signature(endpoint.func)
                parameters = signature.parameters.values()
                found[url] = [one for one in parameters if one.name != "self"]
        return found

    def _fill(self, parameters, ticket, message):
        """Return the arguments of a route, None when it needs what we do not know."""
        known = {
            "thread_model": "helpdesk.ticket",
            "res_model": "helpdesk.ticket",
            "model": "helpdesk.ticket",
            "thread_id": ticket.id,
            "res_id": ticket.id,
            "message_id": message.id,
            "parent_message_id": message.id,
            "attachment_id": message.attachment_ids.id,
            "attachment_ids": message.attachment_ids.ids,
            "partner_ids": self.anna.ids,
            "body": "Let me in",
            "post_data": {"body": "Let me in", "partner_ids": self.anna.ids},
            "update_data": {"body": "Let me in"},
            "content": "👍",
            "action": "add",
            "search_term": "board",
            "request_list": ["activities", "attachments", "followers", "scheduled"],
            "context": {},
        }
        arguments = {}
        for parameter in parameters:
            if parameter.name in known:
                arguments[parameter.name] = known[parameter.name]
            elif parameter.default is parameter.empty and parameter.kind in (
                parameter.POSITIONAL_OR_KEYWORD,
                parameter.KEYWORD_ONLY,
            ):
                return None
        return arguments

    def _get_state(self):
        """Return what an intruder could have changed."""
        self.env.invalidate_all()
        return {
            "messages": (self.mine + self.theirs).message_ids.ids,
            "bodies": self.messages.mapped("body"),
            "reactions": self.messages.reaction_ids.ids,
            "followers": self.theirs.message_partner_ids.ids,
            "files": self.files.exists().ids,
            "name": self.theirs.name,
            "starred": self.messages.starred_partner_ids.ids,
        }

    @mute_logger(*QUIET)
    def test_every_route_of_messages(self):
        """rel-A1, rel-A5, rel-B1: with the ids of another's ticket, its message and
        file, and of a note on the own ticket."""
        before = self._get_state()
        self.authenticate(self.portal.login, self.portal.login)
        tried = 0
        for url, parameters in self._get_routes().items():
            for ticket, message in zip(
                (self.theirs, self.mine), self.messages, strict=True
            ):
                arguments = self._fill(parameters, ticket, message)
                names = {"thread_id", "res_id", "message_id", "attachment_id"}
                if arguments is None or not names & arguments.keys():
                    continue
                if ticket == self.mine and "message_id" not in arguments:
                    continue
                tried += 1
                for spelled in (int, float, " {} ".format):
                    if "message_id" in arguments:
                        arguments["message_id"] = spelled(message.id)
                    elif spelled is not int:
                        continue
                    with self.subTest(url=url, ticket=ticket.name, spelled=spelled):
                        answer = self.url_open(url, json={"params": arguments})
                        self.assertNotIn(SECRET, answer.text)
                        self.assertEqual(self._get_state(), before)
        self.assertGreater(tried, 16)

    @mute_logger(*QUIET)
    def test_who_is_told_of_hidden_messages(self):
        """rel-B1, T15: nobody is proposed of a message that one may not read."""
        bernd = self.env["res.partner"].create(
            {"name": "Bernd", "email": "bernd@other.example"}
        )
        clerk = self._create_user("clerk", "base.group_user")
        private = self.mine._post_private_message(
            "Psst", bernd, self.env["ir.attachment"]
        )
        note = self.messages - self.theirs.message_ids
        note.sudo().partner_ids = bernd
        self.env.flush_all()
        url = "/mail/thread/recipients"
        for user in (self.portal, clerk, self.agent):
            self.authenticate(user.login, user.login)
            for message in (private, note):
                for spelled in (int, float, " {} ".format):
                    params = {
                        "thread_model": "helpdesk.ticket",
                        "thread_id": self.mine.id,
                        "message_id": spelled(message.id),
                    }
                    answer = self.url_open(url, json={"params": params})
                    is_told = "bernd@other.example" in answer.text
                    with self.subTest(user=user.login, spelled=spelled):
                        self.assertEqual(is_told, user == self.agent and spelled is int)

    @mute_logger(*QUIET)
    def test_recipients_of_hidden_tickets(self):
        """Not found, as for tickets that do not exist: no traceback in the log."""
        clerk = self._create_user("clerk", "base.group_user")
        for user in (self.portal, clerk):
            self.authenticate(user.login, user.login)
            for url in ("recipients", "recipients/get_suggested_recipients"):
                for thread_id in (self.theirs.id, 999_999_999, 10**30, "x"):
                    params = {
                        "thread_model": "helpdesk.ticket",
                        "thread_id": thread_id,
                    }
                    answer = self.url_open(
                        f"/mail/thread/{url}", json={"params": params}
                    ).json()
                    with self.subTest(user=user.login, url=url, thread_id=thread_id):
                        self.assertEqual(
                            answer["error"]["data"]["name"],
                            "werkzeug.exceptions.NotFound",
                        )

    @mute_logger(*QUIET)
    def test_files_and_calls(self):
        """rel-A5, rel-A6: files by their ids, with a wrong token, and API calls."""
        self.authenticate(self.portal.login, self.portal.login)
        before = self._get_state()
        for file in self.files:
            for url in (
                f"/web/content/{file.id}",
                f"/web/content/{file.id}?access_token=x",
                f"/web/image/{file.id}",
                f"/web/content/ir.attachment/{file.id}/raw",
                f"/mail/attachment/zip?file_ids={file.id}&zip_name=x",
            ):
                with self.subTest(url=url):
                    self.assertNotIn(SECRET, self.url_open(url).text)
        for method, arguments in (
            ("message_post", {"body": "x"}),
            ("message_subscribe", {"partner_ids": self.anna.ids}),
            ("message_notify", {"body": "x", "partner_ids": self.anna.ids}),
            ("get_portal_url", {}),
        ):
            params = {
                "model": "helpdesk.ticket",
                "method": method,
                "args": [self.theirs.ids],
                "kwargs": arguments,
            }
            answer = self.url_open(
                f"/web/dataset/call_kw/helpdesk.ticket/{method}",
                json={"params": params},
            )
            with self.subTest(method=method):
                self.assertNotIn("access_token", answer.text)
                self.assertNotIn(SECRET, answer.text)
        self.assertEqual(self._get_state(), before)

    @mute_logger(*QUIET)
    def test_answer_takes_text_and_files_only(self):
        """rel-A6: what else is sent with an answer changes nothing."""
        self.authenticate(self.portal.login, self.portal.login)
        spy = self.env["res.partner"].create({"name": "Spy", "email": "s@spy.example"})
        with self.mock_mail_gateway():
            self.url_open(
                "/mail/message/post",
                json={
                    "params": {
                        "thread_model": "helpdesk.ticket",
                        "thread_id": self.mine.id,
                        "post_data": {
                            "body": "An answer",
                            "author_id": self.manager.partner_id.id,
                            "email_from": "boss@helpdesk.example",
                            "message_type": "notification",
                            "partner_ids": spy.ids,
                            "partner_emails": ["x@spy.example"],
                            "subtype_xmlid": "mail.mt_note",
                        },
                    }
                },
            )
        self.env.invalidate_all()
        answer = self.mine.message_ids - self.messages
        answer = answer.filtered(lambda message: "An answer" in message.body)
        self.assertEqual(len(answer), 1)
        self.assertEqual(answer.author_id, self.anna)
        self.assertEqual(answer.message_type, "comment")
        self.assertFalse(answer._is_helpdesk_internal())
        self.assertNotIn(spy, self.mine.message_partner_ids)
        self.assertFalse(
            [mail for mail in self._mails if "spy" in ",".join(mail["email_to"])]
        )

    def _post(self, body, route="/mail/message/post", **params):
        """Post or change a message as the customer; return the answer of the server."""
        params = params or {
            "thread_model": "helpdesk.ticket",
            "thread_id": self.mine.id,
            "post_data": {"body": body},
        }
        with self.mock_mail_gateway():
            answer = self.url_open(route, json={"params": params}).json()
        self.env.invalidate_all()
        return answer

    def test_texts_reach_no_further_than_their_words(self):
        """rel-C2: a post neither covers an agent's screen nor loads from elsewhere."""
        self.authenticate(self.portal.login, self.portal.login)
        hostile = (
            '<div class="position-fixed top-0 start-0 vw-100 vh-100 o_dialog" '
            'id="wrap" style="position:fixed;z-index:99;font-weight:bold">'
            '<p>The <b>words</b></p><a class="stretched-link" href="https://h.example">'
            'log in</a><a href="/web/session/logout">out</a></div>'
            '<img src="https://h.example/pixel.png" srcset="https://h.example/2.png">'
            '<video poster="https://h.example/p.png"><source src="//h.example/v">'
            "</video>"
            '<table background="//h.example/b.png"><tr><td>cell</td></tr></table>'
        )
        self._post(hostile)
        answer = (self.mine.message_ids - self.messages).filtered("body")
        self._post(
            "",
            "/mail/message/update_content",
            message_id=answer.id,
            update_data={"body": f"again {hostile}", "attachment_ids": []},
        )
        self.assertIn("again", answer.body)
        for wanted in ("<b>words</b>", "https://h.example", "font-weight", "cell"):
            self.assertIn(wanted, answer.body)
        for unwanted in (
            'class="position',
            "stretched-link",
            "o_dialog",
            " id=",
            "position:",
            "z-index",
            "pixel",
            "srcset",
            "poster",
            "background",
            "logout",
        ):
            self.assertNotIn(unwanted, answer.body)

    def test_absurd_texts_are_refused_in_words(self):
        """rel-C2: before any parser looks at them."""
        self.authenticate(self.portal.login, self.portal.login)
        attributes = " ".join(f'a{i}="x"' for i in range(50_000))
        before = self.mine.message_ids
        for text in (f"<p {attributes}>x</p>", "<b>" * 20_000, "x" * 500_000):
            with mute_logger("odoo.http"):
                answer = self._post(text)
            self.assertIn("too long", answer["error"]["data"]["message"])
        self.assertEqual(self.mine.message_ids, before)
        self._post("<div>" * 5_000 + "deep")
        self.assertIn("deep", (self.mine.message_ids - before).body)

    def test_only_named_parameters_are_read(self):
        """Nonsense in an address is no error, and no word of it is on the page."""
        self.authenticate(self.portal.login, self.portal.login)
        pages = (self.mine.access_url, "/my/tickets/new", "/my/ticket-requests")
        names = ("self", "access_token", "ticket", "values", "error", "warning", "pid")
        for path in (*pages, "/my/tickets"):
            for name in (*names, "success", "hash", "done", "post"):
                page = self.url_open(f"{path}?{name}=evilword")
                with self.subTest(path=path, name=name):
                    self.assertEqual(page.status_code, 200)
                    main = html.fromstring(page.content).xpath("//main")[0]
                    self.assertNotIn("evilword", main.text_content())
                    self.assertFalse(main.xpath(".//*[@*='evilword']"))

    def test_nonsense_gets_a_page(self):
        """rel-C11: also where Odoo's own pages, its search for files and its router
        have nothing to say but an error."""
        ticket = self.mine.access_url
        for user in (self.portal.login, None):
            self.authenticate(user, user)
            for path, status in (
                ("/my?self=1", 200),
                ("/my/account?self=1", 200),
                ("/my/tickets/1%00", 404),
                ("/my/tickets/page/%00", 404),
                ("/helpdesk/%00", 404),
                (f"{ticket}/close", 200),
                (f"{ticket}/reopen", 200),
                (f"{ticket}/rate", 200),
                ("/my/ticket-requests/new", 200),
                ("/my/ticket-requests/1/approve", 200),
            ):
                page = self.url_open(path)
                with self.subTest(path=path, user=user):
                    self.assertEqual(page.status_code, status)
                    self.assertTrue(html.fromstring(page.content).xpath("//main"))
        self.assertTrue(self.mine.is_open)

    def test_uploads_have_a_sum(self):
        """rel-H4: as many kilobytes as the limit says, each begun one counts."""
        self.env["ir.config_parameter"].set_param(
            "helpdesk_ticket.limit_upload_size", "3"
        )
        tickets = self.env(user=self.portal, context={})["helpdesk.ticket"]
        tickets._upload_from_portal("a.txt", b"x" * 1025)
        with self.assertRaisesRegex(UserError, "too many files"):
            tickets._upload_from_portal("b.txt", b"x" * 1025)
        tickets._upload_from_portal("c.txt", b"x")

    def test_files_of_messages_count_too(self):
        """rel-H4: for the same limits; none is at the ticket before its message is."""
        self.env["ir.config_parameter"].set_param(
            "helpdesk_ticket.limit_upload_size", "3"
        )
        self.authenticate(self.portal.login, self.portal.login)
        post = {
            "csrf_token": Request.csrf_token(self),
            "thread_model": "helpdesk.ticket",
            "thread_id": str(self.mine.id),
        }
        for name, size, is_taken in (
            ("one.txt", 2048, True),
            ("two.txt", 2048, False),
            ("../three.txt", 1024, True),
        ):
            answer = self.url_open(
                "/mail/attachment/upload",
                data=post,
                files={"ufile": (name, b"x" * size)},
            ).json()
            with self.subTest(name=name):
                self.assertEqual("data" in answer, is_taken)
                self.assertEqual("too many files" in str(answer), not is_taken)
        domain = [("create_uid", "=", self.portal.id), ("res_field", "=", False)]
        files = self.env["ir.attachment"].search(domain, order="id")
        self.assertEqual(files.mapped("name"), ["one.txt", "three.txt"])
        self.assertEqual(files.mapped("res_id"), [0, 0])
        for odd in ({"thread_id": "x"}, {"thread_model": "x"}, {"ufile": "x"}):
            with self.subTest(odd=odd):
                answer = self.url_open("/mail/attachment/upload", data={**post, **odd})
                self.assertEqual(answer.status_code, 400)

    def test_pending_files_have_a_ceiling(self):
        """rel-H4: by the form of a new ticket and by messages together."""
        tickets = self.env(user=self.portal, context={})["helpdesk.ticket"]
        for number in range(MAX_PENDING):
            tickets._upload_from_portal(f"{number}.txt", b"x")
        with self.assertRaisesRegex(UserError, "too many files"):
            tickets._upload_from_portal("more.txt", b"x")
        with self.assertRaisesRegex(UserError, "too many files"):
            tickets._limit_uploads(b"x")

    @mute_logger(*QUIET)
    def test_limits(self):
        """rel-H4: who opens or answers without end is asked to wait; others are not."""
        parameters = self.env["ir.config_parameter"]
        for scope in ("portal_ticket", "portal_answer"):
            parameters.set_param(f"helpdesk_ticket.limit_{scope}", "2")
        tickets = self.env(user=self.portal, context={})["helpdesk.ticket"]
        post = {"name": "Again", "description": "Still"}
        none = self.env["ir.attachment"]
        for _time in range(2):
            tickets._open_from_portal(post, none)
        with self.assertRaisesRegex(UserError, "Wait a few minutes"):
            tickets._open_from_portal(post, none)
        colleague = self._create_portal_user(self.bernd)
        tickets.with_user(colleague)._open_from_portal(post, none)

        self.authenticate(self.portal.login, self.portal.login)
        params = {
            "thread_model": "helpdesk.ticket",
            "thread_id": self.mine.id,
            "post_data": {"body": "Hurry up"},
        }
        for _time in range(4):
            answer = self.url_open("/mail/message/post", json={"params": params})
        self.assertIn("Wait a few minutes", answer.text)
        self.assertIn("odoo.exceptions.UserError", answer.text)
        page = self.url_open(
            "/my/tickets/new", data={**post, "csrf_token": Request.csrf_token(self)}
        )
        self.assertIn("Wait a few minutes", page.text)
        self.assertIn("Still", page.text)
        for refused in (answer, page):
            self.assertEqual(refused.status_code, 429)
            self.assertEqual(refused.headers["Retry-After"], "60")
        said = self.mine.message_ids.filtered(lambda message: "Hurry" in message.body)
        self.assertEqual(len(said), 2)

    def test_what_no_browser_sends(self):
        """It gets an answer, and leaves no error in the log."""
        self.mine._move("closed")
        self.authenticate(self.portal.login, self.portal.login)
        token = {"csrf_token": Request.csrf_token(self)}
        upload = "/my/tickets/upload"
        for path, fields, files, status in (
            (f"{self.mine.access_url}/rate", {}, {"rate": ("x.txt", b"x")}, 200),
            (upload, {}, None, 400),
            (upload, {"ufile": "x"}, None, 400),
        ):
            with self.subTest(path=path, fields=fields):
                answer = self.url_open(path, data={**token, **fields}, files=files)
                self.assertEqual(answer.status_code, status)

    def test_path_in_a_file_name(self):
        """rel-C4: no folder, and no control character, is part of it."""
        tickets = self.env(user=self.portal, context={})["helpdesk.ticket"]
        for name in ("../../x", "C:\\temp\\x", "/etc/x", "..\\x\r\n", "x"):
            file = tickets._upload_from_portal(name, b"x")
            with self.subTest(name=name):
                self.assertEqual(file.name, "x")

    # -- what the page shows ----------------------------------------------------

    def test_hostile_content_on_the_page(self):
        """rel-C2, rel-C3: nothing that acts is on the page, and markup is text."""
        ticket = self._create_ticket(
            name=f"Broken {MARKUP}", description=HOSTILE, solution=HOSTILE
        )
        ticket.message_post(body=Markup(HOSTILE), subtype_xmlid="mail.mt_comment")
        self.authenticate(self.portal.login, self.portal.login)
        pages = [f"/my/tickets/{ticket.id}", "/my/tickets?search=Broken"]
        for url in [*pages, ticket._get_link_path(self.anna.id, self.anna.email)]:
            if "link" in url:
                self.authenticate(None, None)
            page = html.fromstring(self.url_open(url).content)
            with self.subTest(url=url):
                text = page.xpath("//*[@id='wrapwrap']//main")[0].text_content()
                self.assertIn("Broken <img", text)
                main = page.xpath("//*[@id='wrapwrap']//main")[0]
                self.assertFalse(main.xpath(".//*[@onclick or @onload or @onerror]"))
                self.assertFalse(main.xpath(".//iframe | .//meta | .//base"))
                found = main.xpath(".//svg/* | .//style | .//script[not(@src)]")
                self.assertFalse([html.tostring(node) for node in found])
                self.assertFalse(main.xpath(".//*[contains(@style, 'position')]"))
                for link in main.xpath(".//a/@href"):
                    self.assertRegex(link, r"^(/|#|\?|https?:|mailto:|tel:|$)")
                for form in main.xpath(".//form"):
                    self.assertNotEqual(form.get("action"), "x")

    def test_no_page_leads_elsewhere(self):
        """Open redirect: whatever is asked for, our pages lead to our pages."""
        evil = "https://evil.example/"
        names = ("redirect", "redirect_url", "next", "url", "return_url", "callback")
        self.authenticate(self.portal.login, self.portal.login)
        urls = {
            re.sub(r"<int:\w+>", str(self.theirs.id), re.sub(r"<string:\w+>", "1", url))
            for url, endpoint in self._get_rules()
            if "helpdesk" in endpoint.func.__module__
        }
        self.assertGreater(len(urls), 8)
        for url in urls:
            answer = self.url_open(
                url, params=dict.fromkeys(names, evil), allow_redirects=False
            )
            with self.subTest(url=url):
                self.assertNotIn("evil", answer.headers.get("Location", ""))

    def test_messages_of_the_page(self):
        """rel-B1: the conversation that the page fetches holds no note."""
        self._answer(self.mine)
        self.authenticate(self.portal.login, self.portal.login)
        page = self.url_open(f"/my/tickets/{self.mine.id}").text
        fetched = self.url_open(
            "/mail/chatter_fetch",
            json={
                "params": {
                    "thread_model": "helpdesk.ticket",
                    "thread_id": self.mine.id,
                    "fetch_params": {"limit": 30},
                }
            },
        )
        self.assertIn("switch it off", json.dumps(fetched.json()))
        self.assertNotIn(SECRET, page + fetched.text)
