from typing import NamedTuple

from odoo import api, fields, models

from ...sla_scope import SCOPE
from ...working_time import deadline
from .helpdesk_sla import PROMISES

RESULTS = [("kept", "Kept"), ("broken", "Broken")]


class Terms(NamedTuple):
    """What is promised to some tickets: hours by promise, and how they count."""

    answer: float
    action: float
    solution: float
    calendar: models.BaseModel
    company: models.BaseModel


class HelpdeskTicket(models.Model):
    """Deadlines of a ticket: first answer, next action, solution (T25, T26).

    They are computed from what happened (`actions.py`) and stored as moments.
    Whether one has passed depends on the time of day (`overdue.py`), and is never
    stored.
    """

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
        help="The policy that the deadlines come from; without one, the settings of "
        "the company count.",
    )
    answer_hours = fields.Float(string="First answer within", compute="_compute_hours")
    action_hours = fields.Float(string="Next action within", compute="_compute_hours")
    solution_hours = fields.Float(string="Solution within", compute="_compute_hours")

    answer_deadline = fields.Datetime(
        string="First answer due", compute="_compute_deadlines", store=True, copy=False
    )
    action_deadline = fields.Datetime(
        string="Next action due", compute="_compute_deadlines", store=True, copy=False
    )
    solution_deadline = fields.Datetime(
        string="Solution due", compute="_compute_deadlines", store=True, copy=False
    )
    due_date = fields.Datetime(
        string="Next deadline",
        compute="_compute_due_date",
        store=True,
        copy=False,
        index="btree_not_null",
    )
    due_promise = fields.Selection(
        [
            ("answer", "First answer"),
            ("action", "Next action"),
            ("solution", "Solution"),
        ],
        string="Due next",
        compute="_compute_due_promise",
    )

    action_missed_count = fields.Integer(
        string="Late actions",
        readonly=True,
        copy=False,
        help="How many times the next action came after its deadline.",
    )
    answer_result = fields.Selection(
        RESULTS,
        string="First answer in time",
        compute="_compute_results",
        store=True,
        copy=False,
    )
    action_result = fields.Selection(
        RESULTS,
        string="Actions in time",
        compute="_compute_results",
        store=True,
        copy=False,
    )
    solution_result = fields.Selection(
        RESULTS,
        string="Solution in time",
        compute="_compute_results",
        store=True,
        copy=False,
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
        fitting = [rule for rule in rules if rule.fits(values)]
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

    def _get_terms(self):
        """Return the Terms of this ticket: of its policy, else of its company."""
        self.ensure_one()
        company = self.company_id
        if sla := self.sla_id:
            hours = [sla[name] for name in PROMISES.values()]
            return Terms(*hours, sla.calendar_id, company)
        return Terms(
            company.helpdesk_answer_hours,
            company.helpdesk_action_hours,
            0.0,
            company.helpdesk_calendar_id,
            company,
        )

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

    @api.depends(
        "sla_id",
        "company_id",
        "is_open",
        "sla_pauses",
        "asked_date",
        "answered_date",
        "last_action_date",
    )
    def _compute_deadlines(self):
        clocks = {}
        now = fields.Datetime.now()
        first = min((ticket._get_opened_date() for ticket in self), default=now)
        for terms, tickets in self.grouped(lambda t: t._get_terms()).items():
            key = terms.calendar, terms.company
            if key not in clocks:
                clocks[key] = terms.calendar._get_helpdesk_clock(terms.company, first)
            for ticket in tickets:
                for promise in PROMISES:
                    name = f"{promise}_deadline"
                    ticket[name] = (
                        ticket[name]
                        if ticket._is_settled(promise)
                        else ticket._get_deadline(promise, terms, clocks[key])
                    )

    def _is_settled(self, promise):
        """Say whether the outcome of a promise is known: its deadline stays as it is.

        A ticket that was waiting when it was closed still lacks the deadline that it
        was closed before.
        """
        self.ensure_one()
        if promise == "answer" and self.answered_date and self.answer_deadline:
            return True
        if self.is_open or promise == "action":
            return False
        waited = promise == "solution" and self._get_pauses("waiting")
        return bool(self[f"{promise}_deadline"] or not waited)

    def _get_deadline(self, promise, terms, clock):
        """Return until when a promise is to be kept.

        :param str promise: a key of PROMISES
        :param terms: the Terms of the ticket
        :param clock: what the calendar of the terms gives
        :return: a datetime; False when there is none, or while a pause runs
        """
        hours = getattr(terms, promise)
        if not hours or (promise == "action" and not self.is_open):
            return False
        start, pauses = self._get_start(promise)
        return deadline(clock, start, round(hours * 3600), pauses) or False

    def _get_start(self, promise):
        """Return since when a promise counts.

        :return: the moment, and the pauses after it, as pairs of moments
        """
        self.ensure_one()
        opened = self._get_opened_date().replace(microsecond=0)
        if promise == "answer":
            return opened, self._get_pauses("closed")
        pauses = self._get_pauses("waiting", "closed")
        if promise == "solution":
            return opened, pauses
        # After a pause it is our turn again, with all the time.
        resumed = [end for _begin, end in pauses if end]
        start = max([opened, self.last_action_date or opened, *resumed])
        return start, [pause for pause in pauses if not pause[1]]

    def _get_pending(self):
        """Return the deadlines that are still to be kept, by promise."""
        self.ensure_one()
        if not self.is_open:
            return {}
        return {
            promise: self[f"{promise}_deadline"]
            for promise in PROMISES
            if self[f"{promise}_deadline"]
            and not (promise == "answer" and self.answered_date)
        }

    @api.depends(
        "is_open",
        "answered_date",
        "answer_deadline",
        "action_deadline",
        "solution_deadline",
    )
    def _compute_due_date(self):
        for ticket in self:
            ticket.due_date = min(ticket._get_pending().values(), default=False)

    @api.depends("due_date")
    def _compute_due_promise(self):
        for ticket in self:
            pending = ticket._get_pending()
            ticket.due_promise = min(pending, key=pending.get, default=False)

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
    # Kept or broken
    # ------------------------------------------------------------------

    def _count_late_actions(self, now):
        """Count the actions that come after their deadline.

        :param datetime now: when they were done
        """
        late = self.filtered(
            lambda ticket: ticket.action_deadline and ticket.action_deadline < now
        )
        for count, tickets in late.grouped("action_missed_count").items():
            tickets.action_missed_count = count + 1

    @api.depends(
        "state",
        "closed_date",
        "answered_date",
        "answer_deadline",
        "solution_deadline",
        "action_missed_count",
        "merged_into_id",
        "duplicate_of_id",
    )
    def _compute_results(self):
        """Kept or broken, as soon as it can be said for good.

        A ticket that was cancelled needs no answer and no solution any more.
        """
        for ticket in self:
            ended = ticket.closed_date if not ticket.is_open else False
            # One that was merged is answered and solved elsewhere (T25).
            elsewhere = ticket.merged_into_id or ticket.duplicate_of_id
            is_solved = ticket.state == "closed" and not elsewhere
            solved = ended if is_solved else False
            ticket.answer_result = _get_result(
                ticket.answer_deadline, ticket.answered_date or solved, ended
            )
            ticket.solution_result = _get_result(
                ticket.solution_deadline, solved, ended
            )
            ticket.action_result = False
            if ticket.action_missed_count:
                ticket.action_result = "broken"
            elif solved and ticket.last_action_date and ticket._get_terms().action:
                ticket.action_result = "kept"


def _get_result(moment, done, ended):
    """Return the outcome of a promise.

    :param moment: the deadline, if there is one
    :param done: when it was done, if it was
    :param ended: when the ticket ended, if it has
    """
    if not moment or not (done or ended):
        return False
    if (done or ended) > moment:
        return "broken"
    return "kept" if done else False
