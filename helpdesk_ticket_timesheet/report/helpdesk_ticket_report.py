from odoo import fields, models


class HelpdeskTicketReport(models.Model):
    _inherit = "helpdesk.ticket.report"

    # A stored field of the ticket by the same name: the analysis reads it from there.
    hours_spent = fields.Float(readonly=True)
