import re

from odoo.tests import BaseCase, tagged

from ..plain_text import to_plain_text
from .common import TicketCommon

WATCHER = "watch@example.com"


@tagged("post_install", "-at_install")
class TestMailLook(TicketCommon):
    """N05: all mails of the helpdesk look alike, and their text part is a letter."""

    def _mails_to(self, address):
        return [mail for mail in self._mails if address in ",".join(mail["email_to"])]

    def _get_mails_by_kind(self):
        """Return what the customer gets of each kind of mail, and what its sender and
        the primary contact get of a request."""
        ticket = self._create_ticket()
        acts = {
            "answer": lambda: self._answer(ticket),
            "closing": lambda: ticket.with_user(self.agent).action_close(),
            **{
                name: lambda name=name: ticket._post_notice(
                    f"helpdesk_ticket.mail_template_{name}"
                )
                for name in (
                    "ticket_opened",
                    "ticket_rating",
                    "ticket_merged",
                    "form_received",
                )
            },
        }
        mails = {}
        for kind, act in acts.items():
            with self.mock_mail_gateway():
                act()
            (mails[kind],) = self._mails_to(self.anna.email)
        return ticket, mails

    def test_each_kind_has_the_same_frame(self):
        ticket, mails = self._get_mails_by_kind()
        for kind, mail in mails.items():
            with self.subTest(kind=kind):
                body, text = mail["body"], mail["body_alternative"]
                self.assertEqual(body.count('class="hd_card"'), 1)
                self.assertEqual(body.count("<html"), 1)
                self.assertIn("prefers-color-scheme: dark", body)
                self.assertNotIn("Powered by", body)
                head = body[: body.index('class="hd_text"')]
                self.assertIn(ticket.number, head)
                self.assertNotIn(ticket.name, head)  # anybody may have entered it
                link = re.search(r"http\S+/helpdesk/link/[^\"]+", body)[0]
                self.assertIn(f"See the ticket and answer <{link}>", text)
                self.assertNotIn("False", text)  # who has no signature
                self.assertNotRegex(text, r"[*\u034f\u200b]|\[\d+\]|/Printer")

    def test_to_the_last_word_in_the_language_of_the_recipient(self):
        self.env["res.lang"]._activate_lang("de_DE")
        modules = self.env["ir.module.module"].search(
            [("name", "in", ("mail", "helpdesk_ticket")), ("state", "=", "installed")]
        )
        modules._update_translations(["de_DE"])
        self.anna.lang = "de_DE"
        self.env.flush_all()
        _ticket, mails = self._get_mails_by_kind()
        english = re.compile(
            r"\b(the|your|is|you|and|see|answer|regards|hello)\b", re.IGNORECASE
        )
        for kind, mail in mails.items():
            with self.subTest(kind=kind):
                said = mail["body_alternative"].replace("Printer does not print", "")
                said = said.replace("Please switch it off and on.", "")
                said = re.sub(r"<http[^>]*>", "", said)
                self.assertIn("Ticket ansehen und antworten", said)
                self.assertFalse(english.findall(said), said)
                self.assertIn('lang="de-DE"', mail["body"])

    def test_what_is_around_a_creation_notice_speaks_like_it(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.company.helpdesk_mail_footer = "<p>Good day</p>"
        german = self.company.with_context(lang="de_DE")
        german.helpdesk_mail_footer = "<p>Guten Tag</p>"
        self.company.helpdesk_creation_address = WATCHER
        self.company.partner_id.lang = "de_DE"
        with self.mock_mail_gateway():
            ticket = self._create_ticket().with_context(tracking_disable=False)
            ticket._announce_creation()
        (mail,) = self._mails_to(WATCHER)
        self.assertIn("Guten Tag", mail["body_alternative"])

    def test_mails_without_a_ticket_look_the_same(self):
        self.anna.helpdesk_new_email = "anna@new.example"
        with self.mock_mail_gateway():
            self.anna._send_confirmation()
            self.env.flush_all()
            self._new_mails.send()
        (mail,) = self._mails_to("anna@new.example")
        self.assertEqual(mail["body"].count('class="hd_card"'), 1)
        self.assertNotIn(self.anna.name, mail["body"])
        self.assertNotIn("Powered by", mail["body"])


@tagged("post_install", "-at_install")
class TestPlainText(BaseCase):
    """What a mail program shows that shows no HTML."""

    def test_blocks(self):
        for html, text in (
            ("<p>A</p><p>B</p>", "A\n\nB"),
            ("<div>A</div><div>B<br/>C</div>", "A\nB\nC"),
            (
                "<ol><li>A</li><li><p>B</p></li></ol><ul><li>C</li></ul>",
                "1. A\n2. B\n\n- C",
            ),
            ("<p>A\n  <b>B</b> <i>C</i></p>", "A B C"),
            ("<pre>A\n  B</pre>", "A\n  B"),
            ("<div style='white-space: pre-wrap'>A\n\n  B</div>", "A\n\n  B"),
            ("<p>A<!-- x --> B</p><style>p {}</style>", "A B"),
            ("<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
            ("<p>C</p><div>-- <br/><p>Lena</p></div>", "C\n\n-- \nLena"),
            (
                "<p>A</p><blockquote><p>B</p>C<br/>D</blockquote><p>E</p>",
                "A\n\n> B\n>\n> C\n> D\n\nE",
            ),
            (
                "<blockquote>A<blockquote><pre>B  C</pre></blockquote></blockquote>",
                "> A\n>\n> > B  C",
            ),
        ):
            with self.subTest(html=html):
                self.assertEqual(to_plain_text(f"<body>{html}</body>"), text)

    def test_links_and_pictures(self):
        button = "<a href='http://x/{0}' style='background: red'>{0}</a>"
        for html, text in (
            ("<p>See <a href='http://x/a'>this</a>.</p>", "See this <http://x/a>."),
            ("<a href='http://x/'>http://x</a>", "http://x"),
            ("<a href='mailto:a@x.example'>a@x.example</a>", "a@x.example"),
            ("<a href='http://x/a'></a>", "http://x/a"),
            ("<a name='here'>A</a> <a href='#here'>B</a>", "A B"),
            (
                "<a href='http://x/5'><img alt='Good' src='/5.png'/></a>",
                "Good <http://x/5>",
            ),
            (button.format("A") + button.format("B"), "A <http://x/A>\nB <http://x/B>"),
            ("<p>A <img src='/logo.png'/></p>", "A"),
        ):
            with self.subTest(html=html):
                self.assertEqual(to_plain_text(f"<body>{html}</body>"), text)
