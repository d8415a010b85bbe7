from odoo import fields, models


class ContractContract(models.Model):
    _inherit = "contract.contract"

    helpdesk_ticket_count = fields.Integer(
        string="Tickets", compute="_compute_helpdesk_ticket_count"
    )

    def _compute_helpdesk_ticket_count(self):
        """Number of tickets, for the accountants (T12)."""
        # sudo: accountants who are not agents see the figure, not the tickets
        tickets = self.env["helpdesk.ticket"].sudo()
        counts = dict(
            tickets._read_group(
                [("contract_id", "in", self.ids)], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.helpdesk_ticket_count = counts.get(contract._origin, 0)

    def action_view_helpdesk_tickets(self):
        """Open the tickets of this contract.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_ticket.action_helpdesk_ticket"
        )
        action["domain"] = [("contract_id", "=", self.id)]
        action["context"] = {
            "default_customer_id": self.commercial_partner_id.id,
            "default_contract_id": self.id,
        }
        return action
