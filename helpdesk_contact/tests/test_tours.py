from odoo.tests import tagged

from .common import ContactCommon
from .common_http import PatientHttpCase


@tagged("post_install", "-at_install")
class TestTours(ContactCommon, PatientHttpCase):
    def test_C04_new_contact_from_every_screen(self):
        self.start_tour("/odoo", "helpdesk_contact_new", login=self.agent.login)
        contact = self.env["res.partner"].search([("email", "=", "tom@tour.example")])
        self.assertRecordValues(
            contact,
            [
                {
                    "firstname": "Tom",
                    "lastname": "Tour",
                    "mobile": "0170 1",
                    "function": "Baker",
                    "is_primary_contact": True,
                    "helpdesk_ignore_email": False,
                }
            ],
        )
        self.assertEqual(contact.parent_id.name, "Tour Ltd")
        self.assertTrue(contact.parent_id.is_company)

    def test_K03_taken_address_leads_to_its_contact(self):
        self.start_tour("/odoo", "helpdesk_contact_taken", login=self.agent.login)

    def test_C10_import_screen(self):
        """Templates, a test run that names row, column and reason, and an update."""
        self.start_tour(
            "/odoo/helpdesk-contacts",
            "helpdesk_contact_import",
            login=self.agent.login,
        )
        ina = self.env["res.partner"].search([("email", "=", "ina@tour.example")])
        self.assertEqual(ina.parent_id, self.customer)
        self.assertEqual(self.anna.phone, "77")
        self.assertEqual(
            self.env["res.partner"].search_count([("email", "=", self.anna.email)]), 1
        )

    def test_C07_primary_contact_only(self):
        """The switch asks for a primary contact first, then holds."""
        self.customer.primary_contact_id = False
        self.start_tour(
            f"/odoo/helpdesk-customers/{self.customer.id}",
            "helpdesk_customer_primary_only",
            login=self.agent.login,
        )
        self.assertEqual(self.customer.primary_contact_id, self.anna)
        self.assertTrue(self.customer.helpdesk_primary_contact_only)

    def test_K08_tags_have_their_own_screen(self):
        Tag = self.env["res.partner.category"]
        Tag.create({"name": "Tour: old tag"})
        self.start_tour(
            "/odoo/helpdesk-customers",
            "helpdesk_customer_tags",
            login=self.manager.login,
        )
        self.assertEqual(self.customer.category_id.name, "Tour: new tag")
