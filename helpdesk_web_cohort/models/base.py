from bisect import bisect_right
from collections import defaultdict
from datetime import datetime, time
from typing import NamedTuple

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import READ_GROUP_TIME_GRANULARITY

INTERVALS = ("day", "week", "month", "quarter", "year")
# What fits on a screen: the latest periods, and for how many periods each is followed.
ROWS, COLUMNS = 60, 16


class Cohort(NamedTuple):
    """The settings of a cohort: the names of its two date fields, the length of a
    period, and the name of the field that is summed."""

    date_start: str
    date_stop: str
    interval: str
    measure: str

    @property
    def step(self):
        """The length of a period as a `relativedelta`."""
        return READ_GROUP_TIME_GRANULARITY[self.interval]

    def number(self, moment):
        """Return the number of the period that starts at ``moment``; consecutive
        periods have consecutive numbers."""
        months = moment.year * 12 + moment.month - 1
        return {
            "day": moment.toordinal(),
            "week": moment.toordinal() // 7,
            "month": months,
            "quarter": months // 3,
            "year": moment.year,
        }[self.interval]


class Base(models.AbstractModel):
    _inherit = "base"

    @api.model
    @api.readonly
    def helpdesk_cohort_read(
        self, domain, date_start, date_stop, interval="month", measure="__count"
    ):
        """Return how much of what began in a period was finished how many periods
        later: what a view of the type `helpdesk_cohort` shows.

        What was finished before it began counts as finished in the same period.

        :param domain: which records
        :param str date_start: name of the date field that puts a record into a row
        :param str date_stop: name of the date field that puts it into a column
        :param str interval: day, week, month, quarter or year
        :param str measure: name of a number that is summed, or ``__count``
        :return: a dict with

            * ``rows``: of each period, oldest first, its ``label``, its ``index`` in
              the bounds, its ``total`` and the ``values`` of its columns as far as
              time has come
            * ``start_bounds`` and ``stop_bounds``: where each period begins, as the
              two fields are searched
            * ``left_out``: whether there are older periods
        :raises UserError: a field, the interval or the measure does not fit
        """
        problem = self._helpdesk_cohort_problem(
            date_start, date_stop, interval, measure
        )
        if problem:
            raise UserError(problem)
        cohort = Cohort(date_start, date_stop, interval, measure)
        domain = Domain(domain) & Domain(date_start, "!=", False)
        aggregates = [f"{date_start}:min", f"{date_start}:max"]
        ((oldest, latest),) = self._read_group(domain, [], aggregates)
        if not latest:
            return {
                "rows": [],
                "start_bounds": [],
                "stop_bounds": [],
                "left_out": False,
            }
        # One period more than is shown: that one is incomplete and left out.
        since = latest - cohort.step * (ROWS + 1)
        if oldest < since:
            domain &= Domain(date_start, ">=", since)
        groups = self._helpdesk_cohort_groups(domain, cohort)
        return self._helpdesk_cohort_table(cohort, groups, oldest)

    @api.model
    def _helpdesk_cohort_problem(self, date_start, date_stop, interval, measure):
        """Return a sentence about settings that are impossible, or None."""
        for name in (date_start, date_stop):
            field = self._fields.get(name)
            if not field or field.type not in ("date", "datetime") or not field.store:
                return self.env._(
                    "A cohort view needs two stored dates, but “%(field)s” of "
                    "%(model)s is not one. Set date_start and date_stop to the names "
                    "of date fields.",
                    field=name or "",
                    model=self._name,
                )
        if interval not in INTERVALS:
            return self.env._(
                "“%(interval)s” is not an interval of a cohort view: choose one of"
                " %(intervals)s.",
                interval=interval,
                intervals=", ".join(INTERVALS),
            )
        field = self._fields.get(measure)
        if measure != "__count" and not (
            field and field.store and field.aggregator == "sum"
        ):
            return self.env._(
                "A cohort view cannot measure “%(field)s” of %(model)s: choose a stored"
                " number that is summed, or leave the measure out to count.",
                field=measure,
                model=self._name,
            )
        return None

    def _helpdesk_cohort_groups(self, domain, cohort):
        """Return tuples (start of the first period, start of the second one or False,
        value) for the latest periods."""
        aggregate = cohort.measure
        if aggregate != "__count":
            aggregate += ":sum"
        specs = [
            f"{name}:{cohort.interval}"
            for name in (cohort.date_start, cohort.date_stop)
        ]
        groups = self._read_group(domain, specs, [aggregate])
        last = max(cohort.number(begin) for begin, _end, _value in groups)
        return [group for group in groups if cohort.number(group[0]) > last - ROWS]

    def _helpdesk_cohort_table(self, cohort, groups, oldest):
        """Return the result of `helpdesk_cohort_read` for the grouped records."""
        first = min(begin for begin, _end, _value in groups)
        totals, values = defaultdict(float), defaultdict(lambda: defaultdict(float))
        begins = {}
        for begin, end, value in groups:
            index = cohort.number(begin) - cohort.number(first)
            begins[index] = begin
            totals[index] += value or 0
            if end:
                later = max(0, cohort.number(end) - cohort.number(begin))
                values[index][later] += value or 0
        bounds = [
            self._helpdesk_cohort_bounds(name, first, cohort, max(begins) + COLUMNS + 1)
            for name in (cohort.date_start, cohort.date_stop)
        ]
        now = self._helpdesk_cohort_bound(
            cohort.date_stop,
            fields.Datetime.context_timestamp(self, fields.Datetime.now()),
        )
        current = bisect_right(bounds[1], now) - 1
        spec = f"{cohort.date_start}:{cohort.interval}"
        get_label = self._web_read_group_groupby_formatter(spec, list(begins.values()))
        rows = []
        for index, begin in sorted(begins.items()):
            last = min(COLUMNS - 1, max([current - index, *values[index]]))
            rows.append(
                {
                    "index": index,
                    "label": get_label(begin)[0][1],
                    "total": totals[index],
                    "values": [values[index][later] for later in range(last + 1)],
                }
            )
        return {
            "rows": rows,
            "start_bounds": bounds[0],
            "stop_bounds": bounds[1],
            "left_out": fields.Datetime.to_string(oldest) < bounds[0][0],
        }

    def _helpdesk_cohort_bounds(self, name, first, cohort, count):
        """Return the starts of ``count`` periods from ``first``, as values for a search
        in the field ``name``."""
        return [
            self._helpdesk_cohort_bound(name, first + cohort.step * number)
            for number in range(count)
        ]

    def _helpdesk_cohort_bound(self, name, moment):
        """Return a moment in the user's time zone as a value for a search in the field
        ``name``."""
        if self._fields[name].type == "date":
            return fields.Date.to_string(moment)
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time.min)
        if not moment.tzinfo:
            name = self.env.context.get("tz")
            known = name in pytz.all_timezones_set
            moment = (pytz.timezone(name) if known else pytz.utc).localize(moment)
        return fields.Datetime.to_string(
            moment.astimezone(pytz.utc).replace(tzinfo=None)
        )
