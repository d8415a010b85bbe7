import logging
import traceback
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...reasons import THROTTLED

_logger = logging.getLogger(__name__)

WARNING_TYPE = "helpdesk_email_collector.mail_activity_type_failed_mail"


class HelpdeskInboxMail(models.Model):
    """Mails that could not be processed, and what people can do about them (E05).

    Mixed into `helpdesk.inbox.mail`, whose fields it uses.
    """

    _inherit = "helpdesk.inbox.mail"

    attempts = fields.Integer(readonly=True)
    next_attempt = fields.Datetime(readonly=True)
    error = fields.Text(readonly=True)
    error_trace = fields.Text(
        "Technical Details",
        readonly=True,
        groups="helpdesk_contact.group_helpdesk_manager",
    )
    forced_by_id = fields.Many2one(
        "res.users", "Ticket Requested by", readonly=True, ondelete="set null"
    )

    may_create_ticket = fields.Boolean(compute="_compute_may_create_ticket")

    def _record_failure(self, error):
        """Record the error; retry later, and after the last attempt notify people.

        The failed attempt was rolled back before.

        :param Exception error: raised by the attempt
        """
        mail = self.try_lock_for_update(allow_referencing=True)
        if not mail or mail.state != "waiting":
            return
        _logger.info("Mail %s cannot be processed", mail.id, exc_info=error)
        attempts = mail.attempts + 1
        values = {
            "attempts": attempts,
            "interruptions": 0,
            "waits_for_id": False,
            "error": mail._get_error_sentence(error),
            "error_trace": "".join(traceback.format_exception(error)),
        }
        if attempts >= mail._get_parameter("max_attempts", 3):
            mail.write({**values, "state": "failed", "next_attempt": False})
            mail._warn_managers()
            return
        # 1, 5, 25 … minutes: long enough for a lock or a server to recover
        pause = mail._get_parameter("retry_minutes", 1) * 5 ** (attempts - 1)
        next_attempt = fields.Datetime.now() + timedelta(minutes=pause)
        mail.write({**values, "next_attempt": next_attempt})
        mail._trigger_processing(next_attempt)

    def _record_interruptions(self):
        """Give up a mail during which Odoo stopped repeatedly, for a person to
        decide."""
        self.ensure_one()
        _logger.warning("Mail %s was interrupted too often", self.id)
        localized = self.with_context(lang=self.company_id.partner_id.lang or "en_US")
        sentence = localized.env._(
            "Odoo was stopped %(count)s times while processing this mail, so it is "
            "not retried automatically. Retry it; if it fails again, it needs more "
            "time or memory than this server allows: download the original and create "
            "the ticket by hand.",
            count=self.interruptions,
        )
        self.write(
            {
                "state": "failed",
                "error": sentence,
                "interruptions": 0,
                "next_attempt": False,
                "waits_for_id": False,
            }
        )
        self._warn_managers()

    def _get_error_sentence(self, error):
        """Return a sentence about what went wrong, in the company's language."""
        self = self.with_context(lang=self.company_id.partner_id.lang or "en_US")
        if isinstance(error, UserError) and str(error):
            return str(error)
        if isinstance(error, psycopg2.Error):
            return self.env._(
                "The database rejected the changes of this mail: %(error)s. Retry it; "
                "if it fails again, show the technical details to your Odoo "
                "administrator.",
                error=str(error).strip().partition("\n")[0],
            )
        return self.env._(
            "This mail could not be processed (%(error)s). Retry it when the cause is "
            "fixed; the technical details help your Odoo administrator.",
            error=str(error).strip().partition("\n")[0] or type(error).__name__,
        )

    # -- people ----------------------------------------------------------------

    def _warn_managers(self):
        """Create an activity for each manager of the company who has none.

        One for all failed mails, as a broken rule may fail hundreds of them.
        """
        self._schedule_for_managers(
            WARNING_TYPE,
            lambda record: {
                "summary": record.env._("Mails could not become tickets"),
                "note": record.env._(
                    "A mail could not be processed. Open the failed mails in the "
                    "helpdesk inbox, fix the cause and retry them."
                ),
            },
        )

    def _schedule_for_managers(self, activity_type, prepare_texts):
        """Create an activity of this type for the company's managers without one.

        :param str activity_type: its external identifier
        :param prepare_texts: callable that gets this record in the manager's language,
            and returns summary and note
        """
        group = self.env.ref("helpdesk_contact.group_helpdesk_manager")
        # sudo: only the users of the group, and whether they have such an activity
        users = group.sudo().all_user_ids.filtered(
            lambda user: (
                user.active and not user.share and self.company_id in user.company_ids
            )
        )
        warned = users.env["mail.activity"].search_fetch(
            [
                ("activity_type_id", "=", self.env.ref(activity_type).id),
                ("user_id", "in", users.ids),
            ],
            ["user_id"],
        )
        for user in users - warned.user_id:
            localized = self.with_context(lang=user.lang)
            localized.activity_schedule(
                activity_type, user_id=user.id, **prepare_texts(localized)
            )

    def _forget_warning(self):
        """Remove the activities of these mails, which are no longer failed.

        An activity is about all failed mails of its manager's companies: if there are
        others, it is moved to the newest of them.
        """
        warning = self.env.ref(WARNING_TYPE)
        # sudo: also activities of other managers, and about mails of other companies
        rows = self.sudo()
        activities = rows.activity_ids.filtered(
            lambda one: one.activity_type_id == warning
        )
        if not activities:
            return
        others = [("state", "=", "failed"), ("id", "not in", self.ids)]
        failed = rows._read_group(others, ["company_id"], ["id:max"])
        for activity in activities:
            companies = activity.user_id.company_ids
            ids = [newest for company, newest in failed if company in companies]
            if ids:
                activity.res_id = max(ids)
                activities -= activity
        activities.unlink()

    # -- buttons ---------------------------------------------------------------

    def action_retry(self):
        """Process failed or waiting mails again at once (E05).

        :return: an `ir.actions.client` that waits for them
        :raises UserError: when there is nothing to retry
        """
        self.check_access("read")
        # sudo: rows are read-only for users; the content of the mail is not changed
        mails = self.sudo().filtered(
            lambda mail: mail.state in ("failed", "waiting") and not mail.is_cleared
        )
        if not mails:
            raise UserError(
                self.env._(
                    "There is nothing to retry: these mails are already processed. "
                    "Choose mails that failed."
                )
            )
        return mails._process_again()

    def action_retry_all_failed(self):
        """Process all failed mails again that the user can see (E05).

        :return: as `action_retry`
        """
        failed = self.search([("state", "=", "failed")])
        return failed.action_retry()

    @api.depends("state", "ticket_id", "is_cleared", "waits_for_id")
    def _compute_may_create_ticket(self):
        for mail in self:
            mail.may_create_ticket = not mail._get_no_ticket_sentence()

    def _get_no_ticket_sentence(self):
        """Return why no ticket can be created from this mail by hand, "" if one can."""
        if self.is_cleared:
            return self.env._(
                "This mail was cleaned up, so no ticket can be created from it. Ask "
                "the sender to send it again."
            )
        if self.state in ("waiting", "failed") and not self.waits_for_id:
            return self.env._(
                "This mail has not been processed yet. Retry it, and wait for the "
                "result."
            )
        # a delivery report, for example, is about a ticket, but not part of it
        if self.state == "done" and self.ticket_id:
            return self.env._(
                "This mail is already part of a ticket. If it is the wrong one, "
                "choose “Misfiled…” on the mail in the ticket."
            )
        return ""

    def action_create_ticket(self):
        """Create a ticket from a mail without one (C07, C08, E05).

        :return: an `ir.actions.client` that waits for it
        :raises UserError: with the reason why this is impossible
        """
        self.ensure_one().check_access("read")
        if sentence := self._get_no_ticket_sentence():
            raise UserError(sentence)
        # sudo: rows are read-only for users; the gateway creates the ticket
        return self.sudo()._process_again(forced_by_id=self.env.uid)

    def _get_rules_that_acted(self):
        """Return the ids of the rules that did something with this mail before; this is
        not repeated when a ticket is created by hand."""
        held_back = self.reason_code in THROTTLED
        return () if held_back else tuple(self.rule_ids.ids)

    def _process_again(self, **values):
        """Let the worker process these mails.

        The button does not commit: its changes are locked until its request ends, and
        whoever pressed another one at the same moment finds the work done.

        :param values: further values to write
        :return: an `ir.actions.client` that waits for them
        """
        self._stop_waiting()
        self.write({"state": "waiting", "attempts": 0, "next_attempt": False, **values})
        self._process_soon()
        due = [("state", "=", "waiting"), ("next_attempt", "=", False)]
        return self._wait_for(self._name, [("id", "in", self.ids), *due])

    def _process_soon(self):
        """Trigger the workers for these mails; a hook for other workers."""
        self._trigger_processing()

    @api.model
    def _wait_for(self, model, domain):
        """Return the action that shows the result of the worker as soon as it is
        available.

        :param str model: of the records to wait for
        :param list domain: of records that are still waiting
        :return: an `ir.actions.client`
        :rtype: dict
        """
        if not self._has_worker():
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "warning",
                    "sticky": True,
                    "message": self.env._(
                        "This is waiting: the scheduled action that processes mails "
                        "is switched off. Ask an administrator to switch it on; "
                        "processing then continues automatically."
                    ),
                    "next": {"type": "ir.actions.client", "tag": "soft_reload"},
                },
            }
        return {
            "type": "ir.actions.client",
            "tag": "helpdesk_wait_for",
            "params": {
                "model": model,
                "domain": domain,
                "begins": self.env._(
                    "This is in progress. The result will be shown here in a moment."
                ),
                "goes_on": self.env._(
                    "This takes a while and continues automatically. Come back in a "
                    "moment."
                ),
            },
        }
