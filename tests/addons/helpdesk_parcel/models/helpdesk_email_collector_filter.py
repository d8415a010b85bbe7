from odoo import fields, models


class HelpdeskEmailCollectorFilter(models.Model):
    """A condition: the number of a parcel, compared like any text."""

    _inherit = "helpdesk.email.collector.filter"

    source = fields.Selection(selection_add=[("parcel", "Parcel number")], ondelete={"parcel": "cascade"})
