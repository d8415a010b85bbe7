from odoo import fields, models


class ContractContract(models.Model):
    _inherit = "contract.contract"

    helpdesk_hours_spent = fields.Float(
        string="Hours on tickets", compute="_compute_helpdesk_hours_spent"
    )

    def _compute_helpdesk_hours_spent(self):
        """Compute the time spent on tickets, for accountants (T12)."""
        # sudo: accountants who are not agents see the figures, not the tickets
        tickets = self.env["helpdesk.ticket"].sudo()
        hours = dict(
            tickets._read_group(
                [("contract_id", "in", self.ids)], ["contract_id"], ["hours_spent:sum"]
            )
        )
        for contract in self:
            contract.helpdesk_hours_spent = hours.get(contract._origin, 0.0)
