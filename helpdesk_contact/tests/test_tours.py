from odoo.tests import HttpCase, tagged

from .common import ContactCommon


@tagged("post_install", "-at_install")
class TestTours(ContactCommon, HttpCase):
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
