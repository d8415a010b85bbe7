from odoo import fields
from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.access_matrix import AccessMatrixTests
from odoo.addons.helpdesk_ticket.tests.common import TicketCommon


@tagged("post_install", "-at_install")
class TestAccessMatrix(AccessMatrixTests, TicketCommon):
    """What each role may do with devices."""

    addon = "helpdesk_device"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.devices = {
            company: cls.env["fsm.equipment"].create(
                {"name": f"PC of {company.name}", "company_id": company.id}
            )
            for company in cls.company + cls.other_company
        }

    def _kinds_fsm_equipment(self):
        return self._both(lambda company: {"name": "PC-1", "company_id": company.id})

    def _kinds_helpdesk_device_code(self):
        return self._both(
            lambda company: {
                "expiry": fields.Datetime.now(),
                "code_hash": f"hash {next(self.numbers)}",
                "partner_id": self.anna.id,
                "company_id": company.id,
            }
        )

    def _kinds_helpdesk_device_request(self):
        return self._both(
            lambda company: {
                "key": f"key-{next(self.numbers)}",
                "device_id": self.devices[company].id,
            }
        )

    def _make(self, model, values):
        changes = {"name": f"{values.get('name')} {next(self.numbers)}"}
        return self.env[model].create(
            {name: changes.get(name, value) for name, value in values.items()}
        )
