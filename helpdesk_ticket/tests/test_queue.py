from odoo import SUPERUSER_ID, api, sql_db
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestQueue(TicketCommon):
    """T10, T13: the next ticket for whoever has time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["helpdesk.ticket"].search([]).active = False
        cls.low, cls.high = cls.env["helpdesk.ticket.severity"].create(
            [{"name": "Low", "sequence": 1}, {"name": "High", "sequence": 99}]
        )

    def _take(self, user=None):
        action = self.env(user=user or self.agent)["helpdesk.ticket"].action_take_next()
        return self.env["helpdesk.ticket"].browse(action["res_id"])

    def test_most_severe_first_then_oldest(self):
        tickets = [
            self._create_ticket(severity_id=severity.id)
            for severity in (self.low, self.high, self.high)
        ]
        without = self._create_ticket()
        (without.browse(t.id for t in tickets) + without).due_date = False
        first, second, third, last = (self._take() for _i in range(4))
        self.assertEqual([first, second, third], [tickets[1], tickets[2], tickets[0]])
        self.assertEqual(last, without)

    def test_what_is_due_first_goes_before_all(self):
        severe = self._create_ticket(severity_id=self.high.id)
        later, soon = self._create_ticket(), self._create_ticket()
        self.env.flush_all()  # nothing is counted any more
        later.due_date, soon.due_date = "2026-03-02 12:00:00", "2026-03-01 12:00:00"
        severe.due_date = False
        self.assertEqual([self._take() for _i in range(3)], [soon, later, severe])

    def test_it_is_assigned_to_who_takes_it(self):
        self._create_ticket()
        ticket = self._take()
        self.assertEqual(ticket.user_id, self.agent)
        self.assertEqual(ticket.state, "assigned")

    def test_nothing_else_is_taken(self):
        other = self.team.copy({"name": "Others"})
        other.member_ids = self.manager
        closed = self._create_ticket()
        closed._move("closed")
        self._create_ticket(user_id=self.manager.id)
        hers = self._create_ticket(team_id=other.id)
        waiting = self._create_ticket()
        waiting._move("asked")
        with self.assertRaises(UserError) as error:
            self._take()
        self.assertIn("nothing to take", str(error.exception))
        self.assertEqual(self._take(self.manager), hers)

    def test_ticket_without_a_team_is_everybodys(self):
        ticket = self._create_ticket(team_id=False)
        self.assertEqual(self._take(), ticket)


@tagged("post_install", "-at_install")
class TestQueueAtOnce(TransactionCase):
    """T10: what two agents do at the same moment, on two connections."""

    def test_two_agents_at_once_take_two_tickets(self):
        database = sql_db.db_connect(self.env.cr.dbname)
        with database.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
            agent_id = env.ref("base.user_admin").id
            team = env["helpdesk.team"].create(
                {"name": "At once", "member_ids": [agent_id]}
            )
            tickets = env["helpdesk.ticket"].create(
                [{"name": "At once", "team_id": team.id} for _i in range(2)]
            )
            team_id, ticket_ids = team.id, tickets.ids
            cr.commit()  # pylint: disable=invalid-commit
        try:
            with database.cursor() as first, database.cursor() as second:
                taken = [
                    api.Environment(cr, agent_id, {})["helpdesk.ticket"]
                    .with_context(tracking_disable=True)
                    .action_take_next()["res_id"]
                    for cr in (first, second)
                ]
                first.rollback()
                second.rollback()
            self.assertEqual(sorted(taken), sorted(ticket_ids))
        finally:
            with database.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                env["helpdesk.ticket"].browse(ticket_ids).unlink()
                env["helpdesk.team"].browse(team_id).unlink()
                cr.commit()  # pylint: disable=invalid-commit
