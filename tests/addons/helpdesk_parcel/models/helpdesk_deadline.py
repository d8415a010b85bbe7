from odoo import api, fields, models

from odoo.addons.helpdesk_ticket.models.clock.helpdesk_deadline import Promise


class HelpdeskDeadline(models.Model):
    """A promise: the parcel is sent within some hours, whoever the ticket waits for."""

    _inherit = "helpdesk.deadline"

    promise = fields.Selection(selection_add=[("parcel", "Parcel")], ondelete={"parcel": "cascade"})

    @api.model
    def _get_promises(self):
        parcel = Promise("parcel_hours", kept_by="parcel_sent_date", pauses=False)
        return {**super()._get_promises(), "parcel": parcel}


class HelpdeskSla(models.Model):
    _inherit = "helpdesk.sla"

    parcel_hours = fields.Float(string="Parcel sent within")
