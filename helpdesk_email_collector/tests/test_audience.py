from odoo.tests import tagged

from ..models.ticket.participants import REFERENCE
from .common import SUPPORT, CollectorCommon, plain_mail

SUPPLIER = "Supplier <parts@supplier.example>"


@tagged("post_install", "-at_install")
class TestAudience(CollectorCommon):
    """E06, T15: who may have what a mail says. An agent's words reach the customer only
    when they are plainly meant for the customer."""

    def setUp(self):
        super().setUp()
        self.agent_from = f"Agent <{self.agent.email}>"
        with self.mock_mail_gateway():
            self.ticket = self._receive(plain_mail()).ticket_id
            self.answer = self._answer(self.ticket, "Is it switched on?")
        self.count = 0

    def _mail(self, email_from, subject="Re: Help", answers=None, **headers):
        """Receive a mail that answers a message.

        :return: the `mail.message` that it became, and the addresses that were mailed
        """
        self.count += 1
        headers.setdefault("message_id", f"<{self.count}@audience.example>")
        headers.setdefault("to", SUPPORT)
        if answers is not None:
            headers["in_reply_to"] = headers["references"] = answers.message_id
        body = headers.pop("body", f"Words number {self.count}.")
        with self.mock_mail_gateway():
            row = self._receive(plain_mail(subject, email_from, body, **headers))
        self.assertEqual(row.state, "done", row.error)
        message = self.env["mail.message"].search(
            [("message_id", "=", headers["message_id"])]
        )
        self.assertEqual(message.res_id, self.ticket.id)
        mailed = {
            address.lower()
            for mail in self._mails
            if f"number {self.count}." in mail["body"]
            for address in mail["email_to"]
        }
        return message, " ".join(sorted(mailed))

    def _assert_public(self, message, mailed):
        self.assertFalse(message._is_helpdesk_internal())
        self.assertIn(self.anna.email, mailed)

    def _assert_internal(self, message, mailed):
        self.assertTrue(message._is_helpdesk_internal())
        self.assertNotIn(self.anna.email, mailed)

    def test_answer_to_the_customer(self):
        """An answer of an agent to a mail of the ticket is the customer's."""
        self._assert_public(*self._mail(self.agent_from, answers=self.answer))

    def test_answer_that_tells_the_customer_that_it_came(self):
        """E07: what would be a program's, from the other side, is an agent's answer."""
        came = "We have received your request and will get back to you."
        body = f"Thank you for your message number {self.count + 1}.\r\n\r\n{came}"
        self._assert_public(
            *self._mail(self.agent_from, answers=self.answer, body=body)
        )

    def test_answer_to_the_customers_own_mail(self):
        """So is one that names our mail among its references only."""
        opening = self.ticket.message_ids.filtered(
            lambda message: message.message_type == "email"
        )
        message, mailed = self._mail(
            self.agent_from,
            in_reply_to=opening.message_id,
            references=f"{self.answer.message_id} {opening.message_id}",
        )
        self._assert_public(message, mailed)

    def test_answer_to_customer_with_helpdesk_in_copy(self):
        """The customer sees it, and does not get a second copy of it."""
        message, mailed = self._mail(
            self.agent_from, answers=self.answer, to=self.anna.email, cc=SUPPORT
        )
        self.assertFalse(message._is_helpdesk_internal())
        self.assertNotIn(self.anna.email, mailed)

    def test_forward(self):
        """A forward is internal, in each language."""
        signs = (
            "Fwd",
            "WG",
            "TR",
            "RV",
            "İLT",
            "إعادة توجيه",
            "הועבר",
            "Redir.",
            "転送",
        )
        self._assert_forwarded(signs)

    def test_forward_in_more_languages(self):
        """So it is in those of web mail programs, and of Outlook in fewer countries."""
        signs = (
            "Переслано",
            "Пересилання",
            "Препратено",
            "Proslijeđeno",
            "Přeposlaná",
            "TRS",
            "Weitergeleitet",
        )
        self._assert_forwarded(signs)

    def _assert_forwarded(self, signs):
        """Check that an agent's mail with one of these signs is internal."""
        for sign in signs:
            with self.subTest(sign):
                self._assert_internal(
                    *self._mail(
                        self.agent_from,
                        f"{sign}: [{self.ticket.number}] Help",
                        answers=self.answer,
                    )
                )

    def test_sign_of_two_meanings(self):
        """Outlook writes VS above a forward in Danish and Norwegian, and above an
        answer in Finnish: the history below it says in which language."""
        for sent, labels, check in (
            ("Sendt", ("Fra", "Til", "Emne"), self._assert_internal),
            ("Lähetetty", ("Lähettäjä", "Saaja", "Aihe"), self._assert_public),
        ):
            author, to, subject = labels
            with self.subTest(author):
                block = (
                    f"{author}: Anna <anna@huber.example>\n{sent}: 30.11.2026 10:00\n"
                    f"{to}: Agent\n{subject}: Help\n\nHello"
                )
                words = f"Words number {self.count + 1}."
                check(
                    *self._mail(
                        self.agent_from,
                        "VS: Help",
                        answers=self.answer,
                        body=f"{words}\n\n{block}",
                    )
                )

    def test_sign_of_two_meanings_alone(self):
        """Where nothing tells the language, the customer gets nothing, and the agent
        is told; who wrote in Finnish above a quotation answers."""
        for subject in ("VS: Help", "[EXT] Vs: Help", f"VS: [{self.ticket.number}]"):
            with self.subTest(subject):
                words = self._mail(self.agent_from, subject, answers=self.answer)
                self._assert_internal(*words)
                told = self.ticket.message_ids.sorted("id")[-1]
                self.assertIn("VS:", told.body)
        words = f"Words number {self.count + 1}."
        quoted = "pe 27.11.2026 klo 10.00 Anna Huber kirjoitti:\n> Hello"
        body = f"{words}\n\n{quoted}"
        self._assert_public(
            *self._mail(self.agent_from, "VS: Help", answers=self.answer, body=body)
        )

    def test_answer_to_a_colleague_about_a_note(self):
        """Colleagues who go on about a note among themselves do not write to the
        customer when one of them puts the helpdesk in, and are told so; without a
        note they do."""
        note = self.ticket.message_post(body="Who is that?", message_type="comment")
        unknown = "<colleague@demo.example>"
        for notes, check in (
            (note.message_id, self._assert_internal),
            ("", self._assert_public),
        ):
            with self.subTest(notes):
                references = f"{notes} {self.answer.message_id} {unknown}".strip()
                check(
                    *self._mail(
                        self.agent_from, in_reply_to=unknown, references=references
                    )
                )
                told = self.ticket.message_ids.sorted("id")[-1].body
                self.assertEqual("an internal note is part of" in told, bool(notes))

    def test_sign_that_nobody_knows(self):
        """What stands before the number and is not known as the sign of an answer may
        be that of a forward: the customer gets nothing, and the agent is told."""
        number = self.ticket.number
        for sign in (
            "Birbidali",
            "[EXT] Κοινοποίηση",
            "Birbidali: Re",
            "Birbidali: Re[2]",
            "Re: [EXT] Birbidali: AW",
        ):
            with self.subTest(sign):
                words = self._mail(
                    self.agent_from, f"{sign}: [{number}] Help", answers=self.answer
                )
                self._assert_internal(*words)
                told = self.ticket.message_ids.sorted("id")[-1]
                self.assertIn("not known", told.body)

    def test_signs_of_answers(self):
        number = self.ticket.number
        for sign in (
            "Re",
            "Vá",
            "R",
            "Re[2]",
            "Atb",
            "TL",
            "ΑΠ",
            "ตอบ",
            "Re: AW",
            "AW: [EXT] Re",
        ):
            with self.subTest(sign):
                self._assert_public(
                    *self._mail(
                        self.agent_from, f"{sign}: [{number}] Help", answers=self.answer
                    )
                )

    def test_mail_to_colleague_or_supplier(self):
        """A mail to others with the helpdesk in copy is internal."""
        for to in (self.manager.email, "parts@supplier.example"):
            with self.subTest(to):
                self._assert_internal(
                    *self._mail(self.agent_from, answers=self.answer, to=to, cc=SUPPORT)
                )

    def test_supplier_in_copy(self):
        """What the customer gets must not be meant for a supplier too."""
        self._assert_internal(
            *self._mail(
                self.agent_from, answers=self.answer, cc="parts@supplier.example"
            )
        )

    def test_forward_without_its_sign(self):
        """A forward by its words, and by a sign that a gateway or a program moved."""
        number = self.ticket.number
        for subject in (f"[EXT] FW: [{number}] x", f"[Fwd: [{number}] x]", "x (fwd)"):
            self._assert_internal(
                *self._mail(self.agent_from, subject, answers=self.answer)
            )
        self._assert_internal(
            *self._mail(
                self.agent_from,
                answers=self.answer,
                body=f"Words number {self.count + 1}.\n\n---- Forwarded message ----\n"
                "From: Maker <maker@supplier.example>\nDate: Friday\nSubject: Price\n"
                "To: Agent\n\nIt costs us 12.",
            )
        )

    def test_forward_that_is_quoted(self):
        """Apple Mail quotes what it forwards, its announcement too. In the history of
        an answer somebody else may have forwarded."""
        block = (
            "> Begin forwarded message:\n>\n> From: Maker <maker@supplier.example>\n"
            "> Subject: Price\n> Date: 2 November 2026 at 10:00\n> To: Agent\n>\n"
            "> It costs us 12."
        )
        words = f"Words number {self.count + 1}.\n\n"
        self._assert_internal(
            *self._mail(self.agent_from, answers=self.answer, body=f"{words}{block}")
        )
        words = f"Words number {self.count + 1}.\n\nOn 2 Nov 2026, Anna wrote:\n\n"
        self._assert_public(
            *self._mail(self.agent_from, answers=self.answer, body=f"{words}{block}")
        )

    # -- in our own name ---------------------------------------------------------------

    def test_copy_of_what_was_sent_as_the_helpdesk(self):
        """E07: an agent answers with a mail program as the shared mailbox: a note, as
        nobody knows which of us it was. It is mailed to nobody outside."""
        stage = self.ticket.stage_id
        for to, cc in ((self.anna.email, SUPPORT), (SUPPORT, self.anna.email)):
            message, mailed = self._mail(
                f"Support <{SUPPORT}>", answers=self.answer, to=to, cc=cc
            )
            self._assert_internal(message, mailed)
            self.assertFalse(message.author_id)
            self.assertIn("Words number", message.body)
        opening = self.ticket.message_ids.filtered(
            lambda message: message.message_type == "email"
        ).sorted("id")[:1]
        words = self._mail(f"Us <{SUPPORT}>", answers=opening, to=self.anna.email)
        self._assert_internal(*words)
        self.assertEqual(self.ticket.stage_id, stage)

    def test_loop_of_our_own_address(self):
        """rel-H2: what programs send in our name, and what Odoo sent, makes nothing,
        whatever its Message-ID became on the way; neither does a mere number."""
        answers = {"in_reply_to": self.answer.message_id}
        for number, headers in enumerate(
            (
                {**answers, "auto_submitted": "auto-replied"},
                {**answers, "x_odoo_objects": f"helpdesk.ticket-{self.ticket.id}"},
                {"subject": f"Re: [{self.ticket.number}] Help"},
                {"in_reply_to": "<1@elsewhere.example>"},
                {**answers, "to": SUPPORT},
            )
        ):
            count = len(self.ticket.message_ids)
            with self.subTest(headers), self.mock_mail_gateway():
                values = {"subject": f"Re: Help {number}", "to": self.anna.email}
                values |= headers
                row = self._receive(plain_mail(email_from=f"Us <{SUPPORT}>", **values))
                self.assertEqual(row.state, "ignored")
                self.assertEqual(len(self.ticket.message_ids), count)
                self.assertFalse(self._mails)

    def test_answer_from_an_address_with_a_tag(self):
        """Whoever writes as `anna+shop@` gets no copy of that as `anna@`."""
        message, mailed = self._mail(
            "Anna <anna+shop@huber.example>", answers=self.answer
        )
        self.assertFalse(message._is_helpdesk_internal())
        self.assertNotIn(self.anna.email, mailed)
        bella = self.env["res.partner"].create(
            {"name": "Bella", "email": "bella@huber.example"}
        )
        self.ticket.message_subscribe(bella.ids)
        _message, mailed = self._mail(
            "Anna <anna+shop@huber.example>", answers=self.answer
        )
        self.assertIn(bella.email, mailed)
        self.assertNotIn(self.anna.email, mailed)

    # -- who else got it ---------------------------------------------------------------

    def test_nobody_knows_who_else_got_it(self):
        """Hidden recipients may be suppliers: what is not plainly the customer's."""
        for headers in (
            {"to": "undisclosed-recipients:;", "delivered_to": SUPPORT},
            {"to": None, "delivered_to": SUPPORT},
            {"bcc": "parts@supplier.example"},
        ):
            self._assert_internal(
                *self._mail(self.agent_from, answers=self.answer, **headers)
            )

    def test_who_hides_the_recipients_is_told_that_the_customer_is_none(self):
        for to, warns in (("undisclosed-recipients:;", True), (SUPPORT, False)):
            said = self.ticket.message_ids
            with self.subTest(to=to):
                headers = {"to": to, "delivered_to": SUPPORT}
                self._mail(self.agent_from, answers=self.answer, **headers)
                notes = (self.ticket.message_ids - said).filtered(
                    lambda one: "does not say who received it" in one.body
                )
                self.assertEqual(len(notes), int(warns))
                self.assertTrue(all(note._is_helpdesk_internal() for note in notes))

    def test_who_may_not_read_the_ticket_any_more(self):
        """An old mail lets no agent speak who left the team (T10)."""
        secret = self.ticket.team_id.copy(
            {"visibility": "members", "member_ids": False}
        )
        self.ticket.write({"team_id": secret.id, "user_id": False})
        self._assert_internal(*self._mail(self.agent_from, answers=self.answer))

    def test_colleague_who_is_no_agent(self):
        """Who is no agent got an old mail, as one who has changed departments: that
        gives no right to speak to the customer (T10)."""
        plain = self._create_user("plain", "base.group_user")
        self._assert_internal(*self._mail(f"P <{plain.email}>", answers=self.answer))
        # no longer an agent, but still a follower of the ticket
        self.ticket.user_id = False
        self.ticket.message_subscribe(self.agent.partner_id.ids)
        self.agent.group_ids = self.env.ref("base.group_user")
        self._assert_internal(*self._mail(self.agent_from, answers=self.answer))

    def test_outsider_chosen_by_a_program(self):
        """Who was chosen in a message takes part inside, also when the program that
        sent it did not say that it is a comment: no new ticket."""
        supplier = self.env["res.partner"].create(
            {"name": "Supplier", "email": "parts@supplier.example"}
        )
        with self.mock_mail_gateway():
            sent = self.ticket.with_user(self.agent).message_post(
                body="What does it cost?", partner_ids=supplier.ids
            )
        self.assertEqual(sent.message_type, "notification")
        self._assert_internal(*self._mail(SUPPLIER, answers=sent))

    def test_former_colleague(self):
        """Who is a user no longer speaks for nobody: somebody of us is told."""
        former = self._create_user("former", "helpdesk_contact.group_helpdesk_user")
        with self.mock_mail_gateway():
            self.ticket.with_user(former).message_post(
                body="It is on its way.",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        former.active = False
        message, mailed = self._mail(f"F <{former.email}>", answers=self.answer)
        self._assert_internal(message, mailed)
        self.assertIn(self.agent.email, mailed)

    def test_answer_of_who_was_only_written_to_by_us(self):
        """Whoever only an internal mail named takes no part: by headers or number."""
        note, _mailed = self._mail(
            self.agent_from,
            answers=self.answer,
            to="parts@supplier.example",
            cc=SUPPORT,
        )
        self._assert_internal(*self._mail(SUPPLIER, answers=note))
        self._assert_internal(*self._mail(SUPPLIER, f"Re: [{self.ticket.number}]"))
        self.assertNotIn("supplier", self.ticket.email_cc or "")

    def test_answer_of_a_supplier_is_told(self):
        """Somebody of us is told of what an outsider writes for us alone, also when
        nothing but the number shows what it answers."""
        self._mail(
            self.agent_from,
            answers=self.answer,
            to="parts@supplier.example",
            cc=SUPPORT,
        )
        for user in (self.env["res.users"], self.manager):
            self.ticket.user_id = user
            message, mailed = self._mail(SUPPLIER, f"Re: [{self.ticket.number}]")
            self._assert_internal(message, mailed)
            self.assertIn((user or self.agent).email, mailed)

    def test_number_alone(self):
        """Nothing but the number is no answer to the customer."""
        self._assert_internal(*self._mail(self.agent_from, f"[{self.ticket.number}] x"))

    def test_answer_to_a_note(self):
        """A note is answered by a note."""
        with self.mock_mail_gateway():
            note = self.ticket.with_user(self.agent).message_post(
                body="What do you think?", partner_ids=self.manager.partner_id.ids
            )
        message, mailed = self._mail(f"M <{self.manager.email}>", answers=note)
        self._assert_internal(message, mailed)

    def test_without_proof(self):
        """16.3: a From of an agent that names only what the customer wrote proves
        nothing: an internal note, with a warning."""
        opening = self.ticket.message_ids.filtered(
            lambda message: message.message_type == "email"
        )
        self._assert_internal(*self._mail(self.agent_from, answers=opening))
        self.assertIn("nothing proves it", self.ticket.message_ids[0].body)

    def test_customer_is_not_concerned(self):
        """What customers and their colleagues write is never hidden from them."""
        for address in (self.anna.email, self.bernd.email):
            message, _mailed = self._mail(f"C <{address}>", answers=self.answer)
            self.assertFalse(message._is_helpdesk_internal(), address)

    def test_who_has_left_the_customer(self):
        """K11: who answers a former colleague does not write to the next employer."""
        bernd = f"Bernd <{self.bernd.email}>"
        next_employer = self.env["res.partner"].create(
            {"name": "Next", "is_company": True}
        )
        for employer in (self.customer, next_employer):
            message, _mailed = self._mail(bernd, answers=self.answer)
            self.bernd.parent_id = employer
            _message, mailed = self._mail(f"A <{self.anna.email}>", answers=message)
            if employer == self.customer:
                self.assertIn(self.bernd.email, mailed)
            else:
                self.assertNotIn(self.bernd.email, mailed)

    # -- private messages ------------------------------------------------------------

    def _post_private(self, partners):
        with self.mock_mail_gateway():
            message = self.ticket.with_user(self.agent)._post_private_message(
                "What does it cost?", partners, self.env["ir.attachment"]
            )
        bodies = [str(mail.body_html) for mail in self._new_mails]
        return message, REFERENCE.search(bodies[-1])[0]

    def test_quoted_private_message(self):
        """T15: whoever quotes a private message answers privately, without any header
        and though the sender follows the ticket."""
        supplier = self.env["res.partner"].create(
            {"name": "Supplier", "email": "parts@supplier.example"}
        )
        self.ticket.message_subscribe(supplier.ids)
        private, reference = self._post_private(supplier)
        message, mailed = self._mail(
            SUPPLIER,
            f"Your question [{self.ticket.number}]",
            body=f"Words number {self.count + 1}.\n\n> {reference}",
        )
        self.assertEqual(message.subtype_id, private.subtype_id)
        self.assertNotIn(self.anna.email, mailed)

    def test_quoted_note(self):
        """E06: so is a note: whoever quotes it answers us, without any header and
        though the number and the reference lead to the ticket."""
        with self.mock_mail_gateway():
            note = self.ticket.with_user(self.agent).message_post(
                body="What do you think?",
                message_type="comment",
                partner_ids=self.manager.partner_id.ids,
            )
        reference = REFERENCE.search(str(self._new_mails[-1:].body_html))[0]
        for deleted in (False, True):
            if deleted:
                note.unlink()
            self._assert_internal(
                *self._mail(
                    f"M <{self.manager.email}>",
                    body=f"Words number {self.count + 1}.\n\n> {reference}",
                )
            )

    def test_quoted_word_of_an_assignment(self):
        """E06: what tells a colleague of a ticket is answered by a note."""
        with self.mock_mail_gateway():
            self.ticket.with_user(self.agent).user_id = self.manager
            self.env.flush_all()
        reference = REFERENCE.search(str(self._new_mails[-1:].body_html))[0]
        self._assert_internal(
            *self._mail(
                f"M <{self.manager.email}>",
                body=f"Words number {self.count + 1}.\n\n> {reference}",
            )
        )

    def test_references_differ(self):
        """T15: the reference of a private message is not that of the ticket."""
        _message, private = self._post_private(self.manager.partner_id)
        with self.mock_mail_gateway():
            self._answer(self.ticket, "Public words")
        public = str(self._new_mails[-1:].body_html)
        self.assertNotIn(private, public)
        self.assertIn(f"hd{self.ticket.id}-", public)
