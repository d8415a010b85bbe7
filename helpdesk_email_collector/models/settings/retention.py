from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """How long a company keeps original mails (reliability I2).

    Mixed into `res.company`.
    """

    _inherit = "res.company"

    helpdesk_mail_days = fields.Integer(
        "Days to keep mails",
        default=365,
        help="Original mails that are done or ignored are deleted after this many "
        "days. 0 keeps them forever.",
    )
    helpdesk_failed_mail_days = fields.Integer(
        "Days to keep failed mails",
        help="Mails that failed are deleted after this many days, even if nobody has "
        "handled them. 0 keeps them until somebody does.",
    )

    @api.constrains("helpdesk_mail_days", "helpdesk_failed_mail_days")
    def _check_helpdesk_mail_days(self):
        for company in self:
            if min(company.helpdesk_mail_days, company.helpdesk_failed_mail_days) < 0:
                raise ValidationError(
                    self.env._(
                        "Enter how many days mails are kept, or 0 to keep them forever."
                    )
                )
