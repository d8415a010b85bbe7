from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.misc import format_date, format_datetime

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

DIRECTORIES = "helpdesk_contact_entra.action_helpdesk_entra_connection"
GROUPS = (MANAGER, ADMINISTRATOR)
# Enough time for the customer's administrator to create a new secret.
SOON = timedelta(days=30)
# A directory that missed more runs than this needs attention.
MISSED_TURNS = 3
SILENT = timedelta(days=1)


class HelpdeskCheck(models.TransientModel):
    """The self-check of customers' directories (M04)."""

    _inherit = "helpdesk.check"

    @api.model
    def _get_check_methods(self):
        return [*super()._get_check_methods(), self._check_directories]

    def _check_directories(self):
        """Check the last synchronization of each directory (C11)."""
        directories = self.env["helpdesk.entra.connection"].search(
            [("company_id", "in", self.env.companies.ids)]
        )
        runs = dict(
            self.env["helpdesk.entra.run"]._read_group(
                [
                    ("connection_id", "in", directories.ids),
                    ("kind", "not in", ("dry", "preview")),
                    ("state", "=", "done"),
                ],
                ["connection_id"],
                ["finished_date:max"],
            )
        )
        checks = [
            Check(
                "directory",
                "helpdesk",
                self.env._("Directory %(name)s", name=directory.name),
                *self._describe_directory(directory, runs.get(directory)),
                Screen(DIRECTORIES, directory.id, groups=GROUPS),
                directory.company_id.id,
            )
            for directory in directories
        ]
        missing = Check(
            "directory",
            "helpdesk",
            self.env._("Customers' directories"),
            UNSET,
            self.env._("No directory is connected."),
            self.env._("Connect one if a customer uses Microsoft Entra ID."),
            Screen(DIRECTORIES, groups=GROUPS),
        )
        return self._add_where_none(checks, missing)

    @api.model
    def _describe_directory(self, directory, last):
        """Return the state of a directory, what was found, and what to do next.

        :param directory: `helpdesk.entra.connection`
        :param datetime last: when it was synchronized last, None for never
        :rtype: tuple
        """
        if directory._is_broken():
            step = self.env._(
                "Follow its instructions, then press “Test” on the directory."
            )
            return BROKEN, directory.error_message, step
        ending = self._describe_credential(directory.credential_end_date)
        if ending:
            return ending
        if not last:
            text = self.env._("It was never synchronized.")
            step = self.env._("Check the preview, then synchronize it.")
            return ATTENTION, text, step
        moment = format_datetime(self.env, last, dt_format="short")
        text = self.env._("Synchronized at %(moment)s.", moment=moment)
        if not directory.is_on:
            step = self.env._(
                "Switch “Synchronize by itself” on to keep its contacts up to date."
            )
            return UNSET, text, step
        pause = timedelta(hours=MISSED_TURNS * directory.interval_hours)
        if last < fields.Datetime.now() - max(pause, SILENT):
            step = self.env._("Check its latest synchronization for why it is waiting.")
            return ATTENTION, text, step
        return FINE, text, ""

    @api.model
    def _describe_credential(self, end):
        """Return what is wrong with a secret or certificate, None if nothing is.

        :param date end: its last day, if known
        """
        today = fields.Date.context_today(self)
        if not end or end > today + SOON:
            return None
        day = format_date(self.env, end)
        step = self.env._("Create a new one in Microsoft Entra ID and enter it here.")
        if end < today:
            text = self.env._("Its secret or certificate expired on %(day)s.", day=day)
            return BROKEN, text, step
        text = self.env._("Its secret or certificate expires on %(day)s.", day=day)
        return ATTENTION, text, step
