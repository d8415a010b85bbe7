from odoo import api, models

from ..collected_mail import find_mail
from ..memory import forget, recall

MESSAGES = "messages"


class MailMessage(models.Model):
    """Whether Odoo has a mail already is asked once for the mails of a transaction."""

    _inherit = "mail.message"

    @api.model
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        """Find messages; the gateway asks for each mail whether it was here before."""
        message_id = self._get_asked_identifier(domain, limit)
        if not message_id or offset or order:
            return super().search_fetch(domain, field_names, offset, limit, order)
        return self.browse(self._find_identifiers([message_id])[message_id])

    @api.model
    def _get_asked_identifier(self, domain, limit):
        """Return the Message-ID, if that is all that is asked about."""
        if limit != 1 or not self.env.su or not find_mail(self.env):
            return None
        if not isinstance(domain, list) or len(domain) != 1:
            return None
        name, operator, value = domain[0]
        return value if (name, operator) == ("message_id", "=") else None

    @api.model
    def _find_identifiers(self, message_ids):
        """Tell which mails Odoo has.

        :param list message_ids: Message-IDs
        :return: a dict of ids of messages by Message-ID, None for those it has not
        """

        def find(new):
            found = super(MailMessage, self).search_fetch(
                [("message_id", "in", new)], ["message_id"], order="id"
            )
            return {message.message_id: message.id for message in found}

        return recall(self.env, MESSAGES, message_ids, find)

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        forget(self.env, MESSAGES, [values.get("message_id") for values in vals_list])
        return messages
