from odoo import api, models
from odoo.tools.mail import email_normalize_all

from ..collected_mail import header_text

MAX_ADDRESSES = 50
ALL_DOMAINS = "helpdesk_alias_domains"


class MailAliasDomain(models.Model):
    """Which of a mail's addresses are our own is asked once per mail."""

    _inherit = "mail.alias.domain"

    @api.model
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        """Find domains; the list of all is remembered while mails are processed.

        The gateway asks three times a mail for it. Nothing that others change is seen
        within a transaction, and what this one changes forgets the list.
        """
        cache = self.env.cr.cache
        if list(domain) or offset or limit or order or not self._is_processing():
            return super().search_fetch(domain, field_names, offset, limit, order)
        if ALL_DOMAINS not in cache:
            cache[ALL_DOMAINS] = super().search_fetch(domain, field_names)._ids
        return self.browse(cache[ALL_DOMAINS])

    @api.model
    def _is_processing(self):
        return bool(self.env.context.get("helpdesk_mail"))

    @api.model_create_multi
    def create(self, vals_list):
        self.env.cr.cache.pop(ALL_DOMAINS, None)
        return super().create(vals_list)

    def write(self, vals):
        self.env.cr.cache.pop(ALL_DOMAINS, None)
        return super().write(vals)

    def unlink(self):
        self.env.cr.cache.pop(ALL_DOMAINS, None)
        return super().unlink()

    def _find_aliases(self, email_list):
        """Return those addresses that are aliases; remembered during one mail.

        The gateway asks six times about the same few addresses.
        """
        mail = self.env.context.get("helpdesk_mail")
        if not mail:
            return super()._find_aliases(email_list)
        known = mail.source("aliases", dict)
        new = {email for email in email_list if email not in known}
        if new:
            if not known:
                new |= self._get_addresses(mail)
            found = set(super()._find_aliases(list(new)))
            known.update({email: email in found for email in new})
        return [email for email in email_list if known[email]]

    @api.model
    def _get_addresses(self, mail):
        """Return the addresses in the head of a mail, which will be asked about."""
        headers = mail.get_headers()
        texts = [header_text(headers, name) for name in ("From", "To", "Cc")]
        addresses = [one for text in texts for one in email_normalize_all(text)]
        return set(addresses[:MAX_ADDRESSES])
