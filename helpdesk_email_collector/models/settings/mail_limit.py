from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """The size of mails that become tickets (E09), and the age of those that are
    acknowledged (rel-H1). Mixed into `res.company`."""

    _inherit = "res.company"

    helpdesk_mail_max_size = fields.Integer(
        "Largest E-mail (MB)",
        default=50,
        help="Larger e-mails do not become tickets: they are kept in the inbox, and "
        "the sender is informed. 0 accepts every size.",
    )
    helpdesk_mail_max_attachments = fields.Integer(
        "Attachments per E-mail",
        default=100,
        help="Further attachments of an e-mail are left out of its ticket. 0 keeps "
        "them all.",
    )
    helpdesk_mail_max_attachment_size = fields.Integer(
        "Attachments per E-mail (MB)",
        default=40,
        help="Attachments that exceed this total size are left out of the ticket. 0 "
        "keeps them all.",
    )
    # Servers try to deliver a mail for up to a week, and a mail that was written
    # offline may leave a computer after a holiday.
    helpdesk_acknowledge_days = fields.Integer(
        "Days to acknowledge mails",
        default=14,
        help="Older e-mails become tickets, but their senders do not receive an "
        "automatic answer. 0 answers e-mails of any age.",
    )

    @api.constrains("helpdesk_acknowledge_days")
    def _check_helpdesk_acknowledge_days(self):
        for company in self:
            if company.helpdesk_acknowledge_days < 0:
                raise ValidationError(
                    self.env._(
                        "Enter the maximum age in days of e-mails that are "
                        "acknowledged, or 0 for any age."
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
                        "Enter the maximum size of e-mails and attachments, or 0 for "
                        "no limit."
                    )
                )
