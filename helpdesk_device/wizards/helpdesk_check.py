from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.helpdesk_ticket.self_check import (
    ATTENTION,
    FINE,
    MANAGER,
    UNSET,
    Check,
    Screen,
)

# The same as in the filter of the list
SILENT = timedelta(days=7)


class HelpdeskCheck(models.TransientModel):
    """The self-check of devices (M04)."""

    _inherit = "helpdesk.check"

    @api.model
    def _get_check_methods(self):
        return [*super()._get_check_methods(), self._check_devices]

    def _check_devices(self):
        """Check whether connected computers were not seen lately (C12)."""
        devices = self.env["fsm.equipment"]
        domain = Domain("is_connected", "=", True) & Domain(
            "company_id", "in", self.env.companies.ids
        )
        connected = dict(devices._read_group(domain, ["company_id"], ["__count"]))
        domain &= Domain("last_seen", "<", fields.Datetime.now() - SILENT)
        silent = dict(devices._read_group(domain, ["company_id"], ["__count"]))
        return [
            Check(
                "devices",
                "channel",
                self.env._("Devices"),
                *self._describe_devices(
                    connected.get(company, 0), silent.get(company, 0)
                ),
                company.id,
            )
            for company in self.env.companies
        ]

    @api.model
    def _describe_devices(self, connected, silent):
        """Return the state of a company's devices, what was found, what to do, where.

        :param int connected: how many there are
        :param int silent: how many of them were not seen lately
        :rtype: tuple
        """
        action = "helpdesk_device.action_helpdesk_device"
        screen = Screen(action, groups=(MANAGER,))
        if not connected:
            step = self.env._("Create a code with “Connect a device” on a contact.")
            return UNSET, self.env._("No device is connected."), step, screen
        if not silent:
            text = self.env._("Connected: %(count)s.", count=connected)
            return FINE, text, "", screen
        text = self.env._(
            "Connected: %(count)s, of which %(silent)s were not seen for %(days)s "
            "days.",
            count=connected,
            silent=silent,
            days=SILENT.days,
        )
        step = self.env._(
            "Disconnect those that are no longer in use, and check the others."
        )
        screen = Screen(action, filters=("silent",), groups=(MANAGER,))
        return ATTENTION, text, step, screen
