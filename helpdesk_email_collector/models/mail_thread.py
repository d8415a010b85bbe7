import logging
import xmlrpc.client

from odoo import api, models
from odoo.exceptions import AccessError

_logger = logging.getLogger(__name__)


class MailThread(models.AbstractModel):
    """Where Odoo's gateway and the helpdesk part: a mail is ours, or it is Odoo's."""

    _inherit = "mail.thread"

    @api.model
    def message_process(
        self,
        model,
        message,
        custom_values=None,
        save_original=False,
        strip_attachments=False,
        thread_id=None,
    ):
        """Take a mail that a mail server or a mailbox of Odoo's own gives to Odoo.

        :return: as Odoo's method; the id of the ticket for a mail of the helpdesk
        :raise AccessError: for whoever is no mail server and no administrator
        """
        self._check_helpdesk_gateway()
        self = self.sudo()  # the user of a mail server needs no rights of its own
        raw = message.data if isinstance(message, xmlrpc.client.Binary) else message
        raw = raw.encode() if isinstance(raw, str) else bytes(raw)
        inbox = self.env["helpdesk.inbox.mail"]
        if inbox._is_ours(raw, model):
            return inbox._receive_by_gateway(raw)
        return super().message_process(
            model, raw, custom_values, save_original, strip_attachments, thread_id
        )

    @api.model
    def _check_helpdesk_gateway(self):
        """Let only a mail server or an administrator deliver mails.

        The gateway is called over RPC. Whoever delivers a mail writes its trusted
        headers, too: what the mail server found out about its sender (rel-D1).
        """
        user = self.env.user
        groups = ("base.group_system", "helpdesk_email_collector.group_mail_gateway")
        if not self.env.su and not any(map(user.has_group, groups)):
            raise AccessError(
                self.env._(
                    "E-mails are delivered by administrators and by users of the group "
                    "“E-mail Gateway” only."
                )
            )

    @api.model
    def _helpdesk_pass_on(self, raw):
        """Give a mail of our mailbox that is another app's to Odoo.

        :param bytes raw: the mail
        """
        # Odoo's own method, which is what it is about
        return super().message_process(None, raw)  # pylint: disable=super-method-mismatch

    @api.model
    def _helpdesk_pass_on_report(self, raw):
        """Let Odoo count a report about a mail that is none of a ticket.

        :param bytes raw: the report
        """
        try:
            with self.env.cr.savepoint(flush=False):
                self._helpdesk_pass_on(raw)
        except ValueError:
            # how Odoo says that it is for nobody; for reports that is no fault
            _logger.info("A delivery report is about no mail of this database")
