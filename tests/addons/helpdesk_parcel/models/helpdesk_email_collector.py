from odoo import fields, models


class HelpdeskEmailCollector(models.Model):
    """A field of a rule, which its operation reads."""

    _inherit = "helpdesk.email.collector"

    parcel_carrier_id = fields.Many2one("res.partner", string="Carrier")
