from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.rating.models import rating_data

DAYS = 14
# What the dashboard counts -> the filters of the ticket list that show the same.
FIGURES = {
    "open": ["open"],
    "unassigned": ["open", "unassigned"],
    "unread": ["unread"],
    "customer_answered": ["open", "customer_answered"],
    "waiting": ["waiting"],
    "overdue": ["overdue"],
    "due_today": ["due_today"],
}
# How customers rated tickets in the last 30 days -> the filters that show the same.
RATINGS = {
    "rated": ["rated"],
    "top": ["rated", "rated_top"],
    "ok": ["rated", "rated_ok"],
    "ko": ["rated", "rated_ko"],
}
RATED_SINCE = "today -30d"


class HelpdeskTicket(models.Model):
    """The first page of the helpdesk: open work, and figures of the last days."""

    _inherit = "helpdesk.ticket"

    @api.readonly
    @api.model
    def get_dashboard(self):
        """Count the open tickets that the user sees, and those of the last days.

        The number of queries does not depend on the number of teams.

        :return: `mine` and `all`: the figures; `teams`: the figures of each team, own
            teams first; `days`: opened and closed tickets of each day; `ratings`: how
            satisfied customers were, or False; `filters`: which filters of the list
            show what was counted
        :rtype: dict
        :raise AccessError: when the user must not read tickets
        """
        counts = self._count_for_dashboard()
        uid = self.env.uid
        return {
            "mine": self._add_up_counts(counts, lambda _team, user: user == uid),
            "all": self._add_up_counts(counts, lambda _team, _user: True),
            "teams": self._get_dashboard_teams(counts),
            "days": self._get_dashboard_days(),
            "ratings": self._get_dashboard_ratings(),
            "filters": {**FIGURES, **RATINGS},
        }

    @api.model
    def _count_for_dashboard(self):
        """Count the open tickets by team and assignee.

        :return: dict (team id, user id) -> dict of figures
        """
        counts = {}

        def add(team, user, figure, count):
            figures = counts.setdefault((team.id, user.id), dict.fromkeys(FIGURES, 0))
            figures[figure] += count

        is_open = Domain("is_open", "=", True)
        for team, user, state, count in self._read_group(
            is_open, ["team_id", "user_id", "state"], ["__count"]
        ):
            add(team, user, "open", count)
            if not user:
                add(team, user, "unassigned", count)
            if state in ("unread", "waiting"):
                add(team, user, state, count)
        due_today = Domain("due_date", ">=", "today") & Domain(
            "due_date", "<", "today +1d"
        )
        for figure, domain in (
            ("overdue", Domain("is_overdue", "=", True)),
            ("customer_answered", is_open & Domain("last_answer", "=", "customer")),
            ("due_today", due_today),
        ):
            for team, user, count in self._read_group(
                domain, ["team_id", "user_id"], ["__count"]
            ):
                add(team, user, figure, count)
        return counts

    @api.model
    def _add_up_counts(self, counts, belongs):
        """Return the sum of the figures of the selected teams and users."""
        chosen = [figures for key, figures in counts.items() if belongs(*key)]
        return {figure: sum(each[figure] for each in chosen) for figure in FIGURES}

    @api.model
    def _get_dashboard_teams(self, counts):
        hidden = self.env.user._get_hidden_helpdesk_team_ids()
        teams = self.env["helpdesk.team"].search([("id", "not in", hidden)])
        cards = [
            {
                "id": team.id,
                "name": team.name,
                "is_mine": self.env.user in team.member_ids | team.leader_id,
                **self._add_up_counts(
                    counts, lambda key, _user, team=team: key == team.id
                ),
            }
            for team in teams
        ]
        return sorted(cards, key=lambda card: not card["is_mine"])

    @api.model
    def _get_dashboard_days(self):
        """Count the tickets opened and closed on each of the last days (user's days).

        :return: list of dicts, the oldest day first
        """
        today = fields.Date.context_today(self)
        days = [today - timedelta(days=age) for age in range(DAYS - 1, -1, -1)]
        # One day more, for the part of it that lies in another time zone's day.
        since = datetime.combine(days[0] - timedelta(days=1), datetime.min.time())
        counted = {}
        for figure, field in (("opened", "create_date"), ("closed", "closed_date")):
            groups = self._read_group(
                [(field, ">=", since)], [f"{field}:day"], ["__count"]
            )
            counted[figure] = {moment.date(): count for moment, count in groups}
        return [
            {
                "day": fields.Date.to_string(day),
                "opened": counted["opened"].get(day, 0),
                "closed": counted["closed"].get(day, 0),
            }
            for day in days
        ]

    @api.model
    def _get_dashboard_ratings(self):
        """Count the tickets rated by customers in the last days, by their last rating.

        :return: dict: `average` from 1 to 5, its `text` as Odoo's ratings have it, how
            many tickets were `rated`, and how; False without any
        """
        rated = Domain(
            "rating_ids",
            "any",
            Domain("consumed", "=", True) & Domain("write_date", ">=", RATED_SINCE),
        ) & Domain("rating_last_value", ">=", rating_data.RATING_LIMIT_MIN)
        counts = dict.fromkeys(RATINGS, 0)
        points = 0
        for value, count in self._read_group(rated, ["rating_last_value"], ["__count"]):
            counts["rated"] += count
            counts[rating_data._rating_to_text(value)] += count
            points += value * count
        if not points:
            return False
        average = points / counts["rated"]
        text = rating_data._rating_avg_to_text(average)
        return {**counts, "average": round(average, 1), "text": text}
