from odoo import api, fields, models
from odoo.fields import Domain

from ...sla_scope import SCOPE
from .helpdesk_deadline import LABELS, RESULTS
from .helpdesk_sla import PROMISES


class HelpdeskTicket(models.Model):
    """What is promised on a ticket, what its deadlines say, and what is done on it, as
    far as they depend on it (T25, T26)."""

    _inherit = "helpdesk.ticket"

    sla_id = fields.Many2one(
        "helpdesk.sla",
        string="Service level",
        compute="_compute_sla_id",
        store=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The policy that sets the deadlines. Without one, the settings of the "
        "company apply.",
    )
    answer_hours = fields.Float(string="First answer within", compute="_compute_hours")
    action_hours = fields.Float(string="Next action within", compute="_compute_hours")
    solution_hours = fields.Float(string="Solution within", compute="_compute_hours")

    due_promise = fields.Selection(
        LABELS,
        string="Due next",
        compute="_compute_due_promise",
        compute_sudo=True,
    )
    # What the rows say, one field each, for screens, mails and programs.
    answer_deadline = fields.Datetime(
        string="First answer due",
        compute="_compute_promises",
        compute_sudo=True,
        search="_search_answer_deadline",
    )
    action_deadline = fields.Datetime(
        string="Next action due",
        compute="_compute_promises",
        compute_sudo=True,
        search="_search_action_deadline",
    )
    solution_deadline = fields.Datetime(
        string="Solution due",
        compute="_compute_promises",
        compute_sudo=True,
        search="_search_solution_deadline",
    )
    answer_result = fields.Selection(
        RESULTS,
        string="First answer on time",
        compute="_compute_promises",
        compute_sudo=True,
        search="_search_answer_result",
    )
    action_result = fields.Selection(
        RESULTS,
        string="Actions on time",
        compute="_compute_promises",
        compute_sudo=True,
        search="_search_action_result",
    )
    solution_result = fields.Selection(
        RESULTS,
        string="Solution on time",
        compute="_compute_promises",
        compute_sudo=True,
        search="_search_solution_result",
    )
    action_missed_count = fields.Integer(
        string="Late actions",
        compute="_compute_promises",
        compute_sudo=True,
        help="How many times the next action was taken after its deadline.",
    )
    is_overdue = fields.Boolean(
        string="Overdue",
        compute="_compute_overdue",
        compute_sudo=True,
        search="_search_is_overdue",
    )
    answer_overdue = fields.Boolean(
        string="First answer overdue",
        compute="_compute_overdue",
        compute_sudo=True,
        search="_search_answer_overdue",
    )
    action_overdue = fields.Boolean(
        string="Next action overdue",
        compute="_compute_overdue",
        compute_sudo=True,
        search="_search_action_overdue",
    )
    solution_overdue = fields.Boolean(
        string="Solution overdue",
        compute="_compute_overdue",
        compute_sudo=True,
        search="_search_solution_overdue",
    )

    # ------------------------------------------------------------------
    # What is promised
    # ------------------------------------------------------------------

    @api.depends("company_id", "is_open", *SCOPE)
    def _compute_sla_id(self):
        """Choose the policies; closed tickets keep theirs, whatever changes."""
        for company, tickets in self.grouped("company_id").items():
            rules = self.env["helpdesk.sla"]._get_rules(company.id)
            for ticket in tickets:
                ticket.sla_id = (
                    ticket._choose_sla(rules) if ticket.is_open else ticket.sla_id
                )

    def _choose_sla(self, rules):
        """Return the first policy that fits this ticket.

        What was promised stays: a policy that the ticket has and that was archived
        meanwhile goes on to count for as long as it fits.

        :param rules: the SlaRule of the company
        :return: id of a `helpdesk.sla`, or False
        """
        values = self._prepare_sla_values()
        own = self.sla_id.id
        fitting = [
            rule
            for rule in rules
            if all(values[name] & ids for name, ids in rule.scope)
        ]
        kept = [rule for rule in fitting if rule.sla_id == own and not rule.active]
        chosen = kept or [rule for rule in fitting if rule.active]
        return chosen[0].sla_id if chosen else False

    def _prepare_sla_values(self):
        """Return what the scope of policies is compared with; a hook for other addons.

        :return: set of ids by field of the ticket
        """
        self.ensure_one()
        values = {name: set(self[name]._origin.ids) for name in SCOPE}
        # A policy for a topic group is for those below it, one for a company for all
        # its people.
        values["topic_id"] = {
            int(part) for part in (self.topic_id.parent_path or "").split("/") if part
        }
        values["customer_id"].update(self.customer_id.commercial_partner_id._origin.ids)
        return values

    @api.depends("sla_id", "company_id")
    def _compute_hours(self):
        for ticket in self:
            # sudo: what is promised is no secret of the settings
            terms = ticket.sudo()._get_terms()
            for promise, name in PROMISES.items():
                ticket[name] = getattr(terms, promise)

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
        none = self.env["helpdesk.deadline"]
        for ticket in self:
            rows = {row.promise: row for row in ticket.deadline_ids}
            answer, action, solution = (rows.get(name, none) for name in PROMISES)
            ticket.answer_deadline = answer.due
            ticket.answer_result = answer.result
            ticket.action_deadline = action.due
            ticket.action_result = action.result
            ticket.action_missed_count = action.late_count
            ticket.solution_deadline = solution.due
            ticket.solution_result = solution.result

    def _search_answer_deadline(self, operator, value):
        return self._search_rows("answer", "due", operator, value)

    def _search_action_deadline(self, operator, value):
        return self._search_rows("action", "due", operator, value)

    def _search_solution_deadline(self, operator, value):
        return self._search_rows("solution", "due", operator, value)

    def _search_answer_result(self, operator, value):
        return self._search_rows("answer", "result", operator, value)

    def _search_action_result(self, operator, value):
        return self._search_rows("action", "result", operator, value)

    def _search_solution_result(self, operator, value):
        return self._search_rows("solution", "result", operator, value)

    @api.model
    def _search_rows(self, promise, name, operator, value):
        """Return the domain of tickets by what the row of a promise says.

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
        self.env.add_to_compute(self._fields["sla_id"], self)
        # The hours may have changed where the policy has not.
        self.modified(["sla_id"])
        self.flush_recordset()
        self._note_promises(promised)

    # ------------------------------------------------------------------
    # Overdue: said anew whenever somebody asks
    # ------------------------------------------------------------------

    @api.depends("due_date", "deadline_ids.due")
    def _compute_overdue(self):
        now = fields.Datetime.now()
        for ticket in self:
            late = {p for p, moment in ticket._get_pending().items() if moment < now}
            ticket.is_overdue = bool(late)
            ticket.answer_overdue = "answer" in late
            ticket.action_overdue = "action" in late
            ticket.solution_overdue = "solution" in late

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

    # ------------------------------------------------------------------
    # What happened
    # ------------------------------------------------------------------

    def _record_note(self, message):
        """Write down that one of us wrote a note."""
        if self._is_note_of_agent(message):
            self._record_action()

    def _is_note_of_agent(self, message):
        """Say whether a message is an internal note that one of us wrote."""
        # sudo: the subtype and the author's users are technical records
        message = message.sudo()
        internal = message.is_internal or message.subtype_id.internal
        by_person = message.message_type in ("comment", "email")
        return by_person and internal and self._is_agent(message.author_id)

    def _record_action(self, answered=False):
        """Write down that one of us did something for these tickets (T25, T26).

        :param bool answered: whether the customer has an answer now
        """
        now = fields.Datetime.now()
        # sudo: the clock counts whoever acts, also who may not edit tickets
        tickets = self.sudo()
        raised = tickets._get_raised()
        tickets.deadline_ids._count_late(now)  # before the facts change: due until now
        acting = tickets.filtered("is_open")
        acting.last_action_date = now
        if answered:
            acting.filtered(lambda t: not t.answered_date).answered_date = now
        raised._drop_settled_activities()

    # ------------------------------------------------------------------
    # Settling
    # ------------------------------------------------------------------

    def _get_raised(self):
        """Return those of these tickets of which people were told that they are late,
        and which are so still."""
        return self.deadline_ids.filtered(
            lambda row: row.raised and row.raised == row.due and row._is_pending()
        ).ticket_id

    def _settle_moved(self):
        """Take the activity off tickets that were closed or wait now."""
        # sudo: what is done is done, whoever has closed the ticket
        rows = self.env["helpdesk.deadline"].sudo()
        raised = [("ticket_id", "in", self.ids), ("raised", "!=", False)]
        if tickets := rows.search(raised).ticket_id:
            tickets._drop_settled_activities()

    def _drop_settled_activities(self):
        """Take the activity off tickets that are late with nothing any more."""
        (self - self._get_raised()).activity_unlink(
            ["helpdesk_ticket.mail_activity_type_overdue"]
        )
