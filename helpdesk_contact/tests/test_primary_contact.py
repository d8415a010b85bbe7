from psycopg2.errors import UniqueViolation

from odoo.exceptions import ValidationError
from odoo.tests import Form
from odoo.tools import mute_logger

from .common import ContactCommon


class TestPrimaryContact(ContactCommon):
    """C02: a customer has one primary contact."""

    def test_flag_moves_with_one_write(self):
        self.anna.with_user(self.agent).is_primary_contact = True
        self.assertEqual(self.customer.primary_contact_id, self.anna)

        self.bernd.with_user(self.agent).is_primary_contact = True

        self.assertTrue(self.bernd.is_primary_contact)
        self.assertFalse(self.anna.is_primary_contact)

    def test_contact_created_as_primary(self):
        self.anna.is_primary_contact = True
        clara = self.env["res.partner"].create(
            {
                "name": "Clara Roth",
                "parent_id": self.customer.id,
                "is_primary_contact": True,
            }
        )
        self.assertEqual(self.customer.primary_contact_id, clara)
        self.assertFalse(self.anna.is_primary_contact)

    def test_flag_taken_off(self):
        self.anna.is_primary_contact = True
        self.bernd.is_primary_contact = False
        self.assertTrue(self.anna.is_primary_contact)
        self.anna.is_primary_contact = False
        self.assertFalse(self.customer.primary_contact_id)

    def test_search(self):
        self.anna.is_primary_contact = True
        people = self.anna + self.bernd
        domain = [("id", "in", people.ids)]
        found = people.search([*domain, ("is_primary_contact", "=", True)])
        self.assertEqual(found, self.anna)
        found = people.search([*domain, ("is_primary_contact", "=", False)])
        self.assertEqual(found, self.bernd)

    def test_contact_of_another_customer_is_refused(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        with self.assertRaisesRegex(ValidationError, "not a contact of"):
            self.customer.primary_contact_id = stranger

    def test_person_without_company_is_refused(self):
        loner = self.env["res.partner"].create({"name": "Loner"})
        with self.assertRaisesRegex(ValidationError, "Choose the customer first"):
            loner.is_primary_contact = True

    def test_flag_stays_behind_when_the_contact_leaves(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        self.anna.is_primary_contact = True
        self.anna.parent_id = other
        self.assertFalse(self.customer.primary_contact_id)
        self.assertFalse(self.anna.is_primary_contact)

    def test_database_refuses_one_person_for_two_customers(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        self.anna.is_primary_contact = True
        self.env.flush_all()
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.env.cr.execute(
                "UPDATE res_partner SET primary_contact_id = %s WHERE id = %s",
                (self.anna.id, other.id),
            )

    def test_copy_of_a_customer_has_no_primary_contact(self):
        self.anna.is_primary_contact = True
        self.assertFalse(self.customer.copy().primary_contact_id)

    def test_who_loses_the_flag_is_named(self):
        self.anna.is_primary_contact = True
        self.env.flush_all()
        self.env.cr.precommit.run()
        form = Form(self.bernd.with_user(self.agent))
        with self.assertLogs("odoo.tests.form", "WARNING") as logs:
            form.is_primary_contact = True
        self.assertIn(self.anna.name, str(logs.output))
        form.save()
        self.env.flush_all()
        self.env.cr.precommit.run()
        note = self.customer.message_ids[:1].sudo().tracking_value_ids
        self.assertEqual(note.old_value_char, self.anna.display_name)
        self.assertEqual(note.new_value_char, self.bernd.display_name)

    def test_archived_primary_contact_keeps_nobody_out(self):
        self.anna.is_primary_contact = True
        self.customer.helpdesk_primary_contact_only = True
        self.assertFalse(self.bernd._helpdesk_may_open_ticket())
        self.anna.active = False
        self.assertTrue(self.bernd._helpdesk_may_open_ticket())
