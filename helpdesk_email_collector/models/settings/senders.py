from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.mail import email_normalize

from ...sender import MAIL_DOMAIN, split_names


class ResCompany(models.Model):
    """The senders that write on behalf of others, such as forms (E07). Mixed into
    `res.company`."""

    _inherit = "res.company"

    helpdesk_reply_to_senders = fields.Char(
        string="Senders with trusted Reply-To",
        groups="base.group_user",  # customers can read other fields of their company
        help="Addresses and domains, separated by commas, of contact forms and shops "
        "that send mail on behalf of people. The ticket is opened for the person "
        "in Reply-To, or whose name and e-mail address stand in the text if there is "
        "none. There is no need to add your own addresses or addresses such as "
        "noreply@, unless their mails have no Reply-To.",
    )

    @api.constrains("helpdesk_reply_to_senders")
    def _check_helpdesk_reply_to_senders(self):
        for company in self:
            for name in split_names(company.helpdesk_reply_to_senders):
                if not (email_normalize(name) or MAIL_DOMAIN.fullmatch(name)):
                    raise ValidationError(
                        self.env._(
                            "“%(name)s” is neither an e-mail address nor a domain. "
                            "Enter for example form@example.com or example.com.",
                            name=name,
                        )
                    )
