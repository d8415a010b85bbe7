from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestTwoCompanies(TicketCommon):
    """rel-G1: an administrator who works for two of our companies."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_team = cls.env["helpdesk.team"].create(
            {"name": "Over there", "company_id": cls.other_company.id}
        )
        cls.manager.company_ids += cls.other_company
        both = (cls.company + cls.other_company).ids
        cls.both_env = cls.env(
            user=cls.manager, context={**cls.env.context, "allowed_company_ids": both}
        )

    # -- where a new ticket belongs --------------------------------------------

    def test_T10_company_and_team_of_a_new_ticket_fit(self):
        Ticket = self.both_env["helpdesk.ticket"]
        there = self.other_company
        ways = {
            "company": Ticket.create({"name": "x", "company_id": there.id}),
            "team": Ticket.create({"name": "x", "team_id": self.other_team.id}),
            "context": Ticket.with_context(default_team_id=self.other_team.id).create(
                {"name": "x"}
            ),
        }
        for way, ticket in ways.items():
            with self.subTest(way=way):
                self.assertEqual(ticket.company_id, there)
                self.assertEqual(ticket.team_id, self.other_team)
        self.assertFalse(
            Ticket.create(
                {"name": "x", "company_id": there.id, "team_id": False}
            ).team_id
        )

    def test_T10_another_company_in_the_form(self):
        kind = self.env["helpdesk.ticket.type"].create(
            {"name": "Ours", "company_id": self.company.id}
        )
        with Form(self.both_env["helpdesk.ticket"]) as form:
            form.name = "x"
            form.type_id = kind
            form.company_id = self.other_company
        self.assertEqual(form.record.team_id, self.other_team)
        self.assertFalse(form.record.type_id)

    # -- moves -----------------------------------------------------------------

    def _move(self, ticket):
        ticket.with_env(self.both_env).company_id = self.other_company

    def test_G1_only_to_a_company_of_ones_own(self):
        """rel-G1: as nobody opens tickets there, nobody moves them there; which of its
        companies somebody looks at makes no difference."""
        ticket = self._create_ticket()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            ticket.with_user(self.agent).company_id = self.other_company
        self.assertEqual(ticket.company_id, self.company)
        here = self.env(user=self.manager, context={})
        ticket.with_env(here).company_id = self.other_company
        self.assertEqual(ticket.company_id, self.other_company)

    def test_C03_own_channel_stays_behind(self):
        channel = self.env["helpdesk.channel"].create(
            {"name": "Fax", "company_id": self.company.id}
        )
        ticket = self._create_ticket(channel_id=channel.id)
        self._move(ticket)
        self.assertTrue(ticket.channel_id)
        self.assertNotEqual(ticket.channel_id, channel)

    def test_T10_links_to_tickets_stay_behind(self):
        first = self._create_ticket()
        for name in ("follow_up_of_id", "split_from_id", "duplicate_of_id"):
            with self.subTest(name=name):
                ticket = self._create_ticket(**{name: first.id})
                self._move(ticket)
                self.assertEqual(ticket.company_id, self.other_company)
                self.assertFalse(ticket[name])

    def test_T10_a_ticket_gets_a_team_there(self):
        """Or nobody there would hear of it."""
        for team in (self.team, self.team.browse()):
            ticket = self._create_ticket(team_id=team.id)
            self._move(ticket)
            self.assertEqual(ticket.team_id.company_id, self.other_company)
            self.assertTrue(ticket.stage_id)
        ticket = self._create_ticket()
        ticket.with_env(self.both_env).write(
            {"company_id": self.other_company.id, "team_id": False}
        )
        self.assertFalse(ticket.team_id)

    def test_T10_without_a_team_there_a_manager_is_told(self):
        self.env["helpdesk.team"].search(
            [("company_id", "=", self.other_company.id)]
        ).active = False
        ticket = self._create_ticket()
        closed = self._create_ticket()
        closed._move("closed")
        self.manager.notification_type = "inbox"
        self._move(ticket + closed)
        self.assertFalse(ticket.team_id)
        told = (
            self.env["mail.notification"]
            .search([("res_partner_id", "=", self.manager.partner_id.id)])
            .mail_message_id.filtered(lambda one: "was moved to" in (one.body or ""))
        )
        self.assertEqual(told.mapped("res_id"), ticket.ids)

    # -- what tickets name -----------------------------------------------------

    def test_T02_values_and_teams_are_not_taken_from_tickets_of_others(self):
        env = self.env
        channel, kind, tag = (
            env[model].create({"name": "Shared"})
            for model in (
                "helpdesk.channel",
                "helpdesk.ticket.type",
                "helpdesk.ticket.tag",
            )
        )
        unused = kind.create({"name": "Unused"})
        ticket = self._create_ticket(
            channel_id=channel.id, type_id=kind.id, tag_ids=[(6, 0, tag.ids)]
        )
        for value in (channel, kind, tag, self.team):
            with self.subTest(value=value), self.assertRaises(ValidationError):
                value.with_env(self.both_env).company_id = self.other_company
        for value in (channel, kind, tag, unused):
            value.with_env(self.both_env).company_id = self.company
        unused.with_env(self.both_env).company_id = self.other_company
        ticket.with_user(self.agent).name = "Still ours"

    def test_G1_a_company_for_which_customers_wait_is_not_archived(self):
        """rel-G1: nobody could look at its tickets."""
        ticket = self._create_ticket(
            company_id=self.other_company.id, team_id=self.other_team.id
        )
        with self.assertRaisesRegex(ValidationError, "has 1 open ticket"):
            self.other_company.active = False
        ticket.action_close()
        users = self.env["res.users"].search(
            [("company_id", "=", self.other_company.id)]
        )
        users.write({"company_ids": [(4, self.company.id)]})
        users.company_id = self.company
        self.other_company.active = False

    def test_T08_customers_are_not_taken_from_tickets_of_others(self):
        ticket = self._create_ticket()
        for partner in (self.anna, self.customer):
            with self.subTest(partner=partner), self.assertRaises(UserError):
                partner.with_env(self.both_env).company_id = self.other_company
        self.bernd.with_env(self.both_env).company_id = self.other_company
        self.anna.with_env(self.both_env).company_id = self.company
        with self.mock_mail_gateway():
            self._answer(ticket)
        self.assertIn(self.anna.email, str(self._mails))
