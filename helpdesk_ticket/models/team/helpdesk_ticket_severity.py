from odoo import models


class HelpdeskTicketSeverity(models.Model):
    _name = "helpdesk.ticket.severity"
    _inherit = ["helpdesk.dictionary.mixin"]
    _description = "Severity"
