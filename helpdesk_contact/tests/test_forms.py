from odoo.tests import Form
from odoo.tools.safe_eval import safe_eval

from .common import ContactCommon


class TestForms(ContactCommon):
    """C04, K02, K09: the dialogs of the New menu and what they save."""

    def _form(self, kind):
        action = self.env.ref(f"helpdesk_contact.action_helpdesk_{kind}_new")
        Partner = self.env(user=self.agent)["res.partner"]
        return Form(Partner.with_context(**safe_eval(action.context)), action.view_id)

    def test_C04_all_fields_of_a_contact(self):
        department = self.env["res.partner.department"].create({"name": "Bakehouse"})
        title = self.env["res.partner.title"].create({"name": "Doctor of Bread"})
        with self._form("contact") as form:
            form.parent_id = self.customer
            form.firstname = "Clara"
            form.lastname = "Roth"
            form.email = "clara@huber.example"
            form.phone = "089 1"
            form.mobile = "0170 1"
            form.department_id = department
            form.function = "Baker"
            form.title_id = title
            form.is_primary_contact = True
            form.helpdesk_ignore_email = True
        self.assertRecordValues(
            form.record,
            [
                {
                    "name": "Clara Roth",
                    "parent_id": self.customer.id,
                    "email": "clara@huber.example",
                    "phone": "089 1",
                    "mobile": "0170 1",
                    "department_id": department.id,
                    "function": "Baker",
                    "title_id": title.id,
                    "is_primary_contact": True,
                    "helpdesk_ignore_email": True,
                    "is_company": False,
                }
            ],
        )

    def test_C04_contact_needs_an_address(self):
        form = self._form("contact")
        form.lastname = "Roth"
        with self.assertRaisesRegex(AssertionError, "email is a required field"):
            form.save()

    def test_C01_contact_is_a_person_below_its_company(self):
        """C01: whom an agent enters as a contact belongs to the customer."""
        with self._form("contact") as form:
            form.parent_id = self.customer
            form.lastname = "Roth"
            form.email = "roth@huber.example"
        contact = form.record
        self.assertFalse(contact.is_company)
        self.assertEqual(contact.commercial_partner_id, self.customer)
        self.assertIn(contact, self.customer.child_ids)

    def test_K09_what_is_known_of_a_customer(self):
        """K09: company, telephone, address and note, in the helpdesk's own form."""
        values = {
            "name": "Neu AG",
            "phone": "01 2345",
            "street": "Ring 1",
            "zip": "1010",
            "city": "Wien",
        }
        with self._form("customer") as form:
            for name, value in values.items():
                form[name] = value
            form.comment = "<p>Pays late</p>"
        self.assertRecordValues(form.record, [values])
        self.assertIn("Pays late", form.record.comment)

    def test_K02_customer_by_hand(self):
        with self._form("customer") as form:
            form.name = "Neu AG"
            form.city = "Wien"
            with form.helpdesk_domain_ids.new() as line:
                line.name = "neu.example"
        self.assertRecordValues(
            form.record, [{"name": "Neu AG", "is_company": True, "city": "Wien"}]
        )
        self.assertEqual(form.record.helpdesk_domain_ids.name, "neu.example")
        with Form(form.record) as edit:
            edit.name = "Neu GmbH"
        self.assertEqual(form.record.name, "Neu GmbH")
