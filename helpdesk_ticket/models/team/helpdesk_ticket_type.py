from odoo import models


class HelpdeskTicketType(models.Model):
    _name = "helpdesk.ticket.type"
    _inherit = ["helpdesk.dictionary.mixin"]
    _description = "Request Type"
