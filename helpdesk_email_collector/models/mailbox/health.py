from datetime import timedelta

from odoo import api, fields, models

from ...mailbox_errors import MailboxError, sentence


class FetchmailServer(models.Model):
    """The results of the last connections of a mailbox, for its list and form (E01).
    Mixed into `fetchmail.server`, whose fields it uses.

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
        # sudo: only counts mails, also for administrators who cannot read them
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
        # sudo: only the next run of our own scheduled action
        nextcall = cron and cron.sudo().active and cron.sudo().nextcall
        for server in self:
            running = server.active and server.state == "done" and nextcall
            server.helpdesk_next_run = running and max(
                nextcall, server.helpdesk_paused_until or nextcall
            )

    def _get_sentence(self, fault):
        """Return what is wrong with this mailbox, in a sentence."""
        return sentence(
            self.env,
            fault,
            host=self.server or "",
            port=self.port,
            user=self.user or "",
            folder=self.helpdesk_folder or "",
        )
