import re

from lxml import html

from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.common_http import REQUEST, PatientHttpCase

from .common_link import LinkCommon
from .test_ticket_request import RequestCommon

CSRF = re.compile(r'csrf_token(?:" value=|: )"([^"]+)"')
# A file that came back with a form
KEPT = re.compile(
    r'type="checkbox"[^>]*name="attachment"[^>]*value="([^"]+)"', re.DOTALL
)


def text_of(response):
    """Return what a page says, without what differs between any two answers."""
    return " ".join(
        html.fromstring(response.text).xpath("//main")[0].text_content().split()
    )


class PageCommon(PatientHttpCase):
    """Forms of pages for people without an account."""

    def _post(self, page, path=None, files=None, **data):
        """Send a form that a page shows, as a browser does."""
        token = CSRF.search(self.url_open(page).text)[1]
        return self.url_open(
            path or page, data={"csrf_token": token, **data}, files=files
        )

    def _stored(self, *names):
        """Return the files of these names, of whatever they are."""
        return self.env["ir.attachment"].search(
            [("name", "in", names), ("res_field", "=", False)]
        )


@tagged("post_install", "-at_install")
class TestLinkPage(LinkCommon, PageCommon):
    """The page of a signed link (N05)."""

    def setUp(self):
        super().setUp()
        self.link = "/helpdesk/link/%s/%s/%s" % self._get_link()

    def test_page(self):
        self.ticket.with_user(self.agent).message_post(
            body="Only for us", subtype_xmlid="mail.mt_note", message_type="comment"
        )
        self.company.partner_id.tz = "Asia/Tokyo"
        said = self.ticket._get_document_messages()[:1]
        said.date = "2026-03-01 20:30:00"
        foreign = self.env["ir.attachment"].create(
            {
                "name": "secret.txt",
                "raw": b"Secret",
                "res_model": "helpdesk.ticket",
                "res_id": self._create_ticket(partner_id=self.bernd.id).id,
            }
        )
        page = self.url_open(self.link)
        self.assertEqual(page.status_code, 200, page.text[-3000:])
        self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
        self.assertIn("no-store", page.headers["Cache-Control"])
        self.assertIn("Please switch it off and on.", page.text)
        self.assertIn("5:30", page.text)  # in the company's time zone
        self.assertIn("<textarea", page.text)
        self.assertNotIn("Only for us", page.text)
        self.assertEqual(self.ticket.visit_ids.mapped("kind"), ["opened"])

        wrong = self._post(
            self.link, f"{self.link}/answer", files={"files": ("b.txt", b"B")}, text=" "
        )
        self.assertIn("Write your answer first", wrong.text)
        self.assertIn("choose your", wrong.text)
        self.assertFalse(self._stored("b.txt"))
        answer = self._post(
            self.link,
            f"{self.link}/answer",
            files={"files": ("../../x<b>.svg", b"<svg onload='alert(1)'/>")},
            text="It <i>works</i>",
            author_id=str(self.agent.partner_id.id),
        )
        self.assertIn("We have received your answer", answer.text)
        message = self.ticket.message_ids.filtered("attachment_ids")
        self.assertEqual(message.author_id, self.anna)
        shown = message.attachment_ids
        self.assertEqual(shown.name, "x<b>.svg")
        file = self.url_open(f"{self.link}/file/{shown.id}")
        self.assertTrue(file.headers["Content-Disposition"].startswith("attachment"))
        self.assertEqual(file.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(self.ticket.visit_ids[0].kind, "downloaded")

        # rel-A5: neither a file of another ticket here, nor this one elsewhere
        for path in (
            f"{self.link}/file/{foreign.id}",
            f"{self.link}/file/%00",
            f"/web/content/{shown.id}",
            f"/web/content/{shown.id}?access_token={self.link[-64:]}",
        ):
            with self.subTest(path=path):
                self.assertEqual(self.url_open(path).status_code, 404)
        count = len(self.ticket.message_ids)
        self.env["ir.config_parameter"].set_param(
            "helpdesk_ticket.limit_portal_answer", "1"
        )
        flood = self._post(self.link, f"{self.link}/answer", text="One <b>too</b> many")
        self.assertEqual(flood.status_code, 429)
        self.assertIn("One &lt;b&gt;too", flood.text)
        # without the token of the form nothing is posted
        self.opener.post(
            self.base_url() + f"{self.link}/answer",
            data={"text": "x"},
            timeout=REQUEST,
        )
        self.assertEqual(len(self.ticket.message_ids), count)

    def test_refused_answers_leave_no_file(self):
        """rel-H4: files count, and are kept with what was accepted only."""
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("helpdesk_ticket.limit_file_size", "3")
        files = [("files", (name, b"x" * 2000)) for name in ("one.txt", "two.txt")]
        large = self._post(self.link, f"{self.link}/answer", text="Large", files=files)
        self.assertEqual(large.status_code, 429)
        self.assertIn("Large", large.text)
        self.assertIn("choose your", large.text)
        parameters.set_param("helpdesk_ticket.limit_portal_answer", "1")
        for status, name in ((200, "three.txt"), (429, "four.txt")):
            answer = self._post(
                self.link,
                f"{self.link}/answer",
                text="Small",
                files={"files": (name, b"x")},
            )
            self.assertEqual(answer.status_code, status)
        said = self.ticket._get_document_messages().mapped("body")
        self.assertEqual([text for text in said if "Small" in text], ["<p>Small</p>"])
        self.assertFalse([text for text in said if "Large" in text])
        self.assertFalse(self._stored("one.txt", "two.txt", "four.txt"))
        self.assertTrue(self._stored("three.txt"))

    def test_answer_that_is_sent_twice(self):
        """A button that is pressed twice, or after going back, says it once; files
        and other words are said, too."""
        for text, files in (
            ("Twice", None),
            ("Twice", None),
            ("Twice", {"files": ("a.txt", b"A")}),
            ("Another", None),
        ):
            answer = self._post(
                self.link, f"{self.link}/answer", text=text, files=files
            )
            self.assertIn("We have received your answer", answer.text)
        said = self.ticket.message_ids.filtered(lambda m: m.author_id == self.anna)
        self.assertEqual(
            [str(message.body) for message in said.sorted("id")],
            ["<p>Twice</p>", "<p>Twice</p>", "<p>Another</p>"],
        )
        self.assertEqual(said.attachment_ids.mapped("name"), ["a.txt"])

    def test_wrong_links_look_alike_and_end_in_429(self):
        """rel-A2, rel-A4, rel-H4; what was written meanwhile is not lost."""
        self.env["ir.config_parameter"].set_param(
            "helpdesk_ticket.limit_link_wrong", "4"
        )
        good = self.link
        other = self._create_ticket(name="Other")
        revoked = self.link
        token = CSRF.search(self.url_open(revoked).text)[1]
        self.ticket.action_end_links()
        answer = {"csrf_token": token, "text": "Long <b>thoughts</b>"}
        good = "/helpdesk/link/%s/%s/%s" % self._get_link()
        pages = [
            self.url_open(path)
            for path in (
                revoked,
                good[:-1],
                good.replace(f"/{self.ticket.id}/", f"/{other.id}/", 1),
                "/helpdesk/link/999999999/x/y",
            )
        ]
        self.assertEqual({page.status_code for page in pages}, {404})
        self.assertEqual(len({text_of(page) for page in pages}), 1)
        self.assertEqual(pages[0].headers["Referrer-Policy"], "no-referrer")
        for path in (revoked, good):
            late = self.url_open(f"{path}/answer", data=answer)
            self.assertEqual(late.status_code, 429)
            self.assertIn("Long &lt;b&gt;thoughts", late.text)
        blocked = self.url_open(good)
        self.assertEqual(blocked.status_code, 429)
        self.assertNotIn(self.ticket.name, blocked.text)
        self.env["helpdesk.throttle"].search([]).unlink()
        self.assertEqual(self.url_open(good).status_code, 200)
        late = self.url_open(f"{revoked}/answer", data=answer)
        self.assertEqual(late.status_code, 404)
        self.assertIn("Long &lt;b&gt;thoughts", late.text)

    def test_link_of_what_is_over(self):
        """Who got it reads why it opens nothing, in the language of its mails; who
        made it up reads what everybody reads."""
        self.env["res.lang"]._activate_lang("fr_FR")
        module = self.env["ir.module.module"]
        module._load_module_terms(["helpdesk_ticket"], ["fr_FR"])
        self.anna.lang = "fr_FR"
        self.company.helpdesk_link_days = 5
        throttle = self.env["helpdesk.throttle"]
        limit = "helpdesk_ticket.limit_link_wrong"
        self.env["ir.config_parameter"].set_param(limit, "1")
        for change in (
            lambda: self.ticket.action_archive(),
            lambda: self.ticket.write(
                {"stage_id": self.env.ref("helpdesk_ticket.stage_closed").id}
            ),
        ):
            change()
            self.ticket.closed_date = "2020-01-01 00:00:00"
            page = self.url_open(self.link)
            self.assertEqual(page.status_code, 410)
            self.assertIn("Cette demande n’est plus disponible ici", text_of(page))
            self.assertEqual(html.fromstring(page.text).get("lang"), "fr-FR")
            self.assertNotIn(self.ticket.name, page.text)
            self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(self.url_open(self.link).status_code, 410)
            wrong = self.url_open(self.link[:-1])
            self.assertEqual(wrong.status_code, 404)
            throttle.search([]).unlink()
            self.ticket.action_unarchive()
        self.company.helpdesk_link = False
        self.assertEqual(self.url_open(self.link).status_code, 404)

    def test_only_named_parameters_are_read(self):
        """Nonsense in the address is no error, and no word of it is on the page."""
        names = ("self", "error", "values", "ticket", "partner", "kept", "title")
        for name in names:
            page = self.url_open(f"{self.link}?{name}=evilword")
            with self.subTest(name=name):
                self.assertEqual(page.status_code, 200)
                shown = text_of(page)
                self.assertIn("Please switch it off and on.", shown)
                self.assertNotIn("evilword", shown)
        answer = self._post(
            self.link, f"{self.link}/answer", files={"text": ("x.txt", b"x")}
        )
        self.assertIn("Write your answer first", answer.text)

    def test_routes_of_odoo(self):
        """rel-A2, rel-B1: the chatter, with what the link is made of."""
        signature = self.link[-64:]
        for access in (
            {"token": signature},
            {"hash": signature, "pid": self.anna.id},
        ):
            for route, params in (
                ("/mail/message/post", {"post_data": {"body": "x"}}),
                ("/mail/chatter_fetch", {}),
                ("/mail/thread/messages", {}),
            ):
                with self.subTest(route=route, access=list(access)):
                    answer = self.url_open(
                        route,
                        json={
                            "params": {
                                "thread_model": "helpdesk.ticket",
                                "thread_id": self.ticket.id,
                                **params,
                                **access,
                            }
                        },
                    ).json()
                    messages = answer.get("result", {}).get("messages")
                    self.assertTrue("error" in answer or not messages)
        self.assertNotIn("x", self.ticket.message_ids.mapped("body"))


@tagged("post_install", "-at_install")
class TestFormPage(LinkCommon, PageCommon):
    """The public form, from outside."""

    def _send(self, **values):
        return self._post(
            f"/helpdesk/form/{self.company.id}",
            name="Anna",
            **{
                "email": "anna@huber.example",
                "subject": "Printer",
                "text": "It blinks.",
                **values,
            },
        )

    def _entries(self):
        return self.env["helpdesk.ticket.request"].search(
            [("company_id", "=", self.company.id)]
        )

    def test_off_looks_like_none(self):
        off = self.url_open(f"/helpdesk/form/{self.company.id}")
        none = self.url_open("/helpdesk/form/999999999")
        gone = self.env["res.company"].create({"name": "Gone", "helpdesk_form": True})
        gone.active = False
        archived = self.url_open(f"/helpdesk/form/{gone.id}")
        for page in (off, none, archived):
            self.assertEqual(page.status_code, 404)
            self.assertEqual(text_of(page), text_of(none))

    def test_form(self):
        self.company.helpdesk_form = True
        self.company.helpdesk_form_known_only = True
        self.env["ir.config_parameter"].set_param("helpdesk_ticket.limit_form", "9")
        form = self.url_open(f"/helpdesk/form/{self.company.id}")
        self.assertIn("<textarea", form.text)
        known = self._send(
            files={"files": ("a.txt", b"A")}, state="done", partner_id="1"
        )
        unknown = self._send(email="carl@example.com")
        self.assertEqual(text_of(known), text_of(unknown))
        self.assertEqual(known.status_code, unknown.status_code)
        trapped = self._send(website="http://evil.example")
        self.assertEqual(text_of(known), text_of(trapped))
        again = self._send(email="carl@example.com")  # the button was pressed twice
        self.assertEqual(text_of(known), text_of(again))
        entries = self._entries()
        self.assertEqual(
            entries.mapped("email"), ["carl@example.com", "anna@huber.example"]
        )
        self.assertEqual(set(entries.mapped("state")), {"waiting"})
        wrong = self._send(
            email="nonsense",
            text="Kept <b>text</b>",
            files={"files": ("kept.txt", b"K")},
        )
        self.assertIn("Enter your e-mail address", wrong.text)
        self.assertIn("Kept &lt;b&gt;text", wrong.text)
        self.assertIn('value="nonsense"', wrong.text)
        # whoever has no account stores nothing by sending a form that is wrong
        self.assertIn("choose your", wrong.text)
        self.assertFalse(self._stored("kept.txt"))
        self._send(files={"files": ("new.txt", b"N")})
        stored = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "helpdesk.ticket.request"),
                ("res_id", "in", self._entries().ids),
            ],
            order="id",
        )
        self.assertEqual(stored.mapped("name"), ["a.txt", "new.txt"])
        self.env["ir.config_parameter"].set_param("helpdesk_ticket.limit_form", "5")
        blocked = self._send(text="Kept too", files={"files": ("late.txt", b"L")})
        self.assertEqual(blocked.status_code, 429)
        self.assertIn("Kept too", blocked.text)
        self.assertFalse(self._stored("late.txt"))
        self.assertEqual(len(self._entries()), 3)
        without_token = self.opener.post(
            f"{self.base_url()}/helpdesk/form/{self.company.id}",
            data={"email": "a@b.example", "subject": "x", "text": "x"},
            timeout=REQUEST,
        )
        self.assertEqual(without_token.status_code, 400)

    def test_sums(self):
        """rel-H4: files of one address, and entries of all, have limits too."""
        self.company.helpdesk_form = True
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("helpdesk_ticket.limit_file_size", "3")
        for count, name in ((1, "first.txt"), (1, "second.txt")):
            page = self._send(text="Full", files={"files": (name, b"x" * 1500)})
            self.assertEqual(len(self._entries()), count)
        self.assertEqual(page.status_code, 429)
        self.assertIn("Full", page.text)
        self.assertIn("choose your", page.text)
        self.assertFalse(self._stored("second.txt"))
        parameters.set_param("helpdesk_ticket.limit_form_all", "1")
        page = self._send()
        self.assertEqual(page.status_code, 429)
        self.assertIn("cannot accept more for now", page.text)
        self.assertEqual(len(self._entries()), 1)

    def test_nonsense_is_no_error(self):
        """What no browser sends gets a page of ours, and never 500."""
        self.company.helpdesk_form = True
        page = f"/helpdesk/form/{self.company.id}"
        for path in (
            f"{page}?sent[]=%00&company_id=x&error=%FF",
            f"{page}?company_id=",
            f"{page}?self=x&error=x&values=x&template=x",
            "/helpdesk/form/%00",
            "/helpdesk/form/-1",
            f"/helpdesk/form/{'9' * 400}",
            "/helpdesk/form/1e3",
            "/helpdesk/form/%F0%9F%92%A5",
        ):
            with self.subTest(path=path):
                answer = self.url_open(path)
                self.assertIn(answer.status_code, (200, 404))
                self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
        sent = self._send(
            email="\x00", files={"email": ("x.txt", b"x")}, company_id="x"
        )
        self.assertEqual(sent.status_code, 200)
        self.assertIn("Enter your e-mail address", sent.text)
        sent = self._post(
            page, email="a@b.example", subject="x", files={"text": ("x.txt", b"x")}
        )
        self.assertIn("Describe what you need", sent.text)
        self.assertFalse(self._entries())


@tagged("post_install", "-at_install")
class TestRequestPage(RequestCommon, PageCommon):
    """The decision by mail (C07)."""

    def test_looking_decides_nothing(self):
        request = self._hold()
        link = "/helpdesk/request/%s/%s/%s" % self._get_link()
        for answer in ("approve", "decline"):
            page = self.url_open(f"{link}/{answer}")
            self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
            self.assertIn("&lt;b&gt;blinks", page.text)
        self.assertEqual(request.state, "held")
        with self.mock_mail_gateway():
            page = self._post(f"{link}/approve")
        self.env.invalidate_all()
        self.assertEqual(request.state, "accepted")
        self.assertIn(request.ticket_id.number, page.text)
        self.assertEqual(request.ticket_id.partner_id, self.anna)
        wrong = self.url_open(f"{link[:-1]}/approve")
        self.assertEqual(wrong.status_code, 404)

    def test_in_the_portal(self):
        """Who may not open tickets asks there, and the primary contact decides."""
        page = "/my/ticket-requests"
        anna, bernd = map(self._create_portal_user, (self.anna, self.bernd))
        self.authenticate(anna.login, anna.login)
        self.assertIn(page, self.url_open("/my/tickets/new").text)
        self.assertIn(f"{page}/new", self.url_open(page).text)
        long = self._post(page, f"{page}/new", name="Story", description="x" * 20_001)
        self.assertIn("The text is too long", long.text)
        self.assertIn('value="Story"', long.text)
        self.assertIn("x" * 20_001, long.text)
        with self.mock_mail_gateway():
            sent = self._post(
                page, f"{page}/new", name="Printer", description="<b>Red</b>"
            )
        self.assertIn("&lt;b&gt;Red", sent.text)
        self.assertNotIn("/approve", sent.text)
        self.env["ir.config_parameter"].set_param("helpdesk_ticket.limit_request", "1")
        many = self._post(page, f"{page}/new", name="Mouse", description="<i>Grey")
        self.assertEqual((many.status_code, many.headers["Retry-After"]), (429, "60"))
        for typed in ('value="Mouse"', "&lt;i&gt;Grey"):
            self.assertIn(typed, many.text)
        request = self.env["helpdesk.ticket.request"].search([], limit=1)
        self.assertEqual(request.partner_id, self.anna)
        self.assertEqual(request.company_id, self.company)
        self._post(page, f"{page}/{request.id}/approve")
        self.assertEqual(request.state, "held")
        self.authenticate(bernd.login, bernd.login)
        self.assertIn("/my/ticket-requests", self.url_open("/my/tickets").text)
        self.assertIn("&lt;b&gt;Red", self.url_open(page).text)
        with self.mock_mail_gateway():
            self._post(page, f"{page}/{request.id}/approve")
        self.env.invalidate_all()
        self.assertEqual(request.state, "accepted")
        self.assertEqual(request.ticket_id.partner_id, self.anna)
        self.assertEqual(request.decided_by_id, self.bernd)
        count = self.env["helpdesk.ticket.request"].search_count([])
        self._post(page, f"{page}/new", name="Printer", description="Mine")
        self.assertEqual(self.env["helpdesk.ticket.request"].search_count([]), count)
