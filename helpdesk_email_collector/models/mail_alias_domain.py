from odoo import api, models
from odoo.tools.mail import email_normalize_all

from ..collected_mail import find_mail, header_text
from ..memory import recall

MAX_ADDRESSES = 50
ALL = "all"


class MailAliasDomain(models.Model):
    """Which addresses are our own is asked once for the mails of a transaction."""

    _name = "mail.alias.domain"
    _inherit = ["helpdesk.remembered.mixin", "mail.alias.domain"]

    @api.model
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        """Find domains; all of them are looked up once for many mails.

        The gateway asks three times a mail for them.
        """
        taking_mail = find_mail(self.env)
        if not taking_mail or list(domain) or offset or limit or order:
            return super().search_fetch(domain, field_names, offset, limit, order)

        def find(_names):
            found = super(MailAliasDomain, self).search_fetch(domain, field_names)
            return {ALL: found.ids}

        return self.browse(recall(self.env, "alias domains", [ALL], find)[ALL])

    @api.model
    def _find_aliases(self, email_list):
        """Return those addresses that are aliases; asked once about each address.

        The gateway asks six times a mail about the same few addresses.
        """
        mail = find_mail(self.env)
        if not mail:
            return super()._find_aliases(email_list)
        mail.source("asked for aliases", lambda: self._ask_for_aliases(mail))
        known = self._recall_aliases(email_list)
        return [email for email in email_list if known[email]]

    @api.model
    def _ask_for_aliases(self, mail):
        """Ask about all addresses in the head of a mail, which the gateway will do."""
        headers = mail.get_headers()
        texts = [header_text(headers, name) for name in ("From", "To", "Cc")]
        addresses = [one for text in texts for one in email_normalize_all(text)]
        return self._recall_aliases(addresses[:MAX_ADDRESSES])

    @api.model
    def _recall_aliases(self, addresses):
        """Tell which addresses are aliases.

        :param list addresses: normalised addresses
        :return: a dict of True and None by address
        """

        def find(new):
            found = super(MailAliasDomain, self)._find_aliases(new)
            return dict.fromkeys(found, True)

        return recall(self.env, "is alias", addresses, find)
