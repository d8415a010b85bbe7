from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .common import DeviceCommon


@tagged("post_install", "-at_install")
class TestDevice(DeviceCommon):
    """Devices of customers, as agents see them (C04, C12)."""

    def test_code_connects_one_device_once(self):
        code = self._make_code()
        device = self._enrol(code.lower().replace("-", " "))
        self.assertEqual(device.contact_id, self.anna)
        self.assertEqual(device.customer_id, self.customer)
        self.assertEqual(device.company_id, self.company)
        # another computer of the same name is connected already
        self.assertNotEqual(device, self.device)
        self.assertEqual(device.name, "PC-017 (Bäckerei Huber)")
        self.assertFalse(self._enrol(code))

    def test_code_expires(self):
        code = self._make_code()
        made = self.env["helpdesk.device.code"].search([], limit=1)
        self.assertNotIn(code.replace("-", ""), str(made.sudo().read()))
        made.expiry = fields.Datetime.now() - timedelta(minutes=1)
        self.assertFalse(self._enrol(code))

    def test_same_computer_stays_one_device(self):
        """Tickets and history of a computer are one, also after it was set up again."""
        self.device.with_user(self.agent).action_disconnect()
        self.assertEqual(self._enrol(self._make_code(self.bernd)), self.device)
        self.assertEqual(self.device.contact_id, self.bernd)

    def test_token(self):
        devices = self.env["fsm.equipment"]
        self.assertEqual(devices._find_by_token(self.token), self.device)
        self.assertFalse(devices._find_by_token(self.device.sudo().token_hash))
        following = self.device._prepare_next_token()
        # an answer that never arrived shuts nobody out
        self.assertEqual(devices._find_by_token(self.token), self.device)
        self.assertEqual(devices._find_by_token(following), self.device)
        self.assertFalse(devices._find_by_token(self.token))
        self.device.with_user(self.agent).action_disconnect()
        self.assertFalse(self.device.is_connected)
        self.assertFalse(devices._find_by_token(following))

    def test_nobody_reads_hashes(self):
        """rel-A7: what tokens are compared with is for nobody."""
        for user in (self.agent, self.manager):
            device = self.device.with_user(user)
            with self.assertRaises(AccessError):
                device.read(["token_hash"])
            with self.assertRaises(AccessError):
                device.write({"token_hash": "0"})
            with self.assertRaises(AccessError):
                device.search([("token_hash", "=like", "a%")])

    def test_ticket_has_a_device_of_its_customer(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        with Form(self.agent_env["helpdesk.ticket"]) as form:
            form.name = "Slow"
            form.partner_id = self.anna
            form.device_id = self.device
        ticket = form.record
        self.assertEqual(self.device.helpdesk_open_ticket_count, 1)
        with Form(ticket) as form:
            form.partner_id = self.env["res.partner"]
            form.customer_id = other
        self.assertFalse(ticket.device_id)
        with self.assertRaises(ValidationError):
            ticket.device_id = self.device

    def test_service_order_goes_to_the_device(self):
        self.customer.street = "Hauptstraße 1"
        stages = self.env["fsm.stage"].search([("stage_type", "=", "order")])
        stages.company_id = False
        self.env["fsm.team"].create({"name": "Van", "company_id": self.company.id})
        ticket = self._create_ticket(device_id=self.device.id)
        ticket.with_user(self.agent)._create_service_order({"description": "<p>x</p>"})
        self.assertEqual(ticket.fsm_order_ids.equipment_ids, self.device)
        self.assertEqual(self.device.fsm_order_count, 1)

    def test_contact_of_the_customer_only(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        with self.assertRaises(ValidationError):
            self.device.customer_id = other
        self.device.contact_id = False
        anna = self.anna.with_user(self.agent)
        anna.helpdesk_device_ids = [(4, self.device.id)]
        with Form(anna, "base.view_partner_form") as form:
            self.assertEqual(len(form.helpdesk_device_ids), 1)
        self.assertEqual(self.device.contact_id, self.anna)

    def test_import(self):
        """Devices with their people, and tickets with their devices, from a file."""
        devices = self.env["fsm.equipment"].with_user(self.agent)
        found = devices.load(
            ["name", "customer_id/id", "contact_id/id", "operating_system"],
            [["PC-9", self._xmlid(self.customer), self._xmlid(self.anna), "Debian 13"]],
        )
        self.assertFalse(found["messages"])
        device = devices.browse(found["ids"])
        self.assertEqual(device.contact_id, self.anna)
        found = self.env["helpdesk.ticket"].load(
            ["name", "partner_id/id", "device_id"],
            [["Slow", self._xmlid(self.anna), "PC-9"]],
        )
        self.assertFalse(found["messages"])
        self.assertEqual(device.helpdesk_ticket_ids.ids, found["ids"])

    def _xmlid(self, record):
        names = self.env["ir.model.data"]
        values = {"module": "test", "name": f"device_{record.id}"}
        if not names.search([(name, "=", one) for name, one in values.items()]):
            names.create({**values, "model": record._name, "res_id": record.id})
        return f"test.device_{record.id}"

    def test_agent_opens_the_form(self):
        with Form(self.device.with_user(self.agent)) as form:
            form.operating_system = "Debian 13"
        self.assertEqual(self.device.operating_system, "Debian 13")
