from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class HelpdeskTicket(models.Model):
    """What a customer asked, what we promised and what we do about it."""

    _name = "helpdesk.ticket"
    _inherit = [
        "helpdesk.private.mixin",
        "helpdesk.assignment.mixin",
        "helpdesk.escalation.mixin",
        "helpdesk.sla.explain.mixin",
        "helpdesk.document.mixin",
        "helpdesk.lifecycle.mixin",
        "helpdesk.closing.mixin",
        "helpdesk.follow.up.mixin",
        "helpdesk.merge.mixin",
        "helpdesk.split.mixin",
        "helpdesk.mail.mixin",
        "helpdesk.notice.mixin",
        "helpdesk.number.mixin",
        "helpdesk.queue.mixin",
        "helpdesk.requester.mixin",
        "helpdesk.service.order.mixin",
        "mail.tracking.duration.mixin",
    ]
    _description = "Helpdesk Ticket"
    _order = "id desc"
    _rec_names_search = ["number", "name"]
    _check_company_auto = True
    _primary_email = "partner_email"
    _track_duration_field = "stage_id"

    name = fields.Char(string="Subject", required=True, tracking=True, index="trigram")
    description = fields.Html(string="Content", sanitize_style=True, index="trigram")
    active = fields.Boolean(default=True)
    create_date = fields.Datetime(string="Opened on", readonly=True, index=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )

    # What it is about (T02, T03, T04, C03)
    type_id = fields.Many2one(
        "helpdesk.ticket.type",
        string="Request type",
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    topic_id = fields.Many2one(
        "helpdesk.ticket.topic",
        string="Topic group",
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    severity_id = fields.Many2one(
        "helpdesk.ticket.severity",
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    severity_color = fields.Integer(related="severity_id.color")
    tag_ids = fields.Many2many("helpdesk.ticket.tag", string="Tags")
    channel_id = fields.Many2one(
        "helpdesk.channel",
        index="btree_not_null",
        check_company=True,
        help="How the request reached the helpdesk.",
    )

    # What it belongs to (T11, T12)
    project_id = fields.Many2one(
        "project.project",
        compute="_compute_project_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        tracking=True,
        domain="[('is_template', '=', False), '|', ('partner_id', '=', False), "
        "('partner_id', 'child_of', customer_id)]",
    )
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
    timesheet_ids = fields.One2many("account.analytic.line", "helpdesk_ticket_id")
    hours_spent = fields.Float(
        compute="_compute_hours_spent",
        store=True,
        help="The hours logged on this ticket.",
    )

    # Loads, dashboard and lists ask for open tickets; most of a database are closed.
    _open_idx = models.Index(
        "(team_id, user_id, state) WHERE is_open IS TRUE AND active IS TRUE"
    )

    # The lists of the daily work show and count the open tickets, the last ones first.
    _open_last_idx = models.Index("(id) WHERE is_open IS TRUE AND active IS TRUE")
    _number_uniq = models.Constraint(
        "UNIQUE(number)", "Another ticket already has this reference number."
    )

    @api.depends("number", "name")
    def _compute_display_name(self):
        for ticket in self:
            if ticket.number == "/":
                ticket.display_name = self.env._("New ticket")
            else:
                ticket.display_name = f"[{ticket.number}] {ticket.name or ''}".strip()

    @api.depends("team_id")
    def _compute_project_id(self):
        for ticket in self:
            ticket.project_id = ticket.project_id or ticket.team_id.project_id

    @api.depends("customer_id")
    def _compute_contract_id(self):
        """Let go of a contract that is not the new customer's."""
        for ticket in self:
            contract = ticket.contract_id
            # sudo: whether the contract is the customer's, whoever looks at the ticket
            owner = contract.sudo().commercial_partner_id
            same = owner == ticket.customer_id.commercial_partner_id
            ticket.contract_id = contract if same else False

    @api.depends("timesheet_ids.unit_amount")
    def _compute_hours_spent(self):
        # sudo: the sum of all hours, also of colleagues whose lines are hidden
        lines = self.env["account.analytic.line"].sudo()
        hours = dict(
            lines._read_group(
                [("helpdesk_ticket_id", "in", self.ids)],
                ["helpdesk_ticket_id"],
                ["unit_amount:sum"],
            )
        )
        for ticket in self:
            ticket.hours_spent = hours.get(ticket._origin, 0.0)

    @api.constrains("contract_id", "customer_id")
    def _check_contract_id(self):
        for ticket in self.filtered("contract_id"):
            # sudo: compares owners only; the user may not be allowed to read contracts
            owner = ticket.contract_id.sudo().commercial_partner_id
            if owner != ticket.customer_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "The contract belongs to %(owner)s, the ticket to another "
                        "customer. Choose one of the customer's own contracts.",
                        owner=owner.display_name,
                    )
                )

    @api.model
    def _get_contract_domain(self, customer):
        """Return which contracts can cover a customer's ticket (T12).

        :param customer: `res.partner`
        :rtype: Domain
        """
        return (
            Domain("contract_type", "=", "sale")
            & Domain("commercial_partner_id", "=", customer.commercial_partner_id.id)
            & Domain("date_start", "<=", "today")
            & (Domain("date_end", "=", False) | Domain("date_end", ">=", "today"))
        )

    @api.model_create_multi
    def create(self, vals_list):
        numbers = self._next_numbers(vals_list)
        tickets = super().create(
            [
                {**self._prepare_new_values(vals), "number": number}
                for vals, number in zip(vals_list, numbers, strict=True)
            ]
        )
        tickets._update_partner_subscription()
        tickets.filtered("user_id")._move("assigned")
        if not self.env.su and self.env.user._is_internal():
            tickets.filtered("company_id.helpdesk_auto_read")._move("opened")
        if self._may_acknowledge():
            tickets._acknowledge_opening()
            tickets._announce_creation()
        return tickets

    @api.model
    def _prepare_new_values(self, vals):
        """Complete the values of a new ticket that names its company (T23)."""
        if vals.get("company_id") and "user_id" not in vals:
            company = self.env["res.company"].browse(vals["company_id"])
            vals = {"user_id": self._default_user_id(company).id, **vals}
        return self._clean_sender_values(vals)

    def write(self, vals):
        if self._leaves_sight(vals):
            return self._hand_over(vals)
        unassigned = self.filtered(lambda ticket: not ticket.user_id)
        partners = {ticket: ticket.partner_id for ticket in self}
        res = super().write(self._clean_sender_values(vals))
        if vals.get("user_id"):
            unassigned._move("assigned")
        elif "user_id" in vals:
            (self - unassigned)._move("unassigned")
        if {"partner_id", "notify_partner"} & vals.keys():
            self._update_partner_subscription(partners)
        return res

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        for ticket, vals in zip(self, vals_list, strict=True):
            vals.setdefault("name", ticket.name)
        return vals_list

    def action_open_form(self):
        """Open the whole form of a ticket that was made in a dialog.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }
