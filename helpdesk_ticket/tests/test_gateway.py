import base64

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SENDER_ADDRESS, TicketCommon

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
INLINE_PICTURE_MAIL = f"""\
From: Anna Huber <anna@huber.example>
To: {SENDER_ADDRESS}
Subject: =?utf-8?q?Der_Drucker_streikt_=E2=80=93_schon_wieder?=
Message-ID: <picture@huber.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="mixed"

--mixed
Content-Type: multipart/related; boundary="related"

--related
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<p>So sieht es aus: <img src="cid:pixel"></p>
--related
Content-Type: image/png; name="pixel.png"
Content-ID: <pixel>
Content-Transfer-Encoding: base64

{base64.b64encode(PIXEL).decode()}
--related--
--mixed
Content-Type: text/plain; name="protokoll.txt"
Content-Disposition: attachment; filename="protokoll.txt"
Content-Transfer-Encoding: base64

{base64.b64encode(b"Fehler 49").decode()}
--mixed--
"""


@tagged("post_install", "-at_install")
class TestGateway(TicketCommon):
    """The way of a mail through Odoo's gateway."""

    def test_mail_opens_a_ticket_of_its_contact(self):
        with self.mock_mail_gateway():
            ticket = self._mail_in()
        self.assertRecordValues(
            ticket,
            [
                {
                    "name": "Printer does not print",
                    "partner_id": self.anna.id,
                    "customer_id": self.customer.id,
                    "state": "unread",
                    "team_id": self.team.id,
                    "user_id": False,
                    "company_id": self.company.id,
                    "channel_id": self.env.ref("helpdesk_ticket.channel_email").id,
                }
            ],
        )
        self.assertIn("It only blinks.", ticket.description)
        mail = ticket.message_ids.filtered(lambda m: m.message_type == "email")
        self.assertEqual(mail.author_id, self.anna)

    def test_T07_attachment_and_inline_picture_are_kept(self):
        with self.mock_mail_gateway():
            ticket_id = self.env["mail.thread"].message_process(
                "helpdesk.ticket", INLINE_PICTURE_MAIL
            )
        ticket = self.env["helpdesk.ticket"].browse(ticket_id)
        self.assertEqual(ticket.name, "Der Drucker streikt – schon wieder")
        attachments = self.env["ir.attachment"].search(
            [("res_model", "=", "helpdesk.ticket"), ("res_id", "=", ticket_id)]
        )
        self.assertEqual(
            sorted(attachments.mapped("name")), ["pixel.png", "protokoll.txt"]
        )
        self.assertEqual(
            attachments.filtered(lambda a: a.name == "protokoll.txt").raw, b"Fehler 49"
        )
        picture = attachments.filtered(lambda a: a.name == "pixel.png")
        self.assertEqual(picture.raw, PIXEL)
        self.assertIn(f"/web/image/{picture.id}", ticket.description)

    def test_C09_unknown_sender_becomes_a_contact(self):
        self.customer.helpdesk_domain_ids = [(0, 0, {"name": "huber.example"})]
        with self.mock_mail_gateway():
            ticket = self._mail_in(email_from="Clara Roth <clara@huber.example>")
        self.assertEqual(ticket.partner_id.name, "Clara Roth")
        self.assertEqual(ticket.customer_id, self.customer)
        self.assertEqual(ticket.message_ids[-1].author_id, ticket.partner_id)

    def test_C09_off_keeps_the_bare_address(self):
        self.company.helpdesk_auto_create_contact = False
        with self.mock_mail_gateway():
            ticket = self._mail_in(email_from="Clara Roth <clara@new.example>")
        self.assertFalse(ticket.partner_id)
        self.assertEqual(ticket.partner_email, "clara@new.example")
        self.assertEqual(ticket.partner_name, "Clara Roth")
        known = self.env["res.partner"].search([("email", "=", "clara@new.example")])
        self.assertFalse(known)
        self.assertSentEmail(
            f'"{self.company.name}" <{SENDER_ADDRESS}>', ["clara@new.example"]
        )

    def test_mail_without_subject(self):
        with self.mock_mail_gateway():
            self.assertEqual(self._mail_in(subject="").name, "No subject")

    def test_E06_reply_with_only_in_reply_to(self):
        with self.mock_mail_gateway():
            ticket = self._mail_in()
            answer = self._answer(ticket)
            ticket._move("asked")
            same = self._mail_in(
                subject="no number here", In_Reply_To=answer.message_id
            )
        self.assertEqual(same, ticket)
        self.assertEqual(ticket.state, "in_progress")
        mails = ticket.message_ids.filtered(lambda m: m.message_type == "email")
        self.assertEqual(mails.mapped("author_id"), self.anna)
        self.assertEqual(len(mails), 2)

    def test_E06_reply_to_the_acknowledgement(self):
        with self.mock_mail_gateway():
            ticket = self._mail_in()
            acknowledgement = ticket.message_ids.filtered(
                lambda m: m.message_type == "auto_comment"
            )
            same = self._mail_in(In_Reply_To=acknowledgement.message_id)
        self.assertEqual(same, ticket)

    def test_E06_reply_of_someone_in_copy(self):
        with self.mock_mail_gateway():
            ticket = self._mail_in(message_id="<first@huber.example>", Cc="b@x.example")
            self.assertEqual(ticket.email_cc, "b@x.example")
            same = self._mail_in(
                email_from="b@x.example", In_Reply_To="<first@huber.example>"
            )
        self.assertEqual(same, ticket)

    def test_reply_reopens_a_closed_ticket(self):
        with self.mock_mail_gateway():
            ticket = self._mail_in()
            answer = self._answer(ticket)
            ticket.action_close()
            self._mail_in(In_Reply_To=answer.message_id)
        self.assertEqual(ticket.state, "in_progress")

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_same_mail_twice_is_one_ticket(self):
        with self.mock_mail_gateway():
            self._mail_in(message_id="<same@huber.example>")
            again = self._mail_in(message_id="<same@huber.example>")
        self.assertFalse(again)

    def test_agent_answers_by_mail(self):
        with self.mock_mail_gateway():
            ticket = self._mail_in()
            answer = self._answer(ticket)
            ticket.state = "waiting"
            same = self._mail_in(
                email_from=self.agent.email_formatted, In_Reply_To=answer.message_id
            )
        self.assertEqual(same, ticket)
        self.assertEqual(ticket.state, "in_progress")

    def test_team_alias_opens_a_ticket_of_the_team(self):
        domain = self.env["mail.alias.domain"].create({"name": "teams.example"})
        team = self.team.copy({"name": "Second level"})
        team.write({"alias_name": "second", "alias_domain_id": domain.id})
        raw = (
            b"From: anna@huber.example\r\nTo: second@teams.example\r\n"
            b"Subject: x\r\nMessage-ID: <alias@huber.example>\r\n\r\nHello"
        )
        with self.mock_mail_gateway():
            ticket_id = self.env["mail.thread"].message_process(False, raw)
        ticket = self.env["helpdesk.ticket"].browse(ticket_id)
        self.assertEqual(ticket.team_id, team)
        self.assertEqual(ticket.company_id, self.company)
        self.assertIn("second@teams.example", ticket.message_ids[-1].reply_to)
