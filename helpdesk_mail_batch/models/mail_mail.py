from dataclasses import dataclass, field
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import split_every
from odoo.tools.constants import GC_UNLINK_LIMIT
from odoo.tools.mail import email_normalize

# Number of mails per connection, if Odoo's parameter is not set.
SESSION_MAILS = 1000


@dataclass(eq=False)  # by identity: Odoo compares contexts with `==`
class SentMails:
    """The mails to be deleted once all of them are sent.

    A class of its own, so that RPC clients cannot put one into the context.
    """

    ids: list = field(default_factory=list)


class MailMail(models.Model):
    _inherit = "mail.mail"

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Send mails; those that are not kept are deleted together at the end.

        A deletion looks for attachments, activities, defaults and external ids of the
        record, for one mail as for a thousand: a quarter of the time that sending a
        mail takes.
        """
        if not auto_commit or self._get_helpdesk_sent():
            return super().send(auto_commit, raise_exception, post_send_callback)
        sent = SentMails()
        later = self.with_context(helpdesk_sent_mails=sent)
        res = super(MailMail, later).send(
            auto_commit, raise_exception, post_send_callback
        )
        # sudo: Odoo also deletes sent mails as superuser
        self.sudo().browse(sent.ids).exists().unlink()
        return res

    def _get_helpdesk_sent(self):
        """Return the `SentMails` of the batch that is being sent, or None."""
        sent = self.env.context.get("helpdesk_sent_mails")
        return sent if isinstance(sent, SentMails) else None

    def _split_by_mail_configuration(self):
        """Group mails by how they are sent: one connection for each sender address.

        Odoo also distinguishes the name before the address, and would log in to the
        mail server again for each name.
        """
        groups = {}
        for (
            server_id,
            domain_id,
            smtp_from,
            ids,
        ) in super()._split_by_mail_configuration():
            key = server_id, domain_id, email_normalize(smtp_from) or smtp_from
            groups.setdefault(key, (smtp_from, []))[1].extend(ids)
        # sudo: reads a parameter of Odoo
        parameters = self.env["ir.config_parameter"].sudo()
        size = int(parameters.get_param("mail.session.batch.size", 0)) or SESSION_MAILS
        for (server_id, domain_id, _address), (smtp_from, ids) in groups.items():
            for batch_ids in split_every(size, ids):
                yield server_id, domain_id, smtp_from, batch_ids

    def unlink(self):
        """Delete mails; those that were just sent are deleted together with the rest of
        the batch."""
        sent = self._get_helpdesk_sent()
        if sent is None or any(mail.state != "sent" for mail in self):
            return super().unlink()
        sent.ids.extend(self.ids)
        return True

    def write(self, vals):
        """Write values without an unchanged Message-ID, which Odoo writes again while
        sending, and for which it would search all mails of the message.

        Only for the superuser, as which the queue runs: for others Odoo checks whether
        they may change the message.
        """
        known = self.env.su and "message_id" in vals and len(self) == 1
        if known and vals["message_id"] == self.message_id:
            vals = {name: vals[name] for name in vals if name != "message_id"}
        return super().write(vals)

    @api.autovacuum
    def _gc_sent_mails(self):
        """Delete sent mails that were left over because Odoo stopped before deleting
        them."""
        day_ago = fields.Datetime.now() - timedelta(days=1)
        left = [
            ("state", "=", "sent"),
            ("auto_delete", "=", True),
            ("write_date", "<", day_ago),
        ]
        mails = self.search(left, limit=GC_UNLINK_LIMIT)
        mails.unlink()
        # Odoo calls again as long as there may be more.
        return len(mails), len(mails) == GC_UNLINK_LIMIT
