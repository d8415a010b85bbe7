from odoo import api, models
from odoo.exceptions import ValidationError


class HelpdeskTicketTag(models.Model):
    """A keyword to find and group tickets by, in addition to the other lists."""

    _name = "helpdesk.ticket.tag"
    _inherit = ["helpdesk.dictionary.mixin"]
    _description = "Ticket Tag"

    # No constraint of the database: it tells names in one language from those in two,
    # and sees no twins among the tags of all companies.
    @api.constrains("name", "company_id")
    def _check_name(self):
        twins = self.with_context(active_test=False)._read_group(
            [("name", "in", self.mapped("name"))],
            ["name", "company_id"],
            having=[("__count", ">", 1)],
        )
        if twins:
            raise ValidationError(self.env._("A tag with this name already exists."))
