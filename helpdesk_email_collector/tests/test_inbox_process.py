from odoo.tests import tagged

from .common import CollectorCommon, FakeMailbox, plain_mail, sample


@tagged("post_install", "-at_install")
class TestInboxProcess(CollectorCommon):
    """E01, E05, E06: what a stored mail becomes."""

    def test_german_mail_with_picture_and_attachment(self):
        """E01, E09: contact, subject, text, inline picture and attachment."""
        row = self._receive(sample("german_printer.eml"))
        ticket = row.ticket_id
        self.assertEqual((row.state, row.error), ("done", False))
        self.assertEqual(ticket.name, "Drucker im Büro läuft nicht – dringend!")
        self.assertEqual(ticket.partner_id.name, "Jürgen Größmann")
        self.assertEqual(
            ticket.partner_email, "juergen.groessmann@weber-metallbau.example"
        )
        self.assertEqual(ticket.team_id, self.team)
        self.assertEqual(ticket.company_id, self.company)
        self.assertEqual(
            ticket.channel_id, self.env.ref("helpdesk_ticket.channel_email")
        )
        self.assertIn("Papierstau", ticket.description)
        self.assertIn("/web/image/", ticket.description)
        message = ticket.message_ids.filtered(lambda m: m.message_type == "email")
        self.assertEqual(
            sorted(message.attachment_ids.mapped("name")),
            ["Druckerprotokoll März.log", "anzeige.png"],
        )
        self.assertIn(self.rule.name, row.reason)
        self.assertEqual(row.rule_ids, self.rule)
        self.assertGreater(row.duration, 0)

    def test_french_and_spanish_mail(self):
        """E01: charsets and encodings of other countries."""
        french, spanish = self._receive(
            sample("french_access.eml"), sample("spanish_order.eml")
        )
        self.assertEqual(
            french.ticket_id.name, "Problème d'accès à la boîte de réception"
        )
        self.assertIn("« accès refusé »", french.ticket_id.description)
        self.assertEqual(french.ticket_id.partner_id.name, "Hélène Lefèvre")
        self.assertEqual(
            spanish.ticket_id.name, "¿Cuándo llega la pieza? Pedido nº 4711"
        )
        self.assertEqual(
            spanish.ticket_id.message_ids.attachment_ids.mapped("name"),
            ["albarán 4711.pdf"],
        )

    def test_same_mail_under_another_uid(self):
        """E05: a second delivery changes nothing on the ticket, and says so."""
        first = self._receive(sample("german_printer.eml"))
        ticket = first.ticket_id
        messages, state = ticket.message_ids, ticket.state
        second = self._receive(sample("german_printer.eml"))
        self.assertEqual(second.state, "ignored")
        self.assertEqual(second.duplicate_of_id, first)
        self.assertEqual(second.ticket_id, ticket)
        self.assertIn("already processed", second.reason)
        self.assertEqual((ticket.message_ids, ticket.state), (messages, state))

    def test_same_mail_without_message_id(self):
        """E05: a mail without Message-ID is recognised by body and main headers."""
        raw = sample("english_no_message_id.eml")
        relayed = b"Received: from elsewhere by mx2.demo.example\r\n" + raw
        first, second = self._receive(raw, relayed)
        self.assertEqual(first.message_id, second.message_id)
        self.assertEqual((first.state, second.state), ("done", "ignored"))
        self.assertEqual(second.duplicate_of_id, first)
        other = self._receive(raw.replace(b"every ten", b"every two"))
        self.assertEqual(other.state, "done")
        self.assertNotEqual(other.ticket_id, first.ticket_id)

    def test_duplicate_of_a_failed_mail_is_processed(self):
        """E05: nothing is lost when the first delivery failed for good."""
        first, second = self._store(plain_mail("A"), plain_mail("A"))
        first.state = "failed"
        self._process()
        self.assertEqual(second.state, "done")

    def test_our_own_mail_comes_back(self):
        """E07: a mail that Odoo sent makes no ticket when it comes back."""
        ticket = self._receive(sample("german_printer.eml")).ticket_id
        answer = self._answer(ticket)
        row = self._receive(
            plain_mail("Re", email_from="x@list.example", message_id=answer.message_id)
        )
        self.assertEqual((row.state, row.reason_code), ("ignored", "own_mail"))
        self.assertEqual(row.ticket_id, ticket)

    def test_reply_by_in_reply_to_only(self):
        """E06: a reply with nothing but In-Reply-To reaches its ticket."""
        ticket = self._receive(sample("german_printer.eml")).ticket_id
        answer = self._answer(ticket)
        row = self._receive(
            plain_mail(
                "Another subject",
                email_from=ticket.partner_id.email_formatted,
                body="It works again.",
                In_Reply_To=answer.message_id,
            )
        )
        self.assertEqual((row.state, row.reason_code), ("done", "reply"))
        self.assertEqual(row.ticket_id, ticket)
        self.assertIn("It works again.", ticket.message_ids[0].body)
        self.assertEqual(ticket.message_ids[0].author_id, ticket.partner_id)
        self.assertEqual(ticket.state, "in_progress")

    def test_reply_of_someone_in_copy(self):
        """E06: also who was only in copy answers on the ticket."""
        ticket = self._receive(sample("german_printer.eml")).ticket_id
        answer = self._answer(ticket)
        opening = ticket.message_ids[-1].message_id
        row = self._receive(
            plain_mail(
                "Re: Drucker",
                email_from="Sabine Köhler <s.koehler@weber-metallbau.example>",
                body="I am in the office all day.",
                References=f"{opening} {answer.message_id}",
            )
        )
        self.assertEqual(row.ticket_id, ticket)
        self.assertIn("all day", ticket.message_ids[0].body)

    def test_auto_create_off_keeps_the_bare_address(self):
        """C09: without automatic contacts the ticket has the address alone."""
        self.company.helpdesk_auto_create_contact = False
        ticket = self._receive(sample("spanish_order.eml")).ticket_id
        self.assertFalse(ticket.partner_id)
        self.assertEqual(ticket.partner_email, "jose.munoz@talleres-munoz.example")
        self.assertEqual(ticket.partner_name, "José Muñoz")

    def test_known_contact(self):
        """K01: a known sender is not created again."""
        ticket = self._receive(
            plain_mail(email_from="A. Huber <ANNA@huber.example>")
        ).ticket_id
        self.assertEqual(ticket.partner_id, self.anna)

    def test_agent_address_is_not_trusted(self):
        """rel-D1: a From line alone lets nobody act as an internal user."""
        ticket = self._receive(plain_mail(email_from=self.agent.email)).ticket_id
        self.assertEqual(ticket.create_uid, self.env.ref("base.user_root"))
        self.assertFalse(ticket.user_id)

    def test_from_mailbox_to_ticket(self):
        """E01: the whole way, from a mailbox to tickets."""
        mailbox = FakeMailbox(sample("german_printer.eml"), sample("french_access.eml"))
        self._collect(mailbox)
        self._process()
        rows = self._rows()
        self.assertEqual(set(rows.mapped("state")), {"done"})
        self.assertEqual(len(rows.ticket_id), 2)
