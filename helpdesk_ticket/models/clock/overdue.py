from odoo import api, fields, models
from odoo.fields import Domain

from .helpdesk_sla import PROMISES


class HelpdeskTicket(models.Model):
    """Which deadlines have passed: said anew whenever somebody asks (T25, T26)."""

    _inherit = "helpdesk.ticket"

    is_overdue = fields.Boolean(
        string="Overdue", compute="_compute_overdue", search="_search_is_overdue"
    )
    answer_overdue = fields.Boolean(
        string="First answer overdue",
        compute="_compute_overdue",
        search="_search_answer_overdue",
    )
    action_overdue = fields.Boolean(
        string="Next action overdue",
        compute="_compute_overdue",
        search="_search_action_overdue",
    )
    solution_overdue = fields.Boolean(
        string="Solution overdue",
        compute="_compute_overdue",
        search="_search_solution_overdue",
    )

    @api.depends("due_date")
    def _compute_overdue(self):
        now = fields.Datetime.now()
        for ticket in self:
            late = {p for p, moment in ticket._get_pending().items() if moment < now}
            ticket.is_overdue = bool(late)
            for promise in PROMISES:
                ticket[f"{promise}_overdue"] = promise in late

    def _search_is_overdue(self, operator, value):
        return self._get_overdue_domain(operator, value, Domain.TRUE)

    def _search_answer_overdue(self, operator, value):
        late = Domain("answer_deadline", "<", fields.Datetime.now())
        unanswered = Domain("answered_date", "=", False)
        return self._get_overdue_domain(operator, value, late & unanswered)

    def _search_action_overdue(self, operator, value):
        late = Domain("action_deadline", "<", fields.Datetime.now())
        return self._get_overdue_domain(operator, value, late)

    def _search_solution_overdue(self, operator, value):
        late = Domain("solution_deadline", "<", fields.Datetime.now())
        return self._get_overdue_domain(operator, value, late)

    @api.model
    def _get_overdue_domain(self, operator, value, which):
        """Return the domain of open tickets for which a deadline has passed.

        The next deadline is the earliest one, and has an index.
        """
        if operator != "in":
            return NotImplemented
        domain = Domain("due_date", "<", fields.Datetime.now()) & which
        return domain if True in value else ~domain
