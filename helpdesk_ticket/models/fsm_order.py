from odoo import fields, models


class FsmOrder(models.Model):
    _inherit = "fsm.order"

    helpdesk_ticket_id = fields.Many2one(
        "helpdesk.ticket",
        string="Ticket",
        index="btree_not_null",
        check_company=True,
        help="The ticket that this service order was made for.",
    )
