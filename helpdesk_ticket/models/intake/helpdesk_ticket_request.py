from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.mail import plaintext2html

STATES = [
    ("held", "On hold"),
    ("accepted", "Accepted"),
    ("declined", "Declined"),
    ("discarded", "Discarded"),
]
# Agents may make a ticket of these; the primary contact of the first only.
OPEN_STATES = ("held", "declined")


class HelpdeskTicketRequest(models.Model):
    """A request of somebody who may not open tickets (C07), kept until the primary
    contact or an agent decides.

    Its writer is told politely whom to ask; nothing is lost.
    """

    _name = "helpdesk.ticket.request"
    _description = "Request on Hold"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Subject", required=True, readonly=True)
    text = fields.Text(string="Content", readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Asked by",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    customer_id = fields.Many2one(
        "res.partner",
        compute="_compute_customer_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        help="Whose contact asked, at that time.",
    )
    primary_contact_id = fields.Many2one(
        related="customer_id.primary_contact_id", string="Primary contact"
    )
    channel_id = fields.Many2one("helpdesk.channel", readonly=True)
    state = fields.Selection(
        STATES,
        string="Status",
        required=True,
        readonly=True,
        default="held",
        index=True,
    )
    ticket_id = fields.Many2one(
        "helpdesk.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )
    is_explained = fields.Boolean(
        "Sender was told", readonly=True, help="Whom to ask, by e-mail."
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )

    @api.depends("partner_id")
    def _compute_customer_id(self):
        """Keep the customer whose contact asked: a new employer neither reads nor
        decides it (K11, C07)."""
        for request in self:
            request.customer_id = request.partner_id.commercial_partner_id

    @api.model
    def _hold(self, vals):
        """Keep a request, tell its writer whom to ask, and ask that person.

        :param dict vals: values of the request
        :return: `helpdesk.ticket.request`
        """
        request = self.create(vals)
        request._explain()
        request._ask_primary_contact()
        return request

    def _explain(self):
        """Send the explanation, at most one a day to a person: no loop of answers."""
        self.ensure_one()
        told = self.search_count(
            [
                ("partner_id", "=", self.partner_id.id),
                ("create_date", ">", fields.Datetime.now() - timedelta(days=1)),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        if not told and self.partner_id.email_normalized:
            template = "helpdesk_ticket.mail_template_request_held"
            self.is_explained = self._send_request_mail(template)

    def action_accept(self):
        """Make tickets of the requests after all.

        :return: the ticket's form for one request, an `ir.actions.act_window` as a dict
        """
        # what somebody else decides at this moment is left to them
        undecided = self.try_lock_for_update().filtered(
            lambda request: request._may_accept()
        )
        undecided._accept()
        tickets = undecided.ticket_id
        return tickets.action_open_form() if len(tickets) == 1 else None

    def _may_accept(self):
        """Say whether a ticket may be made of this request; a hook."""
        return self.state in OPEN_STATES

    def _accept(self):
        """Make tickets of these requests; a hook for channels that make them later."""
        for request in self:
            ticket = request._make_ticket()
            request.write({"ticket_id": ticket.id, "state": "accepted"})

    def _make_ticket(self):
        """Return the `helpdesk.ticket` of this request; a hook for other channels."""
        self.ensure_one()
        tickets = self.env["helpdesk.ticket"].with_company(self.company_id)
        stayed = self.partner_id.commercial_partner_id == self.customer_id
        return tickets.create(
            {
                "name": self.name,
                "description": plaintext2html(self.text or ""),
                "partner_id": stayed and self.partner_id.id,
                "customer_id": self.customer_id.id,
                "channel_id": self.channel_id.id,
                "company_id": self.company_id.id,
            }
        )

    def action_discard(self):
        """Decide that the requests become no tickets; they stay readable."""
        self.filtered(lambda request: request.state in OPEN_STATES).state = "discarded"
