from datetime import timedelta
from functools import partial
from typing import NamedTuple

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.fields import Command
from odoo.tools import SQL

from ...working_time import AroundTheClock, WorkingTime, deadline, find_pauses
from .helpdesk_sla import PROMISES

LABELS = [
    ("answer", "First answer"),
    ("action", "Next action"),
    ("solution", "Solution"),
]
RESULTS = [("kept", "Met"), ("broken", "Missed")]
# In which states the clocks stand still (T25, T26), and why.
PAUSES = {"waiting": "waiting", "closed": "closed", "cancelled": "closed"}
# Rows of one transaction of the escalation.
BATCH = 5000
# An alarm that is nearer could ring before the transaction that relies on it ends.
SOON = timedelta(minutes=10)


class Terms(NamedTuple):
    """What is promised to some tickets: hours by promise, and how they count."""

    answer: float
    action: float
    solution: float
    calendar: models.BaseModel
    company: models.BaseModel


class HelpdeskTicket(models.Model):
    """When the deadlines of a ticket are counted, and from what (T25, T26)."""

    _inherit = "helpdesk.ticket"

    deadline_ids = fields.One2many(
        "helpdesk.deadline",
        "ticket_id",
        string="Deadlines",
        compute="_compute_deadline_ids",
        store=True,
    )
    due_date = fields.Datetime(
        string="Next deadline",
        compute="_compute_due_date",
        store=True,
        copy=False,
        index="btree_not_null",
    )
    answered_date = fields.Datetime(
        string="First answered on", readonly=True, copy=False
    )
    last_action_date = fields.Datetime(
        string="Last action on",
        readonly=True,
        copy=False,
        help="When one of us last acted on the ticket: an answer, a question, a note, "
        "time logged, another stage or assignee.",
    )
    event_ids = fields.One2many(
        "helpdesk.ticket.event", "ticket_id", string="What happened", readonly=True
    )

    @api.depends(
        "active",
        "answered_date",
        "asked_date",
        "closed_date",
        "company_id",
        "duplicate_of_id",
        "event_ids.moment",
        "event_ids.state",
        "is_open",
        "last_action_date",
        "merged_into_id",
        "sla_id",
        "state",
    )
    def _compute_deadline_ids(self):
        for ticket, rows in self.env["helpdesk.deadline"]._renew(self).items():
            if not ticket.id:  # a form that is not saved
                ticket.deadline_ids = [Command.clear(), *map(Command.create, rows)]

    @api.depends("answered_date", "deadline_ids.due", "is_open")
    def _compute_due_date(self):
        for ticket in self:
            ticket.due_date = min(ticket._get_pending().values(), default=False)

    def _get_pending(self):
        """Return the deadlines that are still to be kept, by promise."""
        self.ensure_one()
        # sudo: of a ticket that the user may read
        rows = self.sudo().deadline_ids.filtered(lambda row: row._is_pending())
        due = dict(zip(rows.mapped("promise"), rows.mapped("due"), strict=True))
        return {promise: due[promise] for promise in PROMISES if promise in due}

    def _get_pauses(self):
        """Return when the clocks of these tickets stood still, as the log says it.

        :return: dict of lists of `Pause` by ticket, the first one first
        """
        pauses = {}
        for ticket in self:
            events = ticket._origin.event_ids.filtered("state")
            pauses[ticket] = find_pauses(
                (event.moment, PAUSES.get(event.state))
                for event in events.sorted(lambda event: (event.moment, event.id))
            )
        return pauses

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

    def _get_opened_date(self):
        """Return since when the customer waits: a ticket that was split off since its
        first message was written."""
        return self.asked_date or self.create_date or fields.Datetime.now()


class HelpdeskDeadline(models.Model):
    """Until when a promise of a ticket is to be kept, and what became of it (T25, T26).

    One row for each promise: the first answer, the next action, the solution. `_renew`
    makes and changes them whenever something has happened that they depend on; nobody
    has a right to write them. Whether a deadline has passed depends on the time of day
    and is never stored.
    """

    _name = "helpdesk.deadline"
    _description = "Deadline"
    _order = "id"
    _rec_name = "promise"
    _log_access = False

    ticket_id = fields.Many2one(
        "helpdesk.ticket", required=True, readonly=True, ondelete="cascade"
    )
    promise = fields.Selection(LABELS, required=True, readonly=True)
    start = fields.Datetime(
        string="Counts from", readonly=True, help="Since when the time counts."
    )
    due = fields.Datetime(
        readonly=True,
        help="When the deadline passes. Empty if there is no deadline and while the "
        "clock is paused.",
    )
    result = fields.Selection(
        RESULTS, readonly=True, help="The result, once it is final."
    )
    late_count = fields.Integer(
        string="Late actions",
        readonly=True,
        help="How many times the next action was taken after its deadline.",
    )
    raised = fields.Datetime(
        readonly=True,
        help="The deadline that people were notified of. A different deadline triggers "
        "a new notification.",
    )
    alarm = fields.Datetime(
        readonly=True,
        help="The deadline, while it has to be met and nobody has been notified of it.",
    )

    # also by which the rows of a ticket are found
    _ticket_promise_uniq = models.Constraint(
        "UNIQUE(ticket_id, promise)", "The ticket has this deadline already."
    )
    _alarm_idx = models.Index("(alarm) WHERE alarm IS NOT NULL")

    # ------------------------------------------------------------------
    # Counting
    # ------------------------------------------------------------------

    @api.model
    def _renew(self, tickets):
        """Count the deadlines of tickets anew; what is settled stays as it is.

        :param tickets: `helpdesk.ticket` as superuser
        :return: what the rows of each ticket say now, as lists of values
        :rtype: dict
        """
        # a ticket in a form that is not saved follows the saved one, and writes nothing
        saved = tickets._origin.deadline_ids
        rows = {(row.ticket_id.id, row.promise): row for row in saved}
        pauses = tickets._get_pauses()
        renewed, missing, alarms = {}, [], []
        for ticket, terms, clock in self._get_clocks(tickets):
            counted = renewed[ticket] = []
            for promise in PROMISES:
                row = rows.get((ticket._origin.id, promise), self.browse())
                values = row._count(ticket, promise, terms, clock, pauses[ticket])
                counted.append(values)
                # what was closed before it came here was promised nothing
                promised = ticket.is_open and getattr(terms, promise)
                if row and ticket.id:
                    row._write_changed(values)
                elif ticket.id and (values["due"] or promised):
                    missing.append({"ticket_id": ticket.id, **values})
                if values["alarm"] and ticket.id:
                    alarms.append(values["alarm"])
        try:
            self.create(missing)
        except UniqueViolation as error:  # added by somebody else at this moment
            raise ConcurrencyError(str(error)) from error  # so all is done again
        if alarms:
            self._announce_alarm(min(alarms))
        return renewed

    @api.model
    def _get_clocks(self, tickets):
        """Say by which Terms and clock the deadlines of tickets are counted; each
        calendar is read once.

        :return: iterator of (ticket, Terms, AroundTheClock or WorkingTime)
        """
        first = min((ticket._get_opened_date() for ticket in tickets), default=None)
        clocks = {}
        for terms, group in tickets.grouped(lambda t: t._get_terms()).items():
            key = terms.calendar, terms.company
            if key not in clocks:
                clocks[key] = self._get_clock(terms, first)
            for ticket in group:
                yield ticket, terms, clocks[key]

    @api.model
    def _get_clock(self, terms, first):
        """Return the clock that promises are counted with.

        :param terms: Terms: whose calendar, and whose public holidays
        :param datetime first: the earliest moment that will be asked for
        :return: a WorkingTime, without a calendar an AroundTheClock
        """
        if not terms.calendar:
            return AroundTheClock()
        read = partial(terms.calendar._read_helpdesk_intervals, terms.company)
        return WorkingTime(read, first)

    def _count(self, ticket, promise, terms, clock, pauses):
        """Return what a row is to say.

        :param self: the row, empty for one that there is not yet
        :param pauses: what `_get_pauses` says of the ticket
        :rtype: dict
        """
        hours = getattr(terms, promise)
        start, breaks = self._get_start(ticket, promise, pauses)
        due = False
        if self._is_settled(ticket, promise, pauses):
            start, due = self.start or start, self.due
        elif hours and (promise != "action" or ticket.is_open):
            due = deadline(clock, start, round(hours * 3600), breaks) or False
        is_silent = not ticket.active or due == self.raised
        return {
            "promise": promise,
            "start": start,
            "due": due,
            "result": self._get_result(ticket, promise, due, hours),
            "alarm": due
            if self._is_awaited(ticket, promise) and not is_silent
            else False,
        }

    def _write_changed(self, values):
        """Write what is not so yet."""
        changed = {name: value for name, value in values.items() if self[name] != value}
        if changed:
            self.write(changed)

    def _is_settled(self, ticket, promise, pauses):
        """Say whether the outcome of a promise is known: its deadline stays as it is.

        A ticket that was waiting when it was closed still lacks the deadline that it
        was closed before.
        """
        if promise == "answer" and ticket.answered_date and self.due:
            return True
        if ticket.is_open or promise == "action":
            return False
        waited = promise == "solution" and any(p.reason == "waiting" for p in pauses)
        return bool(self.due or not waited)

    @api.model
    def _get_start(self, ticket, promise, pauses):
        """Return since when a promise counts.

        Being closed now is no pause: the clocks have stopped for good.

        :return: the moment, and the pauses after it, as pairs of moments
        """
        opened = ticket._get_opened_date().replace(microsecond=0)
        breaks = [
            (pause.begin, pause.end)
            for pause in pauses
            if (pause.end and pause.reason == "closed")
            or (promise != "answer" and pause.reason == "waiting")
        ]
        if promise != "action":
            return opened, breaks
        # After a pause it is our turn again, with all the time.
        resumed = [end for _begin, end in breaks if end]
        start = max([opened, ticket.last_action_date or opened, *resumed])
        return start, [pause for pause in breaks if not pause[1]]

    @api.model
    def _is_awaited(self, ticket, promise):
        """Say whether a promise is still to be kept, if there is one."""
        return ticket.is_open and not (promise == "answer" and ticket.answered_date)

    def _is_pending(self):
        """Say whether there is a deadline that is still to be kept."""
        return bool(self.due and self._is_awaited(self.ticket_id, self.promise))

    # ------------------------------------------------------------------
    # Kept or broken
    # ------------------------------------------------------------------

    def _get_result(self, ticket, promise, due, hours):
        """Return the outcome of a promise, as soon as it can be said for good.

        A ticket that was cancelled needs no answer and no solution any more.
        """
        ended = ticket.closed_date if not ticket.is_open else False
        # One that was merged is answered and solved elsewhere (T25).
        elsewhere = ticket.merged_into_id or ticket.duplicate_of_id
        solved = ended if ticket.state == "closed" and not elsewhere else False
        if promise == "action":
            if self.late_count:
                return "broken"
            return "kept" if solved and ticket.last_action_date and hours else False
        done = (promise == "answer" and ticket.answered_date) or solved
        if not due or not (done or ended):
            return False
        if (done or ended) > due:
            return "broken"
        return "kept" if done else False

    def _count_late(self, now):
        """Count the actions that come after their deadline.

        :param datetime now: when they were done
        """
        late = self.filtered(
            lambda row: row.promise == "action" and row.due and row.due < now
        )
        for count, rows in late.grouped("late_count").items():
            rows.write({"late_count": count + 1, "result": "broken"})

    # ------------------------------------------------------------------
    # The alarm
    # ------------------------------------------------------------------

    @api.model
    def _announce_alarm(self, moment):
        """Set the alarm for a deadline when the transaction ends, once for all."""
        precommit = self.env.cr.precommit
        known = precommit.data.get("helpdesk_escalation")
        precommit.data["helpdesk_escalation"] = min(moment, known or moment)
        if not known:
            model = self.env[self._name]

            def announce():
                model._set_alarm(precommit.data.pop("helpdesk_escalation"))

            precommit.add(announce)

    @api.model
    def _set_alarm(self, moment):
        """Let the escalation run at a moment, unless it will run before anyway: each
        run sets the alarm for the next deadline."""
        cron = self.env.ref(
            "helpdesk_ticket.ir_cron_escalate", raise_if_not_found=False
        )
        if not cron:
            return
        # sudo: alarms are technical records
        alarms = self.env["ir.cron.trigger"].sudo()
        now = fields.Datetime.now()
        earlier = [
            ("cron_id", "=", cron.id),
            ("call_at", ">", now + SOON),
            ("call_at", "<=", moment),
        ]
        if moment <= now + SOON or not alarms.search_count(earlier, limit=1):
            cron._trigger(max(moment, now))

    @api.model
    def _cron_escalate(self):
        """Raise all deadlines that have passed, each once, then sleep until the next.

        What is due is found by an index and marked in one statement, and people are
        told in the same transaction: after a crash the batch is as if it had never
        begun.
        """
        now = fields.Datetime.now()
        progress = self.env["ir.cron"]
        progress._commit_progress(remaining=self.search_count([("alarm", "<=", now)]))
        told = set()
        while raised := self._mark_due(now):
            told |= self.env["helpdesk.ticket"]._tell(raised, told)
            if not progress._commit_progress(sum(map(len, raised.values()))):
                return
        coming = self.search([("alarm", "!=", False)], order="alarm", limit=1)
        if coming:
            # What is due still was locked by somebody who edits its ticket.
            soonest = fields.Datetime.now() + timedelta(minutes=1)
            self._set_alarm(max(coming.alarm, soonest))
        progress._commit_progress(remaining=0)

    @api.model
    def _mark_due(self, now):
        """Mark the next passed deadlines as raised, with all others of their tickets.

        SQL, because each row keeps its own deadline as the mark, which one ORM write
        cannot say, and there may be a million rows.

        :param datetime now: deadlines up to this moment have passed
        :return: dict of the promises to raise, by id of the ticket
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH next AS (
                    SELECT ticket_id
                      FROM helpdesk_deadline
                     WHERE alarm <= %(now)s
                     ORDER BY alarm
                     LIMIT %(batch)s
                ), passed AS (
                    SELECT id
                      FROM helpdesk_deadline
                     WHERE alarm <= %(now)s
                       AND ticket_id IN (SELECT ticket_id FROM next)
                       FOR NO KEY UPDATE SKIP LOCKED
                )
                UPDATE helpdesk_deadline d
                   SET raised = d.due, alarm = NULL
                  FROM passed
                 WHERE d.id = passed.id
             RETURNING d.ticket_id, d.promise, d.id
                """,
                now=now,
                batch=BATCH,
            )
        )
        self.browse(id_ for *_row, id_ in rows).invalidate_recordset(
            ["raised", "alarm"]
        )
        found = {}
        for ticket_id, promise, _id in rows:
            found.setdefault(ticket_id, set()).add(promise)
        return {
            ticket_id: [promise for promise in PROMISES if promise in promises]
            for ticket_id, promises in found.items()
        }
