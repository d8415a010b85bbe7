import logging
import time

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.mail.models.fetchmail import MAIL_SERVER_DOMAIN

from ...mailbox import MAX_UNREAD
from ...mailbox_connection import closing
from ...mailbox_errors import MailboxError, recognise

_logger = logging.getLogger(__name__)


class FetchmailServer(models.Model):
    """How the mails of a mailbox come into the inbox (E01, E05).

    Mixed into `fetchmail.server`, whose fields it uses.
    """

    _inherit = "fetchmail.server"

    helpdesk_start = fields.Selection(
        [
            ("all", "All unread mails"),
            ("now", "From now on"),
            ("date", "From this date on"),
        ],
        "Mails to Read",
        default="all",
        required=True,
        tracking=True,
        help="Which mails of the mailbox the helpdesk reads. It leaves what came "
        "earlier as it is.",
    )
    helpdesk_start_date = fields.Datetime(
        "Came since",
        compute="_compute_helpdesk_start_date",
        store=True,
        readonly=False,
        copy=False,
        tracking=True,
    )

    @api.depends("helpdesk_start")
    def _compute_helpdesk_start_date(self):
        for server in self:
            if server.helpdesk_start == "all":
                server.helpdesk_start_date = False
            elif server.helpdesk_start == "now" or not server.helpdesk_start_date:
                server.helpdesk_start_date = fields.Datetime.now()

    def action_helpdesk_count_mails(self):
        """Say how many mails the choice of the mails to read takes; reads none (E01).

        :return: a notification
        :raises UserError: one sentence that says what is wrong
        """
        self.ensure_one().check_access("write")
        since = self.helpdesk_start_date or None
        if self.helpdesk_start == "now" and not self.helpdesk_last_contact:
            since = fields.Datetime.now()  # as when it is switched on
        everything, chosen = self._check_mailbox(None, since)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "Unread mails in the mailbox: %(count)s. The helpdesk will read "
                    "%(chosen)s of them.",
                    count=self._get_count_text(everything),
                    chosen=self._get_count_text(chosen),
                ),
            },
        }

    def _get_count_text(self, count):
        """Return a number of mails; more than one visit takes home are not counted."""
        return f"{count}+" if count >= MAX_UNREAD else str(count)

    @api.model
    def _cron_collect(self):
        """Receive the mails of every helpdesk mailbox that is switched on."""
        now = fields.Datetime.now()
        due = Domain("helpdesk_paused_until", "=", False)
        due |= Domain("helpdesk_paused_until", "<=", now)
        servers = self.search(
            MAIL_SERVER_DOMAIN & Domain("is_helpdesk_collector", "=", True) & due
        )
        # those with faults last: they must not hold up the others (rel-F5)
        servers.sorted("helpdesk_failure_count")._fetch_mail()

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
        except psycopg2.OperationalError:
            raise  # the database is away, and the mailbox is not to blame
        except Exception as error:
            _logger.info("Mailbox %s cannot be read", self.id, exc_info=True)
            fault = recognise(error)
            self._record_failure(fault)
            return UserError(self._get_sentence(fault))
        self._renew_secret()
        self._record_success()
        return None

    def _receive(self, mailbox):
        """Store what is unread; mark it in the mailbox only after the commit (E05).

        A crash between the two is harmless: the mail is known by its UID or its hash
        and only marked the next time.
        """
        Inbox = self.env["helpdesk.inbox.mail"]
        progress = self.env["ir.cron"]
        mailbox.check_unread_messages(self.helpdesk_start_date or None)
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
        if mailbox.too_big:
            raise MailboxError("too_big", detail=str(len(mailbox.too_big)))

    def _store_batch(self, mailbox, batch):
        """Store mails together; one by one when the database or the disk refuses one.

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
        except OSError as error:  # the server of the mailbox is not to blame
            if len(batch) == 1:
                _logger.exception("A mail of mailbox %s cannot be kept", self.id)
                return [], MailboxError("disk", detail=error.strerror or str(error))
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
        if not (mailbox.folder and mailbox.uid_validity):
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
