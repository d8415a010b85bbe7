from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SUPPORT, CollectorCommon, plain_mail, sample


@tagged("post_install", "-at_install")
class TestTicketByHand(CollectorCommon):
    """C07, C08, E05: whatever became no ticket becomes one by hand, and of whom."""

    def _receive_quietly(self, *mails):
        with self.mock_mail_gateway():
            return self._receive(*mails)

    def _by_hand(self, row):
        self.assertTrue(row.may_create_ticket)
        before = self.env["helpdesk.ticket"].search([])
        with self.mock_mail_gateway():
            self._press(row, "action_create_ticket")
        self.assertEqual((row.state, row.error), ("done", False))
        self.assertEqual(row.ticket_id, self.env["helpdesk.ticket"].search([]) - before)
        self.assertEqual(row.reason_code, "forced")
        self.assertFalse(row.may_create_ticket)
        return row.ticket_id

    def test_delivery_report(self):
        """It is of no person, and nobody is answered."""
        for about in (self.env["helpdesk.ticket"], self._create_ticket()):
            row = self._receive_quietly(sample("bounce.eml"))
            self.assertEqual(row.state, "ignored")
            row.ticket_id = about  # as of a report about a mail of that ticket
            ticket = self._by_hand(row)
            self.assertFalse(ticket.partner_id)
            self.assertFalse(self._mails)

    def test_duplicates(self):
        """Each of them, as often as somebody wants it."""
        mail = plain_mail()
        rows = self._receive_quietly(mail, mail, mail)
        self.assertEqual(rows[1:].duplicate_of_id, rows[0])
        tickets = rows[0].ticket_id
        for row in rows[1:]:
            tickets |= self._by_hand(row)
            self.assertFalse(row.duplicate_of_id)
        self.assertEqual(len(tickets), 3)
        self.assertEqual(tickets.partner_id, self.anna)
        self.assertEqual(self._receive_quietly(mail).reason_code, "duplicate")

    def test_another_apps_mail(self):
        alias = self.env["mail.alias"].create(
            {
                "alias_name": "offers",
                "alias_contact": "everyone",
                "alias_domain_id": self.env.company.alias_domain_id.id,
                "alias_model_id": self.env.ref("project.model_project_task").id,
            }
        )
        row = self._receive_quietly(plain_mail("Offer", to=alias.alias_full_name))
        self.assertEqual((row.state, row.reason_code), ("done", "other"))
        ticket = self._by_hand(row)
        self.assertEqual((ticket.name, ticket.partner_id), ("Offer", self.anna))
        self.assertEqual(
            self.env["project.task"].search_count([("name", "=", "Offer")]), 1
        )

    def test_own_address(self):
        """The person is the one in Reply-To, if there is one."""
        form = plain_mail("Form", f"Us <{SUPPORT}>", reply_to="anna@huber.example")
        self.assertEqual(self._receive_quietly(form).ticket_id.partner_id, self.anna)
        row = self._receive_quietly(plain_mail("Phone note", f"Us <{SUPPORT}>"))
        self.assertFalse(self._by_hand(row).partner_id)

    def test_rules_act_once(self):
        """What a rule did when the mail became no ticket is not done again."""
        self.rule.active = False
        self.env["helpdesk.email.collector"].create(
            {
                "name": "A copy for the archive",
                "active": True,
                "filter_ids": [
                    (
                        0,
                        0,
                        {"source": "subject", "operator": "contains", "value": "Help"},
                    )
                ],
                "operation_ids": [
                    (0, 0, {"code": "forward", "address": "archive@else.example"})
                ],
            }
        )
        copies = [("email_to", "=", "archive@else.example")]
        row = self._receive_quietly(plain_mail())
        self.assertEqual(row.reason_code, "no_rule")
        self.assertEqual(self.env["mail.mail"].search_count(copies), 1)
        self._by_hand(row)
        self.assertEqual(self.env["mail.mail"].search_count(copies), 1)

    def test_sender_who_writes_much(self):
        """A person who wants this one mail overrules the limits."""
        self._receive_quietly(plain_mail())
        self.anna.helpdesk_ignore_email = True
        row = self._receive_quietly(plain_mail("More"))
        self.assertEqual(row.reason_code, "sender_ignored")
        self.env["ir.config_parameter"].set_param("helpdesk_ticket.limit_mail", "1")
        self.assertEqual(self._by_hand(row).partner_id, self.anna)

    def test_deleted_ticket(self):
        row = self._receive_quietly(plain_mail())
        self.assertFalse(row.may_create_ticket)
        # sudo: agents delete no tickets
        row.ticket_id.sudo().unlink()
        self.assertEqual(self._by_hand(row).partner_id, self.anna)

    def test_says_why_not(self):
        row = self._receive_quietly(plain_mail())
        for values, sentence in (
            ({}, "already part of a ticket"),
            ({"state": "failed"}, "not been processed yet"),
            ({"state": "ignored", "is_cleared": True}, "cleaned up"),
        ):
            row.write(values)
            self.assertFalse(row.may_create_ticket)
            with self.assertRaisesRegex(UserError, sentence):
                row.with_user(self.manager).action_create_ticket()


@tagged("post_install", "-at_install")
class TestTold(CollectorCommon):
    """E05: the inbox says that the sender was told only when that is so."""

    TOLD, NOT_TOLD = "The sender was informed.", "Nothing was sent to the sender."

    def _get_reason(self, *mails):
        with self.mock_mail_gateway():
            row = self._receive(*mails)[-1]
        return row.reason

    def _check(self, first, second):
        """The first mail is answered; one more, or one of a program, is not."""
        self.assertIn(self.TOLD, self._get_reason(first))
        for mail in second:
            reason = self._get_reason(mail)
            self.assertIn(self.NOT_TOLD, reason)
            self.assertNotIn(self.TOLD, reason)

    def test_held(self):
        self.anna.is_primary_contact = True
        self.customer.helpdesk_primary_contact_only = True
        bernd = "Bernd <bernd@huber.example>"
        self._check(plain_mail("One", bernd), [plain_mail("Two", bernd)])

    def test_held_without_template(self):
        self.anna.is_primary_contact = True
        self.customer.helpdesk_primary_contact_only = True
        self.env.ref("helpdesk_ticket.mail_template_request_held").unlink()
        reason = self._get_reason(plain_mail("One", "Bernd <bernd@huber.example>"))
        self.assertIn(self.NOT_TOLD, reason)

    def test_rejected(self):
        template = self.env.ref("helpdesk_email_collector.mail_template_rejected")
        self.env["helpdesk.email.collector"].create(
            {
                "name": "No offers",
                "active": True,
                "sequence": 1,
                "filter_ids": [
                    (
                        0,
                        0,
                        {"source": "subject", "operator": "contains", "value": "Offer"},
                    )
                ],
                "operation_ids": [
                    (0, 0, {"code": "reject", "template_id": template.id})
                ],
            }
        )
        self._check(plain_mail("Offer one"), [plain_mail("Offer two")])

    def test_oversized(self):
        self.company.helpdesk_mail_max_size = 1
        text = "x" * 70 + "\r\n"
        large = text * (16 * 1024)
        program = plain_mail("Three", "p@p.example", large, precedence="bulk")
        self._check(
            plain_mail("One", body=large), [plain_mail("Two", body=large), program]
        )

    def test_tried_out(self):
        """Nobody was told anything yet."""
        self.company.helpdesk_mail_max_size = 1
        large = plain_mail(body="x" * 70 * 16 * 1024)
        wizard = self.env["helpdesk.email.tryout"].with_user(self.manager)
        shown = str(wizard.create({"origin": "paste", "raw_text": large}).result)
        self.assertIn("are accepted", shown)
        self.assertNotIn("The sender", shown)
