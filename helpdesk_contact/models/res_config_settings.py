from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    helpdesk_auto_create_contact = fields.Boolean(
        related="company_id.helpdesk_auto_create_contact", readonly=False
    )
    helpdesk_language_ids = fields.Many2many(
        related="company_id.helpdesk_language_ids", readonly=False
    )
    helpdesk_fallback_language_id = fields.Many2one(
        related="company_id.helpdesk_fallback_language_id", readonly=False
    )
