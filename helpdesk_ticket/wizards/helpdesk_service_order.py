from odoo import api, fields, models

from ..press import is_first_press


class HelpdeskServiceOrder(models.TransientModel):
    """Order work at the customer's place: what, when and who is asked before (T16)."""

    _name = "helpdesk.service.order"
    _description = "Ordering of Service"

    ticket_id = fields.Many2one("helpdesk.ticket", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="ticket_id.company_id", related_sudo=False)
    customer_id = fields.Many2one(related="ticket_id.customer_id", related_sudo=False)
    location_id = fields.Many2one(
        "fsm.location",
        string="Service location",
        compute="_compute_from_ticket",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="Where the work is done. Left empty, the contact's or the customer's own "
        "location is taken, or one is made at the customer's address.",
    )
    scheduled_date_start = fields.Datetime(
        string="Planned for", help="Leave it empty when the date is still to be agreed."
    )
    person_id = fields.Many2one("fsm.person", string="Technician")
    description = fields.Html(
        string="What is to be done",
        compute="_compute_from_ticket",
        compute_sudo=False,
        store=True,
        readonly=False,
    )

    @api.depends("ticket_id")
    def _compute_from_ticket(self):
        for wizard in self:
            wizard.location_id = wizard.ticket_id.fsm_location_id
            wizard.description = wizard.ticket_id.description

    def action_create(self):
        """Make the service order and open it.

        :return: an `ir.actions.act_window` of the order as a dict
        :raise UserError: when no place for the work can be found
        """
        self.ensure_one()
        if not is_first_press(self):
            return {"type": "ir.actions.act_window_close"}
        if self.location_id != self.ticket_id.fsm_location_id:
            self.ticket_id.fsm_location_id = self.location_id
        order = self.ticket_id._create_service_order(
            {
                "description": self.description,
                "scheduled_date_start": self.scheduled_date_start,
                "person_id": self.person_id.id,
            }
        )
        self.unlink()
        return {
            "type": "ir.actions.act_window",
            "res_model": "fsm.order",
            "res_id": order.id,
            "view_mode": "form",
            "name": order.name,
        }
