from odoo import api, fields, models


class ContractContract(models.Model):
    _inherit = "contract.contract"

    helpdesk_ticket_count = fields.Integer(
        string="Tickets", compute="_compute_helpdesk_ticket_figures"
    )
    helpdesk_hours_spent = fields.Float(
        string="Hours on tickets", compute="_compute_helpdesk_ticket_figures"
    )

    def _compute_helpdesk_ticket_figures(self):
        """Number of tickets and time spent, for the accountants (T12)."""
        # sudo: accountants who are not agents see the figures, not the tickets
        tickets = self.env["helpdesk.ticket"].sudo()
        groups = tickets._read_group(
            [("contract_id", "in", self.ids)],
            ["contract_id"],
            ["__count", "hours_spent:sum"],
        )
        figures = {contract.id: (count, hours) for contract, count, hours in groups}
        for contract in self:
            contract.helpdesk_ticket_count, contract.helpdesk_hours_spent = figures.get(
                contract.id, (0, 0.0)
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_take_off_tickets(self):
        """Take deleted contracts off their tickets, which say so: the database would
        without a word (T12, T14)."""
        # sudo: tickets of all teams, archived ones too
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        tickets.search([("contract_id", "in", self.ids)])._take_off("contract_id")

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
