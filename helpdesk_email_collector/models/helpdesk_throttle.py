from odoo import api, models

# As those of all channels: what is counted -> (minutes, amount)
LIMITS = {
    # mails of one sender that are dealt with, in all and about one ticket: a person
    # stays below, a loop does not; Zammad's figures
    "mail": ((10, 30), (30, 60), (60, 120), (180, 240), (600, 360)),
    "mail_ticket": ((10, 10), (30, 15), (60, 25), (180, 50), (600, 100)),
    # the automatic answers to them
    "mail_answer": ((10, 5), (60, 10), (600, 30)),
}


class HelpdeskThrottle(models.Model):
    """Knows how many mails one sender may write in a time (E07, rel-H3)."""

    _inherit = "helpdesk.throttle"

    @api.model
    def _get_scopes(self):
        return {**super()._get_scopes(), **LIMITS}
