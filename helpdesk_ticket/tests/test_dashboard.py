from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import new_test_user, tagged, warmup
from odoo.tools.safe_eval import safe_eval

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestDashboard(TicketCommon, PatientHttpCase):
    """T10, T13, T25: the first page counts what there is to do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second_team = cls.env["helpdesk.team"].create(
            {"name": "Second level", "company_id": cls.company.id}
        )
        now = fields.Datetime.now()
        cls.unread = cls._create_ticket()
        cls.mine = cls._create_ticket(user_id=cls.agent.id)
        cls.waiting = cls._create_ticket(
            user_id=cls.agent.id, team_id=cls.second_team.id
        )
        cls.waiting._move("asked")
        cls.closed = cls._create_ticket()
        cls.closed.action_close()
        cls.archived = cls._create_ticket(active=False)
        cls.env.flush_all()
        # The clock of the promises is tested elsewhere; here their dates count.
        cls._set_due_date(cls.unread, now - timedelta(hours=1))
        cls._set_due_date(cls.mine, now.replace(hour=23, minute=59, second=59))

    @classmethod
    def _set_due_date(cls, ticket, moment):
        cls.env.cr.execute(
            "UPDATE helpdesk_ticket SET due_date = %s WHERE id = %s",
            [moment, ticket.id],
        )
        ticket.invalidate_recordset(["due_date"])

    def _get_figures(self, user=None):
        env = self.env(user=user or self.agent, context={"tz": "UTC"})
        return env["helpdesk.ticket"].get_dashboard()

    def test_figures(self):
        figures = self._get_figures()
        self.assertEqual(
            {k: figures["mine"][k] for k in ("open", "unread", "waiting", "overdue")},
            {"open": 2, "unread": 0, "waiting": 1, "overdue": 0},
        )
        self.assertEqual(figures["all"]["open"], 3)
        self.assertEqual(figures["all"]["unassigned"], 1)
        self.assertEqual(figures["all"]["unread"], 1)
        self.assertEqual(figures["all"]["overdue"], 1)

    def test_each_team(self):
        cards = {card["id"]: card for card in self._get_figures()["teams"]}
        own, second = cards[self.team.id], cards[self.second_team.id]
        self.assertEqual((own["open"], own["overdue"], own["unassigned"]), (2, 1, 1))
        self.assertEqual((second["open"], second["waiting"]), (1, 1))
        self.assertTrue(own["is_mine"])
        self.assertFalse(second["is_mine"])

    def test_figures_are_those_of_the_lists(self):
        """Each figure leads to a list that shows as many tickets."""
        self._rate((self.mine, 5), (self.closed, 3), (self.waiting, 1))
        self.env.flush_all()
        figures = self._get_figures()
        counts = {**figures["all"], **figures["ratings"]}
        Ticket = self.env(user=self.agent, context={"tz": "UTC"})["helpdesk.ticket"]
        arch = etree.fromstring(Ticket.get_view(view_type="search")["arch"])
        numbers = {name for name in counts if name not in ("average", "text")}
        self.assertEqual(set(figures["filters"]), numbers)
        for name, filters in figures["filters"].items():
            domain = Domain.AND(
                safe_eval(
                    arch.find(f".//filter[@name='{each}']").get("domain"),
                    {"uid": self.agent.id},
                )
                for each in filters
            )
            with self.subTest(name):
                self.assertEqual(Ticket.search_count(domain), counts[name])

    def test_days(self):
        days = self._get_figures()["days"]
        self.assertEqual(len(days), 14)
        self.assertEqual(days[-1]["day"], fields.Date.to_string(fields.Date.today()))
        self.assertEqual((days[-1]["opened"], days[-1]["closed"]), (4, 1))
        self.assertEqual(sum(day["opened"] for day in days[:-1]), 0)

    def _rate(self, *rates):
        """Let a customer rate tickets."""
        ratings = self.env["rating.rating"].create(
            [
                {
                    "res_model_id": self.env["ir.model"]._get_id(ticket._name),
                    "res_id": ticket.id,
                    "rating": rate,
                }
                for ticket, rate in rates
            ]
        )
        self.env.flush_all()
        ratings.consumed = True
        return ratings

    def test_satisfaction(self):
        """The last rating of each ticket that was rated in the last 30 days."""
        self.assertFalse(self._get_figures()["ratings"])
        old = self._rate((self.unread, 1))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE rating_rating SET write_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=32), old.id],
        )
        self._rate((self.mine, 5), (self.closed, 5), (self.waiting, 4), (self.mine, 3))
        self._rate((self.archived, 1)).consumed = False
        ratings = self._get_figures()["ratings"]
        self.assertEqual(
            ratings,
            {"rated": 3, "top": 2, "ok": 1, "ko": 0, "average": 4.0, "text": "top"},
        )
        self.second_team.visibility = "members"
        self.waiting.user_id = self.manager
        self.assertEqual(self._get_figures()["ratings"]["rated"], 2)
        stranger = self._create_user(
            "stranger", "helpdesk_contact.group_helpdesk_user", self.other_company
        )
        self.assertFalse(self._get_figures(stranger)["ratings"])

    def test_members_only_teams_do_not_show(self):
        self.second_team.visibility = "members"
        self.waiting.user_id = self.manager
        figures = self._get_figures()
        self.assertEqual(figures["all"]["open"], 2)
        self.assertNotIn(self.second_team.id, [team["id"] for team in figures["teams"]])
        figures = self._get_figures(self.manager)
        self.assertEqual(figures["all"]["open"], 3)
        self.assertIn(self.second_team.id, [team["id"] for team in figures["teams"]])

    def test_not_for_outsiders_nor_other_companies(self):
        portal = new_test_user(self.env, "test-portal", groups="base.group_portal")
        outsider = new_test_user(self.env, "test-outsider", groups="base.group_user")
        for user in (portal, outsider):
            with self.assertRaises(AccessError):
                self._get_figures(user)
        stranger = self._create_user(
            "stranger", "helpdesk_contact.group_helpdesk_manager", self.other_company
        )
        figures = self._get_figures(stranger)
        self.assertEqual(figures["all"]["open"], 0)
        self.assertNotIn(self.team.id, [team["id"] for team in figures["teams"]])

    @warmup
    def test_queries_do_not_grow_with_teams(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._get_figures()
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        teams = self.env["helpdesk.team"].create(
            [
                {
                    "name": f"Team {number}",
                    "company_id": self.company.id,
                    "member_ids": [(6, 0, self.agent.ids)],
                }
                for number in range(20)
            ]
        )
        for team in teams:
            self._create_ticket(team_id=team.id)
        count()
        self.assertEqual(few, count())
        self.assertLessEqual(few, 20)

    def test_in_the_browser(self):
        """Tour: the app opens with it, each figure leads to its list."""
        self.unread.name = "Tour: overdue and unread"
        self._rate((self.closed, 5))
        self.env.flush_all()
        self._set_due_date(self.unread, fields.Datetime.now() - timedelta(hours=1))
        self.start_tour("/odoo", "helpdesk_dashboard", login=self.agent.login)
