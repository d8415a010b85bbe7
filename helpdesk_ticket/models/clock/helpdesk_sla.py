from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from ...sla_scope import SCOPE

MAX_HOURS = 8760


class SlaRule(NamedTuple):
    """Which tickets a policy applies to, in a form that is fast to compare: tickets
    that have one of the ids in each field of the scope."""

    sla_id: int
    active: bool
    scope: tuple  # pairs: field of the ticket, ids of which it must have one


class HelpdeskSla(models.Model):
    """The hours promised until answer, next action and solution (T25, T26).

    The first active policy in the list that matches a ticket applies, and defines all
    of its deadlines; for tickets without one, the company's settings apply.
    """

    _name = "helpdesk.sla"
    _description = "Service Level Policy"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="The first policy in the list that matches a ticket applies."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    answer_hours = fields.Float(
        string="First answer within",
        help="Hours from opening the ticket until the first answer. 0: no deadline.",
    )
    action_hours = fields.Float(
        string="Next action within",
        help="The longest time that an open ticket may go without any action of ours. "
        "0: no deadline.",
    )
    solution_hours = fields.Float(
        string="Solution within",
        help="Hours from opening the ticket until it is closed, not counting time "
        "spent waiting for the customer. 0: no deadline.",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working hours",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Hours are counted in the working hours of this calendar, excluding its "
        "holidays. Leave empty to count around the clock.",
    )
    # Without restrict, deleting the last value of a scope would extend it to all.
    type_ids = fields.Many2many(
        "helpdesk.ticket.type",
        string="Request types",
        ondelete="restrict",
        check_company=True,
    )
    topic_ids = fields.Many2many(
        "helpdesk.ticket.topic",
        string="Topic groups",
        ondelete="restrict",
        check_company=True,
        help="With all topic groups below them.",
    )
    severity_ids = fields.Many2many(
        "helpdesk.ticket.severity",
        string="Severities",
        ondelete="restrict",
        check_company=True,
    )
    customer_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        check_company=True,
        domain="[('parent_id', '=', False)]",
    )
    team_ids = fields.Many2many(
        "helpdesk.team", string="Teams", ondelete="restrict", check_company=True
    )
    open_ticket_count = fields.Integer(
        string="Open tickets", compute="_compute_open_ticket_count"
    )
    recompute_progress = fields.Float(
        string="Open tickets updated", compute="_compute_recompute_progress"
    )

    def _compute_open_ticket_count(self):
        counts = dict(
            self.env["helpdesk.ticket"]._read_group(
                [("sla_id", "in", self.ids), ("is_open", "=", True)],
                ["sla_id"],
                ["__count"],
            )
        )
        for sla in self:
            sla.open_ticket_count = counts.get(sla._origin, 0)

    def _compute_recompute_progress(self):
        """Compute how many of the open tickets are updated after the last change, in
        percent."""
        # sudo: only the progress of the jobs
        jobs = self.env["helpdesk.sla.recompute"].sudo()
        shares = {
            job.sla_id.id: job._get_progress()
            for job in jobs.search([("sla_id", "in", self.ids)])
        }
        for sla in self:
            sla.recompute_progress = shares.get(sla._origin.id, 100)

    @api.model
    def _get_hours_fields(self):
        """Return the names of the fields with promised hours."""
        promises = self.env["helpdesk.deadline"]._get_promises()
        return [promise.hours for promise in promises.values()]

    @api.constrains(lambda self: self._get_hours_fields())
    def _check_hours(self):
        for sla in self:
            self._check_promised_hours(sla[name] for name in self._get_hours_fields())
            if 0 < sla.solution_hours < sla.answer_hours:
                raise ValidationError(
                    self.env._(
                        "“%(policy)s” promises the solution before the first answer. "
                        "Enter at least as many hours for the solution.",
                        policy=sla.name,
                    )
                )

    @api.model
    def _check_promised_hours(self, values):
        """Refuse numbers of hours that are impossible.

        :raise ValidationError: with a sentence about what to enter
        """
        if any(not 0 <= hours <= MAX_HOURS for hours in values):
            raise ValidationError(
                self.env._(
                    "Enter a number of hours between 0 and %(maximum)s; 0 means no "
                    "deadline.",
                    maximum=MAX_HOURS,
                )
            )

    @api.constrains("calendar_id")
    def _check_calendar_id(self):
        for sla in self:
            sla.calendar_id._check_helpdesk_hours(sla.company_id)

    @api.model
    @tools.ormcache("company_id")
    def _get_rules(self, company_id):
        """Return the policies of a company in their order, archived ones too.

        :param int company_id: id of a `res.company`
        :return: a tuple of SlaRule
        """
        # sudo: contracts and customers are compared by id only
        policies = self.sudo().with_context(active_test=False)
        return tuple(
            SlaRule(
                sla.id,
                sla.active,
                tuple(
                    (name, frozenset(sla[names].ids))
                    for name, names in SCOPE.items()
                    if sla[names]
                ),
            )
            for sla in policies.search([("company_id", "=", company_id)])
        )

    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        policies._update_open_tickets(everywhere=True)
        return policies

    def write(self, vals):
        companies = self.company_id
        res = super().write(vals)
        choice = {"sequence", "active", "company_id", *SCOPE.values()} & vals.keys()
        # Tickets with an archived policy keep their promises.
        if choice and vals.get("active", True):
            self._update_open_tickets(everywhere=True)
        elif {"calendar_id", *self._get_hours_fields()} & vals.keys():
            self._update_open_tickets()
        elif choice:
            self.env.registry.clear_cache()
        for company in companies - self.company_id:  # its tickets lose a promise
            self.env["helpdesk.sla.recompute"]._request(company, everywhere=True)
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # sudo: tickets of other teams keep their promises too
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        if used := tickets.search([("sla_id", "in", self.ids)], limit=1).sla_id:
            raise UserError(
                self.env._(
                    "“%(policy)s” is used by tickets. Archive it instead: they keep "
                    "their deadlines, and new tickets do not get it.",
                    policy=used.name,
                )
            )

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
        return res

    def _update_open_tickets(self, everywhere=False):
        """Update the open tickets after a change, in the background.

        :param bool everywhere: whether tickets without these policies can be affected
            too
        """
        self.env.registry.clear_cache()
        for sla in self:
            self.env["helpdesk.sla.recompute"]._request(
                sla.company_id, sla, everywhere=everywhere
            )

    def action_view_tickets(self):
        """Open the tickets that have this policy.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_ticket.action_helpdesk_ticket"
        )
        action["display_name"] = self.name
        action["domain"] = [("sla_id", "=", self.id)]
        return action
