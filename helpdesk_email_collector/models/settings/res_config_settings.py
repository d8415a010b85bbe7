from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    helpdesk_trusted_servers = fields.Char(
        related="company_id.helpdesk_trusted_servers", readonly=False
    )
    helpdesk_reply_to_senders = fields.Char(
        related="company_id.helpdesk_reply_to_senders", readonly=False
    )
    helpdesk_domain_may_join = fields.Boolean(
        related="company_id.helpdesk_domain_may_join", readonly=False
    )
    helpdesk_mail_reference = fields.Boolean(
        related="company_id.helpdesk_mail_reference", readonly=False
    )
    helpdesk_open_forwarded = fields.Boolean(
        related="company_id.helpdesk_open_forwarded", readonly=False
    )
    helpdesk_mail_days = fields.Integer(
        related="company_id.helpdesk_mail_days", readonly=False
    )
    helpdesk_failed_mail_days = fields.Integer(
        related="company_id.helpdesk_failed_mail_days", readonly=False
    )
    helpdesk_mail_max_size = fields.Integer(
        related="company_id.helpdesk_mail_max_size", readonly=False
    )
    helpdesk_mail_max_attachments = fields.Integer(
        related="company_id.helpdesk_mail_max_attachments", readonly=False
    )
    helpdesk_mail_max_attachment_size = fields.Integer(
        related="company_id.helpdesk_mail_max_attachment_size", readonly=False
    )
    helpdesk_acknowledge_days = fields.Integer(
        related="company_id.helpdesk_acknowledge_days", readonly=False
    )
