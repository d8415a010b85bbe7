from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import format_datetime

from odoo.addons.helpdesk_ticket.self_check import (
    ADMINISTRATOR,
    ATTENTION,
    BROKEN,
    FINE,
    MANAGER,
    UNSET,
    Check,
    Screen,
)

from ...mailbox_errors import SIGN_IN
from .receive import FAILURES_UNTIL_WARNING

# A mailbox is read every minute, and after failures at least every hour.
SILENT = timedelta(hours=2)
# A mail is processed within seconds.
STUCK = timedelta(minutes=30)
SETTINGS = Screen("helpdesk_contact.action_helpdesk_settings")


class HelpdeskCheck(models.TransientModel):
    """The self-check of mailboxes and of the inbox (M04)."""

    _inherit = "helpdesk.check"

    @api.model
    def _get_check_methods(self):
        return [
            self._check_mailboxes,
            self._check_inbox,
            self._check_trusted_servers,
            *super()._get_check_methods(),
        ]

    @api.model
    def _get_incoming_server_domain(self):
        return (
            super()._get_incoming_server_domain()
            & Domain("is_helpdesk_collector", "=", False)
            & Domain("company_id", "in", [*self.env.companies.ids, False])
        )

    def _check_mailboxes(self):
        """Check the last connection of each mailbox; nothing is connected."""
        servers = self.env["fetchmail.server"].search(
            [
                ("is_helpdesk_collector", "=", True),
                ("company_id", "in", self.env.companies.ids),
            ]
        )
        groups = (MANAGER, ADMINISTRATOR)
        action = "helpdesk_email_collector.action_helpdesk_mailbox"
        checks = [
            Check(
                "mailbox",
                "incoming",
                self.env._("Mailbox %(name)s", name=server.name),
                *self._describe_mailbox(server),
                Screen(action, server.id, groups=groups),
                server.company_id.id,
            )
            for server in servers
        ]
        missing = Check(
            "mailbox",
            "incoming",
            self.env._("Mailboxes"),
            UNSET,
            self.env._("None is connected."),
            self.env._("Connect the mailbox that customers write to."),
            Screen(action, groups=groups),
        )
        return self._add_where_none(checks, missing)

    @api.model
    def _describe_mailbox(self, server):
        """Return the state of a mailbox, what was found, and what to do next.

        :param server: `fetchmail.server`
        :rtype: tuple
        """
        last = server.helpdesk_last_contact
        fault = server._find_secret_fault()
        correct = self.env._("Correct the mailbox and test the connection.")
        if server.state == "draft":
            text = self.env._("It is not switched on.")
            return UNSET, text, self.env._("Test the connection, then switch it on.")
        if fault:
            return BROKEN, server._get_sentence(fault), correct
        if server.helpdesk_error:
            lasting = (
                server.helpdesk_failure_count >= FAILURES_UNTIL_WARNING
                or server.helpdesk_error_kind in SIGN_IN
            )
            state = BROKEN if lasting else ATTENTION
            return state, server.helpdesk_error, correct
        if not last:
            text = self.env._("It was never read.")
            return ATTENTION, text, self.env._("Wait a minute, then check again.")
        moment = format_datetime(self.env, last, dt_format="short")
        if last < fields.Datetime.now() - SILENT:
            text = self.env._("It has not been read since %(moment)s.", moment=moment)
            step = self.env._(
                "Check that the scheduled action “receive mails” is running."
            )
            return BROKEN, text, step
        return FINE, self.env._("Read at %(moment)s.", moment=moment), ""

    def _check_inbox(self):
        """Check for received mails that wait or failed (E05)."""
        before = fields.Datetime.now() - STUCK
        mails = self.env["helpdesk.inbox.mail"]
        own = Domain("company_id", "in", self.env.companies.ids)
        failed = dict(
            mails._read_group(
                own & Domain("state", "=", "failed"), ["company_id"], ["__count"]
            )
        )
        stuck = dict(
            mails._read_group(
                own
                & Domain("state", "=", "waiting")
                & Domain("received_date", "<", before)
                & (
                    Domain("next_attempt", "=", False)
                    | Domain("next_attempt", "<", before)
                ),
                ["company_id"],
                ["__count"],
            )
        )
        return [
            Check(
                "inbox",
                "incoming",
                self.env._("Received mails"),
                *self._describe_inbox(stuck.get(company, 0), failed.get(company, 0)),
                company.id,
            )
            for company in self.env.companies
        ]

    @api.model
    def _describe_inbox(self, stuck, failed):
        """Return the state of the inbox, what was found, what to do, and where."""
        action = "helpdesk_email_collector.action_helpdesk_inbox_mail"
        if stuck:
            text = self.env._("Mails waiting to be processed: %(count)s.", count=stuck)
            step = self.env._(
                "Check that the scheduled action “process mails” is running."
            )
            screen = Screen(action, filters=("waiting",), groups=(MANAGER,))
            return BROKEN, text, step, screen
        if failed:
            text = self.env._("Failed mails: %(count)s.", count=failed)
            step = self.env._("Check the reason of each one, then retry or discard it.")
            screen = Screen(action, filters=("failed",), groups=(MANAGER,))
            return ATTENTION, text, step, screen
        text = self.env._("All were processed.")
        return FINE, text, "", Screen(action, groups=(MANAGER,))

    def _check_trusted_servers(self):
        """Check whether forged senders can be recognised (E06, E08)."""
        checks = []
        for company in self.env.companies:
            names = company.helpdesk_trusted_servers
            text = self.env._("No server is named, so forged senders look genuine.")
            step = self.env._(
                "Enter the name of your mail server as it appears in the headers of "
                "its mails."
            )
            checks.append(
                Check(
                    "trusted_servers",
                    "incoming",
                    self.env._("Trusted mail servers"),
                    FINE if names else ATTENTION,
                    names or text,
                    "" if names else step,
                    SETTINGS,
                    company.id,
                )
            )
        return checks
