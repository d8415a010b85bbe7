from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import SUPPORT, CollectorCommon, plain_mail

JANA = "jana.weber@optik.example"
GROUP = {
    "precedence": "list",
    "mailing_list": f"list {SUPPORT}; contact {SUPPORT}+owners",
    "list_id": "<support.demo.example>",
    "x_google_group_id": "123456789",
    "list_post": f"<https://groups.example/post>, <mailto:{SUPPORT}>",
    "list_unsubscribe": "<mailto:off@groups.example>",
    "reply_to": f"Jana Weber <{JANA}>",
    "x_original_sender": JANA,
    "x_original_from": f"Jana Weber <{JANA}>",
}


class ThroughCommon(CollectorCommon):
    """Ways to look at what became of a mail."""

    def _mail_in(self, *args, **kwargs):
        """Receive a mail, an hour after the one before: nobody writes at once."""
        for row in self._rows().filtered("decided_date"):
            row.decided_date -= timedelta(hours=1)
        with self.mock_mail_gateway():
            return self._receive(plain_mail(*args, **kwargs))

    def _get_last_mail(self, ticket):
        """Return the `mail.message` of the last mail that came to a ticket."""
        mails = ticket.message_ids.filtered(lambda m: m.message_type == "email")
        return mails.sorted("id")[-1]

    def _get_mailed(self):
        return [address for sent in self._mails for address in sent["email_to"]]

    def _check_ticket(self, row, name, address):
        """The ticket is of a person, and the person was told; nobody else was."""
        self.assertEqual(row.state, "done", row.reason)
        ticket = row.ticket_id
        self.assertEqual(ticket.partner_id.name, name)
        self.assertEqual(ticket.partner_id.email_normalized, address)
        self.assertEqual(ticket.partner_email, address)
        self.assertEqual(len(self._new_mails), 1)
        self.assertIn(address, self._get_mailed()[0])
        return ticket


@tagged("post_install", "-at_install")
class TestGroupsInFront(ThroughCommon):
    """E07: a group or a list in front of our mailbox: who writes there is a person."""

    def test_from_is_rewritten(self):
        via = f"\"'Jana Weber' via Support\" <{SUPPORT}>"
        row = self._mail_in("Scanner", via, **GROUP)
        ticket = self._check_ticket(row, "Jana Weber", JANA)
        first = ticket.message_ids.filtered(lambda m: m.message_type == "email")
        self.assertEqual(first.author_id, ticket.partner_id)
        self.assertEqual(first.email_from, f'"Jana Weber" <{JANA}>')
        self.assertEqual((row.sender_address, row.via_address), (JANA, SUPPORT))

    def test_from_is_kept(self):
        row = self._mail_in("Scanner", f"Jana Weber <{JANA}>", **GROUP)
        self._check_ticket(row, "Jana Weber", JANA)
        self.assertFalse(row.ticket_id.reply_to)

    def test_direct_copy_beside_the_group_s(self):
        """E05: one mail to us and to our group is one, in whatever order it comes."""
        values = {"message_id": "<both@optik.example>", "body": "It beeps."}
        direct = {"email_from": f"Jana Weber <{JANA}>", **values}
        via = {"email_from": f'"Jana Weber via Support" <{SUPPORT}>', **values, **GROUP}
        via["body"] += "\r\n-- \r\nYou received this because you are in the group."
        for number, (one, other) in enumerate(((direct, via), (via, direct))):
            for copy in (one, other):
                copy["message_id"] = f"<both.{number}@optik.example>"
            first = self._mail_in("Scanner", **one)
            self._check_ticket(first, "Jana Weber", JANA)
            again = self._mail_in("Scanner", **other)
            self.assertEqual(again.reason_code, "duplicate")
            self.assertEqual(again.ticket_id, first.ticket_id)

    def test_another_group_of_our_domain(self):
        names = {
            name: text.replace(SUPPORT, "service@demo.example").replace(
                "support.", "service."
            )
            for name, text in GROUP.items()
        }
        for number, email_from in enumerate(
            ('"Jana Weber via Service" <service@demo.example>', f"Jana Weber <{JANA}>")
        ):
            row = self._mail_in(
                f"Scanner {number}", email_from, to="service@demo.example", **names
            )
            self._check_ticket(row, "Jana Weber", JANA)

    def test_mailman(self):
        row = self._mail_in(
            "Scanner",
            f'"Jana Weber via Support" <{SUPPORT}>',
            reply_to=f"Support <{SUPPORT}>",
            cc=f"Jana Weber <{JANA}>",
            precedence="list",
            list_id="Support <support.demo.example>",
            list_post=f"<mailto:{SUPPORT}>",
            x_beenthere=SUPPORT,
            x_mailman_version="2.1.39",
        )
        self._check_ticket(row, "Jana Weber", JANA)

    def test_groups_io(self):
        """The list has an address of another domain: it stands in To."""
        row = self._mail_in(
            "Scanner",
            '"Jana Weber via groups.example" <jana.weber=optik.example@groups.example>',
            to="help@groups.example",
            delivered_to=SUPPORT,
            reply_to="help@groups.example",
            mailing_list="list help@groups.example",
            list_id="<help.groups.example>",
            list_unsubscribe="<https://groups.example/unsub>",
            precedence="Bulk",
        )
        self._check_ticket(row, "Jana Weber", JANA)
        self.assertNotIn("help@groups.example", row.ticket_id.email_cc or "")

    def test_group_of_microsoft_365(self):
        row = self._mail_in(
            "Scanner",
            f"Jana Weber <{JANA}>",
            sender=f"Support <{SUPPORT}>",
            list_unsubscribe=f"<mailto:{SUPPORT}?subject=off>",
            x_loop=SUPPORT,
        )
        self._check_ticket(row, "Jana Weber", JANA)

    def test_foreign_group_of_microsoft_365(self):
        """A customer's own group that we are a member of: not sent to many, but what
        one of its members writes."""
        group = "it@optik.example"
        row = self._mail_in(
            "Scanner",
            f"Jana Weber <{JANA}>",
            sender=f"IT <{group}>",
            to=f"IT <{group}>",
            delivered_to=SUPPORT,
            list_id="<it.optik.example>",
            list_unsubscribe=f"<mailto:{group}?subject=off>",
        )
        self.assertEqual(row.ticket_id.partner_id.email_normalized, JANA)
        newsletter = {"list_id": "<news.shop.example>", "list_unsubscribe": "<x>"}
        row = self._mail_in("Offers", "Shop <news@shop.example>", **newsletter)
        self.assertEqual(row.reason_code, "automatic")

    def test_rule_of_an_exchange_mailbox_sends_on(self):
        """The ticket is of who wrote, whatever the rule's server says of itself; what
        a rule answers is a program's."""
        rule = {"x_ms_exchange_generated_message_source": "Mailbox Rules Agent"}
        of = {"x_ms_exchange_inbox_rules_loop": "old-support@demo.example"}
        for number, headers in enumerate(
            (
                {**of, "auto_submitted": "auto-generated"},
                of,
                # a server that does not say whose rule it was
                {"delivered_to": SUPPORT},
            )
        ):
            headers = {"to": "old-support@demo.example", **rule, **headers}
            row = self._mail_in(f"Scanner {number}", f"Jana Weber <{JANA}>", **headers)
            self._check_ticket(row, "Jana Weber", JANA)
        of = {
            "x_ms_exchange_inbox_rules_loop": JANA,
            "auto_submitted": "auto-generated",
        }
        for headers in ({**rule, **of}, rule):
            row = self._mail_in("Your mail", f"Jana Weber <{JANA}>", **headers)
            self.assertEqual(row.reason_code, "automatic")

    def test_answer_through_the_group(self):
        ticket = self._mail_in("Scanner", f"Jana Weber <{JANA}>").ticket_id
        row = self._mail_in(
            f"Re: [{ticket.number}] Scanner",
            f'"Jana Weber via Support" <{SUPPORT}>',
            **GROUP,
        )
        self.assertEqual(row.ticket_id, ticket)
        self.assertFalse(self._get_last_mail(ticket).is_internal)

    def test_our_own_mail_through_the_group(self):
        """rel-H2: nobody stands behind it: a loop."""
        headers = {**GROUP, "reply_to": SUPPORT}
        del headers["x_original_sender"], headers["x_original_from"]
        row = self._mail_in("Scanner", f"Support <{SUPPORT}>", **headers)
        self.assertEqual(row.reason_code, "own_address")
        self.assertFalse(self._new_mails)

    def test_colleague_behind_a_group_is_not_proven(self):
        """rel-D1: what servers say about the group proves nothing about the person."""
        self.company.helpdesk_trusted_servers = "mx.demo.example"
        head = (
            b"Authentication-Results: mx.demo.example; dmarc=pass"
            b" header.from=demo.example\r\n"
        )
        address = self.agent.partner_id.email
        headers = {**GROUP, "x_original_from": f"Agent <{address}>"}
        raw = plain_mail("Scanner", f"Agent via Support <{SUPPORT}>", **headers)
        with self.mock_mail_gateway():
            row = self._receive(head + raw)
        self.assertEqual(row.ticket_id.sender_doubt, "unproven")
        self.assertFalse(row.ticket_id.partner_id)


@tagged("post_install", "-at_install")
class TestForms(ThroughCommon):
    """E07: a contact form writes for the person in Reply-To."""

    PETER = "peter.lang@langbau.example"

    def _fill_in(self, email_from, subject="Contact form", **headers):
        return self._mail_in(
            subject,
            email_from,
            body=f"Name: Peter Lang\nE-Mail: {self.PETER}\nMessage: no WLAN",
            **{"reply_to": f"Peter Lang <{self.PETER}>", **headers},
        )

    def test_from_our_own_address(self):
        row = self._fill_in(f"Website <{SUPPORT}>")
        self._check_ticket(row, "Peter Lang", self.PETER)
        self.assertNotIn(SUPPORT, self._get_mailed()[0])

    def test_our_form_says_that_it_is_a_program(self):
        """Of itself, not of whoever filled it in; an answering machine stays one."""
        for address in (SUPPORT, "noreply@demo.example"):
            generated = {"auto_submitted": "auto-generated", "subject": address}
            row = self._fill_in(f"Website <{address}>", **generated)
            self._check_ticket(row, "Peter Lang", self.PETER)
        row = self._fill_in(f"Website <{SUPPORT}>", "x", auto_submitted="auto-replied")
        self.assertEqual(row.reason_code, "automatic")
        listed = {"auto_submitted": "auto-generated", "list_id": "<it.demo.example>"}
        row = self._fill_in(f"Website <{SUPPORT}>", "y", **listed)
        self.assertEqual(row.reason_code, "automatic")

    def test_from_nobodys_address(self):
        for number, address in enumerate(
            ("noreply@demo.example", "no-reply@shop.example", "www-data@web.example")
        ):
            row = self._fill_in(f"Shop <{address}>", f"Form {number}")
            self._check_ticket(row, "Peter Lang", self.PETER)
            self.assertEqual(row.via_address, address)

    def test_colleague_beside_the_person(self):
        """Some forms name a colleague in Reply-To, before or behind the person."""
        person = f"Peter Lang <{self.PETER}>"
        for number, address in enumerate((self.agent.email, "sales@demo.example")):
            for people in (f"{address}, {person}", f"{person}, {address}"):
                row = self._fill_in(
                    "Website <noreply@demo.example>",
                    f"Form {number} {people}",
                    reply_to=people,
                )
                self._check_ticket(row, "Peter Lang", self.PETER)

    def test_through_our_group(self):
        """A form writes to a group in front of our mailbox: who filled it in asks."""
        form = "wordpress@demo.example"
        group = {**GROUP, "x_original_sender": form, "x_original_from": form}
        group["reply_to"] = f"Peter Lang <{self.PETER}>"
        row = self._fill_in(f"\"'Web' via Support\" <{SUPPORT}>", **group)
        self._check_ticket(row, "Peter Lang", self.PETER)

    def test_name_from_the_text(self):
        row = self._fill_in(f"Website <{SUPPORT}>", reply_to=self.PETER)
        self._check_ticket(row, "Peter Lang", self.PETER)

    def test_named_sender(self):
        """The setting: also when the mail says that a program sent it."""
        robot = {"auto_submitted": "auto-generated", "precedence": "bulk"}
        row = self._fill_in("Form <web@hoster.example>", **robot)
        self.assertEqual(row.reason_code, "automatic")
        texts = ("web@hoster.example", "x.example, @hoster.example")
        for number, text in enumerate(texts):
            self.company.helpdesk_reply_to_senders = text
            row = self._fill_in("Form <web@hoster.example>", f"Form {number}", **robot)
            self._check_ticket(row, "Peter Lang", self.PETER)

    def test_setting_is_checked(self):
        self.company.helpdesk_reply_to_senders = "a@x.example; y.example"
        for text in ("nonsense", "a@x.example, b c"):
            with self.assertRaises(ValidationError):
                self.company.helpdesk_reply_to_senders = text

    def test_proposed_from_the_inbox(self):
        """A manager says so with one click; the mail is processed again."""
        robot = {"auto_submitted": "auto-generated"}
        row = self._fill_in("Form <web@hoster.example>", **robot)
        self.assertFalse(row.ticket_id)
        self.assertTrue(row.may_count_reply_to)
        self.assertEqual(row.form_sign, "Subject: Contact form")
        with self.assertRaises(AccessError):
            row.with_user(self.agent).action_count_reply_to()
        with self.mock_mail_gateway():
            self._press(row, "action_count_reply_to")
        self._check_ticket(row, "Peter Lang", self.PETER)
        self.assertEqual(self.company.helpdesk_reply_to_senders, "web@hoster.example")
        self.assertFalse(row.may_count_reply_to)
        with self.assertRaises(UserError):
            row.with_user(self.manager).action_count_reply_to()

    def test_proposed_beside_a_ticket(self):
        """A form that nobody named: the ticket is of From, answers go to Reply-To."""
        row = self._fill_in("Form <web@hoster.example>", x_mailer="PHPMailer 6.9")
        self.assertEqual(row.ticket_id.partner_email, "web@hoster.example")
        self.assertEqual(row.ticket_id.reply_to, self.PETER)
        self.assertTrue(row.may_count_reply_to)
        row.with_user(self.manager).action_count_reply_to()
        row = self._fill_in("Form <web@hoster.example>", "Again")
        self.assertEqual(row.ticket_id.partner_email, self.PETER)

    def test_nobodys_program(self):
        """What a program sends, and nobody named, is no request; it is proposed."""
        robot = {"auto_submitted": "auto-generated"}
        row = self._mail_in(
            "Contact form",
            "Shop <noreply@shop.example>",
            body="Your order is on its way.",
            reply_to=self.PETER,
            **robot,
        )
        self.assertEqual(row.reason_code, "automatic")
        self.assertTrue(row.may_count_reply_to)

    def test_service_for_forms(self):
        """A person filled it in, though it says that a program sent it: its text names
        the one in Reply-To. What answers by itself stays a program's."""
        robot = {
            "auto_submitted": "auto-generated",
            "list_unsubscribe": "<https://forms.example/off>",
            "feedback_id": "1:forms",
        }
        for number, text in enumerate(
            (
                "name: Peter Lang\nEmail: ",
                "Name\nPeter Lang\nE-Mail: ",
                "Name\n\nPeter Lang\n\nE-Mail address\n\n",
                "Vorname: Peter\nNachname: Lang\nE-Mail-Adresse*: ",
                "Nom : Lang\nPrénom : Peter\nVotre courriel : ",
            )
        ):
            row = self._mail_in(
                f"New submission on form {number}",
                "Forms <noreply@forms.example>",
                body=f"{text}{self.PETER}\nMessage: no WLAN",
                reply_to=self.PETER,
                **robot,
            )
            self._check_ticket(row, "Peter Lang", self.PETER)
        cells = (("Name", "Peter Lang"), ("E-Mail", self.PETER), ("Message", "x"))
        rows = "".join(f"<tr><td>{one}</td><td>{two}</td></tr>" for one, two in cells)
        raw = plain_mail(
            "New submission as html",
            "Forms <noreply@forms.example>",
            f"<table>{rows}</table>",
            reply_to=self.PETER,
            **robot,
        ).replace(b"text/plain", b"text/html")
        with self.mock_mail_gateway():
            row = self._receive(raw)
        self.assertEqual(row.ticket_id.partner_id.name, "Peter Lang")
        robot["auto_submitted"] = "auto-replied"
        row = self._fill_in("Forms <noreply@forms.example>", "Again", **robot)
        self.assertEqual(row.reason_code, "automatic")

    # -- without Reply-To ----------------------------------------------------------

    def _check_nobodys(self, row):
        """There is a ticket that says to be a form's, nobody's, and nobody was told."""
        ticket = row.ticket_id
        self.assertEqual(row.state, "done", row.reason)
        self.assertEqual(ticket.sender_doubt, "form")
        self.assertFalse(ticket.partner_id)
        self.assertFalse(self._get_mailed())
        self.assertTrue(row.may_count_reply_to)
        return ticket

    def test_person_only_in_the_text(self):
        """Anybody can write that: the ticket is nobody's, until a manager says that the
        form is to be believed."""
        forms = ("noreply@shop.example", "wordpress@shop.example", SUPPORT)
        for number, address in enumerate((*forms, "noreply@demo.example")):
            with self.subTest(address):
                form = f"Website <{address}>"
                row = self._fill_in(form, f"Contact form {number}", reply_to=None)
                self._check_nobodys(row)
                self.assertFalse(
                    self.env["res.partner"].search(
                        [
                            (
                                "email_normalized",
                                "in",
                                (self.PETER, "noreply@shop.example"),
                            )
                        ]
                    )
                )
        robot = {"auto_submitted": "auto-generated", "reply_to": None}
        row = self._fill_in(f"Website <{SUPPORT}>", "By a program", **robot)
        self._check_nobodys(row)
        with self.mock_mail_gateway():
            self._press(row, "action_count_reply_to")
        self.assertEqual(self.company.helpdesk_reply_to_senders, SUPPORT)
        row = self._fill_in(f"Website <{SUPPORT}>", "Believed", **robot)
        ticket = self._check_ticket(row, "Peter Lang", self.PETER)
        self.assertFalse(ticket.sender_doubt)
        self.assertEqual(row.via_address, SUPPORT)

    def test_what_is_no_form_without_reply_to(self):
        """Signatures, what people tell of others, answers, and our own mail."""
        signature = "The pump leaks.\n\nAnna Huber\nE-Mail: office@huber.example"
        row = self._mail_in("Pump", body=signature)
        self.assertEqual(row.ticket_id.partner_id, self.anna)
        told = f"Please call her.\nName: Eva Kurz\nE-Mail: {JANA}"
        row = self._mail_in("Call back", body=told)
        self.assertEqual(row.ticket_id.partner_id, self.anna)
        row = self._mail_in("Contact form", f"Lena <{self.agent.email}>", body=told)
        self.assertEqual(row.ticket_id.partner_id, self.agent.partner_id)
        several = f"{told}\nE-Mail of the boss: boss@optik.example"
        row = self._mail_in("Form", f"Website <{SUPPORT}>", body=several)
        self.assertEqual(row.reason_code, "own_address")
        row = self._mail_in("Re: x", f"Us <{SUPPORT}>", body=told, in_reply_to="<1@x>")
        self.assertEqual(row.reason_code, "own_address")
        row = self._mail_in("Away", f"Us <{SUPPORT}>", body=told, x_autoreply="yes")
        self.assertNotEqual(row.state, "done")

    def test_nobody_reads_there(self):
        """A ticket, but no acknowledgement that would come back."""
        for local in (
            *("noreply", "voicemail", "fax", "scanner2", "root", "bounces+12"),
            *("asterisk", "fritz.box", "zabbix", "check_mk"),
            *("printer-3", "auto-confirm", "notifications", "alerts", "order-update"),
        ):
            row = self._mail_in(f"Order {local}", f"Shop <{local}@shop.example>")
            self.assertTrue(row.ticket_id)
            self.assertFalse(self._new_mails, local)
        for local in ("faxmann", "postmaster", "scan.baker", "rootes", "auto", "order"):
            self._mail_in(f"Order {local}", f"Shop <{local}@shop.example>")
            self.assertTrue(self._new_mails, local)

    def test_people_are_not_proposed(self):
        row = self._mail_in("Help", reply_to="it@huber.example")
        self.assertFalse(row.may_count_reply_to)

    def test_form_does_not_join_a_ticket(self):
        """rel-D4: a foreign server's word is not enough to speak on a ticket."""
        ticket = self._mail_in().ticket_id
        row = self._mail_in(
            f"[{ticket.number}] Help",
            "Shop <noreply@shop.example>",
            reply_to="Anna <anna@huber.example>",
        )
        self.assertNotEqual(row.ticket_id, ticket)
        self.assertEqual(row.ticket_id.quoted_ticket_id, ticket)

    # -- of this Odoo ------------------------------------------------------------------

    def _send_form(self, **values):
        """Let this Odoo send the mail of a form, as its web site does."""
        return self.env["mail.mail"].create(
            {
                "subject": "New contact form",
                "email_from": '"Website" <notifications@demo.example>',
                "email_to": SUPPORT,
                "reply_to": self.PETER,
                "body_html": "<p>The alarm beeps.</p>",
                **values,
            }
        )

    def test_form_of_the_same_odoo(self):
        """E07: its Message-ID is one of this Odoo; a person wrote it all the same."""
        domain = self.company.alias_domain_id
        domain.write({"name": "demo.example", "default_from": "notifications"})
        sent = self._send_form()
        row = self._fill_in(sent.email_from, message_id=sent.message_id)
        self._check_ticket(row, "Peter Lang", self.PETER)
        again = self._store(b"Received: again\r\n" + row._get_raw())
        self._process()
        self.assertEqual(again.reason_code, "duplicate")

    def test_our_own_notice_comes_back(self):
        """rel-H2: whoever it seems to be from, and whoever stands in Reply-To."""
        ticket = self._mail_in().ticket_id
        ours = ticket.message_ids.filtered(lambda m: m.message_type == "auto_comment")
        row = self._fill_in(f"Us <{SUPPORT}>", message_id=ours.message_id)
        self.assertEqual(row.reason_code, "own_mail")
        sent = self._send_form(reply_to=SUPPORT)
        row = self._fill_in(
            sent.email_from, message_id=sent.message_id, reply_to=SUPPORT
        )
        self.assertEqual(row.reason_code, "own_mail")
        self.assertFalse(self._new_mails)


@tagged("post_install", "-at_install")
class TestReplyToOfPeople(ThroughCommon):
    """E06: answers go where the contact asked for them."""

    def test_answers_elsewhere(self):
        row = self._mail_in(reply_to="it@huber.example")
        ticket = row.ticket_id
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(ticket.reply_to, "it@huber.example")
        self.assertEqual(row.reply_address, "it@huber.example")
        self.assertEqual(self._get_mailed(), ["it@huber.example"])
        answer = self._mail_in(
            f"Re: [{ticket.number}] Help", "IT <it@huber.example>", body="Thanks"
        )
        self.assertEqual(answer.ticket_id, ticket)

    def test_not_for_whom_it_may_not_be(self):
        """rel-D1: a refuted sender asks for nothing."""
        self.company.helpdesk_trusted_servers = "mx.demo.example"
        self.env.ref(
            "helpdesk_email_collector.helpdesk_email_collector_spam"
        ).active = False
        head = b"Authentication-Results: mx.demo.example; dmarc=fail\r\n"
        with self.mock_mail_gateway():
            row = self._receive(head + plain_mail(reply_to="x@evil.example"))
        self.assertFalse(row.ticket_id.reply_to)

    def test_later_mail_changes_nothing(self):
        """rel-D4: a number proves too little to lead all answers elsewhere."""
        ticket = self._mail_in().ticket_id
        self._mail_in(f"Re: [{ticket.number}] Help", reply_to="x@evil.example")
        self.assertFalse(ticket.reply_to)


@tagged("post_install", "-at_install")
class TestListsOfOthers(ThroughCommon):
    """E07: people write through lists, ticket systems, CRMs: only the automatic answer
    is left out."""

    LIST = {
        "precedence": "list",
        "mailing_list": "list it@huber.example; contact it+owners@huber.example",
        "list_id": "<it.huber.example>",
        "list_unsubscribe": "<mailto:off@groups.example>",
    }
    PROGRAMS = (
        LIST,
        {"precedence": "bulk", "x_rt_loop_prevention": "huber", "managed_by": "RT"},
        {"list_unsubscribe": "<https://crm.example/1>", "x_mailer": "HubSpot"},
        {"auto_submitted": "no", "precedence": "bulk", "x_loop": "otrs@huber.example"},
    )

    def test_answers_are_seen(self):
        for number, headers in enumerate(self.PROGRAMS):
            with self.subTest(headers):
                ticket = self._mail_in(f"Help {number}").ticket_id
                ticket.user_id = self.agent
                with self.mock_mail_gateway():
                    question = self._answer(ticket, helpdesk_ask=True)
                self.assertEqual(ticket.state, "waiting")
                row = self._mail_in(
                    f"[Huber #9] Re: {number}",
                    body="Please come on Monday.",
                    references=question.message_id,
                    **headers,
                )
                self.assertEqual(row.ticket_id, ticket)
                message = self._get_last_mail(ticket)
                self.assertIn("Monday", message.body)
                self.assertFalse(message._is_helpdesk_internal())
                self.assertEqual(ticket.state, "in_progress")
                self.assertIn(self.agent.partner_id, message.notified_partner_ids)
                self.assertFalse(
                    self._new_mails.filtered(lambda m: m.message_type == "auto_comment")
                )

    def test_list_that_rewrites_from(self):
        """Of the customer's domain or another one: who answers our mail joins."""
        for number, address in enumerate(("it@huber.example", "huber@groups.example")):
            ticket = self._mail_in(f"Help {number}").ticket_id
            with self.mock_mail_gateway():
                question = self._answer(ticket)
            row = self._mail_in(
                f"Re: {number}",
                f'"Anna Huber via IT" <{address}>',
                x_original_from="Anna Huber <anna@huber.example>",
                references=question.message_id,
                **{**self.LIST, "mailing_list": f"list {address}"},
            )
            self.assertEqual(row.ticket_id, ticket)
            self.assertEqual(self._get_last_mail(ticket).author_id, self.anna)

    def test_by_number_alone(self):
        ticket = self._mail_in().ticket_id
        row = self._mail_in(f"[Huber #9] [{ticket.number}] Help", **self.LIST)
        self.assertEqual(row.ticket_id, ticket)

    def test_new_requests(self):
        for number, headers in enumerate(self.PROGRAMS):
            with self.subTest(headers):
                row = self._mail_in(f"New {number}", **headers)
                self.assertEqual(row.ticket_id.partner_id, self.anna)
                self.assertFalse(self._new_mails)

    def test_newsletter(self):
        """By more than one sign: no ticket, no contact."""
        row = self._mail_in(
            "Our offers",
            "Shop <news@shop.example>",
            precedence="bulk",
            list_unsubscribe="<https://shop.example/off>",
            feedback_id="1:shop",
        )
        self.assertEqual(row.reason_code, "automatic")
        self.assertIn("List-Unsubscribe", row.reason)
        self.assertFalse(
            self.env["res.partner"].search([("email", "=", "news@shop.example")])
        )

    def test_ticket_systems_acknowledgement(self):
        """A note; the status stays; nothing is answered."""
        ticket = self._mail_in().ticket_id
        with self.mock_mail_gateway():
            question = self._answer(ticket, helpdesk_ask=True)
        for number, headers in enumerate(
            (
                {"auto_submitted": "auto-replied", "x_rt_loop_prevention": "huber"},
                {"auto_submitted": "auto-generated", "x_zammad": "1"},
                {"x_autoreply": "yes"},
            )
        ):
            row = self._mail_in(
                f"[Huber #7] AutoReply {number}",
                precedence="bulk",
                references=question.message_id,
                **headers,
            )
            self.assertEqual(row.ticket_id, ticket)
            self.assertTrue(self._get_last_mail(ticket).is_internal)
            self.assertEqual(ticket.state, "waiting")
            self.assertFalse([one for one in self._get_mailed() if "huber" in one])

    def test_acknowledgement_without_a_sign(self):
        """Its text alone says so, and what a person adds is an answer."""
        ticket = self._mail_in().ticket_id
        with self.mock_mail_gateway():
            question = self._answer(ticket, helpdesk_ask=True)
        came = "Thank you for your message. We have received your request"
        for number, body in enumerate(
            (
                f"{came} and will get back to you soon.",
                "Ihre Anfrage ist bei uns eingegangen.\r\nTicketnummer: 4711",
                "Votre demande a bien été enregistrée. Ne pas répondre.",
            )
        ):
            row = self._mail_in(
                f"[Huber #7] New {number}", body=body, references=question.message_id
            )
            self.assertEqual(row.ticket_id, ticket)
            self.assertTrue(self._get_last_mail(ticket).is_internal)
            self.assertEqual(ticket.state, "waiting")
            self.assertFalse([one for one in self._get_mailed() if "huber" in one])
        self._mail_in(
            "[Huber #7] New", body=f"{came}. It leaks.", references=question.message_id
        )
        self.assertFalse(self._get_last_mail(ticket).is_internal)
        self.assertEqual(ticket.state, "in_progress")

    def test_absence_notes_and_receipts(self):
        """In any language, with or without a header: a note or nothing."""
        ticket = self._mail_in().ticket_id
        with self.mock_mail_gateway():
            question = self._answer(ticket, helpdesk_ask=True)
        for subject, headers in (
            ("Automatisch antwoord: Help", {"x_auto_response_suppress": "All"}),
            ("Odpowiedź automatyczna: Help", {}),
            ("Anna Huber ist außer Haus.", {"x_mailer": "Lotus Domino 9"}),
            ("Gelesen: Help", {}),
            ("Leído: Help", {}),
        ):
            row = self._mail_in(subject, references=question.message_id, **headers)
            self.assertIn(row.ticket_id, (ticket, ticket.browse()))
            self.assertEqual(ticket.state, "waiting", subject)
            self.assertTrue(self._get_last_mail(ticket).is_internal)
        # nothing but its text says so, with the headers of an answer or the number only
        for headers in ({"references": question.message_id}, {}):
            note = "I am out of office until Monday. I will be back then."
            row = self._mail_in(f"Re: [{ticket.number}] Help", body=note, **headers)
            self.assertEqual(row.ticket_id, ticket)
            self.assertEqual(ticket.state, "waiting")
            self.assertTrue(self._get_last_mail(ticket).is_internal)
        row = self._mail_in("Automatisk svar: [TS]", x_auto_response_suppress="All")
        self.assertEqual(row.reason_code, "automatic")
        row = self._mail_in(
            f"Re: [{ticket.number}] Help",
            references=question.message_id,
            x_auto_response_suppress="DR, OOF, AutoReply",
        )
        self.assertEqual(ticket.state, "in_progress")


@tagged("post_install", "-at_install")
class TestOwnRecipients(ThroughCommon):
    """E06: our own addresses in To and Cc, those of the mail server too."""

    def test_alias_of_the_mail_server(self):
        row = self._mail_in(
            to='"Help" <hilfe@demo.example>',
            cc="Ina Berg <ina@berg.example>, support+berlin@demo.example",
            delivered_to=SUPPORT,
            x_original_to="hilfe@demo.example",
        )
        ticket = row.ticket_id
        self.assertEqual(ticket.email_cc, '"Ina Berg" <ina@berg.example>')
        own = self.env["helpdesk.own.address"].search([("is_learned", "=", True)])
        self.assertEqual(own.mapped("email"), ["hilfe@demo.example"])
        found = ticket.with_user(self.agent)._message_get_suggested_recipients(
            reply_discussion=True, no_create=False
        )
        self.assertFalse([one for one in found if "demo.example" in one["email"]])
        # from now on it is known, without the header too
        row = self._mail_in("Two", cc="hilfe@demo.example")
        self.assertFalse(row.ticket_id.email_cc)

    def test_forged_headers_teach_nothing(self):
        """rel-D2: what stands below our server's Received came with the mail."""
        raw = plain_mail(x_original_to="boss@victim.example")
        with self.mock_mail_gateway():
            self._receive(b"Received: from x by mx.demo.example; today\r\n" + raw)
        self.assertFalse(
            self.env["helpdesk.own.address"].search([("is_learned", "=", True)])
        )

    def test_colleagues_mailbox(self):
        """A mailbox may hold mail to people, who stay people."""
        address = self.agent.partner_id.email
        self._mail_in(delivered_to=address)
        self.assertFalse(
            self.env["helpdesk.own.address"].search([("is_learned", "=", True)])
        )
        row = self._mail_in("Mine", address)
        self.assertEqual(row.ticket_id.partner_id, self.agent.partner_id)

    def test_own_address_made_a_ticket_by_hand(self):
        """It is nobody's, though our company has the same address."""
        self.company.partner_id.email = SUPPORT
        row = self._mail_in("Phone note", f"Us <{SUPPORT}>")
        self.assertEqual(row.reason_code, "own_address")
        with self.mock_mail_gateway():
            self._press(row, "action_create_ticket")
        self.assertTrue(row.ticket_id)
        self.assertFalse(row.ticket_id.partner_id)
        self.assertFalse(self._new_mails)


@tagged("post_install", "-at_install")
class TestSpam(ThroughCommon):
    """E07: what the mail server calls spam is put aside, and seen."""

    MARKS = (
        {"x_spam_flag": "YES"},
        {"x_spam_status": "Yes, score=18.6 required=5.0"},
        {"x_ms_exchange_organization_scl": "9"},
        {"x_ms_exchange_organization_scl": "5"},
        {"x_forefront_antispam_report": "CIP:1.2.3.4;SCL:9;CAT:SPM;SFV:SPM;"},
        {"x_spam": "Yes"},
        {"x_rspamd_action": "add header"},
        {"x_mailscanner_spamcheck": "spam, SpamAssassin (score=9)"},
        {"x_bogosity": "Spam, tests=bogofilter"},
        {"x_microsoft_antispam_mailbox_delivery": "ucf:0;jmr:0;auth:0;dest:J;"},
    )
    NO_MARKS = (
        {"x_spam_flag": "NO"},
        {"x_spam_status": "No, score=1.2 required=5.0"},
        {"x_ms_exchange_organization_scl": "-1"},
        {"x_rspamd_action": "no action"},
        {"x_mailscanner_spamcheck": "not spam, SpamAssassin (score=1)"},
        {"x_bogosity": "Ham, tests=bogofilter"},
        {"x_microsoft_antispam_mailbox_delivery": "ucf:0;jmr:0;auth:0;dest:I;"},
        {"x_ms_exchange_organization_scl": "1"},
        {"x_forefront_antispam_report": "CIP:1.2.3.4;SCL:1;CAT:NONE;SFV:NSPM;"},
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ready = cls.env.ref(
            "helpdesk_email_collector.helpdesk_email_collector_spam"
        )

    def _check_put_aside(self, row):
        self.assertEqual(row.state, "ignored", row.reason)
        self.assertEqual(row.rule_ids, self.ready)
        self.assertTrue(row.spam_sign)
        self.assertFalse(row.ticket_id)
        self.assertFalse(self._new_mails)
        self.assertFalse(
            self.env["res.partner"].search([("email", "=", row.sender_address)])
        )
        self.assertIn(row, self.Inbox.search([("spam_sign", "!=", False)]))

    def test_put_aside(self):
        for number, headers in enumerate(self.MARKS):
            with self.subTest(headers):
                row = self._mail_in(f"A {number}", f"w{number}@spam.example", **headers)
                self._check_put_aside(row)
        for number, headers in enumerate(self.NO_MARKS):
            with self.subTest(headers):
                row = self._mail_in(f"B {number}", **headers)
                self.assertTrue(row.ticket_id)
                self.assertFalse(row.spam_sign)
        for number, tag in enumerate(("***SPAM***", "[SPAM?]", "{Spam?}", "[ Junk ]")):
            row = self._mail_in(f"{tag} Watches", f"t{number}@spam.example")
            self._check_put_aside(row)
        for subject in ("Fwd: [SPAM] is this real?", "Spam filter", "[Spam filter] x"):
            self.assertTrue(self._mail_in(subject).ticket_id)

    def _mail_with_result(self, result, subject="x"):
        head = f"Authentication-Results: mx.demo.example; {result}\r\n"
        with self.mock_mail_gateway():
            return self._receive(head.encode() + plain_mail(subject, "w@spam.example"))

    def test_refused_by_a_trusted_server(self):
        row = self._mail_with_result("dmarc=fail", "Not trusted")
        self.assertTrue(row.ticket_id)
        self.env["res.partner"].search([("email", "=", "w@spam.example")]).unlink()
        self.company.helpdesk_trusted_servers = "mx.demo.example"
        for number, result in enumerate(
            (
                "dmarc=fail",
                "spf=fail; dmarc=fail (p=reject)",
                "dmarc=fail action=oreject",
            )
        ):
            self._check_put_aside(self._mail_with_result(result, f"x {number}"))
        # the domain's owner wants nothing done: a ticket, with a doubt (rel-D1)
        for number, result in enumerate(
            ("dmarc=fail (p=none) header.from=spam.example", "dmarc=fail action=none")
        ):
            row = self._mail_with_result(result, f"y {number}")
            self.assertEqual(row.ticket_id.sender_doubt, "failed")

    def test_made_a_ticket_by_hand(self):
        """One click; the rules below are asked; no contact and no answer."""
        team = self.env["helpdesk.team"].create(
            {"name": "Other", "company_id": self.company.id}
        )
        team_field = self.env["ir.model.fields"]._get("helpdesk.ticket", "team_id")
        self.env["helpdesk.email.collector"].create(
            {
                "name": "All to the other team",
                "active": True,
                "company_id": self.company.id,
                "sequence": 50,
                "operation_ids": [
                    (
                        0,
                        0,
                        {
                            "code": "set_field",
                            "field_id": team_field.id,
                            "value": str(team.id),
                        },
                    )
                ],
            }
        )
        row = self._mail_in("Prize", "win@spam.example", x_spam_flag="YES")
        with self.mock_mail_gateway():
            self._press(row, "action_create_ticket")
        ticket = row.ticket_id
        self.assertEqual(ticket.team_id, team)
        self.assertEqual(ticket.partner_email, "win@spam.example")
        self.assertFalse(ticket.partner_id)
        self.assertFalse(self._new_mails)

    def test_rule_not_in_use(self):
        """Then it is a ticket, still without contact and answer."""
        self.ready.active = False
        row = self._mail_in("Prize", "win@spam.example", x_spam_flag="YES")
        self.assertTrue(row.ticket_id)
        self.assertFalse(row.ticket_id.partner_id)
        self.assertFalse(self._new_mails)

    def test_answer_of_a_known_person(self):
        """Filters err: who takes part in a ticket is heard."""
        ticket = self._mail_in().ticket_id
        row = self._mail_in(f"Re: [{ticket.number}] Help", x_spam_flag="YES")
        self.assertEqual(row.ticket_id, ticket)
