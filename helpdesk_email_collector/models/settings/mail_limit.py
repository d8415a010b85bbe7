from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """How large mails may be that become tickets (E09), and how old those that are
    acknowledged (rel-H1). Mixed into `res.company`."""

    _inherit = "res.company"

    helpdesk_mail_max_size = fields.Integer(
        "Largest E-mail (MB)",
        default=50,
        help="A larger e-mail becomes no ticket: it is kept in the inbox, and its "
        "sender is told. 0 accepts every size.",
    )
    helpdesk_mail_max_attachments = fields.Integer(
        "Attachments per E-mail",
        default=100,
        help="Further attachments of an e-mail are left out of its ticket. 0 takes "
        "all of them.",
    )
    helpdesk_mail_max_attachment_size = fields.Integer(
        "Attachments per E-mail (MB)",
        default=40,
        help="Attachments that are together larger are left out of the ticket. 0 takes "
        "all of them.",
    )
    helpdesk_acknowledge_days = fields.Integer(
        "Days to acknowledge mails",
        default=3,
        help="E-mails that were sent earlier become tickets, and their senders get no "
        "automatic answer. 0 answers whatever their age.",
    )

    @api.constrains("helpdesk_acknowledge_days")
    def _check_helpdesk_acknowledge_days(self):
        for company in self:
            if company.helpdesk_acknowledge_days < 0:
                raise ValidationError(
                    self.env._(
                        "Enter how many days old e-mails may be that are acknowledged, "
                        "or 0 for any age."
                    )
                )

    @api.constrains(
        "helpdesk_mail_max_size",
        "helpdesk_mail_max_attachments",
        "helpdesk_mail_max_attachment_size",
    )
    def _check_helpdesk_mail_limits(self):
        for company in self:
            if (
                min(
                    company.helpdesk_mail_max_size,
                    company.helpdesk_mail_max_attachments,
                    company.helpdesk_mail_max_attachment_size,
                )
                < 0
            ):
                raise ValidationError(
                    self.env._(
                        "Enter how large e-mails and attachments may be, or 0 for no "
                        "limit."
                    )
                )
