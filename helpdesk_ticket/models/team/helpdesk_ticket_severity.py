from odoo import fields, models

from odoo.addons.fieldservice.models.fsm_stage import AVAILABLE_PRIORITIES


class HelpdeskTicketSeverity(models.Model):
    _name = "helpdesk.ticket.severity"
    _inherit = ["helpdesk.dictionary.mixin"]
    _description = "Severity"

    fsm_priority = fields.Selection(
        AVAILABLE_PRIORITIES,
        string="Priority of service orders",
        default=AVAILABLE_PRIORITIES[0][0],
        help="The priority of a service order made from a ticket of this severity.",
    )
