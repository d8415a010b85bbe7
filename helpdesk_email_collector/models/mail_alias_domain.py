from odoo import models


class MailAliasDomain(models.Model):
    """Which of a mail's addresses are our own is asked once per mail."""

    _inherit = "mail.alias.domain"

    def _find_aliases(self, email_list):
        """Return those addresses that are aliases; remembered during one mail.

        The gateway asks six times about the same few addresses.
        """
        mail = self.env.context.get("helpdesk_mail")
        if not mail:
            return super()._find_aliases(email_list)
        known = mail.source("aliases", dict)
        new = [email for email in email_list if email not in known]
        if new:
            found = set(super()._find_aliases(new))
            known.update({email: email in found for email in new})
        return [email for email in email_list if known[email]]
