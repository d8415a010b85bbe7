from pathlib import Path

from odoo.modules.migration import load_script
from odoo.tests import tagged

from .common import TicketCommon

VERSION = "migrations/19.0.1.8.0"
SCRIPT = Path(__file__).parent.parent / VERSION / "post-followers.py"


@tagged("post_install", "-at_install")
class TestFormerPeople(TicketCommon):
    """T10: who had a ticket before does not go on with it unless by choice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._create_user(
            "colleague", "helpdesk_contact.group_helpdesk_user"
        )
        cls.team.member_ids += cls.colleague
        cls.hidden_team = cls.env["helpdesk.team"].create(
            {
                "name": "Staff",
                "company_id": cls.company.id,
                "member_ids": [(6, 0, cls.manager.ids)],
                "visibility": "members",
            }
        )

    def _create_assigned(self, user):
        """Create a ticket as people do: its assignee follows it."""
        return self.env["helpdesk.ticket"].create(
            {
                "name": "Printer",
                "partner_id": self.anna.id,
                "team_id": self.team.id,
                "company_id": self.company.id,
                "user_id": user.id,
            }
        )

    # -- who follows --------------------------------------------------------------

    def test_T10_the_former_assignee_stops_following(self):
        ticket = self._create_assigned(self.colleague)
        self.assertIn(self.colleague.partner_id, ticket.message_partner_ids)
        ways = {
            "handed over": {"user_id": self.agent.id},
            "given back": {"user_id": False},
            "with its team": {"team_id": self.hidden_team.id, "user_id": False},
        }
        for way, values in ways.items():
            with self.subTest(way=way):
                ticket.write({"team_id": self.team.id, "user_id": self.colleague.id})
                self.assertIn(self.colleague.partner_id, ticket.message_partner_ids)
                ticket.write(values)
                self.assertNotIn(self.colleague.partner_id, ticket.message_partner_ids)
                self.assertIn(self.anna, ticket.message_partner_ids)

    def test_T10_followers_of_databases_that_are_there(self):
        """An update marks who follows for being assigned, or for having been it."""
        ticket = self._create_assigned(self.colleague)
        other = self._create_assigned(self.manager)
        self.flush_tracking()
        ticket.user_id = self.agent
        self.flush_tracking()
        ticket.message_subscribe((self.colleague + self.manager).partner_id.ids)
        followers = (ticket | other).message_follower_ids
        followers.helpdesk_assigned = False
        self.env.flush_all()
        load_script(str(SCRIPT), "helpdesk_ticket_post_followers").migrate(
            self.env.cr, "19.0.1.7.0"
        )
        self.env.invalidate_all()
        marked = followers.filtered("helpdesk_assigned")
        self.assertEqual(
            {(one.res_id, one.partner_id) for one in marked},
            {
                (ticket.id, self.agent.partner_id),
                (ticket.id, self.colleague.partner_id),
                (other.id, self.manager.partner_id),
            },
        )

    def test_T10_who_follows_by_choice_goes_on(self):
        ticket = self._create_assigned(self.agent)
        ticket.with_user(self.colleague).message_subscribe(
            self.colleague.partner_id.ids
        )
        ticket.user_id = self.colleague
        ticket.user_id = self.agent
        self.assertIn(self.colleague.partner_id, ticket.message_partner_ids)

    def test_T10_taking_a_ticket_over_lets_the_former_assignee_go(self):
        ticket = self._create_assigned(self.colleague)
        ticket.with_user(self.agent).action_assign_to_me()
        self.assertNotIn(self.colleague.partner_id, ticket.message_partner_ids)
        self.assertIn(self.agent.partner_id, ticket.message_partner_ids)

    # -- activities -----------------------------------------------------------------

    def _schedule(self, ticket, user):
        return ticket.activity_schedule(
            "mail.mail_activity_data_todo", user_id=user.id, summary="Call back"
        )

    def test_T10_activities_stay_with_nobody_who_may_not_read_the_ticket(self):
        changes = {
            "another team": lambda ticket: ticket.write(
                {"team_id": self.hidden_team.id, "user_id": self.manager.id}
            ),
            "members only": lambda ticket: ticket.team_id.write(
                {"visibility": "members", "member_ids": [(6, 0, self.manager.ids)]}
            ),
            "archived": lambda ticket: self.colleague.write({"active": False}),
        }
        for name, change in changes.items():
            with self.subTest(name=name):
                self.colleague.active = True
                self.team.write(
                    {
                        "visibility": "everybody",
                        "member_ids": [(6, 0, (self.manager + self.agent).ids)],
                    }
                )
                ticket = self._create_assigned(self.manager)
                activity = self._schedule(ticket, self.colleague)
                with self.mock_mail_gateway():
                    change(ticket)
                self.assertEqual(activity.user_id, self.manager)

    def test_T10_no_agent_any_more_has_no_activities(self):
        ticket = self._create_assigned(self.agent)
        activity = self._schedule(ticket, self.colleague)
        self.colleague.group_ids = [(6, 0, self.env.ref("base.group_user").ids)]
        self.assertEqual(activity.user_id, self.agent)

    def test_T10_activities_of_who_may_read_stay(self):
        ticket = self._create_assigned(self.agent)
        activity = self._schedule(ticket, self.colleague)
        ticket.user_id = self.manager
        self.assertEqual(activity.user_id, self.colleague)

    # -- deleted users ----------------------------------------------------------------

    def test_T10_a_deleted_user_leaves_no_open_ticket(self):
        leaving = self._create_user("leaving", "helpdesk_contact.group_helpdesk_user")
        opened, closed = (self._create_assigned(leaving) for _i in range(2))
        closed.action_close()
        self.env.flush_all()
        with self.mock_mail_gateway():
            leaving.unlink()
        self.assertFalse((opened + closed).user_id)
        self.assertEqual(opened.state, "read")
        self.assertIn(
            "returned to its team", "".join(opened.message_ids.mapped("body"))
        )

    # -- another company ----------------------------------------------------------

    def test_T10_assignee_and_team_stay_behind_in_the_old_company(self):
        self.manager.company_ids += self.other_company
        mine, theirs = map(self._create_assigned, (self.manager, self.colleague))
        (mine + theirs).with_user(self.manager).with_context(
            allowed_company_ids=(self.company + self.other_company).ids
        ).write({"company_id": self.other_company.id})
        self.assertEqual(mine.user_id, self.manager)
        self.assertFalse(theirs.user_id)
        self.assertFalse((mine + theirs).team_id & self.team)
        self.assertNotIn(self.colleague.partner_id, theirs.message_partner_ids)

    def test_T10_what_only_the_old_company_has_stays_behind(self):
        """rel-G1: its contract, project, dictionaries and stage."""
        old, shared = self.company.id, {"name": "Shared"}
        env, own = self.env, {"name": "Ours", "company_id": old}
        tags = env["helpdesk.ticket.tag"].create([own, shared])
        stage = env["helpdesk.ticket.stage"].create({**own, "state": "read"})
        ticket = self._create_assigned(self.manager)
        ticket.write(
            {
                "contract_id": env["contract.contract"]
                .create({**own, "partner_id": self.customer.id})
                .id,
                "project_id": env["project.project"].create(dict(own)).id,
                "severity_id": env["helpdesk.ticket.severity"].create(dict(own)).id,
                "stage_id": stage.id,
                "tag_ids": [(6, 0, tags.ids)],
                "topic_id": env["helpdesk.ticket.topic"].create(shared).id,
                "type_id": env["helpdesk.ticket.type"].create(dict(own)).id,
            }
        )
        self.manager.company_ids += self.other_company
        ticket.with_user(self.manager).with_context(
            allowed_company_ids=(self.company + self.other_company).ids
        ).write({"company_id": self.other_company.id})
        for name in ("contract_id", "project_id", "severity_id", "type_id"):
            with self.subTest(name=name):
                self.assertFalse(ticket[name])
        self.assertEqual((ticket.tag_ids, ticket.state), (tags[1], "read"))
        self.assertNotEqual(ticket.stage_id, stage)
        self.assertTrue(ticket.topic_id)

    def test_T10_stage_stays_behind_without_a_team_too(self):
        """rel-G1: no team that changes with the company tells the stage to follow."""
        stage = self.env["helpdesk.ticket.stage"].create(
            {"name": "Ours", "company_id": self.company.id, "state": "waiting"}
        )
        ticket = self._create_ticket(stage_id=stage.id, team_id=False)
        self.assertFalse(ticket.team_id)
        ticket.company_id = self.other_company
        self.assertNotEqual(ticket.stage_id, stage)
        self.assertEqual(ticket.state, "waiting")
