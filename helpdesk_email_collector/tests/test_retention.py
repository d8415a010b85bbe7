from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..models.inbox import retention
from .common import CollectorCommon, FakeMailbox, plain_mail


@tagged("post_install", "-at_install")
class TestRetention(CollectorCommon):
    """rel-I2: mails have an age limit, and nothing is done twice afterwards."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"helpdesk_mail_days": 30, "helpdesk_failed_mail_days": 0})

    def _age(self, rows, days):
        rows.received_date = fields.Datetime.now() - timedelta(days=days)
        self.env.flush_all()

    def _clean_up(self):
        with self.committing() as env:
            env["helpdesk.inbox.mail"]._cron_clean_up()
        self.env.invalidate_all()

    def _files(self, rows):
        """Return the stored files of mails."""
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "helpdesk.inbox.mail"),
                    ("res_field", "=", "raw"),
                    ("res_id", "in", rows.ids),
                ]
            )
        )

    def test_rel_I2_old_mails_are_cleaned_up(self):
        old, young = self._receive(plain_mail("Old"), plain_mail("Young"))
        self._age(old, 31)
        self._age(young, 29)
        self._clean_up()
        self.assertTrue(old.is_cleared)
        self.assertFalse(self._files(old))
        self.assertFalse(old.subject or old.email_from or old.email_to)
        self.assertFalse(old.sender_address)
        self.assertEqual(old.state, "done")
        self.assertTrue(old.ticket_id)
        self.assertIn("Create a ticket", old.reason)
        self.assertFalse(young.is_cleared)
        self.assertTrue(young._get_raw())

    def test_rel_I2_zero_days_keep_for_ever(self):
        self.company.helpdesk_mail_days = 0
        row = self._receive(plain_mail())
        self._age(row, 4000)
        self._clean_up()
        self.assertFalse(row.is_cleared)

    def test_rel_I2_failed_mails_wait_for_somebody(self):
        """Kept until dealt with, or for their own number of days."""
        row = self._store(plain_mail())
        row.write({"state": "failed", "error": "Anna's mail is broken"})
        self._age(row, 400)
        self._clean_up()
        self.assertEqual(row.state, "failed")
        self.company.helpdesk_failed_mail_days = 365
        self._clean_up()
        self.assertTrue(row.is_cleared)
        self.assertEqual(row.state, "ignored")
        self.assertFalse(row.error)
        self.assertIn("was not handled in time", row.reason)

    def test_rel_I2_waiting_mails_stay(self):
        row = self._store(plain_mail())
        self._age(row, 4000)
        self._clean_up()
        self.assertFalse(row.is_cleared)

    def test_rel_I2_each_company_has_its_own(self):
        self.other_company.helpdesk_mail_days = 0
        row = self._receive(plain_mail())
        row.company_id = self.other_company
        self._age(row, 400)
        self._clean_up()
        self.assertFalse(row.is_cleared)

    def test_E05_nothing_is_done_twice_after_the_clean_up(self):
        """The mailbox and another mailbox give the mail once more."""
        mailbox = FakeMailbox(plain_mail("Twice"))
        self._collect(mailbox)
        self._process()
        row = self._rows()
        self._age(row, 400)
        self._clean_up()
        mailbox.seen.clear()
        self._collect(mailbox)
        again = self._store(plain_mail("Twice"))
        self._process()
        self.assertEqual(len(self._rows() - again), 1)
        self.assertEqual(again.reason_code, "duplicate")
        tickets = self.env["helpdesk.ticket"].search([("name", "=", "Twice")])
        self.assertEqual(tickets, row.ticket_id)

    def test_E05_what_was_cleaned_up_is_said(self):
        row = self._receive(plain_mail(auto_submitted="auto-replied"))
        self._age(row, 400)
        self._clean_up()
        with self.assertRaises(UserError):
            row.with_user(self.manager).action_create_ticket()
        with self.assertRaises(UserError):
            row.with_user(self.manager).action_retry()
        self.assertIn("Automatic mail", row.reason)

    def test_E05_in_batches(self):
        """More mails than one batch holds."""
        self.patch(retention, "BATCH", 2)
        rows = self._receive(*(plain_mail(f"Old {number}") for number in range(5)))
        self._age(rows, 400)
        self._clean_up()
        self.assertEqual(set(rows.mapped("is_cleared")), {True})

    def test_setting_refuses_less_than_nothing(self):
        with self.assertRaises(ValidationError):
            self.company.helpdesk_mail_days = -1


@tagged("post_install", "-at_install")
class TestErasure(CollectorCommon):
    """K12, rel-I2: with a contact its original mails go."""

    def test_K12_mails_of_a_deleted_contact(self):
        self.env["helpdesk.contact.address"].create(
            {"email": "private@anna.example", "partner_id": self.anna.id}
        )
        mine, private, others, failed = rows = self._receive(
            plain_mail("Mine", email_from="Anna Huber <Anna@Huber.example>"),
            plain_mail("Private", email_from="private@anna.example"),
            plain_mail("Others", email_from="bernd@huber.example"),
            plain_mail("Failed"),
        )
        failed.write({"state": "failed", "error": "Anna", "ticket_id": False})
        wizard = self.env["helpdesk.partner.delete"].with_user(self.manager)
        wizard = wizard.create({"partner_ids": [(6, 0, self.anna.ids)]})
        self.assertEqual(wizard.mail_count, 3)
        wizard.action_delete()
        self.assertEqual(
            rows.mapped("is_cleared"), [True, True, False, True], others.subject
        )
        self.assertFalse(mine.subject or private.sender_address or failed.error)
        self.assertEqual(failed.state, "ignored")
        self.assertTrue(others._get_raw())

    def test_K12_answer_of_a_deleted_contact(self):
        """Its ticket is nobody's: whoever opened it becomes the contact again, and gets
        the answers; nobody else does."""
        for creates in (True, False):
            self.company.helpdesk_auto_create_contact = creates
            address = f"writer{creates}@kurz.example".lower()
            writer = f"Writer <{address}>"
            copied = f"copied{creates}@lang.example".lower()
            contact = self.env["res.partner"].create(
                {"name": "Writer", "email": address}
            )
            with self.mock_mail_gateway():
                ticket = self._receive(
                    plain_mail(f"Pump {creates}", writer, cc=copied)
                ).ticket_id
                first = ticket.message_ids.filtered(
                    lambda one: one.message_type == "auto_comment"
                )
                contact.unlink()
                self.assertFalse(ticket.partner_id or ticket.is_open)
                for email_from in (copied, writer):
                    self.assertFalse(ticket.partner_id or ticket.partner_email)
                    row = self._receive(
                        plain_mail(
                            f"Re: {email_from}",
                            email_from,
                            references=first.message_id,
                        )
                    )
                    self.assertEqual(row.ticket_id, ticket)
            self.assertTrue(ticket.is_open)
            self.assertEqual(ticket.partner_email, address)
            self.assertEqual(ticket.partner_id.email_normalized, creates and address)

    def test_K12_an_address_that_another_contact_has_too(self):
        """The mails may be the other's as well: they stay with them."""
        twin = self.env["res.partner"].create(
            {"name": "Twin", "email": self.anna.email, "is_company": True}
        )
        row = self._receive(plain_mail())
        self.anna.unlink()
        self.assertFalse(row.is_cleared)
        twin.unlink()
        self.assertTrue(row.is_cleared)
