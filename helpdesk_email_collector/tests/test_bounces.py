from odoo.tests import tagged

from ..models.ticket.participants import REFERENCE
from .common import SUPPORT, CollectorCommon, plain_mail

POSTFIX = """\
Return-Path: <>
From: MAILER-DAEMON@mx.huber.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: %(to)s
Message-ID: <20261102.1@mx.huber.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.huber.example.

<anna@huber.example>: host 192.0.2.1 said: 550 5.1.1 User unknown
--B
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.huber.example
X-Postfix-Queue-ID: 4AB
Arrival-Date: Mon,  2 Nov 2026 16:00:00 +0100 (CET)

Final-Recipient: rfc822; anna@huber.example
Original-Recipient: rfc822;anna@huber.example
Action: %(action)s
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--B
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: %(to)s
To: anna@huber.example
Subject: Hello
Message-ID: %(id)s

--B--
"""
REFUSED = """\
From: Mail Delivery Subsystem <postmaster@mx.huber.example>
Subject: Automatically rejected mail
To: %(to)s
Message-ID: <20261102.9@mx.huber.example>
Auto-Submitted: auto-replied (rejected)
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="B"

--B
Content-Type: text/plain; charset=utf-8

Your message to <anna@huber.example> was automatically rejected:
Mailbox is closed
--B
Content-Type: message/disposition-notification

Reporting-UA: mx.huber.example; Dovecot Mail Delivery Agent
Final-Recipient: rfc822; anna@huber.example
Original-Message-ID: %(id)s
Disposition: automatic-action/MDN-sent-automatically; deleted
--B
Content-Type: message/rfc822

From: %(to)s
To: anna@huber.example
Subject: Hello
Message-ID: %(id)s

--B--
"""
EXCHANGE = """\
From: <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@huber.example>
To: <%(to)s>
Subject: Unzustellbar: Hello
Date: Mon, 2 Nov 2026 15:00:00 +0000
Message-ID: <77aa@DB7PR01.prod.outlook.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="_EX_"

--_EX_
Content-Type: multipart/alternative; boundary="_ALT_"

--_ALT_
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

PHA+SWhyZSBOYWNocmljaHQga29ubnRlIG5pY2h0IHp1Z2VzdGVsbHQgd2VyZGVuLjwvcD4=
--_ALT_--
--_EX_
Content-Type: message/delivery-status

Reporting-MTA: dns;DB7PR01.prod.outlook.example

Final-Recipient: rfc822;anna@huber.example
Action: %(action)s
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not
 found by SMTP address lookup

--_EX_
Content-Type: message/rfc822

From: <%(to)s>
To: <anna@huber.example>
Subject: Hello
Message-ID: <changed@prod.outlook.example>
X-Microsoft-Original-Message-ID: %(id)s
Content-Type: text/plain

Hello
--_EX_--
"""
GMAIL = """\
From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>
To: %(to)s
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: %(id)s
In-Reply-To: %(id)s
X-Failed-Recipients: anna@huber.example
Message-ID: <6543.gmr@mx.google.example>
MIME-Version: 1.0
Content-Type: multipart/report; boundary="G"; report-type=delivery-status

--G
Content-Type: multipart/related; boundary="R"

--R
Content-Type: text/plain; charset="UTF-8"

** Address not found **

Your message wasn't delivered to anna@huber.example.
--R--
--G
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.example
Received-From-MTA: dns; demo.example
X-Original-Message-ID: %(id)s

Final-Recipient: rfc822; anna@huber.example
Action: %(action)s
Status: 5.1.1
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does
 not exist.

--G
Content-Type: message/rfc822

From: %(to)s
To: anna@huber.example
Subject: Hello
Message-ID: %(id)s

Hello
--G--
"""
QMAIL = """\
Return-Path: <>
From: MAILER-DAEMON@mx.huber.example
To: %(to)s
Subject: failure notice
Message-ID: <qmail.1@mx.huber.example>

Hi. This is the qmail-send program at mx.huber.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<anna@huber.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Received: (qmail 1 invoked by uid 0)
From: %(to)s
Subject: Hello
Message-ID: %(id)s

Hello
"""
RECEIPT = """\
From: Anna <anna@huber.example>
To: %(to)s
Subject: Gelesen: Hello
Message-ID: <mdn.1@huber.example>
References: %(id)s
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="M"

--M
Content-Type: text/plain

Read.
--M
Content-Type: message/disposition-notification

Final-Recipient: rfc822;anna@huber.example
Disposition: automatic-action/MDN-sent-automatically; displayed
--M--
"""
MIXED_RECEIPT = RECEIPT.replace(
    "multipart/report; report-type=disposition-notification", "multipart/mixed"
).replace("Gelesen:", "AW:")
DOMINO = """\
From: Postmaster@huber.example
To: %(to)s
Subject: DELIVERY FAILURE: User anna (anna@huber.example) not listed in
 Domino Directory
Message-ID: <domino.1@huber.example>
In-Reply-To: %(id)s

Your message

  Subject: Hello

was not delivered to:

  anna@huber.example

because:

  User anna (anna@huber.example) not listed in Domino Directory
"""
UNKNOWN_FORM = """\
From: Postmaster <postmaster@mail-one.huber.example>
To: %(to)s
Subject: Unzustellbar: Hello
Message-ID: <form.1@huber.example>
References: %(id)s

Die Nachricht konnte dem Empfaenger anna@huber.example nicht zugestellt werden.
"""
ADMINISTRATOR = """\
From: System Administrator <postmaster@huber.example>
To: %(to)s
Subject: Undeliverable: Hello
Message-ID: <admin.1@huber.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="A"

--A
Content-Type: text/plain

Your message

  To:      anna@huber.example
  Subject: Hello
  Sent:    Fri, 27 Nov 2026 10:00:00 +0100

did not reach the following recipient(s):

anna@huber.example on Fri, 27 Nov 2026 10:00:01 +0100
    The recipient name is not recognized
--A
Content-Type: message/rfc822

From: %(to)s
To: anna@huber.example
Subject: Hello
Message-ID: %(id)s

Hello
--A--
"""


@tagged("post_install", "-at_install")
class TestBounces(CollectorCommon):
    """Bounces are shown on the mail that bounced and open no ticket (E07)."""

    def setUp(self):
        super().setUp()
        self.ticket = self._create_ticket(user_id=self.agent.id)
        with self.mock_mail_gateway():
            self.sent = self.ticket.with_user(self.agent).message_post(
                body="Hello",
                partner_ids=self.anna.ids,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        self.notification = self.sent.notification_ids.filtered(
            lambda one: one.res_partner_id == self.anna
        )
        self.assertTrue(self.notification)

    def _bounce(self, form, action="failed", to=SUPPORT, message_id=None):
        values = {"to": to, "action": action, "id": message_id or self.sent.message_id}
        before = self.env["helpdesk.ticket"].search_count([])
        with self.mock_mail_gateway():
            row = self._receive((form % values).replace("\n", "\r\n").encode())
        self.assertEqual(self.env["helpdesk.ticket"].search_count([]), before)
        return row

    def _check_shown(self, row, reason):
        self.assertEqual(row.state, "ignored")
        self.assertEqual(row.reason_code, "bounced")
        self.assertEqual(row.ticket_id, self.ticket)
        self.assertIn(reason, row.reason)
        self.assertEqual(self.notification.notification_status, "bounce")
        self.assertIn(reason, self.notification.failure_reason)
        note = self.ticket.message_ids.sorted("id")[-1]
        self.assertIn("anna@huber.example", note.body)
        self.assertTrue(note._is_helpdesk_internal())
        self.assertIn(self.agent.partner_id, note.notified_partner_ids)
        self.assertNotIn(self.anna, note.notified_partner_ids)

    def test_who_writes_can_be_reached_again(self):
        """E07: as core has it, the contact's bounces are forgotten."""
        self.anna.message_bounce = 3
        self._receive(plain_mail("I am back"))
        self.assertEqual(self.anna.message_bounce, 0)

    def test_who_writes_right_after_a_report(self):
        """E07: a report and the next mail of its transaction are told apart."""
        values = {"to": SUPPORT, "action": "failed", "id": "<nobody@x>"}
        report = (POSTFIX % values).replace("\n", "\r\n").encode()
        self._receive(plain_mail("Before"), report)
        self.assertEqual(self.anna.message_bounce, 1)
        self._receive(report + b"\r\n", plain_mail("I am back"))
        self.assertEqual(self.anna.message_bounce, 0)

    def test_postfix(self):
        self._check_shown(self._bounce(POSTFIX), "User unknown")

    def test_exchange(self):
        self._check_shown(self._bounce(EXCHANGE), "RecipientNotFound")

    def test_gmail(self):
        self._check_shown(self._bounce(GMAIL), "does not exist")

    def test_qmail(self):
        self._check_shown(self._bounce(QMAIL), "no mailbox here")

    def test_plain_texts_of_other_servers(self):
        for form in (DOMINO, ADMINISTRATOR, UNKNOWN_FORM):
            with self.subTest(form[:30]):
                self.notification.sudo().notification_status = "sent"
                row = self._bounce(form)
                self.assertEqual(row.reason_code, "bounced")
                self.assertEqual(row.ticket_id, self.ticket)
                self.assertEqual(self.notification.notification_status, "bounce")

    def test_subjects_of_other_languages(self):
        """E07: servers whose report another program made a plain text of."""
        for subject in (
            "Nedoručitelné: Hello",
            "Não é possível entregar: Hello",
            "Не удается доставить: Hello",
            "Det går inte att leverera: Hello",
            "配信不能: Hello",
            "Kan ikke leveres: Hello",
            "Kézbesíthetetlen: Hello",
            "Teslim edilemedi: Hello",
            "Echec de remise",
            "Не вдалося доставити: Hello",
            "Không gửi được: Hello",
            "ไม่สามารถส่งได้: Hello",
            "Nije moguće isporučiti: Hello",
            "Не може да се достави: Hello",
            "Nepristatyta: Hello",
            "Toimittaminen epäonnistui: Hello",
            "Ihre Nachricht konnte nicht zugestellt werden",
            "[Postmaster] Email Delivery Failure",
            "系统退信",
            "来自qq.com的退信",
            "Mailbox full",
            "Postfach voll",
            "**Message you sent blocked by our bulk email filter**",
            "Your message has been rejected",
            "Ihre E-Mail wurde abgewiesen",
            "Votre message a été bloqué",
            "Su mensaje ha sido rechazado",
        ):
            self.notification.sudo().notification_status = "sent"
            row = self._receive(
                plain_mail(
                    subject,
                    "Mail Server <postmaster@huber.example>",
                    "anna@huber.example",
                    in_reply_to=self.sent.message_id,
                )
            )
            self.assertEqual(row.reason_code, "bounced", subject)
            self.assertEqual(self.notification.notification_status, "bounce", subject)

    def test_refused_by_a_receipt(self):
        """E07: Sieve refuses a mail by what else says that it was read or deleted."""
        row = self._bounce(REFUSED)
        self.assertEqual(row.reason_code, "bounced")
        self._check_shown(row, "Mailbox is closed")
        row = self._bounce(REFUSED.replace(" (rejected)", ""), message_id="<2@x.y>")
        self.assertEqual(row.reason_code, "report")

    def test_person_who_asks_about_a_bounce(self):
        """E07: the same words in a person's mail are a request."""
        row = self._receive(
            plain_mail(
                "Undeliverable: what does that mean?",
                body="I got this from the postmaster:\r\n\r\n"
                "<bernd@maier.example>: 550 User unknown",
            )
        )
        self.assertEqual(row.ticket_id.partner_id, self.anna)

    def test_person_who_sends_a_bounce_on(self):
        """E07: nor is it a report when a person sends one on with all of its parts."""
        status = (
            "Reporting-MTA: dns; mx.maier.example\r\n\r\n"
            "Final-Recipient: rfc822; bernd@maier.example\r\n"
            "Action: failed\r\nStatus: 5.1.1\r\n"
        )
        parts = "".join(
            f"--B\r\nContent-Type: {kind}\r\n\r\n{text}\r\n"
            for kind, text in (
                ("text/plain; charset=utf-8", "What does that mean?"),
                ("message/delivery-status", status),
                ("message/rfc822", "From: a@b.example\r\nSubject: x\r\n\r\nHello"),
            )
        )
        head = (
            "To: help@demo.example\r\nSubject: Fwd: Undelivered Mail Returned to Sender"
            "\r\nMessage-ID: <sent.on@huber.example>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/mixed; boundary=B\r\n\r\n"
        )
        mail = f"{head}{parts}--B--\r\n"
        row = self._receive(f"From: anna@huber.example\r\n{mail}".encode())
        self.assertEqual(row.ticket_id.partner_id, self.anna)
        self.assertIn("What does that mean?", row.ticket_id.description)
        mail = mail.replace("sent.on", "by.server").replace("Fwd: ", "")
        row = self._receive(f"From: postmaster@maier.example\r\n{mail}".encode())
        self.assertFalse(row.ticket_id)

    def test_same_bounce_twice(self):
        """The assignee is told once."""
        self._bounce(POSTFIX)
        count = len(self.ticket.message_ids)
        self._bounce(EXCHANGE)
        self.assertEqual(len(self.ticket.message_ids), count)

    def test_delay_is_no_failure(self):
        row = self._bounce(POSTFIX, action="delayed")
        self.assertEqual((row.state, row.reason_code), ("ignored", "delayed"))
        self.assertNotEqual(self.notification.notification_status, "bounce")

    def test_receipts_are_no_failures(self):
        for receipt in (RECEIPT, MIXED_RECEIPT):
            row = self._bounce(receipt)
            self.assertEqual((row.state, row.reason_code), ("ignored", "report"))
        row = self._bounce(POSTFIX, action="delivered")
        self.assertEqual(row.reason_code, "report")
        self.assertNotEqual(self.notification.notification_status, "bounce")

    def test_by_reference_when_the_message_id_is_lost(self):
        reference = REFERENCE.search(str(self._new_mails[:1].body_html))[0]
        form = EXCHANGE.replace("\nHello\n--_EX_", f"\n{reference}\n--_EX_")
        row = self._bounce(form, message_id="<lost@elsewhere.example>")
        self.assertEqual(row.ticket_id, self.ticket)
        self.assertIn("RecipientNotFound", self.ticket.message_ids[0].body)

    def test_of_a_mail_that_is_not_ours(self):
        row = self._bounce(POSTFIX, message_id="<other@elsewhere.example>")
        self.assertEqual((row.state, row.reason_code), ("ignored", "bounce"))
        self.assertFalse(row.ticket_id)
        self.assertNotEqual(self.notification.notification_status, "bounce")

    def test_piped_in_to_the_address_for_bounces(self):
        """The same when the mail server hands it to Odoo's own address."""
        values = {
            "to": self.alias_bounce + "@" + self.alias_domain,
            "action": "failed",
            "id": self.sent.message_id,
        }
        raw = (POSTFIX % values).replace("\n", "\r\n").encode()
        with self.mock_mail_gateway():
            self.env["mail.thread"].with_company(self.company).message_process(
                False, raw
            )
        self._check_shown(self._rows()[:1], "User unknown")
