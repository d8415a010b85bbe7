from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# Number of proposed tickets.
MAX_PROPOSALS = 10


class HelpdeskTicketMerge(models.TransientModel):
    """The dialog that merges tickets about the same request, or marks them as
    duplicates."""

    _name = "helpdesk.ticket.merge"
    _description = "Merging of Tickets"

    ticket_ids = fields.Many2many("helpdesk.ticket", string="Tickets", required=True)
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    proposed_ids = fields.Many2many(
        "helpdesk.ticket",
        compute="_compute_proposed_ids",
        compute_sudo=False,
        help="The newest other open tickets of the customer.",
    )
    added_ids = fields.Many2many(
        "helpdesk.ticket",
        "helpdesk_ticket_merge_added_rel",
        string="Other open tickets of the customer",
    )
    survivor_id = fields.Many2one(
        "helpdesk.ticket",
        string="Ticket to keep",
        compute="_compute_survivor_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="Work continues in this ticket. The others are closed.",
    )
    mode = fields.Selection(
        [
            ("merge", "Merge: messages, files, time and orders move there"),
            ("duplicate", "Mark as duplicates: everything stays where it is"),
        ],
        string="How",
        compute="_compute_mode",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    customers_differ = fields.Boolean(
        compute="_compute_mode", compute_sudo=False, store=True
    )
    is_confirmed = fields.Boolean(string="Merge tickets of different customers")
    notify_customer = fields.Boolean(
        string="Notify the customers of the closed tickets",
        help="Sends the contact of each closed ticket a mail with the number of the "
        "ticket that stays open.",
    )

    @api.depends("ticket_ids")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.ticket_ids.company_id[:1]

    @api.depends("ticket_ids")
    def _compute_proposed_ids(self):
        """Propose the other open tickets of the customers of the chosen ones."""
        for wizard in self:
            wizard.proposed_ids = wizard._find_proposals(wizard.ticket_ids._origin)

    @api.model
    def _find_proposals(self, tickets):
        """Return tickets that may be about the same request; a hook.

        :param tickets: `helpdesk.ticket`, the chosen ones
        :return: `helpdesk.ticket`, newest first
        """
        customers = tickets.customer_id
        whose = (
            Domain("customer_id", "in", customers.ids)
            if customers
            else Domain("partner_id", "in", tickets.partner_id.ids)
        )
        return tickets.search(
            whose
            & Domain("is_open", "=", True)
            & Domain("company_id", "in", tickets.company_id.ids)
            & Domain("id", "not in", tickets.ids),
            order="id desc",
            limit=MAX_PROPOSALS,
        )

    def _get_chosen(self):
        """Return the chosen tickets, from the list and from the proposals."""
        return self.ticket_ids._origin | self.added_ids._origin

    @api.depends("ticket_ids", "added_ids")
    def _compute_survivor_id(self):
        """Propose the oldest open ticket."""
        for wizard in self:
            tickets = wizard._get_chosen().sorted("id")
            if wizard.survivor_id not in tickets:
                wizard.survivor_id = (tickets.filtered("is_open") or tickets)[:1]

    @api.depends("ticket_ids", "added_ids")
    def _compute_mode(self):
        """Propose duplicates, whose messages are not moved, if the customers differ."""
        for wizard in self:
            customers = {ticket.customer_id.id for ticket in wizard._get_chosen()}
            wizard.customers_differ = len(customers) > 1
            wizard.mode = "duplicate" if wizard.customers_differ else "merge"

    def action_merge(self):
        """Merge the tickets or mark them as duplicates.

        :return: an `ir.actions.act_window` with the remaining ticket
        :rtype: dict
        :raise UserError: when fewer than two tickets are chosen, or customers differ
            and the user has not confirmed it
        """
        self.ensure_one()
        others = self._get_chosen() - self.survivor_id
        if not others or not self.survivor_id:
            raise UserError(self.env._("Choose at least two tickets."))
        merging = self.mode == "merge"
        if merging and self.customers_differ and not self.is_confirmed:
            raise UserError(
                self.env._(
                    "The tickets belong to different customers: each of them could "
                    "read what the other wrote. Confirm that, or mark the tickets as "
                    "duplicates instead."
                )
            )
        if merging:
            others._merge_into(self.survivor_id)
        else:
            others._mark_as_duplicate(self.survivor_id)
        if self.notify_customer:
            others._post_notice("helpdesk_ticket.mail_template_ticket_merged")
        return self.survivor_id.action_open_form()
