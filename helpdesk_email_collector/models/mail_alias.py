from odoo import api, models

from ..collected_mail import find_mail
from ..memory import recall


class MailAlias(models.Model):
    """Aliases that mails reach are looked up once for many mails."""

    _name = "mail.alias"
    _inherit = ["helpdesk.remembered.mixin", "mail.alias"]

    @api.model
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        """Find aliases; while a mail is taken, the same question is asked once.

        Mails of one transaction mostly have the same recipients, which the gateway
        looks for with the same words.
        """
        if not find_mail(self.env) or not self.env.su:
            return super().search_fetch(domain, field_names, offset, limit, order)
        question = repr((domain, offset, limit, order))

        def find(_questions):
            found = super(MailAlias, self).search_fetch(
                domain, field_names, offset, limit, order
            )
            return {question: found.ids}

        return self.browse(recall(self.env, "aliases", [question], find)[question])
