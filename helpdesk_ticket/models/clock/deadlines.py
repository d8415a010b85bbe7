from odoo import api, fields, models
from odoo.fields import Domain

from ..ticket.helpdesk_ticket import PROMISE_PARAMETER
from .helpdesk_deadline import RESULTS


def promised(promise):
    """Return the parameters of a field that says what is promised, in hours."""
    return {"compute": "_compute_hours", PROMISE_PARAMETER: (promise, "hours")}


def said(promise, name):
    """Return the parameters of a field that says what the row of a promise says.

    :param str promise: a value of `promise` of `helpdesk.deadline`
    :param str name: the field of the row
    """

    def search(tickets, operator, value):
        return tickets._search_rows(promise, name, operator, value)

    return {
        "compute": "_compute_promises",
        "compute_sudo": True,
        "search": search,
        PROMISE_PARAMETER: (promise, name),
    }


def overdue(promise):
    """Return the parameters of a field that says whether a promise is overdue."""

    def search(tickets, operator, value):
        return tickets._search_overdue(promise, operator, value)

    return {
        "compute": "_compute_overdue",
        "compute_sudo": True,
        "search": search,
        PROMISE_PARAMETER: (promise, "overdue"),
    }


class HelpdeskTicket(models.Model):
    """What is promised on a ticket and what its deadlines say, for screens, lists,
    mails and programs (T25, T26). How they are counted is in `helpdesk_deadline.py`."""

    _inherit = "helpdesk.ticket"

    due_promise = fields.Selection(
        lambda self: self.env["helpdesk.deadline"]._get_labels(),
        string="Due next",
        compute="_compute_due_promise",
        compute_sudo=True,
    )
    is_overdue = fields.Boolean(
        string="Overdue",
        compute="_compute_overdue",
        compute_sudo=True,
        search="_search_is_overdue",
    )

    # What is promised and what the rows say, for screens, mails and programs.
    answer_hours = fields.Float("First answer within", **promised("answer"))
    action_hours = fields.Float("Next action within", **promised("action"))
    solution_hours = fields.Float("Solution within", **promised("solution"))
    answer_deadline = fields.Datetime("First answer due", **said("answer", "due"))
    action_deadline = fields.Datetime("Next action due", **said("action", "due"))
    solution_deadline = fields.Datetime("Solution due", **said("solution", "due"))
    answer_result = fields.Selection(
        RESULTS, "First answer on time", **said("answer", "result")
    )
    action_result = fields.Selection(
        RESULTS, "Actions on time", **said("action", "result")
    )
    solution_result = fields.Selection(
        RESULTS, "Solution on time", **said("solution", "result")
    )
    action_missed_count = fields.Integer(
        "Late actions",
        **said("action", "late_count"),
        help="How many times the next action was taken after its deadline.",
    )
    answer_overdue = fields.Boolean("First answer overdue", **overdue("answer"))
    action_overdue = fields.Boolean("Next action overdue", **overdue("action"))
    solution_overdue = fields.Boolean("Solution overdue", **overdue("solution"))

    @api.model
    def _get_promise_fields(self, compute):
        """Return the fields that say something of one promise.

        :param str compute: the method that computes them
        :return: list of (name, promise, what it says)
        """
        return [
            (name, *getattr(field, PROMISE_PARAMETER))
            for name, field in self._fields.items()
            if field.compute == compute and hasattr(field, PROMISE_PARAMETER)
        ]

    # ------------------------------------------------------------------
    # What is promised
    # ------------------------------------------------------------------

    @api.depends("sla_id", "company_id")
    def _compute_hours(self):
        named = self._get_promise_fields("_compute_hours")
        for ticket in self:
            # sudo: what is promised is no secret of the settings
            hours = ticket.sudo()._get_terms().hours
            for name, promise, _hours in named:
                ticket[name] = hours[promise]

    # ------------------------------------------------------------------
    # Deadlines
    # ------------------------------------------------------------------

    @api.depends("due_date", "deadline_ids.due")
    def _compute_due_promise(self):
        for ticket in self:
            pending = ticket._get_pending()
            ticket.due_promise = min(pending, key=pending.get, default=False)

    @api.depends("deadline_ids.due", "deadline_ids.late_count", "deadline_ids.result")
    def _compute_promises(self):
        named = self._get_promise_fields("_compute_promises")
        none = self.env["helpdesk.deadline"]
        for ticket in self:
            rows = {row.promise: row for row in ticket.deadline_ids}
            for name, promise, of_row in named:
                ticket[name] = rows.get(promise, none)[of_row]

    @api.model
    def _search_rows(self, promise, name, operator, value):
        """Return the domain of tickets by what the row of a promise says.

        :param str promise: a value of `promise` of `helpdesk.deadline`
        :param str name: a field of `helpdesk.deadline`
        """
        if operator not in ("in", "<", "<=", ">", ">="):
            return NotImplemented
        of_promise = Domain("promise", "=", promise)
        found = Domain(
            "deadline_ids", "any!", of_promise & Domain(name, operator, value)
        )
        if operator == "in" and False in value:
            # Where nothing is promised there may be no row.
            said = of_promise & Domain(name, "!=", False)
            found |= ~Domain("deadline_ids", "any!", said)
        return found

    def _renew_deadlines(self):
        """Choose the policies of open tickets again and count their deadlines anew;
        customers are told of what is promised to them now (T09)."""
        promised = self._get_promised()
        self._choose_policies()
        self.flush_recordset()
        self._note_promises(promised)

    # ------------------------------------------------------------------
    # Overdue: said anew whenever somebody asks
    # ------------------------------------------------------------------

    @api.depends("due_date", "deadline_ids.due")
    def _compute_overdue(self):
        now = fields.Datetime.now()
        named = self._get_promise_fields("_compute_overdue")
        for ticket in self:
            late = {p for p, moment in ticket._get_pending().items() if moment < now}
            ticket.is_overdue = bool(late)
            for name, promise, _overdue in named:
                ticket[name] = promise in late

    @api.model
    def _search_is_overdue(self, operator, value):
        # the next deadline is the earliest one, and has an index
        domain = Domain("due_date", "<", fields.Datetime.now())
        if operator != "in":
            return NotImplemented
        return domain if True in value else ~domain

    @api.model
    def _search_overdue(self, promise, operator, value):
        """Return the domain of tickets for which the deadline of a promise has passed.

        :param str promise: a value of `promise` of `helpdesk.deadline`
        """
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        passed = self._search_rows(promise, "due", "<", now)
        domain = Domain("due_date", "<", now) & passed
        rows = self.env["helpdesk.deadline"]
        if kept_by := rows._get_promises()[promise].kept_by:
            domain &= Domain(kept_by, "=", False)
        return domain if True in value else ~domain
