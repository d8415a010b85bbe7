from odoo import api, fields, models


class RatingRating(models.Model):
    _inherit = "rating.rating"

    helpdesk_ticket_id = fields.Many2one(
        "helpdesk.ticket",
        compute="_compute_helpdesk_ticket_id",
        store=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The rating is visible only to those who may see this ticket.",
    )

    @api.depends("res_model", "res_id")
    def _compute_helpdesk_ticket_id(self):
        for rating in self:
            is_ticket = rating.res_model == "helpdesk.ticket"
            rating.helpdesk_ticket_id = is_ticket and rating.res_id
