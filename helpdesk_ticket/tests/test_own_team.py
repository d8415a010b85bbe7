from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import tagged

from .test_team import TeamCommon


@tagged("post_install", "-at_install")
class TestOwnTeamOnly(TeamCommon):
    """T10: users see the tickets of their own teams, or all, as the company says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls._create_ticket()
        cls.foreign = cls._create_ticket(team_id=cls.second_team.id)
        cls.assigned = cls._create_ticket(
            team_id=cls.second_team.id, user_id=cls.agent.id
        )
        cls.homeless = cls._create_ticket(team_id=False)
        cls.all = cls.own + cls.foreign + cls.assigned + cls.homeless
        cls.company.helpdesk_own_team_only = True

    def _seen_by(self, user):
        Ticket = self.env(user=user, context={})["helpdesk.ticket"]
        return Ticket.search([("id", "in", self.all.ids)]).sudo()

    def test_T10_on_own_teams_only(self):
        self.assertEqual(self._seen_by(self.agent), self.all - self.foreign)
        self.assertEqual(
            self._seen_by(self.lena), self.foreign + self.assigned + self.homeless
        )
        self.assertEqual(self._seen_by(self.manager), self.all)
        for operation in ("read", "write"):
            with self.assertRaises(AccessError):
                self.foreign.with_user(self.agent).check_access(operation)

    def test_T10_off_all_tickets(self):
        self.assertNotIn(self.foreign, self._seen_by(self.agent))
        self.company.helpdesk_own_team_only = False
        self.assertEqual(self._seen_by(self.agent), self.all)

    def test_T10_setting_of_another_company_counts_there_only(self):
        self.company.helpdesk_own_team_only = False
        self.other_company.helpdesk_own_team_only = True
        self.assertEqual(self._seen_by(self.agent), self.all)

    def test_T10_leader_and_new_members_see_it_at_once(self):
        self.assertNotIn(self.foreign, self._seen_by(self.agent))
        self.second_team.leader_id = self.agent
        self.assertIn(self.foreign, self._seen_by(self.agent))
        self.second_team.leader_id = False
        self.assertNotIn(self.foreign, self._seen_by(self.agent))
        self.second_team.member_ids += self.agent
        self.assertIn(self.foreign, self._seen_by(self.agent))

    def test_T10_accountants_keep_the_tickets_of_contracts(self):
        """The setting is about users of the helpdesk."""
        accountant = self._create_user("accountant", "account.group_account_invoice")
        self.foreign.contract_id = self.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        self.assertEqual(self._seen_by(accountant), self.foreign)

    def test_T10_new_tickets_stay_in_sight(self):
        """Who belongs to no team opens tickets without one, and does not lose them."""
        Ticket = self.env(user=self.outside, context={})["helpdesk.ticket"]
        ticket = Ticket.create({"name": "By phone", "partner_id": self.anna.id})
        self.assertFalse(ticket.team_id)
        self.company.helpdesk_own_team_only = False
        self.assertTrue(Ticket.default_get(["team_id"])["team_id"])

    def test_T10_dashboard_shows_what_is_seen(self):
        board = self.env(user=self.agent, context={})["helpdesk.ticket"]
        names = [card["name"] for card in board.get_dashboard()["teams"]]
        self.assertIn(self.team.name, names)
        self.assertNotIn(self.second_team.name, names)

    def test_T10_rule_stays_a_plain_list_of_ids(self):
        """No sub-query per ticket; nothing asked again for the next search."""
        Ticket = self.env(user=self.agent, context={})["helpdesk.ticket"]
        sql = Ticket._search(Domain("is_open", "=", True)).select().code
        self.assertEqual(sql.count("SELECT"), 1)
        for _more in range(2):
            self.second_team.copy({"member_ids": [(6, 0, self.agent.ids)]})
            Ticket.search_count([])  # reads the teams
            with self.assertQueryCount(1):
                Ticket.search_count([("is_open", "=", True)])
