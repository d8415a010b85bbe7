from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from .device_token import as_utc


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    device_id = fields.Many2one(
        "fsm.equipment",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        help="The device that the ticket is about.",
    )

    @api.constrains("device_id")
    def _check_device_id(self):
        """Refuse the device of another customer (C12)."""
        for ticket in self:
            # sudo: only whose device it is
            owner = ticket.device_id.sudo().customer_id
            customer = ticket.customer_id.commercial_partner_id
            if owner and customer and owner != customer:
                raise ValidationError(
                    self.env._(
                        "%(device)s is a device of %(owner)s, not of %(customer)s.",
                        device=ticket.device_id.name,
                        owner=owner.name,
                        customer=customer.name,
                    )
                )

    @api.onchange("customer_id")
    def _onchange_customer_id_device(self):
        """Clear a device that does not belong to the new customer."""
        owner = self.device_id.customer_id
        if owner and owner != self.customer_id.commercial_partner_id:
            self.device_id = False

    @api.model
    def _get_fields_left_behind(self):
        return [*super()._get_fields_left_behind(), "device_id"]

    def _prepare_service_order_values(self):
        """Assign the service order to the device (T16)."""
        values = super()._prepare_service_order_values()
        if self.device_id:
            values["equipment_ids"] = [Command.set(self.device_id.ids)]
        return values

    def _describe_to_device(self):
        """Return the data of this ticket for the API.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "number": self.number,
            "subject": self.name,
            "status": self.stage_id._get_customer_names()[self.stage_id.id],
            "open": self.is_open,
            "opened": as_utc(self.create_date),
            "url": f"{self.get_base_url()}{self.access_url}",
        }
