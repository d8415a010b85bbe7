from odoo import api, models

# As those of all channels: what is counted -> (minutes, amount)
LIMITS = {
    # deliveries with one token, and of one address with a wrong one
    "monitoring_call": ((1, 300),),
    "monitoring_wrong": ((1, 30),),
    # tickets of one source: further alarms are held
    "monitoring_ticket": ((1, 30), (60, 200), (1440, 1000)),
    # unreadable deliveries of one source: further ones are refused without being kept
    "monitoring_unreadable": ((60, 20),),
    # notes of one alarm: further ones are counted only
    "monitoring_note": ((60, 20),),
}


class HelpdeskThrottle(models.Model):
    """The limits for monitoring programs (rel-H4)."""

    _inherit = "helpdesk.throttle"

    @api.model
    def _get_scopes(self):
        return {**super()._get_scopes(), **LIMITS}
