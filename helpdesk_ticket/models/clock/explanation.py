from datetime import timedelta

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.tools import format_datetime, groupby

from ...sla_scope import SCOPE
from ...working_time import stretches

MOMENT = "EEE d MMM y, HH:mm"
# Days of working time, pauses, or holidays that are listed one by one.
LISTED = 8


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    def get_deadline_explanation(self, promise):
        """Explain a deadline to the user.

        :param str promise: "answer", "action" or "solution"
        :return: dict with the `title`, the `result` (a sentence) and its `tone`, and
            `steps`: dicts with `title` and `lines`, each a sentence
        :raise AccessError: for those who may not read the ticket or our policies, such
            as the ticket's own customer in the portal
        """
        self.ensure_one()
        self.check_access("read")
        self.env["helpdesk.sla"].check_access("read")
        # sudo: what the deadline of a ticket that the user may read follows from
        rows = self.sudo().deadline_ids
        if promise not in rows._get_promises():
            raise ValueError(f"Nothing is promised about {promise}.")
        row = rows.filtered(lambda row: row.promise == promise)
        return (row or row.new({"ticket_id": self.id, "promise": promise}))._explain()


class HelpdeskDeadline(models.Model):
    """Explains each deadline in sentences (T25, T26)."""

    _inherit = "helpdesk.deadline"

    def _explain(self):
        """Explain the deadline; see `get_deadline_explanation`."""
        self.ensure_one()
        ticket = self.ticket_id
        terms = ticket._get_terms()
        [pauses] = ticket._get_pauses().values()
        promise = self._get_promises()[self.promise]
        since, breaks = self._get_start(ticket, promise, pauses)
        start = self.start or since
        promised = self._explain_promise(terms)
        terms, clock, lack = self._find_clock(terms, start)
        labels = dict(self._get_labels())
        tone, result = self._explain_result(terms, clock, start, breaks)
        end = self.due or fields.Datetime.now()
        steps = [
            (self.env._("Promise"), promised + lack),
            (self.env._("Start"), [self._explain_start(start, pauses)]),
        ]
        if terms.hours[self.promise]:
            steps += [
                (
                    self.env._("Working time"),
                    self._explain_spans(terms, clock, start, end, breaks),
                ),
                (self.env._("Pauses"), self._explain_pauses(start, pauses)),
                (
                    self.env._("Holidays skipped"),
                    self._explain_holidays(terms, start, end),
                ),
            ]
        return {
            "title": labels[self.promise],
            "result": result,
            "tone": tone,
            "steps": [
                {"title": title, "lines": lines} for title, lines in steps if lines
            ],
        }

    def _find_clock(self, terms, start):
        """Return how the promise is counted: around the clock where the calendar has
        not that much working time.

        :return: the Terms, the clock, and a sentence that says so in a list
        """
        clock = self._get_clock(terms, start)
        if clock.lasts(start, round(terms.hours[self.promise] * 3600)):
            return terms, clock, []
        lack = self.env._(
            "“%(calendar)s” does not have that much working time in the next five "
            "years: the hours are counted around the clock.",
            calendar=terms.calendar.name,
        )
        terms = terms._replace(calendar=terms.calendar.browse())
        return terms, self._get_clock(terms, start), [lack]

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _explain_promise(self, terms):
        """Return what is promised, and why."""
        hours = terms.hours[self.promise]
        calendar = terms.calendar
        if not hours:
            what = self.env._("No deadline is set.")
        elif calendar:
            what = self.env._(
                "%(duration)s in the working hours of “%(calendar)s” (%(timezone)s).",
                duration=self._format_duration(hours * 3600),
                calendar=calendar.name,
                timezone=calendar.tz,
            )
        else:
            what = self.env._(
                "%(duration)s, around the clock.",
                duration=self._format_duration(hours * 3600),
            )
        return [what, *self._explain_policy()]

    def _explain_policy(self):
        """Return why the ticket has its policy."""
        ticket = self.ticket_id
        sla = ticket.sla_id
        if not sla:
            return [
                self.env._(
                    "No service level policy matches this ticket: the settings of "
                    "%(company)s apply.",
                    company=ticket.company_id.name,
                )
            ]
        fitting = [
            f"{ticket._fields[name]._description_string(self.env)}: "
            f"{ticket[name].display_name}"
            for name, names in SCOPE.items()
            if sla[names]
        ]
        lines = [
            self.env._(
                "“%(policy)s” is the first service level policy that matches "
                "(%(why)s).",
                policy=sla.name,
                why="; ".join(fitting) or self.env._("it is for all tickets"),
            )
        ]
        if not sla.active:
            lines.append(self.env._("It has been archived since; the deadlines stay."))
        return lines

    def _explain_start(self, start, pauses):
        """Return when the time starts, and why."""
        moment = self._format_moment(start)
        if self._get_promises()[self.promise].repeats:
            if start == self.ticket_id.last_action_date:
                return self.env._("%(moment)s: our last action.", moment=moment)
            reasons = {pause.reason for pause in pauses if pause.end == start}
            if "waiting" in reasons:
                return self.env._("%(moment)s: the customer answered.", moment=moment)
            if "closed" in reasons:
                return self.env._("%(moment)s: the ticket was reopened.", moment=moment)
        return self.env._("%(moment)s: the ticket was opened.", moment=moment)

    def _explain_spans(self, terms, clock, start, end, pauses):
        """Return the working time until the deadline, or until now, by day."""
        spans = [
            span
            for begin, stop in stretches(start, pauses)
            for span in clock.spans(begin, min(stop or end, end))
        ]
        if not terms.calendar:
            days = [(begin, [(begin, stop)]) for begin, stop in spans]
        else:
            zone = timezone(terms.calendar.tz)
            days = [
                (day, same)
                for day, same in groupby(
                    spans, lambda span: utc.localize(span[0]).astimezone(zone).date()
                )
            ]
        lines = [self._format_day(same, terms) for _day, same in days[:LISTED]]
        if more := days[LISTED:]:
            rest = sum((b - a).total_seconds() for _day, same in more for a, b in same)
            lines.append(
                self.env._(
                    "… and %(duration)s on %(number)s more days",
                    duration=self._format_duration(rest),
                    number=len(more),
                )
            )
        return lines

    def _explain_pauses(self, start, pauses):
        """Return when the clock stood still."""
        reasons = {
            "waiting": self.env._("waiting for the customer"),
            "closed": self.env._("the ticket was closed"),
        }
        stops = self._get_promises()[self.promise].pauses
        lines = []
        for begin, end, reason in pauses:
            if (reason == "waiting" and not stops) or (end and end <= start):
                continue
            words = {
                "start": self._format_moment(begin),
                "end": self._format_moment(end) if end else "",
                "reason": reasons[reason],
            }
            lines.append(
                self.env._("%(start)s to %(end)s: %(reason)s", **words)
                if end
                else self.env._("since %(start)s: %(reason)s", **words)
            )
        return lines[-LISTED:]

    def _explain_holidays(self, terms, start, end):
        """Return the holidays between start and deadline."""
        if not terms.calendar:
            return []
        leaves = self.env["resource.calendar.leaves"].search(
            [
                *terms.calendar._get_helpdesk_leave_domain(terms.company),
                ("calendar_id", "in", [terms.calendar.id, False]),
                ("date_from", "<", end),
                ("date_to", ">", start),
            ],
            order="date_from",
            limit=LISTED,
        )
        return [
            self.env._(
                "%(start)s to %(end)s: %(holiday)s",
                start=self._format_moment(leave.date_from),
                end=self._format_moment(leave.date_to),
                holiday=leave.name or self.env._("Holiday"),
            )
            for leave in leaves
        ]

    # ------------------------------------------------------------------
    # Result
    # ------------------------------------------------------------------

    def _explain_result(self, terms, clock, start, pauses):
        """Return whether the promise was kept.

        :return: the tone ("success", "danger", "warning", "info" or "muted") and a
            sentence
        """
        ticket, moment = self.ticket_id, self.due
        if not moment:
            return self._explain_no_deadline(terms, clock, start, pauses)
        promise = self._get_promises()[self.promise]
        outcome = self.result if not promise.repeats else False
        ended = ticket.closed_date if not ticket.is_open else False
        done = (promise.kept_by and ticket[promise.kept_by]) or ended
        due = self._format_moment(moment)
        if outcome:
            words = {
                "due": due,
                "done": self._format_moment(done),
                "duration": self._format_duration(
                    clock.between(*sorted((moment, done)))
                ),
            }
            if outcome == "kept":
                return "success", self.env._(
                    "Met: due on %(due)s, done on %(done)s, %(duration)s early.",
                    **words,
                )
            return "danger", self.env._(
                "Missed: due on %(due)s, done on %(done)s, %(duration)s late.",
                **words,
            )
        if not self._is_pending():
            return "muted", self.env._("Due on %(due)s; no longer needed.", due=due)
        now = fields.Datetime.now()
        if moment < now:
            return "danger", self.env._(
                "Overdue since %(due)s: by %(duration)s of working time.",
                due=due,
                duration=self._format_duration(clock.between(moment, now)),
            )
        return "info", self.env._(
            "Due on %(due)s: %(duration)s of working time are left.",
            due=due,
            duration=self._format_duration(clock.between(now, moment)),
        )

    def _explain_no_deadline(self, terms, clock, start, pauses):
        """Return why there is no deadline, like `_explain_result`."""
        hours = terms.hours[self.promise]
        if not hours:
            return "muted", self.env._("There is no deadline: nothing is promised.")
        if not self.ticket_id.is_open:
            return "muted", self.env._("The ticket is closed: nothing is due.")
        if pauses and not pauses[-1][1]:
            used = sum(
                clock.between(begin, end) for begin, end in stretches(start, pauses)
            )
            return "warning", self.env._(
                "The clock is paused while we wait for the customer: %(duration)s of "
                "working time are left.",
                duration=self._format_duration(max(hours * 3600 - used, 0)),
            )
        return "warning", self.env._(
            "The promise has just changed: the deadline is being calculated."
        )

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _format_moment(self, moment, dt_format=MOMENT):
        return format_datetime(self.env, moment, dt_format=dt_format)

    def _format_day(self, spans, terms):
        """Return a line such as “Mon 23 Nov 2026: 08:00–12:00, 13:00–17:00 (8 h)”."""
        seconds = sum((end - begin).total_seconds() for begin, end in spans)
        if not terms.calendar:
            [(begin, end)] = spans
            return self.env._(
                "%(start)s to %(end)s (%(duration)s)",
                start=self._format_moment(begin),
                end=self._format_moment(end),
                duration=self._format_duration(seconds),
            )
        times = [
            "–".join(self._format_moment(moment, "HH:mm") for moment in span)
            for span in spans
        ]
        return self.env._(
            "%(day)s: %(times)s (%(duration)s)",
            day=self._format_moment(spans[0][0], "EEE d MMM y"),
            times=", ".join(times),
            duration=self._format_duration(seconds),
        )

    @api.model
    def _format_duration(self, seconds):
        """Return a duration such as “3 h 20 min”."""
        minutes = round(timedelta(seconds=seconds).total_seconds() / 60)
        hours, minutes = divmod(minutes, 60)
        parts = [self.env._("%(number)s h", number=hours)] if hours else []
        if minutes or not hours:
            parts.append(self.env._("%(number)s min", number=minutes))
        return " ".join(parts)
