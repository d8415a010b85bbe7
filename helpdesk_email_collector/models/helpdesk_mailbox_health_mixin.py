from markupsafe import escape

from odoo import api, fields, models

from ..mailbox_errors import MailboxError, sentence

FAILURES_UNTIL_WARNING = 3
# The warning comes again when somebody marked it done and nothing was mended:
# with one attempt a minute, after a day.
FAILURES_UNTIL_REMINDER = 1440
WARNING_TYPE = "helpdesk_email_collector.mail_activity_type_mailbox"


class HelpdeskMailboxHealthMixin(models.AbstractModel):
    """How the last contacts with a mailbox went, and who is told (E01).

    Mixed into `fetchmail.server`, whose fields it uses.
    """

    _name = "helpdesk.mailbox.health.mixin"
    _inherit = ["helpdesk.activity.mixin"]
    _description = "Health of a Helpdesk Mailbox"

    helpdesk_last_contact = fields.Datetime("Last Contact", readonly=True, copy=False)
    helpdesk_failure_count = fields.Integer(
        "Failures in a Row", readonly=True, copy=False
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
            )
            self.activity_unlink([WARNING_TYPE])
        self.write(values)

    def _record_failure(self, fault):
        """Keep the fault; the mailbox stays switched on, whatever happens.

        Core would set a server back to draft after five days.
        """
        now = fields.Datetime.now()
        count = self.helpdesk_failure_count + 1
        self.write(
            {
                "date": now,
                "error_date": self.error_date or now,
                "error_message": self._get_sentence(fault),
                "helpdesk_failure_count": count,
                "helpdesk_error_kind": fault.kind,
                "helpdesk_error_detail": fault.detail,
                "helpdesk_error_folder": fault.folder,
            }
        )
        if count == FAILURES_UNTIL_WARNING or count % FAILURES_UNTIL_REMINDER == 0:
            self._warn_administrators(fault)

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
