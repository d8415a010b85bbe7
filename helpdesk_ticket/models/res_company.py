from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.mail import email_normalize


class ResCompany(models.Model):
    _inherit = "res.company"

    helpdesk_sender_address = fields.Char(
        string="Sender address",
        help="Ticket mails are sent from this address and answers come back to it, "
        "for example support@example.com. It must be read by a mailbox.",
    )

    @api.constrains("helpdesk_sender_address")
    def _check_helpdesk_sender_address(self):
        for company in self:
            address = company.helpdesk_sender_address
            if address and not email_normalize(address):
                raise ValidationError(
                    self.env._(
                        "“%(address)s” is not an e-mail address. Enter one address, "
                        "for example support@example.com.",
                        address=address,
                    )
                )
