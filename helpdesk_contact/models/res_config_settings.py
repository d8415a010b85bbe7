from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    helpdesk_auto_create_contact = fields.Boolean(
        related="company_id.helpdesk_auto_create_contact", readonly=False
    )
