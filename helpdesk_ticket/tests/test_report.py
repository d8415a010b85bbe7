from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestReport(TicketCommon):
    """Volume, times and deadlines of tickets (T10, T12, T25, T26)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._create_ticket(user_id=cls.agent.id)
        cls.other = cls._create_ticket()
        cls.env.flush_all()

    def _set(self, ticket, **values):
        """Write columns that the life cycle and the clock compute."""
        self.env.flush_all()
        for name, value in values.items():
            self.env.cr.execute(
                f"UPDATE helpdesk_ticket SET {name} = %s WHERE id = %s",
                [value, ticket.id],
            )
        self.env.invalidate_all()

    def _row(self, ticket=None, user=None):
        Report = self.env["helpdesk.ticket.report"].with_user(user or self.agent)
        return Report.browse((ticket or self.ticket).id)

    def test_what_a_ticket_is_about(self):
        row = self._row()
        for name in ("number", "customer_id", "team_id", "user_id", "company_id"):
            self.assertEqual(row[name], self.ticket.with_user(self.agent)[name])
        self.assertTrue(row.is_open)
        self.assertFalse(row.is_merged)

    def test_hours(self):
        opened = self.ticket.create_date
        self._set(
            self.ticket,
            answered_date=opened + timedelta(hours=2),
            closed_date=opened + timedelta(hours=30),
            state="closed",
        )
        self.assertAlmostEqual(self._row().hours_to_answer, 2, 2)
        self.assertAlmostEqual(self._row().hours_to_close, 30, 2)
        self._set(self.ticket, state="cancelled")
        self.assertFalse(self._row().hours_to_close)

    def test_T25_T26_kept_and_broken(self):
        self.env["helpdesk.deadline"].create(
            [
                {"ticket_id": ticket.id, "promise": promise, "result": result}
                for ticket, promise, result in (
                    (self.ticket, "answer", "kept"),
                    (self.ticket, "action", "broken"),
                    (self.ticket, "solution", False),
                    (self.other, "answer", "broken"),
                )
            ]
        )
        self.env.flush_all()
        Report = self.env["helpdesk.ticket.report"].with_user(self.agent)
        groups = Report._read_group(
            [("id", "in", (self.ticket + self.other).ids)],
            ["team_id"],
            [
                "__count",
                "kept_count:sum",
                "broken_count:sum",
                "answer_kept_rate:avg",
                "solution_kept_rate:avg",
            ],
        )
        self.assertEqual(
            groups, [(self.team.with_user(self.agent), 2, 1, 2, 50.0, 0.0)]
        )

    def test_merged_tickets_can_be_left_out(self):
        self.other._merge_into(self.ticket)
        self.env.flush_all()
        self.assertTrue(self._row(self.other).is_merged)
        self.assertFalse(self._row().is_merged)

    def test_by_every_dimension(self):
        Report = self.env["helpdesk.ticket.report"].with_user(self.agent)
        for name, field in Report._fields.items():
            if field.type in ("many2one", "selection", "boolean") and field.store:
                Report._read_group([], [name], ["__count", "broken_count:sum"])
        months = Report.formatted_read_group(
            [], ["create_date:month", "closed_date:month"], ["__count"]
        )
        self.assertEqual(
            sum(group["__count"] for group in months), Report.search_count([])
        )

    def test_row_opens_its_ticket(self):
        action = self._row().action_open_ticket()
        self.assertEqual(action["res_model"], "helpdesk.ticket")
        self.assertEqual(action["res_id"], self.ticket.id)

    def test_T10_same_doors_as_tickets(self):
        outside = self._create_user("outside", "helpdesk_contact.group_helpdesk_user")
        Report = self.env["helpdesk.ticket.report"]
        domain = [("id", "in", (self.ticket + self.other).ids)]
        self.assertEqual(Report.with_user(outside).search_count(domain), 2)
        self.team.visibility = "members"
        self.assertEqual(Report.with_user(outside).search_count(domain), 0)
        self.assertFalse(
            Report.with_user(outside)._read_group(domain, ["team_id"], ["__count"])
        )
        self.assertEqual(Report.with_user(self.agent).search_count(domain), 2)
        self.other.user_id = outside
        self.env.flush_all()
        self.assertEqual(Report.with_user(outside).search_count(domain), 1)
        with self.assertRaises(AccessError):
            self._row(user=outside).read(["name"])

    def test_not_for_others(self):
        portal = new_test_user(self.env, "test-portal", groups="base.group_portal")
        outsider = new_test_user(self.env, "test-outsider", groups="base.group_user")
        stranger = self._create_user(
            "stranger", "helpdesk_contact.group_helpdesk_manager", self.other_company
        )
        for user in (portal, outsider):
            with self.assertRaises(AccessError):
                self.env["helpdesk.ticket.report"].with_user(user).search([])
        Report = self.env(user=stranger, context={})["helpdesk.ticket.report"]
        self.assertFalse(Report.search([("id", "=", self.ticket.id)]))
        with self.assertRaises(AccessError):
            self._row(user=self.manager).write({"name": "x"})
