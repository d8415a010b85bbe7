from functools import partial

from pytz import utc

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...in_use import check_not_named
from ...working_time import WorkingTime


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def _read_helpdesk_intervals(self, company, first, last):
        """Return the working time between two moments in UTC, without holidays.

        :param company: `res.company` whose public holidays count
        :return: a list of sorted pairs of naive moments in UTC
        """
        # sudo: for deadlines, also of agents who may not read the holidays
        intervals = self.sudo()._work_intervals_batch(
            utc.localize(first),
            utc.localize(last),
            domain=list(self._get_helpdesk_leave_domain(company)),
        )[False]
        return [
            tuple(moment.astimezone(utc).replace(tzinfo=None) for moment in pair)
            for *pair, _attendance in intervals
        ]

    def _get_helpdesk_leave_domain(self, company):
        """Return a domain of holidays for everybody, without vacations of single
        people."""
        return (
            Domain("time_type", "=", "leave")
            & Domain("resource_id", "=", False)
            & (
                Domain("calendar_id", "in", self.ids)
                | Domain("company_id", "in", [company.id, False])
            )
        )

    def _has_helpdesk_hours(self, company):
        """Say whether anybody works by this calendar: it has hours, and holidays do not
        cover all of them.

        :param company: `res.company` whose public holidays count
        :rtype: bool
        """
        self.ensure_one()
        now = fields.Datetime.now()
        clock = WorkingTime(partial(self._read_helpdesk_intervals, company), now)
        return clock.lasts(now, 1)

    def _check_helpdesk_hours(self, company):
        """Refuse a calendar without any working time for deadlines.

        :param company: `res.company` whose deadlines are counted
        :raise ValidationError: with one sentence that says what to do
        """
        for calendar in self:
            if not calendar._has_helpdesk_hours(company):
                raise ValidationError(
                    self.env._(
                        "The calendar “%(calendar)s” has no working hours, so no "
                        "deadline can be calculated with it. Add working hours or "
                        "choose another calendar.",
                        calendar=calendar.name,
                    )
                )

    @api.constrains("attendance_ids", "schedule_type")
    def _check_promised_hours_stay(self):
        """Refuse to empty a calendar in which deadlines are counted (T25, T26). Odoo
        itself empties and fills it in two steps where its kind changes; what is still
        empty when the deadlines follow is told to the managers."""
        # sudo: whoever may change the working hours changes the deadlines with them
        companies = self.env["res.company"].sudo()
        policies = companies.env["helpdesk.sla"]
        for calendar in self:
            named = [("calendar_id", "=", calendar.id)]
            users = companies.search([("helpdesk_calendar_id", "=", calendar.id)])
            for company in users | policies.search(named).company_id:
                calendar._check_helpdesk_hours(company)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_promised(self):
        """Refuse to delete calendars that deadlines depend on (T25, T26)."""
        check_not_named(self.env["helpdesk.sla"], "calendar_id", self)
        check_not_named(self.env["res.company"], "helpdesk_calendar_id", self)

    def write(self, vals):
        res = super().write(vals)
        if {
            "tz",
            "flexible_hours",
            "hours_per_day",
            "two_weeks_calendar",
        } & vals.keys():
            self._update_helpdesk_deadlines()
        return res

    def _update_helpdesk_deadlines(self):
        """Recalculate the deadlines that depend on these calendars."""
        # sudo: users who may change the working hours change the deadlines too
        policies = self.env["helpdesk.sla"].sudo().with_context(active_test=False)
        policies.search([("calendar_id", "in", self.ids)])._update_open_tickets()
        # sudo: as above
        companies = self.env["res.company"].sudo()
        companies.search(
            [("helpdesk_calendar_id", "in", self.ids)]
        )._update_helpdesk_deadlines()

    @api.model
    def _update_helpdesk_deadlines_of_companies(self, companies):
        """Recalculate deadlines after a change of holidays of no particular
        calendar."""
        domain = [("company_id", "in", companies.ids), ("calendar_id", "!=", False)]
        # sudo: as for a change of the working hours
        policies = self.env["helpdesk.sla"].sudo().with_context(active_test=False)
        policies.search(domain)._update_open_tickets()
        companies.filtered("helpdesk_calendar_id")._update_helpdesk_deadlines()
