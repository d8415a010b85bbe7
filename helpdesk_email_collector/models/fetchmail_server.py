import logging
import time

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.mail.models.fetchmail import MAIL_SERVER_DOMAIN

from ..mailbox_connection import closing, open_imap, open_pop, ssl_context
from ..mailbox_errors import recognise

_logger = logging.getLogger(__name__)


class FetchmailServer(models.Model):
    """A mailbox of the helpdesk: receives into the durable inbox (E01, E05)."""

    _name = "fetchmail.server"
    _inherit = ["fetchmail.server", "helpdesk.mailbox.health.mixin"]
    _check_company_auto = True

    is_helpdesk_collector = fields.Boolean(
        "Helpdesk Mailbox",
        help="The mails of this mailbox become tickets by the rules of the helpdesk.",
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        precompute=True,
        readonly=False,
        index="btree_not_null",
        help="The company whose helpdesk this mailbox belongs to.",
    )
    helpdesk_team_id = fields.Many2one(
        "helpdesk.team",
        "Default Team",
        check_company=True,
        ondelete="set null",
        help="The team of new tickets, unless a rule sets another.",
    )
    helpdesk_folder = fields.Char("Folder to Read", default="INBOX")
    helpdesk_done_folder = fields.Char(
        "Folder for Processed Mails",
        help="Mails are moved here once they are processed. Leave it empty to keep "
        "them, marked as read, where they are.",
    )
    helpdesk_failed_folder = fields.Char(
        "Folder for Failed Mails",
        help="Mails that could not be processed are moved here. They are kept in the "
        "inbox of the helpdesk too. Leave it empty to keep them where they are.",
    )
    helpdesk_trust_certificate = fields.Boolean(
        "Trust Any Certificate",
        help="Do not check the server's certificate. Anyone between Odoo and the mail "
        "server can then read the password and the mails.",
    )
    # Only administrators of the settings; helpdesk managers see the rest (A8).
    password = fields.Char(groups="base.group_system")
    helpdesk_waiting_count = fields.Integer(
        "Waiting", compute="_compute_helpdesk_mail_counts"
    )
    helpdesk_failed_count = fields.Integer(
        "Failed", compute="_compute_helpdesk_mail_counts"
    )

    @api.depends("is_helpdesk_collector")
    def _compute_company_id(self):
        for server in self:
            default = server.is_helpdesk_collector and self.env.company
            server.company_id = server.company_id or default

    def _compute_helpdesk_mail_counts(self):
        counts = {
            (server.id, state): count
            for server, state, count in self.env["helpdesk.inbox.mail"]._read_group(
                [("server_id", "in", self.ids), ("state", "in", ("waiting", "failed"))],
                ["server_id", "state"],
                ["__count"],
            )
        }
        for server in self:
            server.helpdesk_waiting_count = counts.get((server.id, "waiting"), 0)
            server.helpdesk_failed_count = counts.get((server.id, "failed"), 0)

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

    # -- buttons ---------------------------------------------------------------

    def button_confirm_login(self):
        """Test the mailbox and switch it on.

        :raises UserError: one sentence that says what is wrong
        """
        collectors = self.filtered("is_helpdesk_collector")
        for server in collectors:
            server._check_mailbox()
            server.state = "done"
        others = self - collectors
        return super(FetchmailServer, others).button_confirm_login() if others else True

    def action_helpdesk_test_connection(self):
        """Log in and look into the folders; changes nothing (E01).

        :return: a notification with the number of unread mails
        :raises UserError: one sentence that says what is wrong
        """
        self.ensure_one().check_access("write")
        count = self._check_mailbox()
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

    # -- connection ------------------------------------------------------------

    def _connect__(self, allow_archived=False):
        """Return a mailbox with the four methods of core's connections.

        Unlike core's, it checks the server's certificate and reads the chosen folder.
        """
        self.ensure_one()
        if not self.is_helpdesk_collector:
            return super()._connect__(allow_archived=allow_archived)
        if not allow_archived and not self.active:
            raise UserError(
                self.env._("The mailbox “%(name)s” is archived.", name=self.name)
            )
        server = self.sudo()  # reads the password, which only administrators may see
        context = (
            ssl_context(server.helpdesk_trust_certificate) if server.is_ssl else None
        )
        address = (server.server, int(server.port))
        if server._get_connection_type() == "pop":
            return open_pop(*address, context, server.user, server.password)
        return open_imap(
            *address, context, server._imap_login__, server.helpdesk_folder
        )

    def _check_mailbox(self):
        """Log in and open the folders.

        :return: the number of unread mails
        :raises UserError: one sentence that says what is wrong
        """
        self.ensure_one()
        try:
            with closing(self._connect__(allow_archived=True)) as mailbox:
                count = mailbox.check_unread_messages()
                if mailbox.folder:
                    for folder in self._get_target_folders():
                        mailbox.check_folder(folder)
        except Exception as error:
            _logger.info("Test of mailbox %s failed", self.id, exc_info=True)
            raise UserError(self._get_sentence(recognise(error))) from error
        return count

    def _get_target_folders(self):
        return [
            folder
            for folder in (self.helpdesk_done_folder, self.helpdesk_failed_folder)
            if folder
        ]

    # -- receiving -------------------------------------------------------------

    @api.model
    def _cron_collect(self):
        """Receive the mails of every helpdesk mailbox that is switched on."""
        self.search(
            MAIL_SERVER_DOMAIN & Domain("is_helpdesk_collector", "=", True)
        )._fetch_mail()

    def _fetch_mail(self, batch_limit=50):
        """Receive; core's servers as core does, the helpdesk's into its inbox.

        :return: the last exception, or None
        """
        collectors = self.filtered("is_helpdesk_collector")
        others, error = self - collectors, None
        if others:
            error = super(FetchmailServer, others)._fetch_mail(batch_limit=batch_limit)
        if self._is_core_cron():
            return error  # the helpdesk's mailboxes have a cron of their own
        progress = self.env["ir.cron"]
        progress._commit_progress(remaining=len(collectors))
        for server in collectors.with_context(fetchmail_cron_running=True):
            error = server._collect() or error
            if not progress._commit_progress(1):
                break
        return error

    def _is_core_cron(self):
        cron = self.env.ref(
            "mail.ir_cron_mail_gateway_action", raise_if_not_found=False
        )
        return bool(cron) and self.env.context.get("cron_id") == cron.id

    def _collect(self):
        """Receive the mails of one mailbox and write down how it went.

        The row stays locked until the caller commits, so that no second process
        reads the same mailbox; the mails are stored through another cursor.

        :return: a `UserError` with one sentence, or None
        """
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True).filtered_domain(
            MAIL_SERVER_DOMAIN
        ):
            _logger.info("Mailbox %s is being read by another process", self.id)
            return None
        try:
            with (
                closing(self._connect__()) as mailbox,
                self.env.registry.cursor() as cr,
            ):
                # this cursor only stores: the cron's progress is kept by the first
                inbox = self.with_env(self.env(cr=cr)).with_context(
                    ir_cron_progress_id=False
                )
                inbox._receive(mailbox)
                inbox._tidy(mailbox)
        except Exception as error:
            _logger.info("Mailbox %s cannot be read", self.id, exc_info=True)
            fault = recognise(error)
            self._record_failure(fault)
            return UserError(self._get_sentence(fault))
        self._record_success()
        return None

    def _receive(self, mailbox):
        """Store what is unread; mark it in the mailbox only after the commit (E05).

        A crash between the two is harmless: the mail is known by its UID or its hash
        and only marked the next time.
        """
        Inbox = self.env["helpdesk.inbox.mail"]
        progress = self.env["ir.cron"]
        mailbox.check_unread_messages()
        known = Inbox._get_known_uids(self, mailbox)
        mailbox.handled_messages(known)
        mailbox.forget(known)
        failure = None
        for batch in mailbox.retrieve_batches():
            stored, failure = self._store_batch(mailbox, batch)
            Inbox._trigger_processing()
            progress._commit_progress()
            mailbox.handled_messages(stored)
            if self.env.context.get("cron_end_time", float("inf")) < time.monotonic():
                break
        if failure:
            raise failure

    def _store_batch(self, mailbox, batch):
        """Store mails together; one by one when the database refuses one of them.

        A mail that cannot be stored stays unread in the mailbox, and is no reason to
        leave the next one there.

        :param list batch: of (key, raw)
        :return: the keys of the stored mails, and the last exception or None
        """
        try:
            with self.env.cr.savepoint():
                self._store_mails(mailbox, batch)
            return [key for key, _raw in batch], None
        except psycopg2.Error as error:
            if len(batch) == 1:
                _logger.exception("A mail of mailbox %s cannot be stored", self.id)
                return [], error
        stored, failure = [], None
        for mail in batch:
            keys, error = self._store_batch(mailbox, [mail])
            stored += keys
            failure = error or failure
        return stored, failure

    def _store_mails(self, mailbox, batch):
        Inbox = self.env["helpdesk.inbox.mail"]
        Inbox._store(
            [
                Inbox._prepare_values(
                    raw,
                    company=self.company_id,
                    server=self,
                    folder=mailbox.folder,
                    uid_validity=mailbox.uid_validity,
                    uid=str(key) if mailbox.uid_validity else False,
                )
                for key, raw in batch
            ]
        )

    def _tidy(self, mailbox):
        """Move what is processed to the folders for done and for failed mails (E01)."""
        if not mailbox.uid_validity:
            return
        Inbox = self.env["helpdesk.inbox.mail"]
        for folder, states in (
            (self.helpdesk_done_folder, ("done", "ignored")),
            (self.helpdesk_failed_folder, ("failed",)),
        ):
            mails = Inbox._get_in_mailbox(self, mailbox, states, bool(folder))
            # a rule may want another folder for what is processed (E03)
            for target, group in mails.grouped(
                lambda mail, folder=folder: (
                    mail.state != "failed" and mail.target_folder or folder
                )
            ).items():
                mailbox.move([int(mail.uid) for mail in group], target)
                group.in_mailbox = False
                self.env["ir.cron"]._commit_progress()
