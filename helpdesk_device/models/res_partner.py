from odoo import fields, models
from odoo.exceptions import UserError

from .helpdesk_device_code import CODE_LIFE


class ResPartner(models.Model):
    _inherit = "res.partner"

    helpdesk_device_ids = fields.One2many(
        "fsm.equipment",
        "contact_id",
        string="Devices",
        help="The devices that this contact works with.",
    )

    def action_make_device_code(self):
        """Create a code that connects a device of this contact or customer.

        :return: an `ir.actions.act_window` as a dict that shows it once
        """
        return self._make_device_code(self.env["fsm.equipment"])

    def _make_device_code(self, device):
        """Create a code for a device of this contact or customer (C12).

        :param device: `fsm.equipment` to be connected again, or empty
        :raise UserError: when nobody would own the device
        """
        if not self:
            message = self.env._(
                "Choose the customer or the contact of the device first."
            )
            raise UserError(message)
        self.ensure_one()
        self.env["fsm.equipment"].check_access("create")
        company = device.company_id or self.company_id or self.env.company
        return self.env["helpdesk.token.show"]._get_action(
            self.env._("Connect a device of %(name)s", name=self.name),
            "helpdesk_device.helpdesk_device_code_show_view_form",
            address=self.get_base_url(),
            token=self.env["helpdesk.device.code"]._make(self, device, company),
            expiry=fields.Datetime.to_string(fields.Datetime.now() + CODE_LIFE),
        )

    def action_view_devices(self):
        """Open the devices of this customer or contact.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        field = "customer_id" if self.is_company else "contact_id"
        return {
            "type": "ir.actions.act_window",
            "res_model": "fsm.equipment",
            "view_mode": "list,form",
            "domain": [(field, "=", self.id)],
            "context": {f"default_{field}": self.id},
            "name": self.env._("Devices of %(name)s", name=self.name),
        }
