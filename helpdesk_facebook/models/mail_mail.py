from odoo import models
from odoo.tools.mail import email_normalize

from ..payload import get_sender


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Leave out recipients with an address of Facebook, however they got there
        (K04)."""
        found = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        kept = []
        for one in found:
            changes = {
                name: [text for text in one[name] if not _is_on_facebook(text)]
                for name in ("email_to", "email_cc", "email_to_normalized")
            }
            # Odoo reports mails that never had a recipient
            had_none = not one["email_to"] and not one["email_cc"]
            if had_none or changes["email_to"] or changes["email_cc"]:
                kept.append({**one, **changes})
        return kept


def _is_on_facebook(text):
    return bool(get_sender(email_normalize(text)))
