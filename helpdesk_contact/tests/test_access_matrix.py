from odoo.tests import tagged

from .access_api import AccessApiTests
from .access_matrix import OTHER, OWN, ROLES, SHARED, AccessMatrixTests
from .common import ContactCommon
from .common_http import PatientHttpCase


@tagged("post_install", "-at_install")
class TestAccessMatrix(
    AccessApiTests, AccessMatrixTests, ContactCommon, PatientHttpCase
):
    """What each role may do with customers, contacts and what belongs to them."""

    addon = "helpdesk_contact"
    roles = {role: group for role, group in ROLES.items() if role != "Accountant"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contacts = {
            company: cls.env["res.partner"].create(
                {"name": "Somebody", "company_id": company.id}
            )
            for company in cls.company + cls.other_company
        }

    def _kinds_res_partner(self):
        return self._shared(
            lambda company: {"name": "Somebody", "company_id": company.id}
        )

    def _kinds_res_partner_department(self):
        return {SHARED: {"name": "Purchasing"}}

    def _kinds_res_partner_category(self):
        return {SHARED: {"name": "Important"}}

    def _kinds_res_partner_title(self):
        return {SHARED: {"name": "Doctor of Helpdesks"}}

    def _kinds_helpdesk_mail_domain(self):
        return self._of_contacts("name", "{}.example")

    def _kinds_helpdesk_contact_address(self):
        return self._of_contacts("email", "{}@somebody.example")

    def _of_contacts(self, name, pattern):
        """Return unique values that belong to a contact of each kind."""
        return {
            kind: {name: pattern.format(kind.replace(" ", "-")), "partner_id": contact}
            for kind, contact in (
                (OWN, self.contacts[self.company].id),
                (OTHER, self.contacts[self.other_company].id),
                (SHARED, self.customer.id),
            )
        }

    def _fresh(self, model, values):
        unique = {"helpdesk.mail.domain": "name", "helpdesk.contact.address": "email"}
        if model not in unique:
            return super()._fresh(model, values)
        name = unique[model]
        return {**values, name: f"x{next(self.numbers)}{values[name]}"}
