from email.utils import format_datetime

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from .common import SUPPORT, CollectorCommon, plain_mail

ID = "<one@program.example>"


@tagged("post_install", "-at_install")
class TestThread(CollectorCommon):
    """E05, E06: which mails are one, and which belong together."""

    # -- one Message-ID, several mails ------------------------------------------------

    def test_one_message_id_for_different_mails(self):
        """A program that gives all its mails one identifier loses none."""
        first = self._receive(plain_mail("Parcel 100", message_id=ID))
        for number, changes in enumerate(
            (
                {"subject": "Parcel 200"},
                {"body": "Something else"},
                {"date": "Fri, 27 Nov 2026 10:00:00 +0100"},
                {"email_from": "Bernd <bernd@huber.example>"},
            )
        ):
            with self.subTest(changes):
                values = {"subject": "Parcel 100", "message_id": ID, **changes}
                raw = plain_mail(**values)
                row, again = self._receive(raw, raw + b"\r\n")
                self.assertEqual(row.state, "done")
                self.assertNotEqual(row.ticket_id, first.ticket_id, number)
                # and each of them is recognised when it comes again
                self.assertEqual(again.reason_code, "duplicate")
                self.assertEqual(again.ticket_id, row.ticket_id)

    def test_true_duplicate(self):
        """The same mail by another way is the same, though a list put a footer."""
        first = self._receive(plain_mail("Pump", body="The pump is dead."))
        second = self._receive(
            b"Received: from a by b\r\nX-Spam-Score: 0.1\r\n"
            + plain_mail("Pump", body="The pump is dead.\r\n-- \r\nSent by a list")
        )
        self.assertEqual(second.reason_code, "duplicate")
        self.assertEqual(second.ticket_id, first.ticket_id)

    def test_true_duplicate_with_a_tag(self):
        """Nor is it another for the tag that one of the ways put before its subject."""
        for number, (one, other) in enumerate(
            (
                ("Pump", "[EXTERN] Pump"),
                ("*** EXTERN *** [Help] Pump", "Pump"),
                ("Re: Pump", "Re: [Help] Pump"),
            )
        ):
            message_id = f"<tag.{number}@program.example>"
            first, second = self._receive(
                plain_mail(one, message_id=message_id),
                plain_mail(other, message_id=message_id),
            )
            with self.subTest(other):
                self.assertEqual(second.reason_code, "duplicate")
                self.assertEqual(second.duplicate_of_id, first)
        first, second = self._receive(
            plain_mail("[Hall 1] Alarm", message_id=ID),
            plain_mail("[Hall 2] Alarm", message_id=ID),
        )
        self.assertNotEqual(second.ticket_id, first.ticket_id)

    def test_copies_with_a_message_id_each(self):
        """A list to which a mail was written as well as to us may send it on with a
        Message-ID of its own: it is the same mail."""
        date = format_datetime(fields.Datetime.now())
        by_list = {"list_id": "<team.huber.example>", "precedence": "list"}
        for subject, body, headers in (
            ("Pump", "Dead", {}),
            ("[Team] Valve", "Dead\r\n-- \r\nA list", by_list),
        ):
            name = subject.split()[-1]
            raws = (
                plain_mail(
                    name, message_id=f"<{name}.1@huber.example>", date=date, body="Dead"
                ),
                plain_mail(
                    subject,
                    message_id=f"<{name}.2@huber.example>",
                    date=date,
                    body=body,
                    **headers,
                ),
            )
            with self.subTest(subject):
                first, second = self._receive(*raws)
                self.assertEqual(second.reason_code, "duplicate")
                self.assertEqual(second.duplicate_of_id, first)
                self.assertEqual(second.ticket_id, first.ticket_id)

    def test_other_mails_of_one_moment(self):
        """What a program sends in one second is not one mail, nor is what a device
        sends whose clock stands still."""
        now = fields.Datetime.now()
        date = format_datetime(now)
        for number, (one, other, at) in enumerate(
            (
                ("Sensor 1", "Sensor 12", date),
                ("Sensor 1", "Sensor 1 2", date),
                ("Alarm", "Alarm", "Fri, 1 Jan 2021 00:00:00 +0000"),
                ("Alarm", "Alarm", None),
            )
        ):
            with self.subTest(one=one, other=other, at=at):
                first, second = self._receive(
                    *(
                        plain_mail(
                            f"Alarm {number}",
                            # each with a device: no limit of a sender is reached
                            f"Device <device{number}@huber.example>",
                            message_id=f"<{number}.{key}@alarm.example>",
                            body=text,
                            date=at,
                        )
                        for key, text in enumerate((one, other))
                    )
                )
                self.assertTrue(first.ticket_id)
                self.assertTrue(second.ticket_id)
                self.assertNotEqual(second.ticket_id, first.ticket_id)

    def test_one_mail_to_two_companies(self):
        """Each company gets a ticket, and sees nothing of the other's."""
        other = self.server.copy(
            {
                "name": "Other",
                "user": "help@other.example",
                "company_id": self.other_company.id,
                "helpdesk_team_id": False,
                "state": "done",
            }
        )
        raw = plain_mail("Both", to=f"{SUPPORT}, help@other.example")
        first = self._receive(raw)
        values = self.Inbox._prepare_values(
            [(raw, "9")], company=self.other_company, server=other, folder="INBOX"
        )
        second = self.Inbox._store(values)
        self._process()
        self.assertEqual(second.state, "done", second.error)
        self.assertEqual(second.ticket_id.company_id, self.other_company)
        self.assertEqual(first.ticket_id.company_id, self.company)
        # the answer to each goes to its own ticket
        with self.mock_mail_gateway():
            ours = self._answer(first.ticket_id)
        answer = self._receive(
            plain_mail("Re: Both", in_reply_to=ours.message_id, body="Yes")
        )
        self.assertEqual(answer.ticket_id, first.ticket_id)

    def test_second_team_is_told(self):
        """One mail to the mailboxes of two teams: one ticket, and both know of it."""
        team = self.env["helpdesk.team"].create(
            {
                "name": "Second level",
                "company_id": self.company.id,
                "member_ids": [(6, 0, self.manager.ids)],
            }
        )
        other = self.server.copy(
            {
                "name": "Second",
                "user": "second@demo.example",
                "helpdesk_team_id": team.id,
                "state": "done",
            }
        )
        raw = plain_mail("Both teams")
        first = self._receive(raw)
        values = self.Inbox._prepare_values(
            [(raw, "9")], company=self.company, server=other, folder="INBOX"
        )
        self.Inbox._store(values)
        self._process()
        told = first.ticket_id.message_ids.filtered(
            lambda message: self.manager.partner_id in message.partner_ids
        )
        self.assertIn("Second level", told.body)

    # -- conversations that we joined late -----------------------------------------

    def _late(self, number, email_from, **headers):
        headers.setdefault("references", "<origin@huber.example>")
        return self._receive(
            plain_mail(
                f"Oven {number}",
                email_from,
                f"Words {number}",
                message_id=f"<late-{number}@huber.example>",
                **headers,
            )
        )

    def test_two_mails_of_a_conversation_we_never_saw_begin(self):
        first = self._late(1, "Anna <anna@huber.example>")
        second = self._late(2, f"Bernd <{self.bernd.email}>")
        self.assertEqual(second.ticket_id, first.ticket_id)

    def test_answer_that_overtook_what_it_answers(self):
        """The first mail was held up on its way; a stranger's is a request of its
        own, and so is another mail with a Message-ID that programs use again."""
        root = "<held-up@huber.example>"
        later = {"in_reply_to": root, "references": root}
        answer = self._receive(plain_mail("Re: Pump", body="And hurry", **later))
        stranger = "Eve <eve@stranger.example>"
        other = self._receive(plain_mail("Pump", stranger, message_id=root))
        self.assertNotEqual(other.ticket_id, answer.ticket_id)
        root = "<held-up-2@huber.example>"
        later = {"in_reply_to": root, "references": root}
        answer = self._receive(plain_mail("Re: Motor", body="And hurry", **later))
        first = self._receive(plain_mail("Motor", body="It leaks", message_id=root))
        self.assertEqual(first.ticket_id, answer.ticket_id)
        again = self._receive(plain_mail("Valve", body="Broken", message_id=root))
        self.assertTrue(again.ticket_id)
        self.assertNotEqual(again.ticket_id, answer.ticket_id)

    def test_stranger_in_such_a_conversation(self):
        """rel-D4: somebody of another company gets a ticket of its own."""
        first = self._late(1, "Anna <anna@huber.example>")
        second = self._late(2, "Eve <eve@stranger.example>")
        self.assertTrue(second.ticket_id)
        self.assertNotEqual(second.ticket_id, first.ticket_id)

    def test_pieces_of_one_mail(self):
        """RFC 2046, 5.2.2: what a program cut up becomes one ticket."""
        rows = self.Inbox
        for number in (1, 2, 3):
            kind = f'message/partial; id="big@huber.example"; number={number}; total=3'
            raw = plain_mail(
                f"Big ({number}/3)", body=f"Content-Type: text/plain\r\n\r\n{number}"
            )
            raw = raw.replace(b"text/plain; charset=utf-8", kind.encode(), 1)
            rows += self._receive(raw)
        self.assertEqual(rows.mapped("state"), ["done"] * 3)
        self.assertEqual(len(rows.ticket_id), 1)

    # -- the number as people write it ---------------------------------------------

    def _renumber(self, ticket, number):
        """Give a ticket a number that the settings would not give it."""
        self.env.flush_all()
        sql = SQL("UPDATE helpdesk_ticket SET number=%s WHERE id=%s", number, ticket.id)
        self.env.cr.execute(sql)
        ticket.invalidate_recordset()

    def test_number_in_any_spelling(self):
        ticket = self._receive(plain_mail("First")).ticket_id
        self._renumber(ticket, "HD-2611-0042")
        for subject in (
            "AW: [HD-2611-0042] First",
            "[EXT] RE: [HD-2611-0042] First",
            "About HD-2611-0042, please",
            "re: hd-2611-0042",
            "Ticket: hd-2611-0042.",
            "Re: [HD\u20112611\u20130042] hyphens of a word processor",
            "Re: [HD-2611\u00ad-0042] a soft hyphen",
            "Re: [\u200bHD-26\u200d11-0042] blanks without width",
            "Re: ［ＨＤ－２６１１－００４２］ wide signs",
            "Ticketnr.HD-2611-0042 stuck to a word",
            "Question_HD-2611-0042_First with underscores",
            "AW: HD - 2611 - 0042 with blanks",
            "AW: [HD-2611 -0042] with one blank",
        ):
            with self.subTest(subject):
                row = self._receive(plain_mail(subject, body=subject))
                self.assertEqual(row.ticket_id, ticket)

    def test_number_cut_in_two(self):
        """Programs begin another line of a subject wherever they are."""
        ticket = self._receive(plain_mail("First")).ticket_id
        self._renumber(ticket, "HD-2611-0042")
        for subject in (
            "Re: [HD-26\r\n 11-0042] First",
            "Re: [HD-2611-\r\n\t0042] First",
            "Re: a long subject of HD-2611\r\n -0042",
            "Re: HD-\r\n  2611-0042, please",
            "Re: =?utf-8?Q?[HD-26?=\r\n =?utf-8?Q?11-0042]_Gr=C3=BC=C3=9Fe?=",
        ):
            with self.subTest(subject):
                row = self._receive(plain_mail(subject, body=subject))
                self.assertEqual(row.ticket_id, ticket)
        for subject in ("Re: HD-26 and 11-0042", "HD-2611 [0042]", "HD 2611-0042"):
            row = self._receive(plain_mail(subject, body=subject))
            self.assertNotEqual(row.ticket_id, ticket, subject)

    def test_digits_alone_are_no_number(self):
        """An order's number is no ticket's, unless it is called one."""
        ticket = self._receive(plain_mail("First")).ticket_id
        self._renumber(ticket, "20042")
        row = self._receive(plain_mail("Order 20042", body="Where is it?"))
        self.assertNotEqual(row.ticket_id, ticket)
        row = self._receive(plain_mail("Ticket #20042", body="Any news?"))
        self.assertEqual(row.ticket_id, ticket)

    def test_answer_to_an_archived_ticket(self):
        """It is out of the archive, and open."""
        ticket = self._receive(plain_mail("First")).ticket_id
        for subject, headers in (
            (f"Re: [{ticket.number}]", {}),
            ("Re: First", {"references": ticket.message_ids[-1:].message_id}),
        ):
            ticket.action_close()
            ticket.active = False
            with self.subTest(subject):
                row = self._receive(plain_mail(subject, body=subject, **headers))
                self.assertEqual(row.ticket_id, ticket)
                self.assertTrue(ticket.active)
                self.assertTrue(ticket.is_open)

    def test_answer_of_a_deactivated_contact(self):
        """K10: who answers is back in use, with the company."""
        ticket = self._receive(plain_mail("First")).ticket_id
        self.anna.active = self.customer.active = False
        row = self._receive(plain_mail(f"Re: [{ticket.number}]", body="Hello again"))
        self.assertEqual(row.ticket_id, ticket)
        self.assertTrue(self.anna.active)
        self.assertTrue(self.customer.active)

    def test_absence_note_of_a_deactivated_contact(self):
        """K10: who is away asks for nothing; a mailbox may answer for years after its
        owner has left."""
        ticket = self._receive(plain_mail("First")).ticket_id
        with self.mock_mail_gateway():
            answer = self._answer(ticket)
        self.anna.active = False
        note = {"in_reply_to": answer.message_id, "auto_submitted": "auto-replied"}
        row = self._receive(plain_mail("Away", **note))
        self.assertEqual(row.ticket_id, ticket)
        self.assertFalse(self.anna.active)

    # -- other apps ----------------------------------------------------------------

    def _alias(self, name, contact="everyone"):
        return self.env["mail.alias"].create(
            {
                "alias_name": name,
                "alias_model_id": self.env["ir.model"]._get_id("project.task"),
                "alias_contact": contact,
                "alias_domain_id": self.company.alias_domain_id.id,
            }
        )

    def test_our_address_and_another_apps(self):
        """The helpdesk's mailbox got it: a ticket, and no bounce to the customer."""
        alias = self._alias("our-sales", "followers")
        with self.mock_mail_gateway():
            row = self._receive(plain_mail("Both", cc=alias.alias_full_name))
        self.assertTrue(row.ticket_id)
        subjects = [
            mail["subject"]
            for mail in self._mails
            if self.anna.email in str(mail["email_to"])
        ]
        self.assertEqual(len(subjects), 1)
        self.assertIn(row.ticket_id.number, subjects[0])

    def test_another_apps_address_alone(self):
        """What only another app's address got is Odoo's, and not ours."""
        alias = self._alias("our-tasks")
        row = self._receive(plain_mail("A task", to=alias.alias_full_name))
        self.assertEqual((row.state, row.reason_code), ("done", "other"))
        self.assertFalse(row.ticket_id)
        self.assertTrue(self.env["project.task"].search([("name", "=", "A task")]))

    # -- answers to what -----------------------------------------------------------

    def test_reference_without_brackets(self):
        """E06: some programs leave them out."""
        ticket = self._receive(plain_mail()).ticket_id
        with self.mock_mail_gateway():
            answer = self._answer(ticket)
        bare = answer.message_id.strip("<>")
        row = self._receive(plain_mail("Re: it", in_reply_to=bare, message_id="<1@b>"))
        self.assertEqual((row.reason_code, row.ticket_id), ("reply", ticket))

    def test_number_in_an_answer_to_another_app(self):
        """E06: who writes our number to our address means the ticket."""
        ticket = self._receive(plain_mail()).ticket_id
        offer = self.anna.message_post(
            body="Your offer", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        subject, ours = f"Re: [{ticket.number}] Your offer", ("reply_number", ticket)
        for number, (to, email_from, outcome) in enumerate(
            (
                (SUPPORT, "Anna <anna@huber.example>", ours),
                ("catchall@x.example", "Anna <anna@huber.example>", ("other", False)),
                (SUPPORT, "Eve <eve@stranger.example>", ("other", False)),
            )
        ):
            with self.subTest(f"{email_from} {to}"):
                row = self._receive(
                    plain_mail(
                        subject,
                        email_from,
                        to=to,
                        message_id=f"<{number}@offer.example>",
                        in_reply_to=offer.message_id,
                    )
                )
                found = (row.reason_code, row.ticket_id or False)
                self.assertEqual(found, outcome)

    def test_mail_of_another_app(self):
        """Its answer is that app's; who forwards it to us asks us."""
        mail = self.anna.message_post(
            body="Your offer", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        for number, (sign, outcome) in enumerate(
            (("Re", "other"), ("Fwd", "created"), ("AW", "other"))
        ):
            row = self._receive(
                plain_mail(
                    f"{sign}: Your offer",
                    message_id=f"<{number}@app.example>",
                    in_reply_to=mail.message_id,
                    references=mail.message_id,
                )
            )
            self.assertEqual(row.reason_code, outcome, sign)
            self.assertEqual(bool(row.ticket_id), outcome == "created")
