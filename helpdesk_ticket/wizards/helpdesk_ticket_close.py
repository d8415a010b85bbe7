from odoo import api, fields, models
from odoo.tools import is_html_empty

from odoo.addons.helpdesk_contact.inside import Inside

# Number of tickets named in the dialog: nobody reads a list of hundreds.
SHOWN = 20


class HelpdeskTicketClose(models.TransientModel):
    """The dialog that closes or cancels tickets with a solution, and asks who is
    notified (T17)."""

    _name = "helpdesk.ticket.close"
    _description = "Closing of Tickets"

    ticket_ids = fields.Many2many("helpdesk.ticket", string="Tickets", required=True)
    ticket_count = fields.Integer(
        string="Number of tickets", compute="_compute_figures"
    )
    outcome = fields.Selection(
        [("closed", "Close"), ("cancelled", "Cancel")], required=True, default="closed"
    )
    solution = fields.Html(
        compute="_compute_solution",
        compute_sudo=False,
        store=True,
        readonly=False,
        sanitize_style=True,
    )
    notify = fields.Selection(
        [
            ("nobody", "Nobody"),
            ("contact", "The contact"),
            ("everybody", "The contact and all participants"),
        ],
        string="Who is notified",
        required=True,
        compute="_compute_notify",
        compute_sudo=False,
        store=True,
        precompute=True,  # optional for API clients
        readonly=False,
    )
    recipients = fields.Char(compute="_compute_recipients")
    out_of_reach = fields.Text(
        string="Unreachable customers", compute="_compute_recipients"
    )
    quiet_count = fields.Integer(
        string="Tickets that do not notify", compute="_compute_figures"
    )

    @api.depends("ticket_ids")
    def _compute_figures(self):
        for wizard in self:
            tickets = wizard.ticket_ids._origin
            wizard.ticket_count = len(tickets)
            wizard.quiet_count = len(tickets.filtered(lambda t: not t.notify_partner))

    @api.depends("ticket_ids")
    def _compute_solution(self):
        """Propose the previous solution of a ticket that was closed before."""
        for wizard in self:
            single = len(wizard.ticket_ids) == 1
            wizard.solution = wizard.ticket_ids.solution if single else False

    @api.depends("ticket_ids", "outcome")
    def _compute_notify(self):
        """Propose the company's setting (T24), and nobody for cancelled tickets."""
        for wizard in self:
            told = wizard.outcome == "closed" and wizard.ticket_ids.filtered(
                lambda ticket: (
                    ticket.notify_partner and ticket.company_id.helpdesk_notify_closing
                )
            )
            wizard.notify = "contact" if told else "nobody"

    @api.depends("ticket_ids", "notify")
    def _compute_recipients(self):
        """Show who gets the mail before it is sent, and who cannot get one."""
        for wizard in self:
            names, missing = [], []
            if wizard.notify != "nobody":
                told = wizard._get_told_tickets()
                missing = [(t.number, t.out_of_reach) for t in told if t.out_of_reach]
                people = told._get_told(everybody=wizard.notify == "everybody")
                for partners, addresses in people.values():
                    names += partners.mapped("display_name") + addresses
            wizard.recipients = "; ".join(dict.fromkeys(names))
            wizard.out_of_reach = "\n".join(
                f"{number}: {reason}" if len(wizard.ticket_ids) > 1 else reason
                for number, reason in missing[:SHOWN]
            )

    def _get_told_tickets(self):
        """Return the tickets whose customers get a mail.

        Of several tickets, those that do not notify their contact (T09) are left out.
        For a single one, the user has just decided.
        """
        tickets = self.ticket_ids._origin
        return tickets if len(tickets) == 1 else tickets.filtered("notify_partner")

    def action_confirm(self):
        """Close or cancel the tickets, and notify the chosen people.

        :return: an `ir.actions.act_window_close`, after a notification about tickets
            whose template failed
        :rtype: dict
        """
        self.ensure_one()
        close = {"type": "ir.actions.act_window_close"}
        tickets = self.ticket_ids.filtered("is_open")
        tickets = tickets.with_context(helpdesk_closing_quiet=Inside())
        if not is_html_empty(self.solution):
            tickets.solution = self.solution
        event = "closed" if self.outcome == "closed" else "cancelled"
        moved = tickets._move(event)
        if self.notify != "nobody":
            told = moved & self._get_told_tickets()
            failed = told._post_closing(everybody=self.notify == "everybody")
            told._request_rating()
            if failed:
                return failed._get_untold_warning(close)
        return close
