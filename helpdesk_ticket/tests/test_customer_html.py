import json
import re
from unittest.mock import patch

import nh3
from lxml import html
from markupsafe import Markup

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase
from odoo.addons.mail.tools.discuss import Store

from .. import customer_html
from .common import SENDER_ADDRESS, TicketCommon

# It covers the screen, leads elsewhere, and tells its writer who looks.
HOSTILE = (
    '<div class="position-fixed top-0 start-0 vw-100 vh-100 bg-white" id="wrap" '
    'style="position:fixed;font-weight:url(//h.example/f);text-align:center">'
    '<a class="stretched-link" href="https://h.example/login">Your session ended</a>'
    '<img src="https://h.example/p.png" srcset="//h.example/2.png 2x"/>'
    '<video poster="//h.example/v.png" src="file:///etc/passwd">Words</video>'
    '<table background="//h.example/b.png"><tr><td>cell</td></tr></table>'
    '<link rel="stylesheet" href="//h.example/s.css"/>'
    "<style>@import '//h.example/i.css'; p {background: url(//h.example/u)}</style>"
    "</div>"
)
REACHING = re.compile(
    r"position-fixed|stretched|\bsrcset|\bposter|\bbackground|url\(|file:|@import|"
    r"<link|<style|<video|\bid=|h\.example/[a-z0-9]\.",
)
MANY = " ".join(f'a{number}="x"' for number in range(30_000))


class Parsed(list):
    """Stands in for the parser, and keeps what it is given."""

    def clean(self, text, **options):
        self.append(text)
        return nh3.clean(text, **options)


@tagged("post_install", "-at_install")
class TestCustomerHtml(TicketCommon, PatientHttpCase):
    """rel-C2: what others wrote reaches no further than its words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._create_portal_user(cls.anna)
        cls.ticket = cls._create_ticket(description=Markup(HOSTILE), solution="Done")
        cls.picture = cls.env["ir.attachment"].create(
            {"name": "x.png", "res_model": "helpdesk.ticket", "res_id": cls.ticket.id}
        )

    def _keep_old(self, author, message_type="comment", body=HOSTILE):
        """Keep a message as one was kept before texts were cleaned."""
        message = self.ticket.message_post(
            body="x", author_id=author.id, subtype_xmlid="mail.mt_comment"
        )
        message.message_type = message_type
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_message SET body = %s WHERE id = %s", (body, message.id)
        )
        self.env.invalidate_all()
        return message

    # -- before any parser --------------------------------------------------------

    def test_nothing_absurd_reaches_a_parser(self):
        """By counts: a tag of few attributes, elements that end, and not many."""
        tails = ("", ">", "x</p>")
        heads = ("<p ", "</p ", "<p a='>' ", '<!-- <p a=" --><p ', "<x><p ", "<p/")
        for head in heads:
            for tail in tails:
                parsed = Parsed()
                with self.subTest(head=head, tail=tail):
                    with patch.object(customer_html, "nh3", parsed):
                        with self.assertRaises(customer_html.TooLongError):
                            customer_html.clean(f"{head}{MANY}{tail}")
                        customer_html.show(f"{head}{MANY}{tail}")
                    self.assertFalse(parsed)
        opened = "".join(f"<b x{number}>" for number in range(4_000))
        for text in ("<div>" * 5_000, f"{opened}{'<p>y' * 4_000}", "<a><i>" * 4_000):
            parsed = Parsed()
            with patch.object(customer_html, "nh3", parsed):
                customer_html.clean(f"{text}deep")
            self.assertEqual(len(parsed), 1)
            self.assertNotIn("<", parsed[0])
            self.assertIn("deep", parsed[0])

    def test_declarations_are_read_once(self):
        """Thousands of them that nobody closes took seconds: none is read beyond the
        next one."""
        many = "<!" * 5_000
        self.assertEqual(
            customer_html.UNSEEN.search(f"{many}x>").start(), len(many) - 2
        )
        self.assertIn("&lt;!&lt;!", customer_html.clean(many))
        self.assertEqual(customer_html.clean("a<!x y>b<?z?>c"), "abc")

    def test_words_stay(self):
        for text, wanted in (
            ("<p>a &amp; b < c</p>", "<p>a &amp; b &lt; c</p>"),
            ("wo<font color=red>rd</font>", "word"),
            ("<o:p>Hi</o:p><?xml:namespace x ?><!-- x -->", "Hi"),
            ("<<x>b a>k", "&lt;b a&gt;k"),
            ("<textarea><p>a</textarea>", "<p>a</p>"),
            ("a\x00b\ud800c", "abc"),
            ("<p style='font-weight: bold; color: red'>x", "font-weight:bold"),
            ("<p>x<span class='o-mail-Message-edited'></span>", customer_html.EDITED),
            ("<div data-o-mail-quote='1'>x", "data-o-mail-quote"),
            ('<img src="/web/image/7?access_token=a-b">', "/web/image/7?access"),
        ):
            with self.subTest(text=text):
                self.assertIn(wanted, customer_html.clean(text))
        words = customer_html.show("<p>words &amp; more</p>" * 20_000)
        self.assertIn("words &amp; more", words)
        self.assertNotIn("<", words)
        picture = f'<img src="data:image/png;base64,{"iVBO" * 200_000}">'
        self.assertEqual(customer_html.show(picture), picture)

    # -- where texts are shown ----------------------------------------------------

    def test_stored_posts_in_the_chatter(self):
        """An old post of a customer does not cover the agent's screen."""
        for kind in ("comment", "email"):
            message = self._keep_old(self.anna, kind).with_user(self.agent)
            found = Store().add(message).get_result()["mail.message"][0]["body"]
            with self.subTest(kind):
                self.assertEqual(found[0], "markup")
                self.assertIn("Your session ended", found[1])
                self.assertNotRegex(found[1], REACHING)
        own = '<p class="o_our">Ours</p>'
        message = self._keep_old(self.agent.partner_id, body=own)
        found = Store().add(message.with_user(self.agent)).get_result()
        self.assertIn("o_our", found["mail.message"][0]["body"][1])

    def test_mails_without_the_collector(self):
        """Odoo's own gateway leaves classes in what becomes the content."""
        raw = (
            f"From: New <new@stranger.example>\r\nTo: {SENDER_ADDRESS}\r\n"
            "Subject: New\r\nMessage-ID: <new@stranger.example>\r\n"
            f"Content-Type: text/html; charset=utf-8\r\n\r\n{HOSTILE}"
        )
        threads = self.env["mail.thread"].with_company(self.company)
        ticket_id = threads.message_process("helpdesk.ticket", raw.encode())
        ticket = self.env["helpdesk.ticket"].browse(ticket_id)
        self.assertIn("Your session ended", ticket.description)
        self.assertNotRegex(ticket.description, "position-fixed|stretched")

    def test_customers_pages(self):
        """Whoever wrote it, on the portal's and on the link's page."""
        self._keep_old(self.agent.partner_id)
        self._keep_old(self.bernd, "email")
        self.ticket._move("closed")
        self.ticket.solution = Markup(HOSTILE)
        self.authenticate(self.portal.login, self.portal.login)
        fetched = self.url_open(
            "/mail/chatter_fetch",
            json={
                "params": {
                    "thread_model": "helpdesk.ticket",
                    "thread_id": self.ticket.id,
                }
            },
        ).json()["result"]["data"]["mail.message"]
        texts = [message["body"][1] for message in fetched]
        page = self.url_open(self.ticket.access_url).content
        link = self.ticket._get_link_path(self.anna.id, self.anna.email)
        self.authenticate(None, None)
        for content in (page, self.url_open(link).content):
            main = html.fromstring(content).xpath("//main")[0]
            parts = main.xpath(".//*[starts-with(@aria-labelledby, 'helpdesk_')]")
            texts += [
                html.tostring(node, encoding="unicode")
                for part in parts
                for node in part.xpath("./div | ./article")
                if "session ended" in node.text_content()
            ]
        self.assertGreaterEqual(len(texts), 7)
        for text in texts:
            self.assertNotRegex(text.replace(' id="helpdesk', ""), REACHING)

    def test_documents_load_nothing(self):
        """What is handed to the printer names no other place, in any layout."""
        self.ticket.solution = Markup(HOSTILE)
        self._keep_old(self.anna)
        for layout in ("_classic", "_compact", "_history"):
            report = self.env["ir.actions.report"].with_user(self.agent)
            text, _kind = report._render_qweb_html(
                f"helpdesk_ticket.report_ticket{layout}",
                self.ticket.ids,
                data={"report_type": "pdf"},
            )
            text = text.decode()
            sheet = text[text.index("o_helpdesk_sheet") :]
            with self.subTest(layout):
                self.assertIn("Your session ended", sheet)
                self.assertNotRegex(sheet, REACHING)
                for source in re.findall(r"\bsrc=.([^\"']*)", sheet):
                    self.assertTrue(source.startswith("data:"))

    # -- every way in -------------------------------------------------------------

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule", "odoo.addons.mail")
    def test_calls_keep_nothing_else(self):
        """By call_kw and JSON-2: refused, or cleaned as in the portal."""
        old = self._keep_old(self.anna, body="<p>Mine</p>")
        before = self.ticket.message_ids
        values = {
            "model": "helpdesk.ticket",
            "res_id": self.ticket.id,
            "body": HOSTILE,
            "message_type": "comment",
            "author_id": self.anna.id,
        }
        token = self.env["res.users.apikeys"].with_user(self.portal).sudo()
        token = token._generate(None, "test", None)
        self.authenticate(self.portal.login, self.portal.login)
        for model, method, ids, arguments in (
            ("mail.message", "create", [], {"vals_list": [values]}),
            ("mail.message", "write", old.ids, {"vals": {"body": HOSTILE}}),
            ("helpdesk.ticket", "message_post", self.ticket.ids, {"body": HOSTILE}),
            ("helpdesk.ticket", "write", self.ticket.ids, {"vals": {"name": HOSTILE}}),
            ("helpdesk.ticket", "create", [], {"vals_list": [{"name": HOSTILE}]}),
        ):
            params = {
                "model": model,
                "method": method,
                "args": [ids] if ids else [],
                "kwargs": arguments,
            }
            self.url_open(
                f"/web/dataset/call_kw/{model}/{method}", json={"params": params}
            )
            self.url_open(
                f"/json/2/{model}/{method}",
                headers={"Authorization": f"Bearer {token}"},
                json={**arguments, **({"ids": ids} if ids else {})},
            )
        self.env.invalidate_all()
        texts = [self.ticket.name, *self.ticket.message_ids.mapped("body")]
        self.assertNotRegex(json.dumps(texts), REACHING)
        self.assertLessEqual(len(self.ticket.message_ids - before), 2)
