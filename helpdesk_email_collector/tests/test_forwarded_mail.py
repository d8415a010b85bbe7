import email.message
import email.policy
from datetime import datetime
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase, tagged

from ..forwarded_date import read_date
from ..forwarded_mail import announces_forward, plain_subject, read_forwarded
from ..reading.text_body import text_to_html
from .common import SUPPORT, CollectorCommon, plain_mail
from .forward_samples import ENGLISH, GERMAN, NOTE, RFC, SAMPLES, TEXT, outlook

BERLIN = ZoneInfo("Europe/Berlin")


@tagged("post_install", "-at_install")
class TestReadForwarded(BaseCase):
    """E08: forwards as programs write them in many languages."""

    def test_samples(self):
        for name, (subject, body) in SAMPLES.items():
            with self.subTest(name):
                found = read_forwarded(subject, body, BERLIN)
                self.assertTrue(found)
                self.assertEqual(found.address, "anna@huber.example")
                self.assertEqual(found.name, "Anna Huber")
                self.assertEqual(found.subject, "Drucker")
                self.assertEqual(
                    found.date.replace(second=0), datetime(2026, 11, 2, 15, 5)
                )
                self.assertIn(TEXT, found.body)
                self.assertNotIn(NOTE, found.body)
                self.assertNotIn("lena@", found.body)
                self.assertIn(NOTE, found.note)
                self.assertNotIn(TEXT, found.note)
                self.assertNotIn("huber.example", found.note)

    def test_what_is_no_forward(self):
        block = outlook(ENGLISH, "Monday, November 2, 2026 4:05 PM")
        for name, subject, body in (
            ("an answer", "RE: Drucker", block),
            ("no subject", "", block),
            ("no address", "FW: x", block.replace("anna@huber.example", "Anna")),
            ("a list", "FW: x", "<p>From: a@b.example<br>to be done</p>"),
            ("no text", "FW: x", ""),
        ):
            with self.subTest(name):
                self.assertIsNone(read_forwarded(subject, body))

    def test_the_first_original_counts(self):
        """What the original itself quotes stays in its text."""
        inner = outlook(ENGLISH, "Sunday, November 1, 2026 9:00 AM").replace(
            "anna@huber.example", "boss@elsewhere.example"
        )
        body = outlook(GERMAN, "Montag, 2. November 2026 16:05") + inner
        found = read_forwarded("WG: Drucker", body, BERLIN)
        self.assertEqual(found.address, "anna@huber.example")
        self.assertIn("boss@elsewhere.example", found.body)

    def test_pictures_stay_with_their_text(self):
        body = outlook(GERMAN, "Montag, 2. November 2026 16:05")
        body = f'<p><img src="cid:logo"></p>{body}<p><img src="cid:shot"></p>'
        found = read_forwarded("WG: Drucker", body)
        self.assertIn("cid:shot", found.body)
        self.assertNotIn("cid:logo", found.body)
        self.assertIn("cid:logo", found.note)

    def test_dates(self):
        for text, expected in {
            "02.11.2026 16:05": datetime(2026, 11, 2, 15, 5),
            "11/2/2026 4:05 PM": datetime(2026, 11, 2, 15, 5),
            "02/11/2026 16:05": datetime(2026, 11, 2, 15, 5),
            "2026-11-02 16:05:09": datetime(2026, 11, 2, 15, 5, 9),
            "2026-11-02T16:05:09+0100": datetime(2026, 11, 2, 15, 5, 9),
            "2026-11-02T15:05:09Z": datetime(2026, 11, 2, 15, 5, 9),
            "2026-11-02T16:05": datetime(2026, 11, 2, 15, 5),
            "2026-13-02T16:05": None,
            "mar, 3 mar 2026 a las 9:15": datetime(2026, 3, 3, 8, 15),
            "mardi 1er septembre 2026 à 09h15": datetime(2026, 9, 1, 7, 15),
            "martedì 3 marzo 2026 09:15": datetime(2026, 3, 3, 8, 15),
            "środa, 1 lipca 2026 09:15": datetime(2026, 7, 1, 7, 15),
            "středa 1. července 2026 9:15": datetime(2026, 7, 1, 7, 15),
            "31.02.2026": None,
            "yesterday": None,
            "": None,
        }.items():
            with self.subTest(text):
                self.assertEqual(read_date(text, BERLIN), expected)

    def test_subjects(self):
        self.assertEqual(plain_subject("WG: Fwd: Drucker"), ("Drucker", True))
        self.assertEqual(plain_subject("Weg: Drucker"), ("Weg: Drucker", False))
        for subject in (
            "[EXTERN] WG: Drucker",
            "[EXTERN] [Support] Fwd: [EXTERN] WG: Drucker",
            "[Fwd: Drucker]",
            "Drucker (fwd)",
        ):
            self.assertEqual(plain_subject(subject), ("Drucker", True), subject)
        for subject in ("[TS-1] Drucker", "[Drucker: WG] x", "x (fwd) y"):
            self.assertEqual(plain_subject(subject), (subject, False))

    def test_announced(self):
        """In whatever words of a program, also when somebody changed the subject."""
        block = "From: Anna <anna@huber.example>\nDate: x\nSubject: y\nTo: z"
        for line in (
            "Begin doorgestuurd bericht:",
            "Początek przekazywanej wiadomości:",
            "Vidarebefordrat brev:",
            "Start på videresendt besked:",
            "Začátek přeposílané zprávy:",
            "Начало переадресованного сообщения:",
            "----- Forwarded message from Anna <anna@huber.example> -----",
            "----- Weitergeleitet von Lena Kurz/Firma am 27.11.2026 09:00 -----",
        ):
            body = text_to_html(f"{NOTE}\n\n{line}\n\n{block}\n\n{TEXT}")
            self.assertTrue(announces_forward(body), line)
            found = read_forwarded("Drucker", body)
            self.assertEqual(found.address, "anna@huber.example", line)
            self.assertIn(TEXT, found.body)
            self.assertNotIn("huber", found.note)
        quoted = f"---- Forwarded message ----\n{block}\n\n{TEXT}"
        for text in (
            f"{NOTE}\n\n{block}\n\n{TEXT}",
            f"{NOTE}\n\n> Begin forwarded message:\n> {TEXT}",
            f"{NOTE}\n\n-----Original Message-----\n{block}\n\n{quoted}",
            "I forwarded the message from Anna:",
        ):
            self.assertFalse(announces_forward(text_to_html(text)), text)
        self.assertFalse(announces_forward(""))

    def test_head_in_one_line(self):
        """Yahoo, in plain text: nothing need stand between the labels."""
        anna, lena = "Anna Huber <anna@huber.example>", "lena@demo.example"
        english, german = "Monday, November 2, 2026", "Montag, 2. November 2026"
        french = "lundi 2 novembre 2026"
        for mark, *head in (
            (
                *("Forwarded Message", f"From: {anna}To: Lena <{lena}>"),
                *(f"Sent: {english} at 04:05:57 PM GMT+1", "Subject: Drucker"),
            ),
            (
                *("Forwarded Message", f"From: {anna} To: {lena} Sent: "),
                *(f"{english}, 04:05:44 PM PDT", " Subject: Fw: Drucker"),
            ),
            (
                *("Weitergeleitete Nachricht", f"Von: {anna}An: {lena}"),
                *(f"Gesendet: {german} um 16:05:57 MEZ", "Betreff: Drucker"),
            ),
            (
                *("Mail transféré", f"De : {anna}À : {lena}Envoyé : "),
                *(f"{french} à 16:05:57 UTC+1", "Objet : Drucker"),
            ),
        ):
            head = "".join(head)
            with self.subTest(head):
                text = f"{NOTE}\n\n   ----- {mark} ----- {head}\n {TEXT}\nSubject: no"
                body = text_to_html(text)
                self.assertTrue(announces_forward(body))
                found = read_forwarded("Other words", body)
                self.assertEqual(
                    (found.name, found.address, found.subject),
                    ("Anna Huber", "anna@huber.example", "Drucker"),
                )
                self.assertEqual(found.date.date().isoformat(), "2026-11-02")
                self.assertIn(f"{TEXT}\nSubject: no", found.body)
                self.assertNotIn("Anna", found.body)
                self.assertIn(NOTE, found.note)
                self.assertNotIn("Anna", found.note)
        line = "----- Forwarded Message ----- From: nobody Subject: x"
        self.assertIsNone(read_forwarded("Other words", text_to_html(line)))

    def test_hostile_texts(self):
        """rel-C1"""
        for body in (
            "<div>" * 5000 + "From: a@b.example<br>" * 3000,
            "<pre>" + "From: x\n" * 60_000,
            "<p>" + "> " * 200_000 + "From: a@b.example</p>",
            "<pre>" + "----- Forwarded Message ----- From: x To:\n" * 20_000,
            "<pre>----- Forwarded Message ----- From: " + "To:" * 200_000,
        ):
            self.assertIsNone(read_forwarded("Fwd: x", body))


@tagged("post_install", "-at_install")
class TestForwardedByAgent(CollectorCommon):
    """E08: a mail that an agent forwards opens the ticket of its original sender."""

    SAMPLE = "Gmail en"

    def _forward(self, email_from=None, head=b"", **headers):
        subject, body = SAMPLES[self.SAMPLE]
        raw = plain_mail(
            subject,
            email_from or self.agent.partner_id.email,
            message_id=f"<{self.SAMPLE.replace(' ', '.')}@forward.example>",
            **headers,
        )
        raw = raw.replace(b"text/plain", b"text/html").replace(b"Hello", body.encode())
        with self.mock_mail_gateway():
            return self._receive(head + raw).ticket_id

    def test_ticket_is_the_original_sender_s(self):
        ticket = self._forward()
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(ticket.name, "Drucker")
        self.assertIn(TEXT, ticket.description)
        self.assertNotIn(NOTE, ticket.description)
        self.assertTrue(ticket.requested_date)
        mail = ticket.message_ids.filtered(lambda m: m.message_type == "email")
        self.assertEqual(mail.author_id, self.anna)
        self.assertEqual(mail.date, ticket.requested_date)

    def test_agent_follows_and_its_words_are_a_note(self):
        ticket = self._forward()
        agent = self.agent.partner_id
        self.assertIn(agent, ticket.message_partner_ids)
        note = ticket.message_ids.filtered(lambda m: NOTE in m.body)
        self.assertEqual(note.author_id, agent)
        self.assertTrue(note._is_helpdesk_internal())
        self.assertNotIn(TEXT, note.body)
        self.assertFalse(
            self._new_mails.filtered(
                lambda mail: NOTE in (mail.body_html or "")
            ).recipient_ids
        )

    def test_who_else_got_the_forward(self):
        """E06: takes no part in the ticket: is not in copy, is not proposed for the
        answer to the customer, and answers us alone."""
        supplier = "parts@supplier.example"
        ticket = self._forward(to=f"{supplier}, {SUPPORT}", cc="more@supplier.example")
        self.assertFalse(ticket.email_cc)
        proposed = ticket.with_user(self.agent)._message_get_suggested_recipients(
            reply_discussion=True
        )
        self.assertNotIn("supplier", str(proposed))
        first = ticket.message_ids.filtered(lambda m: m.message_type == "email")
        answer = {"in_reply_to": first.message_id, "body": "It costs us 12."}
        with self.mock_mail_gateway():
            row = self._receive(plain_mail("Re: Drucker", supplier, **answer))
        self.assertEqual(row.ticket_id, ticket)
        note = ticket.message_ids.filtered(lambda m: "costs us 12" in m.body)
        self.assertTrue(note._is_helpdesk_internal())
        mailed = [address for mail in self._mails for address in mail["email_to"]]
        self.assertNotIn(self.anna.email, str(mailed))

    def test_setting_off(self):
        self.company.helpdesk_open_forwarded = False
        ticket = self._forward()
        self.assertEqual(ticket.partner_id, self.agent.partner_id)
        self.assertIn(NOTE, ticket.description)

    def test_customer_s_forward_is_not_taken_apart(self):
        ticket = self._forward("bernd@maier.example")
        self.assertEqual(ticket.sender_email, "bernd@maier.example")
        self.assertIn(NOTE, ticket.description)

    def test_agent_must_be_proven_where_servers_are_trusted(self):
        """rel-D1"""
        self.company.helpdesk_trusted_servers = "mx.demo.example"
        ticket = self._forward()
        self.assertFalse(ticket.partner_id)
        self.assertEqual(ticket.sender_doubt, "unproven")
        domain = self.agent.partner_id.email.partition("@")[2]
        head = (
            f"Authentication-Results: mx.demo.example; dmarc=pass header.from={domain}"
        )
        self.SAMPLE = "Gmail de"
        ticket = self._forward(head=f"{head}\r\n".encode())
        self.assertEqual(ticket.partner_id, self.anna)

    def test_attached_mail(self):
        """E08: an attached .eml is the original, with its files."""
        original = email.message.EmailMessage(policy=email.policy.SMTP)
        original["From"] = "Anna Huber <anna@huber.example>"
        original["Subject"] = "Drucker"
        original["Date"] = RFC
        original["Message-ID"] = "<original@huber.example>"
        original.set_content(TEXT)
        original.add_attachment(
            b"a,b", maintype="text", subtype="csv", filename="l.csv"
        )
        outer = email.message.EmailMessage(policy=email.policy.SMTP)
        outer["From"] = self.agent.partner_id.email
        outer["To"] = SUPPORT
        outer["Subject"] = "WG: Drucker"
        outer["Message-ID"] = "<outer@demo.example>"
        outer.set_content(NOTE)
        outer.add_attachment(original)
        with self.mock_mail_gateway():
            ticket = self._receive(outer.as_bytes()).ticket_id
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(ticket.name, "Drucker")
        self.assertIn(TEXT, ticket.description)
        self.assertNotIn(NOTE, ticket.description)
        self.assertEqual(ticket.requested_date, datetime(2026, 11, 2, 15, 5, 12))
        names = ticket.message_ids.attachment_ids.mapped("name")
        self.assertIn("l.csv", names)

    def test_our_own_mail_forwarded_is_not_taken_apart(self):
        self.anna.email = "anna@other.example"
        self.company.helpdesk_sender_address = "anna@huber.example"
        ticket = self._forward()
        self.assertEqual(ticket.partner_id, self.agent.partner_id)
