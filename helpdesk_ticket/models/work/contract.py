from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import format_date


class HelpdeskTicket(models.Model):
    """The contract that covers a ticket (T12)."""

    _inherit = "helpdesk.ticket"

    contract_id = fields.Many2one(
        "contract.contract",
        compute="_compute_contract_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    running_contract_count = fields.Integer(
        string="Active contracts of the customer",
        compute="_compute_running_contract_count",
    )
    contract_end_hint = fields.Char(
        string="End of the contract", compute="_compute_contract_end_hint"
    )

    @api.depends("customer_id", "company_id")
    def _compute_contract_id(self):
        """Clear a contract of another customer or company, and choose the only running
        one; the same for mail, forms, imports and the API."""
        running = self._find_running_contracts()
        for ticket in self:
            contract = ticket.contract_id
            customer = ticket.customer_id.commercial_partner_id
            # sudo: only whose contract it is
            known = contract.sudo()
            elsewhere = known.company_id - ticket.company_id
            if elsewhere or known.commercial_partner_id != customer or not contract:
                found = running.get((customer.id, ticket.company_id.id), [])
                contract = contract.browse(found if len(found) == 1 else [])
            ticket.contract_id = contract

    @api.depends("customer_id", "company_id")
    def _compute_running_contract_count(self):
        """Compute the number of contracts to choose from, as a hint in the form."""
        running = self._find_running_contracts()
        for ticket in self:
            key = ticket.customer_id.commercial_partner_id.id, ticket.company_id.id
            ticket.running_contract_count = len(running.get(key, []))

    def _find_running_contracts(self):
        """Return the running contracts that can cover these tickets (T12).

        :return: dict of lists of ids by (id of the customer, id of the company)
        """
        customers = self.customer_id.commercial_partner_id
        if not customers:
            return {}
        # sudo: only ids; users without access to contracts create tickets too
        contracts = self.env["contract.contract"].sudo()
        today = fields.Date.context_today(self)
        found = contracts.search(
            Domain("contract_type", "=", "sale")
            & Domain("commercial_partner_id", "in", customers.ids)
            & Domain("date_start", "<=", today)
            & (Domain("date_end", "=", False) | Domain("date_end", ">=", today))
        )
        return {
            (customer.id, company.id): found.filtered(
                lambda contract, customer=customer, company=company: (
                    contract.commercial_partner_id.id == customer.id
                    and contract.company_id.id in (False, company.id)
                )
            ).ids
            for customer, company in {
                (ticket.customer_id.commercial_partner_id, ticket.company_id)
                for ticket in self
            }
        }

    def _follow_contracts(self, contracts):
        """Apply the effects of a manually changed contract; a hook.

        :param dict contracts: the previous `contract.contract` of each ticket
        """

    @api.constrains("contract_id", "customer_id")
    def _check_contract_id(self):
        for ticket in self.filtered("contract_id"):
            # sudo: only compares owners; users may be unable to read contracts
            owner = ticket.contract_id.sudo().commercial_partner_id
            if owner != ticket.customer_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "The contract belongs to %(owner)s, the ticket to another "
                        "customer. Choose one of the customer's own contracts.",
                        owner=owner.display_name,
                    )
                )

    @api.depends("contract_id.date_end", "is_open")
    @api.depends_context("lang", "tz")
    def _compute_contract_end_hint(self):
        """Ask for another contract as long as the ticket is open."""
        for ticket in self:
            end = ticket.is_open and ticket._get_end_of_contract()
            ticket.contract_end_hint = end and self.env._(
                "The contract ended on %(date)s. Choose an active one.",
                date=format_date(self.env, end),
            )

    def _get_end_of_contract(self):
        """Return the day on which the contract ended, False if it is running."""
        # sudo: only the date; users may be unable to read contracts
        end = self.contract_id.sudo().date_end
        return end and end < fields.Date.context_today(self) and end


class ContractContract(models.Model):
    _inherit = "contract.contract"

    helpdesk_ticket_count = fields.Integer(
        string="Tickets", compute="_compute_helpdesk_ticket_count"
    )

    def _compute_helpdesk_ticket_count(self):
        """Compute the number of tickets, for accountants (T12)."""
        # sudo: only the number, for accountants who are not agents
        tickets = self.env["helpdesk.ticket"].sudo()
        counts = dict(
            tickets._read_group(
                [("contract_id", "in", self.ids)], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.helpdesk_ticket_count = counts.get(contract._origin, 0)

    def write(self, vals):
        res = super().write(vals)
        if "partner_id" in vals:
            self._part_with_other_customers()
        return res

    def _part_with_other_customers(self):
        """Remove contracts that now belong to another customer from the open tickets of
        the former one, which then look for another contract (T12)."""
        # sudo: tickets of all teams, archived ones too
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        named = tickets.search(
            [("contract_id", "in", self.ids), ("is_open", "=", True)]
        )
        others = named.filtered(
            lambda ticket: (
                ticket.customer_id.commercial_partner_id
                != ticket.contract_id.commercial_partner_id
            )
        )
        self.env.add_to_compute(others._fields["contract_id"], others)

    @api.ondelete(at_uninstall=False)
    def _unlink_take_off_tickets(self):
        """Remove deleted contracts from their tickets by a tracked change; the database
        would do it silently (T12, T14)."""
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


class HelpdeskSla(models.Model):
    _inherit = "helpdesk.sla"

    contract_ids = fields.Many2many(
        "contract.contract",
        string="Contracts",
        ondelete="restrict",
        check_company=True,
        domain="[('contract_type', '=', 'sale')]",
    )


class HelpdeskTicketReport(models.Model):
    _inherit = "helpdesk.ticket.report"

    contract_id = fields.Many2one("contract.contract", readonly=True)
