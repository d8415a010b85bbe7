from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    helpdesk_auto_read = fields.Boolean(
        related="company_id.helpdesk_auto_read", readonly=False
    )
    helpdesk_auto_assign = fields.Boolean(
        related="company_id.helpdesk_auto_assign", readonly=False
    )
    helpdesk_notify_closing = fields.Boolean(
        related="company_id.helpdesk_notify_closing", readonly=False
    )
    helpdesk_reclassify_closed = fields.Boolean(
        related="company_id.helpdesk_reclassify_closed", readonly=False
    )
    helpdesk_answer_to_closed = fields.Selection(
        related="company_id.helpdesk_answer_to_closed", readonly=False, required=True
    )
    helpdesk_reopen_days = fields.Integer(
        related="company_id.helpdesk_reopen_days", readonly=False
    )
    helpdesk_notify_partner = fields.Boolean(
        related="company_id.helpdesk_notify_partner", readonly=False
    )
    helpdesk_sender_address = fields.Char(
        related="company_id.helpdesk_sender_address", readonly=False
    )
    helpdesk_creation_address = fields.Char(
        related="company_id.helpdesk_creation_address", readonly=False
    )
    helpdesk_mail_header = fields.Html(
        related="company_id.helpdesk_mail_header", readonly=False
    )
    helpdesk_mail_footer = fields.Html(
        related="company_id.helpdesk_mail_footer", readonly=False
    )
