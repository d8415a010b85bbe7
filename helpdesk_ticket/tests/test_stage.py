from odoo.exceptions import UserError, ValidationError

from .common import TicketCommon


class TestStage(TicketCommon):
    """T13: stages are the columns, states the life cycle."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Stage = cls.env["helpdesk.ticket.stage"]
        cls.own_stage = cls.Stage.create(
            {
                "name": "On the bench",
                "state": "in_progress",
                "team_ids": [(6, 0, cls.team.ids)],
                "sequence": 99,
            }
        )

    def test_default_stages_are_the_seven_of_T13(self):
        shared = self.Stage.search([("team_ids", "=", False)])
        self.assertEqual(
            shared.mapped("state"),
            [
                "unread",
                "read",
                "assigned",
                "in_progress",
                "waiting",
                "closed",
                "cancelled",
            ],
        )

    def test_team_stage_comes_before_the_shared_one(self):
        ticket = self._create_ticket(user_id=self.agent.id)
        self._answer(ticket)
        self.assertEqual(ticket.stage_id, self.own_stage)

    def test_another_companys_stage_is_not_taken(self):
        """rel-G1: also where nobody's rights count, as when a mail comes in."""
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.Stage.create(
            {"name": "Theirs", "state": "unread", "company_id": other.id, "sequence": 0}
        )
        ticket = self._mail_in()
        self.assertIn(ticket.stage_id.company_id, (self.company, other.browse()))

    def test_another_companys_stage_cannot_be_chosen(self):
        """rel-G1: who works in both would show its name to those who do not."""
        ticket = self._create_ticket()
        theirs = self.Stage.create(
            {"name": "Theirs", "state": "read", "company_id": self.other_company.id}
        )
        with self.assertRaisesRegex(UserError, "belongs to another company"):
            ticket.stage_id = theirs
        tag = self.env["helpdesk.ticket.tag"].create(
            {"name": "Theirs", "company_id": self.other_company.id}
        )
        with self.assertRaisesRegex(UserError, "belongs to another company"):
            ticket.tag_ids = tag

    def test_stage_that_is_moved_up_is_taken_at_once(self):
        first = self._create_ticket().stage_id
        another = self.Stage.create({"name": "New", "state": "unread", "sequence": 50})
        self.assertEqual(self._create_ticket().stage_id, first)
        another.sequence = 0
        self.assertEqual(self._create_ticket().stage_id, another)
        another.active = False
        self.assertEqual(self._create_ticket().stage_id, first)

    def test_other_team_gets_a_stage_of_the_same_state(self):
        ticket = self._create_ticket(stage_id=self.own_stage.id)
        ticket.team_id = self.team.copy({"name": "Second level"})
        self.assertEqual(ticket.state, "in_progress")
        self.assertNotEqual(ticket.stage_id, self.own_stage)

    def test_kanban_shows_the_empty_columns_of_the_team(self):
        self._create_ticket()
        Ticket = self.env["helpdesk.ticket"].with_context(
            default_team_id=self.team.id, read_group_expand=True
        )
        groups = Ticket.web_read_group(
            [("team_id", "=", self.team.id)], groupby=["stage_id"]
        )["groups"]
        names = [group["stage_id"][1] for group in groups]
        self.assertIn("On the bench", names)
        self.assertIn("Waiting for feedback", names)

    def test_kanban_shows_the_columns_in_their_order(self):
        """Also where the first ones are empty."""
        ticket = self._create_ticket(user_id=self.agent.id)
        groups = (
            self.env["helpdesk.ticket"]
            .with_context(read_group_expand=True)
            .web_read_group([("id", "=", ticket.id)], groupby=["stage_id"])["groups"]
        )
        ids = [group["stage_id"][0] for group in groups]
        self.assertGreater(ids.index(ticket.stage_id.id), 0)
        self.assertEqual(ids, self.Stage.browse(ids).sorted().ids)

    def test_last_stage_of_a_state_stays(self):
        closed = self.env.ref("helpdesk_ticket.stage_closed")
        with self.assertRaises(ValidationError):
            closed.unlink()
        for values in (
            {"active": False},
            {"state": "cancelled"},
            {"team_ids": self.team.ids},
            {"company_id": self.company.id},
        ):
            with (
                self.subTest(values=values),
                self.assertRaises(ValidationError) as error,
            ):
                closed.write(values)
            self.assertIn("needs at least one stage", str(error.exception))
        another = closed.copy()
        closed.active = False
        ticket = self._create_ticket()
        ticket._move("closed")
        self.assertEqual(ticket.stage_id, another)

    def test_topic_groups_form_a_tree(self):
        """T03"""
        Topic = self.env["helpdesk.ticket.topic"]
        parent = Topic.create({"name": "Hardware"})
        child = Topic.create({"name": "Printer", "parent_id": parent.id})
        self.assertEqual(child.display_name, "Hardware / Printer")
        ticket = self._create_ticket(topic_id=child.id)
        found = ticket.search([("topic_id", "child_of", parent.id)])
        self.assertEqual(found, ticket)
        with self.assertRaises(UserError):
            parent.parent_id = child
