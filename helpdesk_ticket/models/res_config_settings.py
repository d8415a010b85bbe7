from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    helpdesk_sender_address = fields.Char(
        related="company_id.helpdesk_sender_address", readonly=False
    )
