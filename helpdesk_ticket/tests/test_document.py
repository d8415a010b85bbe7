import io

from markupsafe import Markup
from PIL import Image

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import html2plaintext

from .test_service_order import ServiceOrderCommon


@tagged("post_install", "-at_install")
class TestDocument(ServiceOrderCommon):
    """T21: the ticket as a document for the customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        picture = io.BytesIO()
        Image.new("RGB", (4, 4), (200, 30, 30)).save(picture, "PNG")
        cls.png = picture.getvalue()

    def _render(self, tickets=None, layout="", user=None):
        tickets = tickets or self.ticket
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(user or self.agent)
            .with_context(lang="en_US")
            ._render_qweb_html(
                f"helpdesk_ticket.report_ticket{layout}",
                tickets.ids,
                data={"report_type": "pdf"},
            )
        )
        return html.decode()

    def _attach(self, name, raw):
        return self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": raw,
                "res_model": "helpdesk.ticket",
                "res_id": self.ticket.id,
            }
        )

    def test_times_are_the_customers(self):
        """Whoever prints it, it says what the page of the customer says."""
        self.anna.tz = "Asia/Tokyo"
        self.agent.tz = "America/New_York"
        ticket = self._create_ticket()
        self._open_at(ticket, "2026-11-16 20:30:00")
        for layout in ("_classic", "_compact", "_history"):
            page = self._render(ticket, layout)
            self.assertIn("11/17/26, 5:30", page)
            self.assertNotIn(ticket.stage_id.name, page)
            self.assertIn("Received", page)

    def test_what_every_layout_holds(self):
        self.ticket.solution = "<p>New roller.</p>"
        for layout in ("_classic", "_compact", "_history"):
            with self.subTest(layout):
                text = html2plaintext(self._render(layout=layout))
                for part in (
                    self.ticket.number,
                    "Printer does not print",
                    "Bäckerei Huber",
                    "anna@huber.example",
                    "It only blinks.",
                    "New roller.",
                ):
                    self.assertIn(part, text)

    def test_layout_of_the_company_and_of_one_print(self):
        self._answer(self.ticket, body="Switch it off and on")
        for layout, history, letterhead in (
            ("classic", False, True),
            ("compact", False, False),
            ("history", True, True),
        ):
            with self.subTest(layout):
                self.company.helpdesk_document_layout = layout
                for html in (self._render(), self._render(layout=f"_{layout}")):
                    self.assertEqual("Switch it off and on" in html, history)
                    self.assertEqual("o_helpdesk_letterhead" in html, letterhead)
        self.assertNotIn("Switch it off", self._render(layout="_classic"))

    def test_history_is_what_the_customer_may_read(self):
        """T15: no notes, no private messages, no automatic ones, in any layout."""
        ticket = self.ticket.with_user(self.agent)
        ticket.message_post(
            body="A secret note",
            subtype_xmlid="mail.mt_note",
            attachments=[("secret.txt", b"x")],
        )
        file = self.agent_env["ir.attachment"].create(
            {"name": "private.txt", "raw": b"x", "res_model": "mail.compose.message"}
        )
        ticket._post_private_message(Markup("<p>A private word</p>"), self.bernd, file)
        ticket.message_notify(
            body="A whispered word",
            subject="Whispered",
            partner_ids=self.manager.partner_id.ids,
        )
        self._answer(self.ticket, body="An open word")
        for layout in ("_classic", "_compact", "_history"):
            with self.subTest(layout):
                html = self._render(layout=layout)
                for word in ("secret", "private", "whispered"):
                    self.assertNotIn(word, html.lower())
                self.assertEqual("An open word" in html, layout == "_history")

    def test_history_leaves_out_the_quoted_mail_and_the_repeated_content(self):
        ticket = self._mail_in(body="My oven is cold.")
        ticket.with_user(self.agent).message_post(
            body=Markup(
                "<p>We come.</p><blockquote data-o-mail-quote='1'>Old text</blockquote>"
            ),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        html = self._render(ticket, "_history")
        self.assertEqual(html.count("My oven is cold."), 1)
        self.assertIn("We come.", html)
        self.assertNotIn("Old text", html)

    def test_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("de_DE")
        with freeze_time("2026-11-22 10:00:00"):
            ticket = self._create_ticket()
            ticket.env.cr.execute(
                "UPDATE helpdesk_ticket SET create_date = '2026-11-22' WHERE id = %s",
                (ticket.id,),
            )
            ticket.invalidate_recordset()
        self.assertIn("11/22/26", self._render(ticket))
        self.anna.lang = "de_DE"
        self.assertIn("22.11.26", self._render(ticket))

    def test_sizes_of_files_as_the_customer_writes_them(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.ticket.message_post(
            body="The logs",
            attachments=[("small.log", "x" * 1500), ("large.log", "x" * 1_600_000)],
            subtype_xmlid="mail.mt_comment",
        )
        html = self._render()
        self.assertIn("1.5 kB", html)
        self.assertIn("1.5 MB", html)
        self.anna.lang = "de_DE"
        self.assertIn("1,5 MB", self._render())

    def test_several_tickets_are_one_body_with_a_sheet_each(self):
        """wkhtmltopdf without patched Qt takes one body only."""
        tickets = self.ticket + self._create_ticket() + self._create_ticket()
        html = self._render(tickets)
        report = self.env.ref("helpdesk_ticket.action_report_ticket")
        bodies, *_rest = report._prepare_html(html, report_model="helpdesk.ticket")
        self.assertEqual(len(bodies), 1)
        self.assertEqual(html.count("o_helpdesk_sheet"), 3)
        self.assertEqual(html.count("o_helpdesk_next"), 2)
        for number in tickets.mapped("number"):
            self.assertIn(number, bodies[0])

    def test_pictures_come_along_and_nothing_is_fetched(self):
        """rel-C2: a customer's mail must not make the server ask other machines."""
        mine, other = self._attach("blinks.png", self.png), self._attach("b.png", b"no")
        foreign = self.env["ir.attachment"].create({"name": "f", "raw": self.png})
        self.ticket.description = Markup(
            '<p><img src="/web/image/%s?access_token=x"/><img src="http://10.0.0.1/x"/>'
            '<img src="/web/image/%s"/><img src="/web/image/%s"/></p>'
        ) % (mine.id, other.id, foreign.id)
        self.company.logo = False
        for layout in ("_classic", "_compact", "_history"):
            with self.subTest(layout):
                html = self._render(layout=layout)
                sheet = html[html.index("o_helpdesk_sheet") :]
                self.assertNotIn("10.0.0.1", sheet)
                self.assertNotIn("/web/image/", sheet)
                self.assertEqual(sheet.count("data:image/png;base64,iVBOR"), 1)
                self.assertIn("blinks.png", sheet)

    def test_attached_pictures_are_shown_but_not_in_the_compact_layout(self):
        self._attach("blinks.png", self.png)
        self.assertIn("o_helpdesk_picture", self._render(layout="_classic"))
        self.assertNotIn("o_helpdesk_picture", self._render(layout="_compact"))

    def test_T07_what_a_colleague_put_there_is_internal_until_it_is_shown(self):
        """And what customers or programs of theirs brought is not, nor the content."""
        portal = self._create_portal_user(self.anna)
        here = {"res_model": "helpdesk.ticket", "res_id": self.ticket.id, "raw": b"x"}
        mine, drawn = (
            self.env["ir.attachment"]
            .with_user(self.agent)
            .create([{"name": name, **here} for name in ("mine.txt", "drawn.png")])
        )
        self.env["ir.attachment"].with_user(portal).sudo().create(
            {"name": "theirs.txt", **here}
        )
        self.env["ir.attachment"].create({"name": "program.txt", **here})
        self.ticket.description = f'<p><img src="/web/image/{drawn.id}"></p>'

        def names():
            return self.ticket._get_public_files()[self.ticket.id].mapped("name")

        self.assertEqual(names(), ["drawn.png", "theirs.txt", "program.txt"])
        self.ticket.with_user(self.agent).message_post(
            body="Here it is", attachment_ids=mine.ids, subtype_xmlid="mail.mt_comment"
        )
        self.assertIn("mine.txt", names())

    def test_service_orders(self):
        order = self._create_order()
        order.resolution = "<p>Roller changed on site</p>"
        self.env.invalidate_all()
        text = html2plaintext(self._render(layout="_classic"))
        for part in (order.name, "on site"):
            self.assertIn(part, text)
        text = html2plaintext(self._render(layout="_compact"))
        self.assertIn(order.name, text)
        self.assertNotIn("on site", text)

    def test_empty_ticket(self):
        ticket = self._create_ticket(
            partner_id=False, partner_email="who@ever.example", team_id=False
        )
        for layout in ("_classic", "_compact", "_history"):
            with self.subTest(layout):
                text = html2plaintext(self._render(ticket, layout))
                self.assertIn("who@ever.example", text)
                for part in ("Request", "Solution", "Conversation", "Attachments"):
                    self.assertNotIn(part, text)

    def test_who_may_print(self):
        groups = {
            "accountant": "account.group_account_invoice",
            "plain": "base.group_user",
        }
        users = {
            name: new_test_user(
                self.env,
                f"test-{name}",
                groups=group,
                company_id=self.company.id,
                company_ids=[(6, 0, self.company.ids)],
            )
            for name, group in groups.items()
        }
        with self.assertRaises(AccessError):
            self._render(user=users["plain"])
        with self.assertRaises(AccessError):
            self._render(user=users["accountant"])
        self.ticket.contract_id = self.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        self.assertIn("Maintenance", self._render(user=users["accountant"]))

    def test_print_menu(self):
        """T21: the company's layout first, and each by its name."""
        bindings = self.agent_env["ir.actions.actions"].get_bindings("helpdesk.ticket")
        names = {action["name"] for action in bindings["report"]}
        self.assertLessEqual(
            {"Ticket", "Ticket, classic", "Ticket, compact", "Ticket, with history"},
            names,
        )
