from odoo import fields, models


class HelpdeskTicketNotice(models.Model):
    _inherit = "helpdesk.ticket.notice"

    kind = fields.Selection(
        selection_add=[("order", "Service order")], ondelete={"order": "cascade"}
    )
    order_id = fields.Many2one(
        "fsm.order",
        string="Service order",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
