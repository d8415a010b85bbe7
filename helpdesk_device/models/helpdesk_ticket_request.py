from odoo import SUPERUSER_ID, models


class HelpdeskTicketRequest(models.Model):
    _inherit = "helpdesk.ticket.request"

    def _complete(self, outcome):
        """Add the data of the requesting device to a ticket (C12)."""
        res = super()._complete(outcome)
        # sudo: users who accept a request may be unable to read requests of devices
        sent = self.env["helpdesk.device.request"].sudo()
        sent = sent.search([("request_id", "=", self.id)], limit=1)
        if sent:
            # reported by the program, whoever accepts the request
            ticket = self.ticket_id.with_user(SUPERUSER_ID)
            ticket.device_id = sent.device_id
            sent._complete(ticket)
        return res
