import base64
from email.message import EmailMessage

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from ..mail_content import read_attachment, read_content
from ..mail_text import readable_text
from .common import CollectorCommon, plain_mail, sample

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
DANGEROUS = """
<html><head><base href="https://evil.example/"><meta http-equiv="refresh" content="0">
<style>@import url(https://evil.example/a.css); body {display: none}</style></head>
<body onload="alert(1)"><script>alert(2)</script>
<p>Good day</p><a href="java&#115;cript:alert(3)">click</a>
<a href="https://good.example/">good</a>
<img src="https://evil.example/pixel.png"><img src="cid:logo@x">
<iframe src="https://evil.example/"></iframe><form action="/x"><input name="a"></form>
<svg onload="alert(4)"></svg></body></html>
"""


def html_mail(text=DANGEROUS):
    """Return a mail with html, an inline picture, and files with odd names."""
    message = EmailMessage()
    message["From"] = "Anna <anna@huber.example>"
    message["Subject"] = "Html"
    message["Message-ID"] = "<html@huber.example>"
    message.set_content("plain text")
    message.add_alternative(text, subtype="html")
    html = message.get_payload()[-1]
    html.add_related(PIXEL, "image", "png", cid="<logo@x>", filename="logo.png")
    message.add_attachment(
        b"<script>alert(5)</script>", "text", "html", filename="../../<b>page</b>.html"
    )
    return message.as_bytes()


@tagged("post_install", "-at_install")
class TestMailContent(CollectorCommon):
    """rel-C2, rel-C4: what people see of a mail."""

    def test_rel_C2_nothing_acts(self):
        content = read_content(html_mail())
        body = str(content.body)
        self.assertIn("Good day", body)
        self.assertIn('href="https://good.example/"', body)
        self.assertIn("noopener", body)
        for bad in (
            "<script",
            "alert(",
            "javascript:",
            "onload",
            "<iframe",
            "<form",
            "<base",
            "http-equiv",
            "@import",
            "evil.example",
        ):
            with self.subTest(bad=bad):
                self.assertNotIn(bad, body.lower())

    def test_rel_C2_pictures(self):
        """The mail's own pictures are shown, those of other servers are not asked."""
        content = read_content(html_mail())
        self.assertEqual(content.blocked_images, 1)
        self.assertIn("data:image/png;base64,", content.body)

    def test_rel_C4_names_of_files(self):
        files = read_content(html_mail()).attachments
        self.assertEqual([f["name"] for f in files], ["logo.png", "b>.html"])
        name, data = read_attachment(html_mail(), files[1]["index"])
        self.assertEqual(name, "b>.html")
        self.assertEqual(data.strip(), b"<script>alert(5)</script>")
        self.assertIsNone(read_attachment(html_mail(), 99))

    def test_E05_plain_text_when_there_is_no_html(self):
        content = read_content(sample("german_printer.eml"))
        self.assertIn("Können Sie bitte jemanden schicken?", content.body)
        names = [file["name"] for file in content.attachments]
        self.assertIn("Druckerprotokoll März.log", names)
        odd = read_content(plain_mail(body="<b>not bold</b>"))
        self.assertIn("&lt;b&gt;not bold", odd.body)

    def test_E05_text_for_a_request(self):
        text, names = readable_text(sample("german_printer.eml"))
        self.assertIn("Können Sie bitte jemanden schicken?", text)
        self.assertIn("Druckerprotokoll März.log", names)
        html = b"Content-Type: text/html\r\n\r\n<style>p {}</style><p>One</p><p>Two</p>"
        self.assertEqual(readable_text(html)[0].split(), ["One", "Two"])

    def test_E09_anything_can_be_looked_at(self):
        """Whatever a mail is, looking at it gives a page."""
        nested = b"".join(
            b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n)
            for n in range(1500)
        )
        for raw, shown in (
            (b"", "></pre>"),
            (b"\x00\xff\xfe", "\ufffd\ufffd</pre>"),
            (sample("broken_headers.eml"), ">Text</pre>"),
            (sample("bounce.eml"), "The mail could not be delivered."),
            (nested, "boundary=1499"),
            (b"Content-Type: text/html; charset=nonsense\r\n\r\n<p>x", "<p>x</p>"),
            (b"Content-Type: text/html\r\n\r\n" + b"</o:" * 40000, "&lt;/o:"),
            (b"Content-Type: text/html\r\n\r\n" + b"<!--" * 50000, "&lt;!--"),
            (b"Content-Type: multipart/mixed\r\n\r\nno boundary", "></pre>"),
        ):
            with self.subTest(raw=raw[:60]):
                self.assertIn(shown, read_content(raw).body)

    def test_E05_why_it_became_that(self):
        """Every mail answers with its rules and its ticket, and text stays text."""
        rows = self._receive(
            plain_mail("Please help"),
            plain_mail("<script>x</script>", auto_submitted="auto-replied"),
        )
        done, ignored = rows
        story = str(done.with_user(self.manager).explanation)
        self.assertIn("Support mailbox", story)
        self.assertIn(f"/odoo/helpdesk-email-rules/{self.rule.id}", story)
        self.assertIn(f"/odoo/tickets/{done.ticket_id.id}", story)
        self.assertIn("The rule “Create a ticket” created the ticket.", story)
        self.assertIn("Automatic mail", str(ignored.explanation))
        self.assertNotIn("<script>", str(ignored.explanation))

    def test_E05_the_reason_names_the_rule_in_the_reader_s_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.rule.with_context(lang="de_DE").name = "Ticket anlegen"
        mail = self._receive(plain_mail("Please help"))
        self.assertIn("“Create a ticket”", mail.reason)
        self.assertIn("Ticket anlegen", mail.with_context(lang="de_DE").reason)
        self.rule.unlink()
        self.assertIn("Create a ticket", mail.with_context(lang="de_DE").reason)


HTML_MAIL = html_mail()


@tagged("post_install", "-at_install")
class TestInboxPages(CollectorCommon, PatientHttpCase):
    """rel-A8, rel-C4, rel-I3: the pages of a mail, and who used them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.row = cls.Inbox._store(
            cls.Inbox._prepare_values([(HTML_MAIL, False)], company=cls.company)
        )
        cls.base = f"/helpdesk/inbox/{cls.row.id}"

    def test_rel_I3_who_looked_at_it(self):
        self.authenticate(self.manager.login, self.manager.login)
        page = self.url_open(f"{self.base}/content")
        self.assertIn("Good day", page.text)
        self.url_open(f"{self.base}/content")
        self.url_open(f"{self.base}/original")
        index = self.row.attachments[1]["index"]
        self.url_open(f"{self.base}/attachment/{index}")
        log = self.row.access_ids.sorted("id")
        self.assertEqual(log.mapped("kind"), ["content", "original", "attachment"])
        self.assertEqual(log.user_id, self.manager)
        with self.assertRaises(AccessError):
            log.with_user(self.manager).unlink()

    def test_rel_C2_the_page_may_do_nothing(self):
        self.authenticate(self.manager.login, self.manager.login)
        headers = self.url_open(f"{self.base}/content").headers
        policy = headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("img-src data:;", policy)
        self.assertNotIn("script-src", policy)
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")

    def test_rel_C4_files_are_downloaded_never_shown(self):
        self.authenticate(self.manager.login, self.manager.login)
        index = self.row.attachments[1]["index"]
        for path in (f"attachment/{index}", "original"):
            headers = self.url_open(f"{self.base}/{path}").headers
            self.assertTrue(headers["Content-Disposition"].startswith("attachment"))
            self.assertEqual(headers["Content-Type"], "application/octet-stream")
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        original = self.url_open(f"{self.base}/original")
        self.assertEqual(original.content, HTML_MAIL)

    def test_rel_A8_not_for_others(self):
        """Agents, other companies and visitors: there is no such page."""
        stranger = self._create_user(
            "stranger", "helpdesk_contact.group_helpdesk_manager", self.other_company
        )
        for user in (self.agent, stranger):
            self.authenticate(user.login, user.login)
            for path in ("content", "original", "attachment/1"):
                with self.subTest(user=user.login, path=path):
                    answer = self.url_open(f"{self.base}/{path}")
                    self.assertEqual(answer.status_code, 404)
        self.authenticate(None, None)
        answer = self.url_open(f"{self.base}/original", allow_redirects=False)
        self.assertNotEqual(answer.status_code, 200)
        self.authenticate(self.manager.login, self.manager.login)
        self.assertEqual(
            self.url_open("/helpdesk/inbox/999999999/content").status_code, 404
        )
        self.assertFalse(self.row.access_ids)

    def test_rel_I3_no_way_around_the_pages(self):
        """The bytes themselves are read by nobody."""
        with self.assertRaises(AccessError):
            self.row.with_user(self.manager).read(["raw"])
        self.authenticate(self.manager.login, self.manager.login)
        url = f"/web/content/helpdesk.inbox.mail/{self.row.id}/raw"
        self.assertEqual(self.url_open(url).status_code, 404)
