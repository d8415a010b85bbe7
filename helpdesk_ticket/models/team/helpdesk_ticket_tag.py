from odoo import models


class HelpdeskTicketTag(models.Model):
    _name = "helpdesk.ticket.tag"
    _inherit = ["helpdesk.dictionary.mixin"]
    _description = "Ticket Tag"

    _name_uniq = models.Constraint(
        "UNIQUE(name, company_id)", "A tag with this name already exists."
    )
