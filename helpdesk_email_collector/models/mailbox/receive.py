import logging
import time
from datetime import timedelta
from imaplib import IMAP4

import psycopg2
from markupsafe import escape
from requests import RequestException

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.helpdesk_contact import secret as safe
from odoo.addons.mail.models.fetchmail import MAIL_SERVER_DOMAIN

from ...mailbox import MAX_UNREAD
from ...mailbox_connection import (
    MAIL_PORTS,
    Endpoint,
    Policy,
    closing,
    open_mailbox,
)
from ...mailbox_errors import SIGN_IN, MailboxError, recognise

_logger = logging.getLogger(__name__)

FAILURES_UNTIL_WARNING = 3
# The warning is repeated if it was marked as done and nothing was fixed.
REMINDER = timedelta(days=1)
# The pause after a failure doubles each time, up to this: a provider locks out who
# keeps trying a wrong password, and a dead server delays the other mailboxes.
MAX_PAUSE_MINUTES = 60
# One visit moves at most that many mails to a folder; the next one goes on.
MAX_MOVED = 1000
# Errors after which all mails were collected nevertheless: no reason to wait.
HARMLESS = {"folder", "folder_full", "too_big"}
WARNING_TYPE = "helpdesk_email_collector.mail_activity_type_mailbox"


class FetchmailServer(models.Model):
    """How the mails of a mailbox are received into the inbox (E01, E05), how the result
    is recorded, and who is notified.  Mixed into `fetchmail.server`, whose fields it
    uses.

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
        help="Which mails of the mailbox the helpdesk reads. Earlier mails are left "
        "as they are.",
    )
    helpdesk_start_date = fields.Datetime(
        "Received since",
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
        """Show how many mails the current choice would read, without reading any (E01).

        :return: a notification
        :raises UserError: with a sentence about what is wrong
        """
        self.ensure_one().check_access("write")
        since = self.helpdesk_start_date or None
        if self.helpdesk_start == "now" and not self.helpdesk_last_contact:
            since = fields.Datetime.now()  # as when it is activated
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
        """Return a number of mails as text; beyond the maximum of one run they are not
        counted."""
        return f"{count}+" if count >= MAX_UNREAD else str(count)

    @api.model
    def _cron_collect(self):
        """Receive the mails of all active mailboxes of the helpdesk."""
        now = fields.Datetime.now()
        due = Domain("helpdesk_paused_until", "=", False)
        due |= Domain("helpdesk_paused_until", "<=", now)
        servers = self.search(
            MAIL_SERVER_DOMAIN & Domain("is_helpdesk_collector", "=", True) & due
        )
        # those with errors last, so that they do not delay the others (rel-F5)
        servers.sorted("helpdesk_failure_count")._fetch_mail()

    def _fetch_mail(self, batch_limit=50):
        """Receive mails: for Odoo's own servers as Odoo does, for the helpdesk's into
        its inbox.

        :return: the last exception, or None
        """
        collectors = self.filtered("is_helpdesk_collector")
        others, error = self - collectors, None
        if others:
            error = super(FetchmailServer, others)._fetch_mail(batch_limit=batch_limit)
        core = self.env.ref(
            "mail.ir_cron_mail_gateway_action", raise_if_not_found=False
        )
        if core and self.env.context.get("cron_id") == core.id:
            return error  # the helpdesk's mailboxes have a cron of their own
        progress = self.env["ir.cron"]
        progress._commit_progress(remaining=len(collectors))
        for server in collectors.with_context(fetchmail_cron_running=True):
            error = server._collect() or error
            if not progress._commit_progress(1):
                break
        return error

    def _collect(self):
        """Receive the mails of one mailbox and record the result.

        The row is locked until the caller commits, so that no other process reads the
        same mailbox; the mails are stored through another cursor.

        :return: a `UserError` with a sentence, or None
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
                if mailbox.folder and mailbox.uid_validity:
                    inbox._tidy(mailbox)
        except psycopg2.OperationalError:
            raise  # the database is not available: no error of the mailbox
        except Exception as error:
            _logger.info("Mailbox %s cannot be read", self.id, exc_info=True)
            fault = recognise(error)
            self._record_failure(fault)
            return UserError(self._get_sentence(fault))
        self._record_success()
        return None

    # -- connection ------------------------------------------------------------

    def _connect__(self, allow_archived=False):
        """Return a mailbox with the four methods of Odoo's connections.

        In contrast to Odoo's, it checks the server's certificate and reads the chosen
        folder.
        """
        self.ensure_one()
        if not self.is_helpdesk_collector:
            return super()._connect__(allow_archived=allow_archived)
        if not allow_archived and not self.active:
            raise UserError(
                self.env._("The mailbox “%(name)s” is archived.", name=self.name)
            )
        server = self.sudo()  # reads the password, which only administrators may see
        # which servers are allowed, from two system parameters (rel-F2)
        parameter = server.env["ir.config_parameter"].get_param
        policy = Policy(
            networks=parameter("helpdesk_email_collector.allowed_networks", ""),
            ports=parameter("helpdesk_email_collector.allowed_ports", MAIL_PORTS),
        )
        plain = "starttls" if server.helpdesk_starttls else ""
        endpoint = Endpoint(
            host=server.server or "",
            port=int(server.port),
            encryption="tls" if server.is_ssl else plain,
            trust_any=server.helpdesk_trust_certificate,
            policy=policy,
        )
        if server._get_connection_type() == "pop":
            return open_mailbox("pop", endpoint, server._log_in)
        folder = server.helpdesk_folder
        return open_mailbox("imap", endpoint, server._log_in, folder)

    def _log_in(self, connection):
        """Log in to a mailbox of the helpdesk.

        :param connection: of `open_mailbox`
        :raises MailboxError: when the provider of Gmail or Microsoft 365 refuses
        """
        if self._get_connection_type() == "pop":
            password = self.password or self._reveal_secret()
            connection.log_in(self.user or "", password)
            return
        try:
            self._imap_login__(connection)
        except UserError as error:
            # of the token, by Odoo's mixins, in one sentence
            raise MailboxError("token", detail=str(error)) from None
        except RequestException as error:
            raise MailboxError("token_server") from error
        except IMAP4.abort:
            raise
        except IMAP4.error:
            if self.server_type == "imap":
                raise
            raise MailboxError("token") from None

    def _imap_login__(self, connection):
        """Log in with the password; modules for Gmail and Microsoft 365 override
        this."""
        if self.is_helpdesk_collector and self.server_type == "imap":
            password = self.password or self._reveal_secret()
            return connection.login(self.user or "", password)
        return super()._imap_login__(connection)

    def _reveal_secret(self):
        """Return the decrypted password, which is only sent to the mail server.

        :rtype: str
        :raises MailboxError: `no_password`, `key_file`, `password_key`, `password_host`
        """
        self.ensure_one()
        try:
            return safe.reveal(self.helpdesk_secret, self.server)
        except safe.SecretError as error:
            raise MailboxError(error.kind, detail=error.detail) from None

    # -- storing ---------------------------------------------------------------

    def _receive(self, mailbox):
        """Store unread mails, and mark them as read only after the commit (E05).

        A crash in between does no harm: the mail is recognised by its UID or its hash,
        and only marked in the next run.
        """
        Inbox = self.env["helpdesk.inbox.mail"]
        progress = self.env["ir.cron"]
        mailbox.check_unread_messages(self.helpdesk_start_date or None)
        # POP3's identifiers are looked at when the mails are stored
        if mailbox.folder and mailbox.uid_validity:
            unread = Domain("uid", "in", [str(uid) for uid in mailbox.unread])
            rows = Inbox.search_fetch(self._in_folder(mailbox) & unread, ["uid"])
            known = {int(row.uid) for row in rows}
            mailbox.handled_messages(known)
            mailbox.unread = [uid for uid in mailbox.unread if uid not in known]
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

    def _in_folder(self, mailbox):
        """Return the domain of the rows that came from the folder that is open."""
        return (
            Domain("server_id", "=", self.id)
            & Domain("folder", "=", mailbox.folder)
            & Domain("uid_validity", "=", mailbox.uid_validity)
        )

    def _store_batch(self, mailbox, batch):
        """Store mails together, or one by one if the database or the disk refuses one.

        A mail that cannot be stored stays unread in the mailbox, and does not prevent
        the next ones from being stored.

        :param list batch: of (key, raw)
        :return: the keys of the stored mails, and the last exception or None
        """
        Inbox = self.env["helpdesk.inbox.mail"]
        try:
            with self.env.cr.savepoint():
                Inbox._store(
                    Inbox._prepare_values(
                        [
                            (raw, str(key) if mailbox.uid_validity else False)
                            for key, raw in batch
                        ],
                        company=self.company_id,
                        server=self,
                        folder=mailbox.folder,
                        uid_validity=mailbox.uid_validity,
                    )
                )
            return [key for key, _raw in batch], None
        except psycopg2.Error as error:
            if len(batch) == 1:
                _logger.exception("A mail of mailbox %s cannot be stored", self.id)
                return [], error
        except OSError as error:  # no error of the mailbox
            if len(batch) == 1:
                _logger.exception("A mail of mailbox %s cannot be kept", self.id)
                return [], MailboxError("disk", detail=error.strerror or str(error))
        stored, failure = [], None
        for mail in batch:
            keys, error = self._store_batch(mailbox, [mail])
            stored += keys
            failure = error or failure
        return stored, failure

    def _tidy(self, mailbox):
        """Move processed and failed mails to the folders for them (E01)."""
        Inbox = self.env["helpdesk.inbox.mail"]
        for folder, states in (
            (self.helpdesk_done_folder, ("done", "ignored")),
            (self.helpdesk_failed_folder, ("failed",)),
        ):
            there = Domain("in_mailbox", "=", True) & Domain("state", "in", states)
            if not folder:  # only what a rule puts somewhere
                there &= Domain("target_folder", "!=", False)
            mails = Inbox.search(self._in_folder(mailbox) & there, limit=MAX_MOVED)
            # a rule may want another folder for what is processed (E03)
            for target, group in mails.grouped(
                lambda mail, folder=folder: (
                    mail.state != "failed" and mail.target_folder or folder
                )
            ).items():
                mailbox.move([int(mail.uid) for mail in group], target)
                group.in_mailbox = False
                self.env["ir.cron"]._commit_progress()

    # -- results -----------------------------------------------------------------

    def _record_success(self):
        """Record success, and encrypt the password with the newest key."""
        now = fields.Datetime.now()
        values = {"date": now, "helpdesk_last_contact": now}
        mailbox = self.sudo()  # encrypts the password with another key
        token = mailbox.helpdesk_secret and safe.renew(mailbox.helpdesk_secret)
        if token:
            values["helpdesk_secret"] = token
        if self.helpdesk_failure_count or self.error_date:
            values.update(
                error_date=False,
                error_message=False,
                helpdesk_failure_count=0,
                helpdesk_error_kind=False,
                helpdesk_error_detail=False,
                helpdesk_error_folder=False,
                helpdesk_warned_date=False,
                helpdesk_paused_until=False,
            )
            self.activity_unlink([WARNING_TYPE])
        mailbox.write(values)

    def _record_failure(self, fault):
        """Record the error; the mailbox stays active in any case.

        Odoo would reset a server to draft after five days.
        """
        now = fields.Datetime.now()
        count = self.helpdesk_failure_count + 1
        values = {
            "date": now,
            "error_date": self.error_date or now,
            "error_message": self._get_sentence(fault),
            "helpdesk_failure_count": count,
            "helpdesk_error_kind": fault.kind,
            "helpdesk_error_detail": fault.detail,
            "helpdesk_error_folder": fault.folder,
            "helpdesk_paused_until": False,
        }
        if fault.kind not in HARMLESS:
            minutes = min(2 ** min(count - 1, 10), MAX_PAUSE_MINUTES)
            values["helpdesk_paused_until"] = now + timedelta(minutes=minutes)
        # errors that only a person can fix are reported at once
        due = fault.kind in SIGN_IN or count >= FAILURES_UNTIL_WARNING
        warned = self.helpdesk_warned_date
        if due and not (warned and now - warned < REMINDER):
            values["helpdesk_warned_date"] = now
            self._warn_administrators(fault)
        self.write(values)

    def _warn_administrators(self, fault):
        """Create an activity for each administrator of this company who has none."""
        warned = self.activity_search([WARNING_TYPE]).user_id
        group = self.env.ref("base.group_system")
        # sudo: the cron's user may not read users; only their ids are used
        users = group.sudo().all_user_ids.filtered(
            lambda user: user.active and self.company_id in user.company_ids
        )
        for user in users - warned:
            localized = self.with_context(lang=user.lang)
            localized.activity_schedule(
                WARNING_TYPE,
                user_id=user.id,
                summary=localized.env._(
                    "The mailbox “%(name)s” cannot be read", name=self.name
                ),
                note=escape(localized._get_sentence(fault)),
            )
