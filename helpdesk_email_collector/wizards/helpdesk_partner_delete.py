from odoo import api, fields, models


class HelpdeskPartnerDelete(models.TransientModel):
    """Shows how many original mails are deleted with a contact (K12, reliability
    I2)."""

    _inherit = "helpdesk.partner.delete"

    mail_count = fields.Integer("Original mails deleted", compute="_compute_mail_count")

    @api.depends("partner_ids")
    def _compute_mail_count(self):
        # sudo: only the number of mails, of all companies
        inbox = self.env["helpdesk.inbox.mail"].sudo()
        for wizard in self:
            partners = wizard._get_all_partners()
            wizard.mail_count = inbox.search_count(
                inbox._get_domain_of_addresses(partners._get_helpdesk_own_addresses())
            )
