import logging

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...mailbox_connection import closing
from ...mailbox_errors import recognise

_logger = logging.getLogger(__name__)


class FetchmailServer(models.Model):
    """A mailbox of the helpdesk: its mails are received into the durable inbox (E01,
    E05)."""

    _name = "fetchmail.server"
    _inherit = ["fetchmail.server", "mail.thread", "mail.activity.mixin"]
    _check_company_auto = True

    # Core uses the name for the mails of a server, and never looks at them; here it is
    # what it is everywhere else.
    message_ids = fields.One2many(
        "mail.message",
        "res_id",
        readonly=False,
        domain=[("message_type", "!=", "user_notification")],
        bypass_search_access=True,
    )
    # who changed a mailbox, and what (rel-I3)
    name = fields.Char(tracking=True)
    active = fields.Boolean(tracking=True)
    state = fields.Selection(tracking=True)
    server_type = fields.Selection(tracking=True)
    server = fields.Char(tracking=True)
    port = fields.Integer(tracking=True)
    is_ssl = fields.Boolean(tracking=True)
    user = fields.Char(tracking=True)
    attach = fields.Boolean(tracking=True)

    is_helpdesk_collector = fields.Boolean(
        "Helpdesk Mailbox",
        tracking=True,
        help="Mails of this mailbox become tickets according to the rules of the "
        "helpdesk.",
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        precompute=True,
        readonly=False,
        index="btree_not_null",
        tracking=True,
        help="The company whose helpdesk this mailbox belongs to.",
    )
    helpdesk_team_id = fields.Many2one(
        "helpdesk.team",
        "Default Team",
        check_company=True,
        ondelete="set null",
        tracking=True,
        help="The team of new tickets, unless a rule sets another one.",
    )
    helpdesk_folder = fields.Char("Folder to Read", default="INBOX", tracking=True)
    helpdesk_done_folder = fields.Char(
        "Folder for Processed Mails",
        tracking=True,
        help="Mails are moved here once they are processed. Leave empty to keep them "
        "where they are, marked as read.",
    )
    helpdesk_failed_folder = fields.Char(
        "Folder for Failed Mails",
        tracking=True,
        help="Mails that could not be processed are moved here. They are kept in the "
        "inbox of the helpdesk as well. Leave empty to keep them where they are.",
    )
    helpdesk_starttls = fields.Boolean(
        "STARTTLS",
        tracking=True,
        help="Encrypt the connection on the server's plain port. If the server does "
        "not offer it, the password is not sent.",
    )
    helpdesk_trust_certificate = fields.Boolean(
        "Trust Any Certificate",
        tracking=True,
        help="Do not check the server's certificate. Anyone between Odoo and the mail "
        "server can then read the password and the mails.",
    )
    # Only administrators of the settings may enter it; managers see the rest (A8).
    password = fields.Char(groups="base.group_system")

    @api.depends("is_helpdesk_collector")
    def _compute_company_id(self):
        for server in self:
            default = server.is_helpdesk_collector and self.env.company
            server.company_id = server.company_id or default

    @api.constrains("is_helpdesk_collector", "server_type", "company_id")
    def _check_helpdesk_collector(self):
        for server in self.filtered("is_helpdesk_collector"):
            if server.server_type == "local":
                raise ValidationError(
                    self.env._(
                        "A helpdesk mailbox is read by IMAP or POP3. Choose one of "
                        "them as the server type of “%(name)s”; mails that a mail "
                        "server pipes into Odoo need no mailbox.",
                        name=server.name,
                    )
                )
            if not server.company_id:
                raise ValidationError(
                    self.env._(
                        "Choose the company that the helpdesk mailbox “%(name)s” "
                        "belongs to.",
                        name=server.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Create servers; passwords of the helpdesk's mailboxes are stored encrypted
        (rel-F3)."""
        split = [self._split_secret(values) for values in vals_list]
        if not any(values.get("is_helpdesk_collector") for values, _secret in split):
            # Odoo's own servers have no history
            quiet = self.with_context(tracking_disable=True)
            return super(FetchmailServer, quiet).create(vals_list).with_env(self.env)
        silent = self.with_context(mail_create_nosubscribe=True)
        servers = super(FetchmailServer, silent).create([values for values, _ in split])
        servers = servers.with_env(self.env)
        for server, (_values, secret) in zip(servers, split, strict=True):
            server._keep_secret(secret)
        return servers

    def write(self, vals):
        """Write values; passwords of the helpdesk's mailboxes are stored encrypted
        (rel-F3), and only these mailboxes have a history (rel-I3)."""
        others = self.filtered(lambda server: not server.is_helpdesk_collector)
        quiet = others.with_context(tracking_disable=True)
        parts = [part for part in (self - others, quiet) if part]
        if not vals.keys() & {"password", "is_helpdesk_collector"}:
            return all(super(FetchmailServer, part).write(vals) for part in parts)
        for server in (server for part in parts for server in part):
            values, secret = server._split_secret(vals)
            super(FetchmailServer, server).write(values)
            server._keep_secret(secret)
            if secret is not None and server.is_helpdesk_collector:
                server._message_log(body=self.env._("The password was changed."))
        return True

    # -- buttons ---------------------------------------------------------------

    def button_confirm_login(self):
        """Test the mailbox and activate it.

        :raises UserError: with a sentence about what is wrong
        """
        collectors = self.filtered("is_helpdesk_collector")
        for server in collectors:
            server._check_mailbox()
            server.state = "done"
            if server.helpdesk_start == "now" and not server.helpdesk_last_contact:
                server.helpdesk_start_date = fields.Datetime.now()
        others = self - collectors
        return super(FetchmailServer, others).button_confirm_login() if others else True

    def action_helpdesk_test_connection(self):
        """Log in and look into the folders, without changing anything (E01).

        :return: a notification with the number of unread mails
        :raises UserError: with a sentence about what is wrong
        """
        self.ensure_one().check_access("write")
        [count] = self._check_mailbox()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "The connection works. Unread mails in the mailbox: %(count)s.",
                    count=count,
                ),
            },
        }

    def action_helpdesk_open_inbox(self):
        """Open the inbox with the mails of this mailbox.

        The context key `helpdesk_state` chooses a filter of the search view.
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_email_collector.action_helpdesk_inbox_mail"
        )
        action["domain"] = [("server_id", "=", self.id)]
        state = self.env.context.get("helpdesk_state")
        action["context"] = {f"search_default_{state}": 1} if state else {}
        return action

    # -- the test --------------------------------------------------------------

    def _check_mailbox(self, *moments):
        """Log in and open the folders.

        :param moments: list of dates from which to count, None for all mails; by
            default all
        :return: the number of unread mails for each of the dates
        :raises UserError: with a sentence about what is wrong
        """
        self.ensure_one()
        try:
            with closing(self._connect__(allow_archived=True)) as mailbox:
                counts = [
                    mailbox.check_unread_messages(since) for since in moments or [None]
                ]
                if mailbox.folder:
                    for folder in self._get_target_folders():
                        mailbox.check_folder(folder)
        except Exception as error:
            _logger.info("Test of mailbox %s failed", self.id, exc_info=True)
            raise UserError(self._get_sentence(recognise(error))) from error
        return counts

    def _get_target_folders(self):
        return [
            folder
            for folder in (self.helpdesk_done_folder, self.helpdesk_failed_folder)
            if folder
        ]
