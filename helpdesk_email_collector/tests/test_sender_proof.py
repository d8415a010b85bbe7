from odoo.tests import tagged

from .common import CollectorCommon, plain_mail

SERVER = "mx.demo.example"


@tagged("post_install", "-at_install")
class TestSenderProof(CollectorCommon):
    """Who wrote a mail (E08, rel-D): an address in From proves nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.helpdesk_trusted_servers = f"{SERVER}, mail.demo.example"
        # else what a server refuses is put aside (E07)
        cls.env.ref(
            "helpdesk_email_collector.helpdesk_email_collector_spam"
        ).active = False
        cls.agent_address = cls.agent.partner_id.email

    def _mail(self, result=None, **kwargs):
        """Receive a mail with what our server found out about it."""
        raw = plain_mail(**kwargs)
        if result:
            head = f"Authentication-Results: {SERVER}; {result}\r\n".encode()
            raw = head + raw
        with self.mock_mail_gateway():
            return self._receive(raw)

    def test_internal_user_refuted(self):
        """rel-D1: no action as the user; no contact; a warning; no answer."""
        row = self._mail("dmarc=fail", email_from=self.agent_address)
        ticket = row.ticket_id
        self.assertEqual(row.state, "done")
        self.assertFalse(ticket.partner_id)
        self.assertEqual(ticket.partner_email, self.agent_address)
        self.assertEqual(ticket.sender_doubt, "failed")
        self.assertEqual(ticket.create_uid, self.env.ref("base.user_root"))
        self.assertFalse(ticket.message_ids.author_id & self.agent.partner_id)
        self.assertFalse(self._new_mails)

    def test_customer_refuted(self):
        """rel-D1: a mail that fails never counts as its claimed contact's."""
        row = self._mail("spf=fail; dkim=fail")
        self.assertFalse(row.ticket_id.partner_id)
        self.assertFalse(row.ticket_id.message_partner_ids & self.anna)
        self.assertEqual(row.ticket_id.sender_doubt, "failed")

    def test_refuted_sender_becomes_no_contact(self):
        self._mail("dmarc=fail", email_from="new@unknown.example")
        partners = self.env["res.partner"].search(
            [("email", "=", "new@unknown.example")]
        )
        self.assertFalse(partners)

    def test_confirmed_sender(self):
        row = self._mail("dmarc=pass header.from=huber.example")
        self.assertEqual(row.ticket_id.partner_id, self.anna)
        self.assertFalse(row.ticket_id.sender_doubt)
        self.assertTrue(self._new_mails)

    def test_customer_without_a_finding(self):
        """Most mail is not checked: customers need no confirmation."""
        row = self._mail()
        self.assertEqual(row.ticket_id.partner_id, self.anna)

    def test_internal_user_without_a_finding(self):
        """rel-D1: with trusted servers, ours must be confirmed; without, not."""
        row = self._mail(email_from=self.agent_address)
        self.assertFalse(row.ticket_id.partner_id)
        self.assertEqual(row.ticket_id.sender_doubt, "unproven")
        self.company.helpdesk_trusted_servers = False
        row = self._mail(email_from=self.agent_address, subject="Again")
        self.assertEqual(row.ticket_id.partner_id, self.agent.partner_id)
        self.assertFalse(row.ticket_id.sender_doubt)

    def test_internal_user_confirmed(self):
        domain = self.agent_address.partition("@")[2]
        row = self._mail(
            f"dmarc=pass header.from={domain}", email_from=self.agent_address
        )
        self.assertEqual(row.ticket_id.partner_id, self.agent.partner_id)

    def test_forged_finding_is_ignored(self):
        """rel-D2: servers that are not named, and findings below our own."""
        raw = plain_mail()
        forged = b"Authentication-Results: evil.example; dmarc=fail\r\n"
        with self.mock_mail_gateway():
            row = self._receive(forged + raw)
        self.assertEqual(row.ticket_id.partner_id, self.anna)
        raw = b"".join(
            (
                f"Authentication-Results: {SERVER}; dmarc=fail\r\n".encode(),
                b"Received: from x by mx.demo.example; today\r\n",
                f"Authentication-Results: {SERVER}; dmarc=pass\r\n".encode(),
                plain_mail("Forged"),
            )
        )
        with self.mock_mail_gateway():
            row = self._receive(raw)
        self.assertEqual(row.ticket_id.sender_doubt, "failed")

    def test_refuted_reply_joins_nothing(self):
        """rel-D1, rel-D4: it opens a ticket of its own, linked to the other."""
        with self.mock_mail_gateway():
            ticket = self._receive(plain_mail()).ticket_id
        reference = ticket.message_ids.filtered(
            lambda message: message.message_type == "email"
        ).message_id
        row = self._mail(
            "dmarc=fail", subject="Re: Help", body="Send it here", references=reference
        )
        self.assertNotEqual(row.ticket_id, ticket)
        self.assertEqual(row.ticket_id.quoted_ticket_id, ticket)
        self.assertEqual(row.ticket_id.sender_doubt, "failed")

    def test_agent_cannot_answer_unconfirmed(self):
        """rel-D1: what comes from an agent's address is not the agent's answer."""
        with self.mock_mail_gateway():
            ticket = self._receive(plain_mail()).ticket_id
        state = ticket.state
        row = self._mail(
            email_from=self.agent_address, subject=f"Re: [{ticket.number}] Help"
        )
        self.assertNotEqual(row.ticket_id, ticket)
        self.assertEqual(ticket.state, state)

    def test_name_that_looks_like_an_address(self):
        """rel-D3: matched by the address only."""
        for name in (
            self.agent_address,
            f'"{self.agent_address}"',
            "anna@huber.example",
        ):
            row = self._mail(
                subject=f"From {name}", email_from=f"{name} <evil@stranger.example>"
            )
            self.assertEqual(row.ticket_id.sender_email, "evil@stranger.example")
            self.assertEqual(row.ticket_id.partner_email, "evil@stranger.example")
            self.assertEqual(
                row.ticket_id.partner_id.email_normalized, "evil@stranger.example"
            )

    def test_two_authors(self):
        """rel-D3: never an internal match, nor anybody's."""
        both = f"{self.agent_address}, anna@huber.example"
        lines = f"anna@huber.example\r\nFrom: {self.agent_address}"
        for number, email_from in enumerate((both, lines)):
            row = self._mail(subject=f"Two {number}", email_from=email_from)
            self.assertEqual(row.state, "done")
            self.assertFalse(row.ticket_id.partner_id)
            self.assertEqual(row.ticket_id.sender_doubt, "several")

    def test_one_author_twice(self):
        """A script that writes its From twice names one person."""
        address = "Anna <anna@huber.example>"
        row = self._mail(email_from=f"{address}\r\nFrom: {address}")
        self.assertEqual(row.ticket_id.partner_id.email, "anna@huber.example")
        self.assertFalse(row.ticket_id.sender_doubt)

    def test_two_authors_with_a_sender(self):
        row = self._mail(
            email_from="a@x.example, b@x.example", sender="Secretary <s@x.example>"
        )
        self.assertEqual(row.ticket_id.partner_email, "s@x.example")

    def test_nobody_with_an_address_for_answers(self):
        """From `<>` with Reply-To: the ticket has an address to answer to."""
        row = self._mail(email_from="<>", reply_to="Anna <anna@huber.example>")
        self.assertEqual(row.ticket_id.partner_email, "anna@huber.example")
        self.assertEqual(row.ticket_id.sender_doubt, "reply_to")
        self.assertFalse(row.ticket_id.partner_id)

    def test_nobody_with_a_secretary(self):
        """Without any From, who stands in Sender can be answered; it proves nothing."""
        raw = plain_mail(sender="Anna <anna@huber.example>").partition(b"\r\n")[2]
        with self.mock_mail_gateway():
            row = self._receive(raw)
        self.assertEqual(row.ticket_id.partner_email, "anna@huber.example")
        self.assertEqual(row.ticket_id.sender_doubt, "reply_to")
        self.assertFalse(row.ticket_id.partner_id)

    def test_address_that_is_misread(self):
        """rel-D3: `"a b"@x` would be written to as `"a,b"@x`: nobody, and a doubt."""
        for local in ('"john doe"', '"john,doe"', '"john@doe"', '"john<doe"'):
            address = f"{local}@x.example"
            row = self._mail(subject=local, email_from=f"John <{address}>")
            self.assertEqual(row.ticket_id.sender_doubt, "address", local)
            self.assertFalse(row.ticket_id.partner_id)
            self.assertFalse(
                self.env["res.partner"].search([("email", "ilike", "@x.example")])
            )
        row = self._mail(subject="Quoted", email_from='John <"john.doe"@y.example>')
        self.assertFalse(row.ticket_id.sender_doubt)
        self.assertEqual(row.ticket_id.partner_id.name, "John")

    def test_same_address_in_two_companies(self):
        """rel-D5: the company that the mail reached decides."""
        other = self.env["res.partner"].create(
            {
                "name": "Anna there",
                "email": "anna@huber.example",
                "company_id": self.other_company.id,
            }
        )
        row = self._mail()
        self.assertEqual(row.ticket_id.partner_id, self.anna)
        self.server.write(
            {"company_id": self.other_company.id, "helpdesk_team_id": False}
        )
        self.anna.company_id = self.company
        row = self.Inbox._store(
            self.Inbox._prepare_values(
                [(plain_mail("There"), False)],
                company=self.other_company,
                server=self.server,
            )
        )
        with self.mock_mail_gateway():
            self._process()
        self.assertEqual(row.ticket_id.partner_id, other)

    def test_no_contact_is_made_of_a_program(self):
        """rel-D5: of automatic mail and bounces; of people it is."""
        raw = plain_mail(
            email_from="robot@machine.example", auto_submitted="auto-generated"
        )
        with self.mock_mail_gateway():
            row = self._receive(raw)
            row.forced_by_id = self.env.user
            row.write({"state": "waiting"})
            self._process()
        self.assertTrue(row.ticket_id)
        self.assertFalse(row.ticket_id.partner_id)
        row = self._mail(email_from="new@person.example", subject="Hi")
        self.assertEqual(row.ticket_id.partner_id.email, "new@person.example")

    def test_mail_changes_no_user(self):
        """rel-D6: nor does it make one, or set a field that no rule names."""
        users = self.env["res.users"].with_context(active_test=False)
        before = users.search_count([])
        agent_before = self.agent.read(["name", "email", "group_ids"])
        row = self._mail(
            email_from=self.agent_address,
            body="user_id: 1\nseverity_id: 1\n",
            x_odoo_user_id="1",
        )
        self.assertFalse(row.ticket_id.user_id)
        self.assertFalse(row.ticket_id.severity_id)
        self.assertEqual(users.search_count([]), before)
        self.assertEqual(self.agent.read(["name", "email", "group_ids"]), agent_before)

    def test_namesakes_of_another_company(self):
        """rel-D5, G1: nobody of another company is author, follower or recipient."""
        address = "eva@shared.example"
        theirs = self.env["res.partner"].create(
            [
                {"name": name, "email": email, "company_id": self.other_company.id}
                for name, email in (("Eva", address), ("Ida", "ida@shared.example"))
            ]
        )
        row = self._mail(email_from=f"Eva <{address}>", cc="ida@shared.example")
        ticket = row.ticket_id
        people = (
            ticket.partner_id
            | ticket.message_partner_ids
            | ticket.message_ids.author_id
            | ticket.message_ids.partner_ids
        )
        self.assertFalse(people & theirs)
        self.assertEqual(ticket.partner_id.email_normalized, address)
        messages = ticket.with_user(self.agent).message_ids
        self.assertIn(ticket.partner_id, messages.author_id)
        answer = self._mail(
            email_from="ida@shared.example", in_reply_to=row.message_id, subject="Re"
        )
        self.assertEqual(answer.ticket_id, ticket)
        self.assertFalse(ticket.message_ids.author_id & theirs)
