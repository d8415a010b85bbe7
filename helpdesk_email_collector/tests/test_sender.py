from odoo.tests import BaseCase, tagged

from odoo.addons.helpdesk_ticket.own_addresses import OwnAddresses

from ..fingerprint import fingerprint, is_same, says_nothing_new
from ..mail import read
from ..sender import form_sign, is_unattended, sender_of

OWN = OwnAddresses(
    frozenset({"support@helpdesk.example"}), frozenset({"helpdesk.example"})
)
JANA = "jana@optik.example"


def mail(email_from, text="Hello", **headers):
    lines = [f"From: {email_from}"]
    lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
    return read("\r\n".join([*lines, "Subject: Scanner", "", text, ""]).encode())


@tagged("post_install", "-at_install")
class TestSender(BaseCase):
    """Who wrote a mail (E07, E08): in From, or behind a list or a form."""

    def _check(self, expected, email_from, text="", **headers):
        """Compare (name, address, reply_to, via) of who wrote a mail."""
        headers.setdefault("To", "support@helpdesk.example")
        asked = set()

        def is_person(address):
            asked.add(address)
            return address == "lena@helpdesk.example"

        written = mail(email_from, text, **headers)
        found = sender_of(
            written,
            OWN,
            counting={"forms.example", "web@shop.example"},
            is_person=is_person,
        )
        self.assertEqual(
            (found.name, found.address, found.reply_to, found.via), expected
        )
        # only of these it is looked up whose they are
        self.assertLessEqual({found.address, *asked} - {""}, set(written.writers))
        return found

    def test_people(self):
        self._check(("Jana", JANA, "", ""), f"Jana <{JANA}>")
        self._check(("Jana", JANA, "", ""), f"Jana <{JANA}>", Reply_To=JANA)
        self._check(
            ("Jana", JANA, "it@optik.example", ""),
            f"Jana <{JANA}>",
            Reply_To="IT <it@optik.example>",
        )
        self._check(
            ("Lena", "lena@helpdesk.example", JANA, ""),
            "Lena <lena@helpdesk.example>",
            Reply_To=JANA,
        )

    def test_several_people_in_reply_to(self):
        """E06: each of them is to get the answers, the author as well."""
        for reply_to, expected in (
            (f"{JANA}, it@optik.example", f"{JANA}, it@optik.example"),
            (f"it@optik.example, {JANA}", f"it@optik.example, {JANA}"),
            ("it@optik.example, a@b.example", "it@optik.example, a@b.example"),
            (f"{JANA}, {JANA}", ""),
            (f"{JANA}, support@helpdesk.example", ""),
            (f"{JANA}, noreply@optik.example", ""),
        ):
            self._check(
                ("Jana", JANA, expected, ""), f"Jana <{JANA}>", Reply_To=reply_to
            )
        form = "Website <support@helpdesk.example>"
        for reply_to, expected in (
            (f"Jana <{JANA}>, it@optik.example", f"{JANA}, it@optik.example"),
            (f"lena@helpdesk.example, Jana <{JANA}>", ""),
        ):
            self._check(
                ("Jana", JANA, expected, "support@helpdesk.example"),
                form,
                Reply_To=reply_to,
            )

    def test_long_fields(self):
        """E09: a name of very many signs; our address behind very many others."""
        self._check(("A" * 998, JANA, "", ""), f"{'A' * 5000} <{JANA}>")
        many = ", ".join(f"person{number}@optik.example" for number in range(500))
        found = mail(JANA, To=f"{many}, support@helpdesk.example")
        self.assertIn("support@helpdesk.example", found.named)

    def test_answers_never_come_back_to_us(self):
        for reply_to in (
            "support@helpdesk.example",
            "support+x@helpdesk.example",
            "noreply@optik.example",
        ):
            self._check(("Jana", JANA, "", ""), f"Jana <{JANA}>", Reply_To=reply_to)

    def test_groups_that_rewrite_from(self):
        """Google Groups, with each of the headers in which it keeps the author."""
        via = "\"'Jana Weber' via Support\" <support@helpdesk.example>"
        expected = ("Jana Weber", JANA, "", "support@helpdesk.example")
        for headers in (
            {"X_Original_From": f"Jana Weber <{JANA}>", "X_Original_Sender": JANA},
            {"X_Original_Sender": JANA, "Reply_To": "support@helpdesk.example"},
            {"Reply_To": JANA},
            {"Reply_To": f"support@helpdesk.example, Jana Weber <{JANA}>"},
            {"Cc": f"Jana Weber <{JANA}>", "Reply_To": "support@helpdesk.example"},
        ):
            self.assertFalse(self._check(expected, via, **headers).hearsay)

    def test_answers_elsewhere_through_a_group(self):
        self._check(
            ("Jana", JANA, "it@optik.example", "support@helpdesk.example"),
            "Jana via Support <support@helpdesk.example>",
            X_Original_From=f"Jana <{JANA}>",
            Reply_To="it@optik.example",
        )

    def test_names_with_via(self):
        for name in (
            "Jana Weber via Support",
            "Jana Weber (via Support)",
            "'Jana Weber' via Support List",
            "Jana Weber über Support",
            "=?utf-8?q?=27J=C3=A4n=27_via_Support?=",
        ):
            found = sender_of(
                mail(f'"{name}" <support@helpdesk.example>', X_Original_Sender=JANA),
                OWN,
            )
            self.assertIn(found.name, ("Jana Weber", "Jän"))

    def test_list_of_another_domain_in_front(self):
        """Groups.io and Mailman wrap the address; the list is in To."""
        headers = {
            "To": "help@groups.example",
            "Mailing_List": "list help@groups.example; contact owner@groups.example",
            "List_Id": "<help.groups.example>",
            "Reply_To": "help@groups.example",
        }
        found = self._check(
            ("Jana Weber", JANA, "", "jana=optik.example@groups.example"),
            '"Jana Weber via groups.example" <jana=optik.example@groups.example>',
            **headers,
        )
        self.assertTrue(found.hearsay)
        self._check(("Jana", JANA, "", ""), f"Jana <{JANA}>", **headers)

    def test_customers_own_list(self):
        """Answers may go to a list of the customer."""
        self._check(
            ("Jana", JANA, "it@optik.example", ""),
            f"Jana <{JANA}>",
            Reply_To="it@optik.example",
            List_Post="<mailto:it@optik.example>",
        )

    def test_customers_own_list_that_rewrites_from(self):
        """It speaks for people of its own domain; a list elsewhere is hearsay."""
        for address, hearsay in (
            ("it@optik.example", False),
            ("optik@groups.example", True),
        ):
            found = self._check(
                ("Jana", JANA, address, address),
                f"Jana via IT <{address}>",
                X_Original_From=f"Jana <{JANA}>",
                List_Post=f"<mailto:{address}>",
                Reply_To=address,
            )
            self.assertEqual(found.hearsay, hearsay)

    def test_neighbour_at_a_free_mail_provider(self):
        """rel-D4: whoever has an address at the same provider is no list of it."""
        found = self._check(
            ("Jana", "jana@gmail.com", "", "mallory@gmail.com"),
            "Jana via X <mallory@gmail.com>",
            X_Original_From="Jana <jana@gmail.com>",
        )
        self.assertTrue(found.hearsay)

    def test_address_of_somebody_else_as_name(self):
        """rel-D3: the screen shows no address that the mail is not from."""
        for name, kept in (
            ("boss@helpdesk.example", ""),
            ("Boss <boss@helpdesk.example>", ""),
            (JANA, JANA),
            ("Jana (IT @ Optik)", "Jana (IT @ Optik)"),
        ):
            self._check((kept, JANA, "", ""), f'"{name}" <{JANA}>')

    def test_address_instead_of_a_name(self):
        self._check(
            ("", JANA, "", "support@helpdesk.example"),
            f'"{JANA} via Support" <support@helpdesk.example>',
            X_Original_Sender=JANA,
        )

    def test_name_of_a_form(self):
        """The name in From is the person's when the address says the same."""
        for name, kept in (("Jana Weber", "Jana Weber"), ("Web Site", "")):
            self._check(
                (kept, "jana.weber@optik.example", "", "noreply@shop.example"),
                f"{name} <noreply@shop.example>",
                Reply_To="jana.weber@optik.example",
            )

    def test_forms(self):
        for email_from in (
            "Website <support@helpdesk.example>",
            "Website <noreply@helpdesk.example>",
            "Website <web@helpdesk.example>",
            "Shop <no-reply@shop.example>",
            "WordPress <wordpress@optik.example>",
            "Web <web@shop.example>",
            "Form <any@forms.example>",
        ):
            via = email_from.partition("<")[2].strip(">")
            found = self._check(
                ("Jana", JANA, "", via), email_from, Reply_To=f"Jana <{JANA}>"
            )
            self.assertEqual(found.hearsay, via == "no-reply@shop.example")

    def test_no_form(self):
        """Programs without a person, and people who write for their company."""
        self._check(
            ("Shop", "noreply@shop.example", "", ""),
            "Shop <noreply@shop.example>",
        )
        self._check(
            ("Web", "other@shop.example", JANA, ""),
            "Web <other@shop.example>",
            Reply_To=JANA,
        )
        self._check(
            ("Us", "support@helpdesk.example", "", ""), "Us <support@helpdesk.example>"
        )

    def test_name_in_the_text_of_a_form(self):
        for text in (
            "Name: Jana Weber\nE-Mail: x",
            "Your name: Jana Weber",
            "* Ihr Name *: Jana Weber",
            "Nom : Jana Weber",
            "Nombre y apellidos: Jana Weber",
            "Naam: Jana Weber",
            "Imię i nazwisko: Jana Weber",
            "Jméno a příjmení: Jana Weber",
            "Nome e cognome: Jana Weber",
            "Nome completo: Jana Weber",
            "Ad Soyad: Jana Weber",
            "ФИО: Jana Weber",
            "お名前:Jana Weber",
            "姓名:Jana Weber",
        ):
            self._check(
                ("Jana Weber", JANA, "", "noreply@shop.example"),
                "Shop <noreply@shop.example>",
                text,
                Reply_To=JANA,
            )
        self._check(
            ("", JANA, "", "noreply@shop.example"),
            "Shop <noreply@shop.example>",
            "Username: jana@optik.example",
            Reply_To=JANA,
        )

    def test_addresses_that_nobody_reads(self):
        for local in [
            "noreply",
            "no-reply",
            "no_reply+x",
            "do-not-reply",
            "donotreply",
            "nicht-antworten",
            "shop-noreply",
            "ne-pas-repondre",
            "www-data",
            "kontaktformular",
            "noreply2",
            "naoresponda",
        ]:
            self.assertTrue(is_unattended(f"{local}@x.example"), local)
        for local in [
            "leonore.plyer",
            "kontakt",
            "info",
            "form.huber",
            "reply",
            "norelly",
            "web",
        ]:
            self.assertFalse(is_unattended(f"{local}@x.example"), local)

    def test_delivered_to(self):
        """What stands below the first Received came with the mail."""
        message = mail(
            f"Jana <{JANA}>",
            Delivered_To="support@helpdesk.example",
            X_Original_To="hilfe@helpdesk.example",
            Received="from a by b",
            Envelope_To="victim@huber.example",
        )
        self.assertEqual(
            message.delivered_to,
            ("support@helpdesk.example", "hilfe@helpdesk.example"),
        )

    def test_delivered_to_a_mailbox_beside_the_server(self):
        """Dovecot writes a Received of its own for what Postfix hands it."""
        raw = (
            "Delivered-To: support@helpdesk.example\r\n"
            "Received: from mx (mx [127.0.0.1]) by mx with LMTP id 1; now\r\n"
            "X-Original-To: hilfe@helpdesk.example\r\n"
            "Received: from a by mx with ESMTPS id 2; now\r\n"
            "X-Original-To: victim@huber.example\r\n"
            f"From: {JANA}\r\n\r\nHello\r\n"
        )
        message = read(raw.encode())
        self.assertEqual(
            message.delivered_to,
            ("support@helpdesk.example", "hilfe@helpdesk.example"),
        )

    def test_what_looks_like_a_form(self):
        for headers, text in (
            ({"X_Mailer": "PHPMailer 6.9.1"}, ""),
            ({"X_PHP_Originating_Script": "33:mail.php"}, ""),
            ({}, f"E-Mail-Adresse: {JANA}\nNachricht: x"),
            ({}, f"* Email: <{JANA}>"),
        ):
            message = mail("Web <web@x.example>", text, **headers)
            self.assertTrue(form_sign(message, JANA), headers)
        message = mail("Web <web@x.example>", f"Write to {JANA}.")
        self.assertEqual(form_sign(message, JANA), "")


@tagged("post_install", "-at_install")
class TestFingerprint(BaseCase):
    """What says the same again (E07)."""

    NOTE = "<p>Thank you for your mail of %s. Your case has the number %s. %s</p>"

    def _note(self, *values, subject="Case received"):
        return fingerprint(subject, self.NOTE % values)

    def test_numbers_and_dates(self):
        one = self._note("Friday, 27 November 2026", "4711", "")
        two = self._note("Monday, 30 December 2026 10:12", "AB-99812", "")
        self.assertFalse(is_same(one, two))
        self.assertTrue(says_nothing_new(two, one))

    def test_quotations(self):
        one = self._note("1", "2", "<blockquote>What you wrote</blockquote>")
        two = self._note("1", "2", "\n&gt; Something else entirely\n")
        self.assertTrue(says_nothing_new(two, one))

    def test_other_requests(self):
        """A word more in a short text is another request."""
        one = fingerprint("Printer", "The printer in the hall is broken")
        two = fingerprint("Printer", "The scanner in the hall is broken")
        self.assertFalse(says_nothing_new(two, one))
        self.assertFalse(says_nothing_new(fingerprint("", ""), one))

    def test_long_texts(self):
        words = [f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(300)]
        one, two = " ".join(words), " ".join([*words[:150], *reversed(words[150:])])
        self.assertTrue(says_nothing_new(fingerprint("x", two), fingerprint("x", one)))
        other = " ".join(word[::-1] for word in words)
        self.assertFalse(
            says_nothing_new(fingerprint("x", other), fingerprint("x", one))
        )
