from odoo import api, models

from odoo.addons.helpdesk_ticket.self_check import (
    ADMINISTRATOR,
    ATTENTION,
    FINE,
    MANAGER,
    UNSET,
    Check,
    Screen,
)

SOURCES = "helpdesk_device_monitoring.action_helpdesk_monitoring_source"
GROUPS = (MANAGER, ADMINISTRATOR)


class HelpdeskCheck(models.TransientModel):
    """The self-check of monitoring programs (M04)."""

    _inherit = "helpdesk.check"

    @api.model
    def _get_check_methods(self):
        return [*super()._get_check_methods(), self._check_monitoring_programs]

    def _check_monitoring_programs(self):
        """Check whether monitoring programs can deliver, and whether alarms are held
        (C12)."""
        sources = self.env["helpdesk.monitoring.source"].search(
            [("company_id", "in", self.env.companies.ids)]
        )
        checks = [
            Check(
                "monitoring",
                "channel",
                self.env._("Monitoring program %(name)s", name=source.name),
                *self._describe_monitoring_program(source),
                source.company_id.id,
            )
            for source in sources
        ]
        missing = Check(
            "monitoring",
            "channel",
            self.env._("Monitoring Programs"),
            UNSET,
            self.env._("No monitoring program is connected."),
            self.env._("Add one if its alarms should become tickets."),
            Screen(SOURCES, groups=GROUPS),
        )
        return self._add_where_none(checks, missing)

    @api.model
    def _describe_monitoring_program(self, source):
        """Return the state of a monitoring program, what was found, what to do, where.

        :param source: `helpdesk.monitoring.source`
        :rtype: tuple
        """
        screen = Screen(SOURCES, source.id, groups=GROUPS)
        if not source.is_connected:
            step = self.env._("Create a token and enter it in the program.")
            return ATTENTION, self.env._("It has no token."), step, screen
        if source.held_count:
            text = self.env._(
                "Alarms that are held: %(count)s.", count=source.held_count
            )
            step = self.env._("Check why, then open their tickets.")
            return ATTENTION, text, step, screen
        if not source.last_date:
            step = self.env._("Send a test alarm from the program.")
            return ATTENTION, self.env._("It has not delivered anything."), step, screen
        return FINE, self.env._("It is connected."), "", screen
