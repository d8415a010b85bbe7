from odoo.tests import tagged

from ..models.ticket.participants import REFERENCE
from .common import CollectorCommon, plain_mail

STRANGER = "Eve <eve@stranger.example>"


@tagged("post_install", "-at_install")
class TestStranger(CollectorCommon):
    """Whose mail joins the ticket that it quotes, and whose does not (E06, rel-D4)."""

    def setUp(self):
        super().setUp()
        with self.mock_mail_gateway():
            self.ticket = self._receive(plain_mail()).ticket_id
        self.opening = self.ticket.message_ids.filtered(
            lambda message: message.message_type == "email"
        )
        self.acknowledgement = self.ticket.message_ids.filtered(
            lambda message: message.message_type == "auto_comment"
        )
        self.assertTrue(self.acknowledgement)

    def _reply(self, email_from, way="references", subject="Re: Help", **headers):
        """Receive a mail that quotes the ticket in one of the three ways."""
        if way == "references":
            headers["references"] = self.acknowledgement.message_id
        elif way == "number":
            subject = f"AW: [{self.ticket.number}] Help"
        else:
            headers["body"] = f"Yes.\n\n> {self._reference()}\n> {self._reference()}"
        with self.mock_mail_gateway():
            return self._receive(plain_mail(subject, email_from, **headers))

    def _reference(self):
        with self.mock_mail_gateway():
            self.ticket.with_user(self.agent).message_post(
                body="Try again.",
                partner_ids=self.anna.ids,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        body = str(self._new_mails.sorted("id")[-1:].body_html)
        found = REFERENCE.search(body)
        return found and found[0]

    WAYS = ("references", "number", "reference")

    def test_contact_joins_in_three_ways(self):
        for way in self.WAYS:
            with self.subTest(way):
                row = self._reply("Anna <anna@huber.example>", way, f"Re: {way}")
                self.assertEqual(row.ticket_id, self.ticket)

    def test_replies_to_a_merged_ticket_reach_the_other(self):
        survivor = self.ticket.copy({"partner_id": self.bernd.id})
        reference = self._reference()
        self.ticket._merge_into(survivor)
        self.patch(type(self), "_reference", lambda _self: reference)
        for way in self.WAYS:
            with self.subTest(way):
                row = self._reply("Anna <anna@huber.example>", way, f"Re: {way}")
                self.assertEqual(row.ticket_id, survivor)

    def test_stranger_gets_a_linked_ticket_in_three_ways(self):
        """rel-D4: no access, no history, and agents of both see it."""
        reference = self._reference()
        self.patch(type(self), "_reference", lambda _self: reference)
        followers = self.ticket.message_partner_ids
        for way in self.WAYS:
            with self.subTest(way):
                row = self._reply(STRANGER, way, f"Re: {way}")
                other = row.ticket_id
                self.assertNotEqual(other, self.ticket)
                self.assertEqual(other.quoted_ticket_id, self.ticket)
                self.assertEqual(self.ticket.message_partner_ids, followers)
                self.assertFalse(other.message_partner_ids & followers)
                notes = other.message_ids + self.ticket.message_ids
                notes = notes.filtered(lambda m: "participant" in m.body)
                self.assertTrue(notes & other.message_ids)
                self.assertTrue(notes & self.ticket.message_ids)
                self.assertTrue(all(m._is_helpdesk_internal() for m in notes))
                first = other.message_ids.filtered(lambda m: m.message_type == "email")
                self.assertFalse(first.parent_id & self.ticket.message_ids)
                self.assertFalse(first.is_internal)
                if way != "number":  # what the stranger wrote itself may come back
                    sent = self._new_mails.body_html or ""  # the third gets none
                    self.assertNotIn(self.ticket.number, sent)

    def test_person_in_copy_of_an_earlier_mail(self):
        """E06: also who was only in copy."""
        self._reply("Anna <anna@huber.example>", cc="Boss <boss@elsewhere.example>")
        row = self._reply("boss@elsewhere.example", subject="Re: Boss")
        self.assertEqual(row.ticket_id, self.ticket)

    def test_person_who_was_written_to(self):
        supplier = self.env["res.partner"].create(
            {"name": "Supplier", "email": "parts@supplier.example"}
        )
        with self.mock_mail_gateway():
            self.ticket.with_user(self.agent).message_post(
                body="Do you have it?",
                partner_ids=supplier.ids,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        row = self._reply("parts@supplier.example", subject="Re: Parts")
        self.assertEqual(row.ticket_id, self.ticket)

    def test_agent_joins(self):
        row = self._reply(self.agent.partner_id.email)
        self.assertEqual(row.ticket_id, self.ticket)

    def test_contact_of_the_customer_joins(self):
        self.ticket.partner_id = self.anna
        colleague = self.env["res.partner"].create(
            {
                "name": "Colleague",
                "email": "colleague@private.example",
                "parent_id": self.anna.commercial_partner_id.id,
            }
        )
        row = self._reply(colleague.email)
        self.assertEqual(row.ticket_id, self.ticket)

    def test_customer_domain_by_setting(self):
        customer = self.anna.commercial_partner_id
        domain = {"name": "branch.example", "partner_id": customer.id}
        self.env["helpdesk.mail.domain"].create(domain)
        self.company.helpdesk_auto_create_contact = False
        row = self._reply("new@branch.example", subject="Re: On")
        self.assertEqual(row.ticket_id, self.ticket)
        self.company.helpdesk_domain_may_join = False
        row = self._reply("other@branch.example", subject="Re: Off")
        self.assertNotEqual(row.ticket_id, self.ticket)
        self.assertEqual(row.ticket_id.quoted_ticket_id, self.ticket)

    def test_unknown_colleague_of_the_contact(self):
        """E06: answers what only the customer's people got, so it is one of them; its
        answer is public. A number may be guessed."""
        self.company.helpdesk_auto_create_contact = False
        reference = self._reference()
        self.patch(type(self), "_reference", lambda _self: reference)
        for way in ("references", "reference"):
            with self.subTest(way):
                row = self._reply(f"{way}@huber.example", way, f"Re: {way}")
                self.assertEqual(row.ticket_id, self.ticket)
                message = self.ticket.message_ids.filtered(
                    lambda one, way=way: (
                        f"{way}@huber.example" in (one.email_from or "")
                    )
                )
                self.assertEqual(len(message), 1)
                self.assertFalse(message._is_helpdesk_internal())
        row = self._reply("number@huber.example", "number", "Re: number")
        self.assertNotEqual(row.ticket_id, self.ticket)
        self.company.helpdesk_domain_may_join = False
        row = self._reply("off@huber.example", subject="Re: Off")
        self.assertNotEqual(row.ticket_id, self.ticket)

    def test_no_colleague(self):
        """rel-D4: neither a neighbour at a free mail provider, nor a subdomain, nor who
        was only asked in private."""
        asked = self.env["res.partner"].create(
            {"name": "Asked", "email": "asked@huber.example"}
        )
        self.ticket.with_user(self.agent).message_post(
            body="What do you think?",
            partner_ids=asked.ids,
            message_type="comment",
            subtype_xmlid="helpdesk_ticket.mt_private",
        )
        row = self._reply("asked@huber.example", subject="Re: Asked")
        self.assertEqual(row.ticket_id, self.ticket)
        message = self.ticket.message_ids.filtered(
            lambda one: "asked@huber.example" in (one.email_from or "")
        )
        self.assertTrue(message._is_helpdesk_internal())
        row = self._reply("eve@mail.huber.example", subject="Re: Subdomain")
        self.assertNotEqual(row.ticket_id, self.ticket)
        self.ticket.partner_id.email = "anna.huber@gmail.com"
        row = self._reply("eve@gmail.com", subject="Re: Neighbour")
        self.assertNotEqual(row.ticket_id, self.ticket)
        row = self._reply("anna.huber+x@gmail.com", subject="Re: Tag")
        self.assertEqual(row.ticket_id, self.ticket)

    def test_forged_reference(self):
        """rel-D4: a reference of another ticket's id is not ours."""
        reference = self._reference()
        forged = reference.replace(f"hd{self.ticket.id}-", f"hd{self.ticket.id + 1}-")
        with self.mock_mail_gateway():
            row = self._receive(plain_mail("New", body=f"> {forged}"))
        self.assertNotEqual(row.ticket_id, self.ticket)
        self.assertFalse(row.ticket_id.quoted_ticket_id)

    def test_reference_by_setting(self):
        self.assertIn(f"hd{self.ticket.id}-", self._reference())
        self.company.helpdesk_mail_reference = False
        self.assertIsNone(self._reference())

    def test_ticket_of_another_company_is_not_linked(self):
        """rel-G1"""
        self.ticket.write({"company_id": self.other_company.id, "team_id": False})
        row = self._reply(STRANGER)
        self.assertTrue(row.ticket_id)
        self.assertFalse(row.ticket_id.quoted_ticket_id)

    def test_bare_subject_joins_nothing(self):
        with self.mock_mail_gateway():
            row = self._receive(plain_mail("Re: Help", message_id="<3@huber.example>"))
        self.assertNotEqual(row.ticket_id, self.ticket)
        self.assertFalse(row.ticket_id.quoted_ticket_id)
