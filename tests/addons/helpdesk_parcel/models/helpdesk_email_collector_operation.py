from odoo import fields, models


class HelpdeskEmailCollectorOperation(models.Model):
    """An operation: the ticket gets the number of the parcel, and its carrier."""

    _inherit = "helpdesk.email.collector.operation"

    code = fields.Selection(
        selection_add=[("note_parcel", "Note the parcel")],
        ondelete={"note_parcel": "cascade"},
    )

    def _prepare_note_parcel(self, mail, place, decision):
        conditions = self.env["helpdesk.email.collector.filter"]
        numbers = conditions._read_source(mail, place, "parcel").raw
        if not numbers:
            return decision
        carrier = self.collector_id.parcel_carrier_id
        return decision.give(parcel_number=numbers[0], parcel_carrier_id=carrier.id)
