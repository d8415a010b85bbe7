from odoo import models


class HelpdeskChannel(models.Model):
    """How a request reached the helpdesk (C03)."""

    _name = "helpdesk.channel"
    _inherit = ["helpdesk.dictionary.mixin"]
    _description = "Channel"
