from markupsafe import Markup

from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import TicketCommon

NOTICES = "odoo.addons.helpdesk_ticket.models.outgoing.notices"
REQUESTS = "odoo.addons.helpdesk_ticket.models.intake.helpdesk_ticket_request"
RENDERING = "odoo.addons.mail.models.mail_render_mixin"
QUERIES = "odoo.sql_db"

# What fails for the tickets called BAD alone, and never says so to a customer.
BROKEN = {
    "division": "<p t-if=\"object.name == 'BAD'\" t-out='1 / 0'/>",
    "field": "<p t-if=\"object.name == 'BAD'\" t-out='object.secret_field'/>",
    "value": "<p t-if=\"object.name == 'BAD'\" t-out=\"int('x')\"/>",
    "query": (
        "<p t-if=\"object.name == 'BAD'\" "
        "t-out=\"object.env.cr.execute('SELECT 1 / 0')\"/>"
    ),
}


@tagged("post_install", "-at_install")
class TestBrokenTemplate(TicketCommon):
    """A template that fails for some tickets stops no work: the notice is left out,
    noted, and a manager is told once (T09, T17, N02)."""

    def setUp(self):
        super().setUp()
        self.manager.notification_type = "inbox"
        muted = mute_logger(NOTICES, RENDERING, QUERIES)
        muted.__enter__()
        self.addCleanup(muted.__exit__)

    def _break(self, name, text=BROKEN["division"]):
        template = self.env.ref(f"helpdesk_ticket.mail_template_ticket_{name}")
        template.body_html = f"<div><p>Good day</p>{text}</div>"
        return template

    def _open_tickets(self, *names):
        values = [{"name": name, "partner_id": self.anna.id} for name in names]
        return self.agent_env["helpdesk.ticket"].create(values)

    def _get_told(self, template):
        return self.env["mail.message"].search(
            [("model", "=", "mail.template"), ("res_id", "=", template.id)]
        )

    def _check_left_out(self, tickets, template):
        """Check that two of three customers were told, and who knows of the third."""
        self.assertEqual(len(self._mails), 2)
        self.assertNotIn("Error", str(self._mails))
        self.assertNotIn("Traceback", str(self._mails))
        for ticket in tickets:
            notes = [one for one in ticket.message_ids if template.name in one.body]
            self.assertEqual(len(notes), ticket.name == "BAD")
            for note in notes:
                self.assertTrue(note._is_helpdesk_internal())
                self.assertNotIn("Error", note.body)
        told = self._get_told(template)
        self.assertEqual(len(told), 1)
        self.assertIn(self.manager.partner_id, told.notified_partner_ids)
        self.assertIn(tickets.filtered(lambda t: t.name == "BAD").number, told.body)

    def test_tickets_are_opened(self):
        for kind, text in BROKEN.items():
            with self.subTest(kind), self.mock_mail_gateway():
                template = self._break("opened", text)
                self._get_told(template).unlink()
                tickets = self._open_tickets("First", "BAD", "Last")
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertEqual(tickets.mapped("name"), ["First", "BAD", "Last"])
                logged = self.env["helpdesk.ticket.event"].search(
                    [("ticket_id", "in", tickets.ids), ("kind", "=", "opened")]
                )
                self.assertEqual(logged.ticket_id, tickets)
                self._check_left_out(tickets, template)

    def test_a_mail_opens_its_ticket(self):
        template = self._break("opened")
        with self.mock_mail_gateway():
            ticket = self._mail_in(subject="BAD")
        self.assertFalse(self._mails)
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertIn("It only blinks", ticket.description)
        self.assertEqual(len(self._get_told(template)), 1)

    def test_announcement_of_a_new_ticket(self):
        self.company.helpdesk_creation_address = "boss@helpdesk.example"
        template = self._break("created")
        with self.mock_mail_gateway():
            tickets = self._open_tickets("BAD", "Good")
        told = [m for m in self._mails if "boss@helpdesk.example" in str(m["email_to"])]
        self.assertEqual(len(told), 1)
        self.assertIn(tickets[1].number, told[0]["subject"])
        self.assertEqual(len(self._get_told(template)), 1)

    def test_answer_after_a_failed_notice(self):
        self._break("opened")
        with self.mock_mail_gateway():
            ticket = self._open_tickets("BAD")
            self._answer(ticket)
        (mail,) = self._mails
        self.assertIn("switch it off", mail["body"])
        self.assertEqual(ticket.last_answer, "us")

    def test_tickets_are_closed(self):
        template = self._break("closed")
        tickets = self._create_ticket().browse()
        for name in ("First", "BAD", "Last"):
            tickets |= self._create_ticket(name=name)
        with self.mock_mail_gateway():
            tickets.with_user(self.agent).action_close()
        self.assertEqual(set(tickets.mapped("state")), {"closed"})
        self._check_left_out(tickets, template)
        # once: until the template is changed, nobody hears of it again
        tickets.action_reopen()
        tickets.with_user(self.agent).action_close()
        self.assertEqual(len(self._get_told(template)), 1)

    def test_dialog_names_those_left_out(self):
        template = self._break("closed")
        tickets = self._create_ticket().browse()
        for name in ("First", "BAD", "Last"):
            tickets |= self._create_ticket(name=name)
        action = tickets.with_user(self.agent).action_close_dialog()
        dialog = Form(
            self.agent_env[action["res_model"]].with_context(**action["context"])
        )
        dialog.solution = "<p>The cable was loose.</p>"
        with self.mock_mail_gateway():
            action = dialog.save().action_confirm()
        self._check_left_out(tickets, template)
        self.assertEqual(set(tickets.mapped("state")), {"closed"})
        message = action["params"]["message"]
        for ticket in tickets:
            self.assertEqual(ticket.number in message, ticket.name == "BAD")
            self.assertIn("cable", ticket.solution)
        self.assertEqual(
            action["params"]["next"]["type"], "ir.actions.act_window_close"
        )

    def test_address_that_odoo_cannot_complete(self):
        """N03, T15: it keeps no mail from being sent, and nothing of it is lost."""
        style = "background-image: url('//elsewhere.example/%s.png')"
        odd = f'<p style="{style}">%s <a href="/my/../x">there</a> url(//words)</p>'
        self.company.helpdesk_mail_header = Markup(odd % ("head", "Head"))
        template = self._break("closed", odd % ("text", "Text"))
        ticket = self._create_ticket(notify_partner=True)
        with self.mock_mail_gateway():
            self._answer(ticket, Markup(odd % ("answer", "Answer")))
            ticket.solution = Markup(odd % ("solution", "Solution"))
            template.body_html += Markup('<p t-out="object.solution"/>')
            ticket.with_user(self.agent).action_close()
        self.assertEqual(ticket.state, "closed")
        self.assertFalse(self._get_told(template))
        answer, closing = self._mails
        base = ticket.get_base_url()
        for mail, words in (
            (answer, ("Head", "Answer")),
            (closing, ("Head", "Text", "Solution")),
        ):
            for word in words:
                body = str(mail["body"])
                with self.subTest(word):
                    self.assertIn(f'{word} <a href="{base}/my/../x"', body)
                    self.assertIn(f"https://elsewhere.example/{word.lower()}.png", body)
            self.assertNotRegex(body, r"[^:]//elsewhere")
            self.assertIn("url(//words)", body)

    def test_C07_a_request_is_kept_and_a_manager_told_once(self):
        template = self.env.ref("helpdesk_ticket.mail_template_request_held")
        template.body_html = "<p t-out='1 / 0'/>"
        self.bernd.is_primary_contact = True
        values = {"partner_id": self.anna.id, "company_id": self.company.id}
        with self.mock_mail_gateway(), mute_logger(REQUESTS):
            for number in range(2):
                request = self.env["helpdesk.ticket.request"]._hold(
                    {"name": f"Printer {number}", "text": "It blinks.", **values}
                )
        self.assertEqual(request.state, "held")
        self.assertNotIn("ZeroDivisionError", str(self._mails))
        told = self._get_told(template)
        self.assertEqual(told.notified_partner_ids, self.manager.partner_id)
        self.assertIn("Printer 0", told.body)
        self.assertIn("ZeroDivisionError", told.body)
