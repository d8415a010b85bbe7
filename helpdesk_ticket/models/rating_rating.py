from odoo import api, fields, models
from odoo.fields import NO_ACCESS


class RatingRating(models.Model):
    _inherit = "rating.rating"

    # Whoever knows it can rate in the customer's name (rel-A3).
    access_token = fields.Char(groups=NO_ACCESS)
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

    def write(self, vals):
        """Prevent a rating from being moved to a ticket: Odoo only checks access before
        the change."""
        res = super().write(vals)
        if {"res_id", "res_model_id"} & vals.keys():
            self.check_access("write")
        return res
