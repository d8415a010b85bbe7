from functools import partial
from typing import NamedTuple

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.fields import Command

from ...sla_scope import SCOPE
from ...working_time import (
    PAUSES,
    AroundTheClock,
    Pause,
    WorkingTime,
    deadline,
)
from ..ticket.lifecycle import CLOSED_STATES, LAST_ANSWERS

LABELS = [
    ("answer", "First answer"),
    ("action", "Next action"),
    ("solution", "Solution"),
]
RESULTS = [("kept", "Met"), ("broken", "Missed")]
# What of the log the fields of a ticket are read from.
LOGGED = ("action", "kind", "moment", "state")


class Promise(NamedTuple):
    """What can be promised on a ticket, and all that differs from other promises."""

    hours: str  # the field of policies that says how many
    company_hours: str = ""  # that of companies, for tickets without a policy
    kept_by: str = ""  # the field of tickets with the moment; "": by closing
    pauses: bool = True  # whether its clock stands still while the customer is asked
    repeats: bool = False  # whether each action of ours keeps it, and begins it anew


class Terms(NamedTuple):
    """What is promised to some tickets, and how it counts."""

    hours: dict  # by promise
    calendar: models.BaseModel
    company: models.BaseModel


class HelpdeskTicket(models.Model):
    """Which policy sets the deadlines of a ticket, when they are counted, and from what
    its log says (T25, T26)."""

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
    deadline_ids = fields.One2many(
        "helpdesk.deadline",
        "ticket_id",
        string="Deadlines",
        compute="_compute_deadlines",
        store=True,
    )
    due_date = fields.Datetime(
        string="Next deadline",
        compute="_compute_deadlines",
        store=True,
        copy=False,
        index="btree_not_null",
    )

    event_ids = fields.One2many(
        "helpdesk.ticket.event", "ticket_id", string="What happened", readonly=True
    )

    # What the log says, stored to be searched, sorted and counted
    asked_date = fields.Datetime(
        string="Asked on",
        compute="_compute_from_log",
        store=True,
        copy=False,
        help="Since when the customer waits, if that is before the ticket was opened: "
        "the first message of a split-off ticket, or what was merged into this one. "
        "The deadlines count from then on.",
    )
    answered_date = fields.Datetime(
        string="First answered on", compute="_compute_from_log", store=True, copy=False
    )
    last_action_date = fields.Datetime(
        string="Last action on",
        compute="_compute_from_log",
        store=True,
        copy=False,
        help="When one of us last acted on the ticket: an answer, a question, a note, "
        "time logged, another stage or assignee.",
    )
    closed_date = fields.Datetime(
        string="Closed on",
        compute="_compute_from_log",
        store=True,
        copy=False,
        index="btree_not_null",
        help="When the ticket was closed or cancelled the last time.",
    )
    last_answer = fields.Selection(
        [
            ("nobody", "Nobody answered"),
            ("customer", "Customer answered"),
            ("us", "We answered"),
        ],
        string="Answered last",
        compute="_compute_from_log",
        store=True,
        default="nobody",  # so that a new ticket is written once
        copy=False,
        help="Who wrote last since the ticket was opened: its customer or one of us.",
    )

    @api.depends("company_id", *SCOPE)
    def _compute_sla_id(self):
        """Choose the first policies that fit; closed tickets keep theirs, whatever
        changes, until they are open again (`_choose_policies`)."""
        for company, tickets in self.grouped("company_id").items():
            rules = self.env["helpdesk.sla"]._get_rules(company.id)
            if not (rules or tickets.sla_id):
                tickets.sla_id = False
                continue
            for ticket in tickets:
                own = ticket.sla_id.id
                if not ticket.is_open:
                    ticket.sla_id = own
                    continue
                values = ticket._prepare_sla_values()
                fitting = [
                    rule
                    for rule in rules
                    if all(values[name] & ids for name, ids in rule.scope)
                ]
                # what was promised stays, also by a policy that was archived meanwhile
                kept = [r for r in fitting if r.sla_id == own and not r.active]
                chosen = kept or [rule for rule in fitting if rule.active]
                ticket.sla_id = chosen[0].sla_id if chosen else False

    def _choose_policies(self):
        """Choose the policies of these tickets again, and count their deadlines anew:
        the hours may have changed where the policy has not."""
        self.env.add_to_compute(self._fields["sla_id"], self)
        self.modified(["sla_id"])

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

    @api.depends(
        "is_open",
        *(f"event_ids.{name}" for name in LOGGED),
        *(f"merged_ticket_ids.event_ids.{name}" for name in LOGGED),
    )
    def _compute_from_log(self):
        """Read from the log since when the customer waits (T25), since when the ticket
        is closed, when one of us did something last (T26), when it was answered first
        (T25) and who wrote last (A02).

        What was said in a ticket that was merged into this one was said here: the
        customer of the first of them opened it, those of the others said more. If it
        was still open then, its customer waits here since it was opened.
        """
        closed = self.filtered(lambda ticket: not ticket.is_open)
        pauses = closed._get_pauses() if closed else {}
        for ticket in self:
            known = ticket._origin.with_context(active_test=False)
            own = known.event_ids
            last = pauses[ticket][-1] if pauses.get(ticket) else None
            is_over = last and last.reason == "closed" and not last.end
            ticket.closed_date = last.begin if is_over else False
            ticket.last_action_date = max(
                (event.moment for event in own if event.action), default=False
            )
            merged = known.merged_ticket_ids
            waiting = merged and merged._get_open_when_merged()
            opened = (own | waiting.event_ids).filtered(lambda e: e.kind == "opened")
            asked = opened.mapped("moment") + waiting.mapped("create_date")
            first, created = min(filter(None, asked), default=None), known.create_date
            # the log counts whole seconds
            earlier = first and created and first < created.replace(microsecond=0)
            ticket.asked_date = first if earlier else False
            every = own | merged.event_ids
            ticket.answered_date = min(
                (event.moment for event in every if event.action == "answer"),
                default=False,
            )
            said, opened = "nobody", False
            for event in every.sorted(lambda event: (event.moment, event.id)):
                said = LAST_ANSWERS.get(event.kind, said)
                if event.kind == "opened":
                    said = "customer" if opened else said
                    opened = True
            ticket.last_answer = said

    def _get_open_when_merged(self):
        """Return those of these merged tickets that somebody still waited for."""

        def was_open(ticket):
            rows = ticket.event_ids.filtered(lambda event: event.kind == "merged")
            last = max(rows, key=lambda event: (event.moment, event.id), default=rows)
            return last.state and last.state not in CLOSED_STATES

        return self.filtered(was_open)

    @api.depends(lambda self: self._get_clock_fields())
    def _compute_deadlines(self):
        alike = self.grouped(lambda t: (t.sla_id, t.company_id)).values()
        groups = [(some, some[0]._get_terms()) for some in alike]
        # where nothing was ever promised, there is nothing to count
        promised = [
            (some, terms)
            for some, terms in groups
            if any(terms.hours.values()) or some._origin.deadline_ids
        ]
        rows = self.env["helpdesk.deadline"]
        renewed = rows._renew(promised) if promised else {}
        for ticket in self:
            rows, awaited = renewed.get(ticket, ((), ()))
            ticket.due_date = min(awaited, default=False)
            if not ticket.id:  # a form that is not saved
                ticket.deadline_ids = [Command.clear(), *map(Command.create, rows)]

    @api.model
    def _get_clock_fields(self):
        """Return what the deadlines of a ticket depend on."""
        return (
            "active",
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
            *self.env["helpdesk.deadline"]._get_keeping_fields(),
        )

    def _get_pending(self):
        """Return the deadlines that are still to be kept, by promise."""
        self.ensure_one()
        # sudo: of a ticket that the user may read
        rows = self.sudo().deadline_ids.filtered(lambda row: row._is_pending())
        due = dict(zip(rows.mapped("promise"), rows.mapped("due"), strict=True))
        return {name: due[name] for name in rows._get_promises() if name in due}

    def _get_pauses(self):
        """Return when the clocks of these tickets stood still, as the log says it.

        :return: dict of lists of `Pause` by ticket, the first one first; what began and
            ended in the same second is none
        """
        pauses = {}
        for ticket in self:
            found, begin, reason = [], None, None
            log = ticket._origin.event_ids.filtered("state")
            for event in log.sorted(lambda event: (event.moment, event.id)):
                now = PAUSES.get(event.state)
                if now == reason:
                    continue
                if reason and begin != event.moment:
                    found.append(Pause(begin, event.moment, reason))
                begin, reason = event.moment, now
            if reason:
                found.append(Pause(begin, None, reason))
            pauses[ticket] = found
        return pauses

    def _get_terms(self):
        """Return the Terms of this ticket: of its policy, else of its company."""
        self.ensure_one()
        sla, company = self.sla_id, self.company_id
        promises = self.env["helpdesk.deadline"]._get_promises()
        if sla:
            hours = {name: sla[one.hours] for name, one in promises.items()}
            return Terms(hours, sla.calendar_id, company)
        hours = {
            name: company[one.company_hours] if one.company_hours else 0.0
            for name, one in promises.items()
        }
        return Terms(hours, company.helpdesk_calendar_id, company)

    def _get_opened_date(self):
        """Return since when the customer waits."""
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
    def _get_promises(self):
        """Return what can be promised; a hook for other addons, which add a value of
        `promise` and a field of policies with it.

        :return: dict of Promise by value of `promise`, in the order in which people
            see them
        """
        return {
            "answer": Promise(
                "answer_hours", "helpdesk_answer_hours", "answered_date", pauses=False
            ),
            "action": Promise("action_hours", "helpdesk_action_hours", repeats=True),
            "solution": Promise("solution_hours"),
        }

    @api.model
    def _get_labels(self):
        """Return the promises with their names, as the values of a selection."""
        return self._fields["promise"]._description_selection(self.env)

    @api.model
    def _get_keeping_fields(self):
        """Return the fields of tickets by which promises are kept."""
        promises = self._get_promises().values()
        return tuple(promise.kept_by for promise in promises if promise.kept_by)

    @api.model
    def _renew(self, groups):
        """Count the deadlines of tickets anew; what is settled stays as it is. Each
        calendar is read once.

        :param list groups: of (`helpdesk.ticket` as superuser, their Terms)
        :return: by ticket what its rows say now, as values, and which deadlines are to
            be kept still
        :rtype: dict
        """
        # a ticket in a form that is not saved follows the saved one, and writes nothing
        tickets = self.env["helpdesk.ticket"].concat(*(some for some, _ in groups))
        saved = tickets._origin.deadline_ids
        rows = {(row.ticket_id.id, row.promise): row for row in saved}
        first = min(ticket._get_opened_date() for ticket in tickets)
        promises, pauses = self._get_promises(), tickets._get_pauses()
        renewed, clocks, missing, alarms = {}, {}, [], []
        for some, terms in groups:
            key = terms.calendar, terms.company
            clocks[key] = clock = clocks.get(key) or self._get_clock(terms, first)
            for ticket in some:
                counted, awaited = renewed[ticket] = [], []
                for name, promise in promises.items():
                    row = rows.get((ticket._origin.id, name), self.browse())
                    hours = terms.hours[name]
                    values = row._count(ticket, promise, hours, clock, pauses[ticket])
                    values["promise"] = name
                    counted.append(values)
                    if values["alarm"]:
                        awaited.append(values["alarm"])
                    # of what people were told of already, they are not told again
                    if not ticket.active or values["due"] == row.raised:
                        values["alarm"] = False
                    if not ticket.id:
                        continue
                    alarms.append(values["alarm"])
                    if row:
                        row._write_changed(values)
                    # what was closed before it came here was promised nothing
                    elif values["due"] or (ticket.is_open and hours):
                        missing.append({"ticket_id": ticket.id, **values})
        try:
            self.create(missing)
        except UniqueViolation as error:  # added by somebody else at this moment
            raise ConcurrencyError(str(error)) from error  # so all is done again
        if any(alarms):
            self._announce_alarm(min(filter(None, alarms)))
        return renewed

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

    def _count(self, ticket, promise, hours, clock, pauses):
        """Return the values of a row; the alarm is set even if people were notified of
        it.

        What is settled stays: the outcome is known. A ticket that was waiting when it
        was closed still lacks the deadline that it was closed before.

        :param self: the row, empty for one that there is not yet
        :param Promise promise: what is promised
        :param float hours: within how many
        :param pauses: what `_get_pauses` says of the ticket
        :rtype: dict
        """
        start, breaks = self._get_start(ticket, promise, pauses)
        kept = ticket[promise.kept_by] if promise.kept_by else False
        waited = promise.pauses and any(p.reason == "waiting" for p in pauses)
        ended = not (ticket.is_open or promise.repeats)
        due = False
        if (self.due and (kept or ended)) or (ended and not waited):
            start, due = self.start or start, self.due
        elif hours and (ticket.is_open or not promise.repeats):
            due = deadline(clock, start, round(hours * 3600), breaks) or False
        # The outcome, as soon as it can be said for good. A ticket that was cancelled
        # needs no answer and no solution any more, one that was merged is answered and
        # solved elsewhere (T25).
        closed = ticket.closed_date if not ticket.is_open else False
        elsewhere = ticket.merged_into_id or ticket.duplicate_of_id
        solved = closed if ticket.state == "closed" and not elsewhere else False
        done, result = kept or solved, False
        if promise.repeats:
            if self.late_count:
                result = "broken"
            elif solved and ticket.last_action_date and hours:
                result = "kept"
        elif due and (done or closed):
            late = (done or closed) > due
            result = "broken" if late else "kept" if done else False
        return {
            "start": start,
            "due": due,
            "result": result,
            "alarm": due if ticket.is_open and not kept else False,
        }

    def _write_changed(self, values):
        """Write those values that differ from the row."""
        changed = {name: value for name, value in values.items() if self[name] != value}
        if changed:
            self.write(changed)

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
            or (promise.pauses and pause.reason == "waiting")
        ]
        if not promise.repeats:
            return opened, breaks
        # After a pause it is our turn again, with all the time.
        resumed = [end for _begin, end in breaks if end]
        start = max([opened, ticket.last_action_date or opened, *resumed])
        return start, [pause for pause in breaks if not pause[1]]

    def _is_pending(self):
        """Return whether the row has a deadline that can still be kept."""
        ticket, kept_by = self.ticket_id, self._get_promises()[self.promise].kept_by
        return bool(self.due and ticket.is_open and not (kept_by and ticket[kept_by]))

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
