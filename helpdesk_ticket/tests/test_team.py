import threading
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import tagged, warmup

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import TicketCommon


class TeamCommon(TicketCommon):
    """A team of Lena and Max beside the common one, and an agent outside of both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        user_group = "helpdesk_contact.group_helpdesk_user"
        cls.lena = cls._create_user("lena", user_group)
        cls.max = cls._create_user("max", user_group)
        cls.outside = cls._create_user("outside", user_group)
        cls.second_team = cls.env["helpdesk.team"].create(
            {
                "name": "Second level",
                "company_id": cls.company.id,
                "member_ids": [(6, 0, (cls.lena + cls.max).ids)],
            }
        )

    def _create_tickets(self, count, **values):
        return self.env["helpdesk.ticket"].concat(
            *(
                self._create_ticket(team_id=self.second_team.id, **values)
                for _number in range(count)
            )
        )


@tagged("post_install", "-at_install")
class TestTeamVisibility(TeamCommon, PatientHttpCase):
    """T10: tickets of a members-only team stay with its members and managers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second_team.visibility = "members"
        cls.secret = cls._create_ticket(
            name="Secret redundancies", team_id=cls.second_team.id
        )
        cls.open_one = cls._create_ticket(name="Secret of everybody")

    def _as(self, user, model="helpdesk.ticket"):
        return self.env(user=user, context={})[model]

    def test_T10_members_leader_assignee_and_managers_see_it(self):
        leader = self._create_user("leader", "helpdesk_contact.group_helpdesk_user")
        self.second_team.leader_id = leader
        for user in (self.lena, self.max, self.manager, leader):
            with self.subTest(user=user.login):
                self.assertEqual(
                    self.secret.with_user(user).name, "Secret redundancies"
                )
        self.assertFalse(self.secret.with_user(self.outside).has_access("read"))
        self.secret.user_id = self.outside
        self.assertTrue(self.secret.with_user(self.outside).has_access("write"))

    def test_T10_outsiders_find_nothing(self):
        Ticket = self._as(self.outside)
        self.assertEqual(Ticket.search([("name", "like", "Secret")]), self.open_one)
        self.assertEqual(Ticket.search_count([("id", "=", self.secret.id)]), 0)
        self.assertFalse(Ticket.name_search(self.secret.number))
        self.assertFalse(
            Ticket.formatted_read_group(
                [("id", "=", self.secret.id)], ["team_id"], ["__count"]
            )
        )
        for number, call in enumerate(
            (
                lambda ticket: ticket.read(["name"]),
                lambda ticket: ticket.write({"name": "Mine"}),
                lambda ticket: ticket.write({"team_id": self.team.id}),
                lambda ticket: ticket.action_assign_to_me(),
                lambda ticket: ticket.action_close(),
                lambda ticket: ticket.message_post(body="Let me in"),
                lambda ticket: ticket.message_subscribe(self.lena.partner_id.ids),
                lambda ticket: ticket.copy(),
                lambda ticket: ticket.web_save({"name": "Mine"}, {"name": {}}),
            )
        ):
            self.env.invalidate_all()
            with self.subTest(number), self.assertRaises(AccessError):
                call(Ticket.browse(self.secret.id))

        own = self.outside.partner_id
        Ticket.browse(self.secret.id).message_subscribe(own.ids)
        self.assertNotIn(own, self.secret.message_partner_ids)

    def test_T10_what_hangs_on_it_is_hidden_too(self):
        message = self.secret.message_post(body="They will be told on Monday")
        attachment = self.env["ir.attachment"].create(
            {
                "name": "list.txt",
                "raw": b"names",
                "res_model": "helpdesk.ticket",
                "res_id": self.secret.id,
            }
        )
        activity = self.secret.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.lena.id
        )
        for record in (message, attachment, activity):
            with self.subTest(model=record._name):
                Model = self._as(self.outside, record._name)
                self.assertFalse(Model.search([("id", "=", record.id)]))
                with self.assertRaises(AccessError):
                    Model.browse(record.id).read()
        members = self._as(self.lena, "mail.message")
        self.assertTrue(members.search([("id", "=", message.id)]))

    def test_T10_chatter_over_http(self):
        self.secret.message_post(body="They will be told on Monday")
        for login, seen in ((self.outside.login, False), (self.lena.login, True)):
            self.authenticate(login, login)
            answer = self.url_open(
                "/mail/thread/messages",
                json={
                    "params": {
                        "thread_model": "helpdesk.ticket",
                        "thread_id": self.secret.id,
                    }
                },
            )
            self.assertEqual("told on Monday" in answer.text, seen)

    def test_T10_smart_buttons_count_what_is_seen(self):
        project = self.env["project.project"].create(
            {"name": "Secret", "company_id": self.company.id}
        )
        (self.secret + self.open_one).project_id = project
        for user, count in ((self.outside, 1), (self.lena, 2), (self.manager, 2)):
            with self.subTest(user=user.login):
                self.env.invalidate_all()
                customer = self._as(user, "res.partner").browse(self.customer.id)
                self.assertEqual(customer.helpdesk_ticket_count, count)
                listed = customer.helpdesk_customer_ticket_ids
                self.assertEqual(len(listed), count)
                team = self._as(user, "helpdesk.team").browse(self.second_team.id)
                self.assertEqual(team.open_ticket_count, count - 1)

    def test_T10_everybody(self):
        self.second_team.visibility = "everybody"
        self.assertTrue(self.secret.with_user(self.outside).has_access("write"))

    def test_T10_change_of_members_counts_at_once(self):
        secret = self.secret.with_user(self.outside)
        self.assertFalse(secret.has_access("read"))
        self.second_team.member_ids += self.outside
        self.assertTrue(secret.has_access("read"))
        self.second_team.member_ids -= self.outside
        self.assertFalse(secret.has_access("read"))
        self.secret.action_close()
        self.second_team.active = False
        self.assertFalse(secret.has_access("read"))

    def test_T10_no_other_group_opens_the_door(self):
        accountant = self._create_user(
            "accountant",
            "account.group_account_invoice,helpdesk_contact.group_helpdesk_user",
        )
        self.secret.contract_id = self.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        self.assertFalse(self.secret.with_user(accountant).has_access("read"))

    def test_T10_hand_over_to_a_hidden_team(self):
        ticket = self.open_one.with_user(self.outside)
        result = ticket.web_save({"team_id": self.second_team.id}, {"name": {}})
        self.flush_tracking()
        self.assertEqual(result, [])
        self.assertEqual(self.open_one.team_id, self.second_team)
        self.assertFalse(ticket.has_access("read"))
        with self.assertRaises(AccessError):
            ticket.write({"team_id": self.team.id})

    def test_T10_no_ticket_is_opened_out_of_sight(self):
        values = {"name": "Lost", "team_id": self.second_team.id}
        with self.assertRaisesRegex(UserError, "Only the members of the team"):
            self._as(self.outside).create(values)
        own = self._as(self.outside).create({**values, "user_id": self.outside.id})
        self.assertTrue(own.has_access("read"))
        self.assertTrue(self._as(self.lena).create(values).has_access("read"))

    def test_T10_rule_is_a_plain_list_of_ids(self):
        """No sub-query and no OR over followers; nothing at all for who sees all."""
        for user, restricted in ((self.outside, True), (self.manager, False)):
            sql = self._as(user)._search(Domain("is_open", "=", True)).select().code
            self.assertEqual(sql.count("SELECT"), 1)
            self.assertEqual("team_id" in sql, restricted)


@tagged("post_install", "-at_install")
class TestTeamAssignment(TeamCommon):
    """T10: by hand, in turn, least loaded."""

    def test_T10_by_hand(self):
        self.assertFalse(self._create_tickets(2).user_id)

    def test_T10_in_turn(self):
        self.second_team.assignment = "turn"
        tickets = self._create_tickets(6)
        users = list(tickets.mapped(lambda ticket: ticket.user_id.login))
        self.assertEqual(users[:2] * 3, users)
        self.assertEqual(tickets.user_id, self.lena + self.max)
        self.assertEqual(set(tickets.mapped("state")), {"assigned"})

    def test_T10_least_loaded(self):
        self._create_ticket(user_id=self.lena.id)
        self._create_ticket(user_id=self.lena.id)
        self._create_ticket(user_id=self.max.id).action_close()
        self.second_team.assignment = "load"
        self.assertEqual(self._create_tickets(2).user_id, self.max)
        evenly = self._create_tickets(4)
        self.assertEqual(evenly.user_id, self.lena + self.max)

    def test_T10_equal_loads_are_broken_in_turn(self):
        """Mails of the same moment do not see each other's tickets yet."""
        self.second_team.assignment = "load"
        picks = [self.second_team._pick_assignees(1)[0] for _mail in range(4)]
        self.assertEqual(picks[:2] * 2, picks)
        self.assertNotEqual(picks[0], picks[1])

    def test_T10_an_assignee_who_was_chosen_stays(self):
        self.second_team.assignment = "turn"
        ticket = self._create_tickets(1, user_id=self.outside.id)
        self.assertEqual(ticket.user_id, self.outside)

    def test_T10_only_active_members_of_the_company(self):
        self.second_team.assignment = "turn"
        stranger = self._create_user(
            "stranger", "helpdesk_contact.group_helpdesk_user", self.other_company
        )
        self.second_team.member_ids += stranger
        self.max.active = False
        self.assertEqual(self._create_tickets(4).user_id, self.lena)

    def test_T10_members_on_leave_are_passed_over(self):
        self.second_team.assignment = "turn"
        now = fields.Datetime.now()
        leave = self.env["resource.calendar.leaves"].create(
            {
                "name": "Holidays",
                "resource_id": self._get_resource(self.max).id,
                "date_from": now - timedelta(days=1),
                "date_to": now + timedelta(days=1),
            }
        )
        self.assertEqual(self._create_tickets(4).user_id, self.lena)
        leave.date_from = now + timedelta(hours=1)
        self.assertEqual(self._create_tickets(2).user_id, self.lena + self.max)

    def _get_resource(self, user):
        return self.env["resource.resource"].create(
            {"name": user.name, "user_id": user.id, "company_id": self.company.id}
        )

    def test_T10_nobody_there(self):
        self.second_team.write({"assignment": "load", "member_ids": [(5,)]})
        self.assertFalse(self._create_tickets(1).user_id)

    def test_T10_mail_is_assigned(self):
        self.team.assignment = "turn"
        with self.mock_mail_gateway():
            ticket = self._mail_in()
        self.assertIn(ticket.user_id, self.agent + self.manager)
        self.assertEqual(ticket.state, "assigned")

    def test_T10_another_team(self):
        """Who is assigned stays; a ticket of nobody gets somebody of the new team."""
        self.second_team.assignment = "turn"
        kept = self._create_ticket(user_id=self.agent.id)
        free = self._create_ticket()
        closed = self._create_ticket()
        closed.action_close()
        (kept + free + closed).team_id = self.second_team
        self.assertEqual(kept.user_id, self.agent)
        self.assertIn(free.user_id, self.lena + self.max)
        self.assertFalse(closed.user_id)
        self.second_team.assignment = "manual"
        by_hand = self._create_ticket()
        by_hand.team_id = self.second_team
        self.assertFalse(by_hand.user_id)

    def test_T10_at_the_same_moment(self):
        """Four mails at a time get as many turns as there are mails, without waiting.

        The counter of the team is outside of transactions; none of the four sees the
        others.
        """
        team = self.second_team
        team.assignment = "turn"
        # The counter has to exist for other connections: take one that does.
        sequence = self.env["ir.sequence"].search(
            [("implementation", "=", "standard"), ("use_date_range", "=", False)],
            order="id",
            limit=1,
        )
        team.turn_sequence_id = sequence
        team.flush_recordset()
        drawn, start = [], threading.Barrier(4)

        def draw():
            with self.registry.cursor() as cr:
                env = self.env(cr=cr)
                other = env["helpdesk.team"].new({"turn_sequence_id": sequence.id})
                start.wait()
                for _mail in range(25):
                    drawn.extend(other._draw_turns(1))

        threads = [threading.Thread(target=draw) for _connection in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(set(drawn)), 100)

    @warmup
    def test_T10_queries_of_a_batch(self):
        self._create_ticket(user_id=self.lena.id)
        for method in ("turn", "load"):
            self.second_team.assignment = method
            self.env.flush_all()
            counts = []
            for number in (1, 1, 50):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self.second_team._pick_assignees(number)
                counts.append(self.env.cr.sql_log_count - before)
            with self.subTest(method=method):
                self.assertEqual(counts[1], counts[2])

    def test_T10_sequence_goes_with_its_team(self):
        self.second_team.with_user(self.manager).assignment = "turn"
        sequence = self.second_team.turn_sequence_id
        self.assertTrue(sequence)
        self.second_team.with_user(self.manager).unlink()
        self.assertFalse(sequence.exists())
