from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestAccess(TicketCommon):
    """Who may do what: users, managers, portal, outsiders, other companies."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._create_ticket()
        cls.outsider = new_test_user(
            cls.env,
            "test-outsider",
            groups="base.group_user",
            email="outsider@helpdesk.example",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.stranger = cls._create_user(
            "stranger", "helpdesk_contact.group_helpdesk_manager", cls.other_company
        )

    def _as(self, user, model="helpdesk.ticket"):
        return self.env(user=user, context={})[model]

    def test_agent_works_but_does_not_delete(self):
        """T18"""
        ticket = self.ticket.with_user(self.agent)
        ticket.name = "Changed"
        ticket.active = False
        with self.assertRaises(AccessError):
            ticket.unlink()

    def test_manager_deletes(self):
        """T18"""
        self.ticket.with_user(self.manager).unlink()
        self.assertFalse(self.ticket.exists())

    def test_only_managers_configure(self):
        for model in (
            "helpdesk.team",
            "helpdesk.ticket.stage",
            "helpdesk.ticket.type",
            "helpdesk.ticket.topic",
            "helpdesk.ticket.severity",
            "helpdesk.channel",
        ):
            with self.subTest(model=model):
                with self.assertRaises(AccessError):
                    self._as(self.agent, model).create({"name": "Mine"})
                theirs = self._as(self.manager, model).create({"name": "Theirs"})
                self.assertEqual(theirs.with_user(self.agent).name, "Theirs")
                with self.assertRaises(AccessError):
                    theirs.with_user(self.agent).name = "Mine"

    def test_outsiders_see_no_ticket(self):
        """rel-A7"""
        Ticket = self._as(self.outsider)
        for call in (
            lambda m: m.search([]),
            lambda m: m.name_search("Printer"),
            lambda m: m.browse(self.ticket.id).read(["name"]),
            lambda m: m.search_count([("partner_id", "=", self.anna.id)]),
            lambda m: m.formatted_read_group([], ["team_id"], ["__count"]),
            lambda m: m.create({"name": "x"}),
            lambda m: m.browse(self.ticket.id).write({"name": "x"}),
            lambda m: m.browse(self.ticket.id).message_post(body="x"),
        ):
            with self.assertRaises(AccessError):
                call(Ticket)

    def test_other_company_sees_nothing(self):
        """rel-G1"""
        Ticket = self._as(self.stranger)
        self.assertFalse(Ticket.search([("id", "=", self.ticket.id)]))
        self.assertFalse(Ticket.name_search(self.ticket.number))
        self.assertFalse(
            Ticket.formatted_read_group(
                [("id", "=", self.ticket.id)], ["team_id"], ["__count"]
            )
        )
        with self.assertRaises(AccessError):
            Ticket.browse(self.ticket.id).read(["name"])
        with self.assertRaises(AccessError):
            self._as(self.stranger, "helpdesk.team").browse(self.team.id).read(["name"])

    def test_ratings_are_for_those_who_see_the_ticket(self):
        """rel-A7, rel-G1: what a customer said, and of which ticket."""
        rating = self.env["rating.rating"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("helpdesk.ticket"),
                "res_id": self.ticket.id,
                "rating": 1,
                "feedback": "They never call back",
            }
        )
        self.assertTrue(
            self._as(self.agent, rating._name).search([("id", "=", rating.id)])
        )
        secret = self.team.copy({"visibility": "members", "member_ids": False})
        for user, team in (
            (self.outsider, self.team),
            (self.stranger, self.team),
            (self.agent, secret),
        ):
            self.ticket.team_id = team
            ratings = self._as(user, rating._name)
            with self.subTest(user=user.login):
                self.assertFalse(ratings.search([("feedback", "ilike", "call back")]))
                with self.assertRaises(AccessError):
                    ratings.browse(rating.id).read(["res_name"])

    def test_nobody_of_us_rates(self):
        """rel-A3, rel-A6: a rating is what the customer said, and nobody has the token
        that gives it in the customer's name."""
        about = self.env["ir.model"]._get_id("helpdesk.ticket")
        values = {"res_model_id": about, "res_id": self.ticket.id, "rating": 5}
        rating = self.env["rating.rating"].create({**values, "rating": 1})
        partner = {"res_model_id": self.env["ir.model"]._get_id("res.partner")}
        other = self.env["rating.rating"].create(
            {**partner, "res_id": self.anna.id, "rating": 5, "consumed": True}
        )
        nested = {"rating_ids": [(0, 0, {"rating": 5, "res_model_id": about})]}
        for user in (self.agent, self.manager, self.outsider):
            mine = rating.with_user(user)
            for call in (
                lambda mine: mine.write({"rating": 5, "feedback": "Great"}),
                lambda mine: mine.create(values),
                lambda mine: mine.browse(other.id).write(values),
                lambda mine: mine.read(["access_token"]),
                lambda mine: self.ticket.with_env(mine.env).write(nested),
                lambda mine: self.ticket.with_env(mine.env).rating_apply(
                    5, rating=mine
                ),
            ):
                with (
                    self.subTest(user=user.login),
                    self.assertRaises(AccessError),
                    self.env.cr.savepoint(),
                ):
                    call(mine)
                    self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.ticket.rating_ids.mapped("rating"), [1])

    def test_followers_are_for_those_who_see_the_ticket(self):
        """rel-A7, rel-G1: who takes part, and who was told of what."""
        self.ticket.message_subscribe(self.ticket.partner_id.ids)
        message = self.ticket.message_post(
            body="Wait", partner_ids=self.ticket.partner_id.ids
        )
        follower = self.ticket.message_follower_ids[0]
        told = message.notification_ids
        self.assertTrue(told)
        others = self.env.user.partner_id.message_follower_ids
        self.env.user.partner_id.message_subscribe(self.ticket.partner_id.ids)
        others = self.env.user.partner_id.message_follower_ids - others
        for record in (follower, told, others):
            seen = self._as(self.agent, record._name)
            self.assertEqual(seen.search([("id", "in", record.ids)]).ids, record.ids)
            self.assertTrue(seen.browse(record.ids).read(["display_name"]))
        secret = self.team.copy({"visibility": "members", "member_ids": False})
        for user, team in (
            (self.outsider, self.team),
            (self.stranger, self.team),
            (self.agent, secret),
        ):
            self.ticket.team_id = team
            for record in (follower, told):
                seen = self._as(user, record._name)
                with self.subTest(user=user.login, model=record._name):
                    self.assertFalse(seen.search([("id", "in", record.ids)]))
                    with self.assertRaises(AccessError):
                        seen.browse(record.ids).read(["display_name"])
            seen = self._as(user, others._name)
            self.assertTrue(seen.search([("id", "in", others.ids)]))

    def test_hidden_tickets_are_not_named_through_links(self):
        """rel-A7: a task, a line of time, a follow-up tell nothing of a ticket that the
        reader must not see; Odoo names linked records without looking at rights."""
        self.agent.group_ids += self.env.ref("project.group_project_user")
        project = self.env["project.project"].create(
            {"name": "For all", "privacy_visibility": "employees"}
        )
        task = self.env["project.task"].create(
            {
                "name": "Cables",
                "project_id": project.id,
                "helpdesk_ticket_id": self.ticket.id,
            }
        )
        follow_up = self._create_ticket(follow_up_of_id=self.ticket.id)
        secret = self.team.copy({"visibility": "members", "member_ids": False})
        links = ((task, "helpdesk_ticket_id"), (follow_up, "follow_up_of_id"))
        for team, seen in ((self.team, True), (secret, False)):
            self.ticket.team_id = team
            self.env.flush_all()
            self.env.invalidate_all()
            for record, field in links:
                ids = [("id", "in", record.ids)]
                records = self._as(self.agent, record._name)
                own = records.browse(record.ids)
                answers = [
                    own.read([field]),
                    own.web_read({field: {"fields": {"display_name": {}}}}),
                    records.formatted_read_group(ids, [field], ["__count"]),
                ]
                with self.subTest(model=record._name, seen=seen):
                    for answer in answers:
                        self.assertEqual(self.ticket.number in repr(answer), seen)
                        self.assertEqual(self.ticket.name in repr(answer), seen)
                        self.assertEqual("Hidden ticket" in repr(answer), not seen)

    def test_other_company_cannot_switch_in(self):
        Ticket = self.env["helpdesk.ticket"].with_user(self.stranger)
        with self.assertRaises(AccessError):
            Ticket.with_context(allowed_company_ids=self.company.ids).search([])

    def test_private_list_of_another_company_is_hidden(self):
        own = self.env["helpdesk.ticket.type"].create(
            {"name": "Ours", "company_id": self.company.id}
        )
        types = self._as(self.stranger, "helpdesk.ticket.type").search([])
        self.assertNotIn(own, types)

    def test_agent_reads_contracts_but_writes_none(self):
        contract = self.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        self.assertEqual(contract.with_user(self.agent).name, "Maintenance")
        with self.assertRaises(AccessError):
            contract.with_user(self.agent).name = "Free of charge"
