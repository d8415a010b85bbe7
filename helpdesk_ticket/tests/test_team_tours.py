from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestTeamTours(TicketCommon, PatientHttpCase):
    """The agent's screens of teams: merging, splitting, handing over."""

    def test_merge(self):
        first = self._create_ticket(name="Tour: the printer smokes")
        second = self._create_ticket(name="Tour: the printer again")
        second.message_post(
            author_id=self.anna.id,
            body="It stinks.",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.start_tour(
            "/odoo/tickets", "helpdesk_ticket_merge", login=self.agent.login
        )
        self.assertEqual(second.merged_into_id, first)

    def test_split(self):
        ticket = self._create_ticket(name="Tour: the printer smokes")
        ticket.message_post(
            author_id=self.anna.id,
            body="The phone is dead, too.",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.start_tour(
            f"/odoo/tickets/{ticket.id}",
            "helpdesk_ticket_split",
            login=self.agent.login,
        )
        self.assertEqual(ticket.split_ticket_ids.name, "Tour: dead phone")

    def test_T10_hand_over_to_a_members_only_team(self):
        team = self.env["helpdesk.team"].create(
            {
                "name": "Members only",
                "visibility": "members",
                "company_id": self.company.id,
            }
        )
        ticket = self._create_ticket(name="Tour: hand me over")
        self.start_tour(
            f"/odoo/tickets/{ticket.id}",
            "helpdesk_ticket_hand_over",
            login=self.agent.login,
        )
        self.assertEqual(ticket.team_id, team)
