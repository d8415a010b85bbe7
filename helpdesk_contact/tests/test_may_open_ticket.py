from odoo.exceptions import ValidationError

from .common import ContactCommon


class TestMayOpenTicket(ContactCommon):
    """C07: tickets by primary contact only."""

    def test_everybody_may_unless_switched_on(self):
        self.anna.is_primary_contact = True
        self.assertTrue(self.anna._helpdesk_may_open_ticket())
        self.assertTrue(self.bernd._helpdesk_may_open_ticket())

    def test_only_the_primary_contact_may(self):
        self.anna.is_primary_contact = True
        self.customer.helpdesk_primary_contact_only = True
        self.assertTrue(self.anna._helpdesk_may_open_ticket())
        self.assertFalse(self.bernd._helpdesk_may_open_ticket())
        self.assertFalse(self.customer._helpdesk_may_open_ticket())

    def test_switch_needs_a_primary_contact(self):
        with self.assertRaisesRegex(ValidationError, "no primary contact"):
            self.customer.helpdesk_primary_contact_only = True

    def test_nobody_is_shut_out_when_the_primary_contact_leaves(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        self.anna.is_primary_contact = True
        self.customer.helpdesk_primary_contact_only = True
        self.anna.parent_id = other
        self.assertFalse(self.customer.helpdesk_primary_contact_only)
        self.assertTrue(self.bernd._helpdesk_may_open_ticket())

    def test_nobody_is_shut_out_by_an_archived_primary_contact(self):
        self.anna.is_primary_contact = True
        self.customer.helpdesk_primary_contact_only = True
        self.anna.active = False
        self.assertTrue(self.bernd._helpdesk_may_open_ticket())

    def test_person_without_customer_may(self):
        loner = self.env["res.partner"].create({"name": "Loner"})
        self.assertTrue(loner._helpdesk_may_open_ticket())
