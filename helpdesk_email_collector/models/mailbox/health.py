from datetime import timedelta

from markupsafe import escape

from odoo import api, fields, models

from ...mailbox_errors import SIGN_IN, MailboxError, sentence

FAILURES_UNTIL_WARNING = 3
# The warning comes again when somebody marked it done and nothing was fixed.
REMINDER = timedelta(days=1)
# The pause after a failure doubles each time, up to this: a provider locks out who
# keeps knocking with a wrong password, and a dead server holds up the other mailboxes.
MAX_PAUSE_MINUTES = 60
# Faults in spite of which all mails were collected: no reason to wait.
HARMLESS = {"folder", "folder_full", "too_big"}
WARNING_TYPE = "helpdesk_email_collector.mail_activity_type_mailbox"


class FetchmailServer(models.Model):
    """How the last contacts with a mailbox went, and who is told (E01).

    Mixed into `fetchmail.server`, whose fields it uses.
    """

    _inherit = "fetchmail.server"

    helpdesk_last_contact = fields.Datetime("Last Contact", readonly=True, copy=False)
    helpdesk_failure_count = fields.Integer(
        "Failures in a Row", readonly=True, copy=False
    )
    helpdesk_warned_date = fields.Datetime(readonly=True, copy=False)
    helpdesk_paused_until = fields.Datetime(readonly=True, copy=False)
    helpdesk_next_run = fields.Datetime("Next Run", compute="_compute_next_run")
    helpdesk_waiting_count = fields.Integer("Waiting", compute="_compute_mail_counts")
    helpdesk_failed_count = fields.Integer("Failed", compute="_compute_mail_counts")
    helpdesk_recent_count = fields.Integer(
        "Last 24 Hours",
        compute="_compute_mail_counts",
        help="How many mails were received in the last 24 hours.",
    )
    helpdesk_error_kind = fields.Char(readonly=True, copy=False)
    helpdesk_error_detail = fields.Char(readonly=True, copy=False)
    helpdesk_error_folder = fields.Char(readonly=True, copy=False)
    helpdesk_error = fields.Char("Error", compute="_compute_helpdesk_error")

    @api.depends("helpdesk_error_kind", "helpdesk_error_detail")
    @api.depends_context("lang")
    def _compute_helpdesk_error(self):
        for server in self:
            server.helpdesk_error = server.helpdesk_error_kind and server._get_sentence(
                MailboxError(
                    server.helpdesk_error_kind,
                    server.helpdesk_error_detail or "",
                    server.helpdesk_error_folder or "",
                )
            )

    def _compute_mail_counts(self):
        # sudo: only counts; administrators see them who see no mail
        Inbox = self.env["helpdesk.inbox.mail"].sudo()
        counts = {
            (server.id, state): count
            for server, state, count in Inbox._read_group(
                [("server_id", "in", self.ids), ("state", "in", ("waiting", "failed"))],
                ["server_id", "state"],
                ["__count"],
            )
        }
        yesterday = fields.Datetime.now() - timedelta(days=1)
        recent = dict(
            Inbox._read_group(
                [("server_id", "in", self.ids), ("received_date", ">=", yesterday)],
                ["server_id"],
                ["__count"],
            )
        )
        for server in self:
            server.helpdesk_waiting_count = counts.get((server.id, "waiting"), 0)
            server.helpdesk_failed_count = counts.get((server.id, "failed"), 0)
            server.helpdesk_recent_count = recent.get(server._origin, 0)

    @api.depends("state", "active", "helpdesk_paused_until")
    def _compute_next_run(self):
        cron = self.env.ref(
            "helpdesk_email_collector.ir_cron_collect", raise_if_not_found=False
        )
        # sudo: when our own scheduled action runs next
        nextcall = cron and cron.sudo().active and cron.sudo().nextcall
        for server in self:
            running = server.active and server.state == "done" and nextcall
            server.helpdesk_next_run = running and max(
                nextcall, server.helpdesk_paused_until or nextcall
            )

    def _get_sentence(self, fault):
        """Return what is wrong with this mailbox, for a person."""
        return sentence(
            self.env,
            fault,
            host=self.server or "",
            port=self.port,
            user=self.user or "",
            folder=self.helpdesk_folder or "",
        )

    def _record_success(self):
        now = fields.Datetime.now()
        values = {"date": now, "helpdesk_last_contact": now}
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
        self.write(values)

    def _record_failure(self, fault):
        """Keep the fault; the mailbox stays switched on, whatever happens.

        Core would set a server back to draft after five days.
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
        # what only a person can fix is told at once
        due = fault.kind in SIGN_IN or count >= FAILURES_UNTIL_WARNING
        warned = self.helpdesk_warned_date
        if due and not (warned and now - warned < REMINDER):
            values["helpdesk_warned_date"] = now
            self._warn_administrators(fault)
        self.write(values)

    def _warn_administrators(self, fault):
        """Give each administrator of this company an activity, if they have none."""
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
