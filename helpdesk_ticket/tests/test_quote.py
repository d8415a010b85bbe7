from odoo.tests import tagged

from .common import TicketCommon

SECRET = "Their board is negotiating"


@tagged("post_install", "-at_install")
class TestQuote(TicketCommon):
    """N05: an answer quotes what the customer wrote last, when the company wants it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.helpdesk_quote = True
        cls.ticket = cls._create_ticket(description="<p>Typed by an agent</p>")

    def _say(self, body, author=None, **values):
        """Write on the ticket, as a customer unless another author is named."""
        author = author or self.anna
        values = {"subtype_xmlid": "mail.mt_comment", **values}
        with self.mock_mail_gateway():
            return self.ticket.message_post(
                body=body,
                author_id=author.id,
                message_type="comment",
                body_is_html=True,
                **values,
            )

    def _get_mail(self, act=None):
        """Let an agent answer; return the customer's mail."""
        with self.mock_mail_gateway():
            (act or self._answer)(self.ticket)
        sent = [
            mail for mail in self._mails if self.anna.email in str(mail["email_to"])
        ]
        self.assertEqual(len(sent), 1)
        return sent[0]

    def test_off_by_default(self):
        self._say("<p>It blinks.</p>")
        company = self.env["res.company"].create({"name": "Other"})
        self.assertFalse(company.helpdesk_quote)
        self.company.helpdesk_quote = False
        self.assertNotIn("blinks", self._get_mail()["body"])

    def test_last_message_of_the_customer(self):
        self._say("<p>First of all, hello.</p>")
        self._say(
            "<p>It <b>blinks</b>.</p><ul><li>red</li><li>green</li></ul>"
            "<div data-o-mail-quote='1'>What was quoted by it</div>"
        )
        self._answer(self.ticket, "One moment, please.")
        mail = self._get_mail()
        text = mail["body_alternative"]
        self.assertIn("> It blinks.\n>\n> - red\n> - green", text)
        self.assertIn(f"{self.anna.name}, ", text)
        self.assertLess(text.index("switch it off"), text.index("> It"))
        for unwanted in ("hello", "One moment", "was quoted"):
            self.assertNotIn(unwanted, mail["body"])
        self.assertNotIn("blinks", str(self.ticket.message_ids[0].body))

    def test_neither_notes_nor_private_messages(self):
        self._say("<p>It blinks.</p>")
        self._say(f"<p>{SECRET}</p>", subtype_xmlid="mail.mt_note")
        self._say(f"<p>{SECRET}</p>", is_internal=True)
        self._say(f"<p>{SECRET}</p>", subtype_xmlid="helpdesk_ticket.mt_private")
        self._say(f"<p>{SECRET}</p>", author=self.agent.partner_id)
        mail = self._get_mail()
        self.assertIn("> It blinks.", mail["body_alternative"])
        self.assertNotIn(SECRET, mail["body"])

    def test_private_mails_quote_nothing(self):
        self._say("<p>It blinks.</p>")
        with self.mock_mail_gateway():
            self.ticket.with_user(self.agent)._post_private_message(
                "Do you know this one?", self.bernd, self.env["ir.attachment"]
            )
        self.assertTrue(self._mails)
        self.assertFalse([mail for mail in self._mails if "blinks" in mail["body"]])

    def test_automatic_mails_quote_nothing(self):
        """rel-H5."""
        self._say("<p>It blinks.</p>")
        template = "helpdesk_ticket.mail_template_ticket_opened"
        mail = self._get_mail(lambda ticket: ticket._post_notice(template))
        self.assertNotIn("blinks", mail["body"])

    def test_what_an_agent_typed_is_no_word_of_the_customer(self):
        self.assertNotIn("Typed by", self._get_mail()["body"])
        portal = self.env.ref("helpdesk_ticket.channel_portal")
        self.ticket.write({"channel_id": portal.id, "description": "<p>Help me</p>"})
        self.assertIn("> Help me", self._get_mail()["body_alternative"])

    def test_hostile_and_long_words(self):
        """rel-C2: words only, and not too many of them."""
        self._say(
            "<p>Hi</p><img src='https://h.example/p.png'><style>p {}</style>"
            "<a href='javascript:x()'>here</a>&lt;script&gt;x()&lt;/script&gt;"
            + "<p>line</p>" * 200
            + "<p>end</p>"
        )
        mail = self._get_mail()
        quoted = mail["body"][mail["body"].index("<blockquote") :]
        for unwanted in ("h.example", "<style", "javascript", "<script", "end<"):
            self.assertNotIn(unwanted, quoted)
        self.assertIn("&lt;script&gt;", quoted)
        self.assertLess(mail["body_alternative"].count("\n>"), 40)
        self.assertIn("…", quoted)
