from odoo import api, models

# As those of all channels: what is counted -> (minutes, amount)
LIMITS = {
    # requests with one token, and of one address with a wrong one
    "device_call": ((1, 60),),
    "device_wrong": ((1, 30),),
    # codes of one address that are none
    "device_code": ((60, 10),),
    # tickets of one device, and kilobytes of its pictures
    "device_ticket": ((1, 5), (60, 30), (1440, 100)),
    "device_file": ((60, 60 * 1024), (1440, 200 * 1024)),
}


class HelpdeskThrottle(models.Model):
    """The limits for devices (rel-H4)."""

    _inherit = "helpdesk.throttle"

    @api.model
    def _get_scopes(self):
        return {**super()._get_scopes(), **LIMITS}
