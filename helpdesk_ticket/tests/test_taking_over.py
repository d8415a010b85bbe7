from datetime import timedelta

from odoo import fields
from odoo.tests import Form, tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestTakingOver(TicketCommon):
    """A follow-up, a copy and what is split off take over from a ticket what is still
    there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"helpdesk_answer_to_closed": "follow_up", "helpdesk_reopen_days": 3}
        )
        cls.colleague = cls._create_user(
            "colleague", "helpdesk_contact.group_helpdesk_user"
        )
        cls.rival = cls.env["res.partner"].create({"name": "Rival", "is_company": True})
        cls.old_team = cls.env["helpdesk.team"].create(
            {"name": "Old", "company_id": cls.company.id}
        )

    def _create_closed_long_ago(self, **values):
        ticket = self._create_ticket(**values)
        ticket.action_close()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET closed_date = closed_date - interval '30 days' "
            "WHERE id = %s",
            [ticket.id],
        )
        self.env.invalidate_all()
        return ticket

    def _let_join_rival(self, contact, **values):
        with self.mock_mail_gateway():
            contact.write({"parent_id": self.rival.id, **values})

    def _follow_up_by_button(self, ticket):
        action = ticket.with_user(self.agent).action_create_follow_up()
        form = Form(self.agent_env["helpdesk.ticket"].with_context(**action["context"]))
        return form.save()

    # -- teams, contracts, projects --------------------------------------------

    def test_T10_no_archived_team(self):
        ticket = self._create_closed_long_ago(team_id=self.old_team.id)
        self.old_team.action_archive()
        ways = {
            "mail": lambda: self._mail_in(f"Re: [{ticket.number}] x"),
            "button": lambda: self._follow_up_by_button(ticket),
            "copy": lambda: ticket.with_user(self.agent).copy(),
        }
        for way, take in ways.items():
            with self.subTest(way=way):
                new = take()
                self.assertNotEqual(new, ticket)
                self.assertEqual(new.team_id, self.team)

    def test_T12_no_contract_that_has_ended(self):
        today = fields.Date.today()
        values = {"partner_id": self.customer.id, "company_id": self.company.id}
        ended, running = self.env["contract.contract"].create(
            [{"name": name, **values} for name in ("Ended", "Running")]
        )
        ticket = self._create_closed_long_ago(contract_id=ended.id)
        day = timedelta(days=1)
        ended.write({"date_start": today - 9 * day, "date_end": today - day})
        self.assertEqual(self._follow_up_by_button(ticket).contract_id, running)
        self.assertEqual(ticket.with_user(self.agent).copy().contract_id, running)

    def test_T11_no_project_of_a_former_customer(self):
        own, shared = self.env["project.project"].create(
            [
                {"name": name, "partner_id": owner.id, "company_id": self.company.id}
                for name, owner in (("Own", self.customer), ("Shared", self.rival[:0]))
            ]
        )
        tickets = [
            self._create_closed_long_ago(project_id=project.id)
            for project in (own, shared)
        ]
        self._let_join_rival(self.anna)
        for ticket, project in zip(tickets, (own[:0], shared), strict=True):
            new = self._mail_in(f"Re: [{ticket.number}] x")
            self.assertEqual(new.customer_id, self.rival)
            self.assertEqual(new.project_id, project)

    # -- people ----------------------------------------------------------------

    def test_T08_T10_nobody_who_has_left(self):
        ticket = self._create_closed_long_ago(user_id=self.colleague.id)
        self._let_join_rival(self.anna)
        self.colleague.active = False
        for new in (
            ticket.with_user(self.agent).copy(),
            self._follow_up_by_button(ticket),
        ):
            self.assertFalse(new.user_id - self.agent)
            self.assertFalse(new.partner_id)
            self.assertEqual(new.customer_id, self.customer)

    def test_K11_what_is_split_off_stays_with_the_customer(self):
        """A message says what its author asked for the former employer."""
        ticket = self._create_ticket()
        for number, sender in enumerate((self.bernd, self.anna)):
            self._mail_in(
                f"Re: [{ticket.number}] x",
                email_from=f"{sender.name} <{sender.email}>",
                body=f"Words {number}",
            )
        self._let_join_rival(self.bernd, email="bernd@rival.example")
        message = ticket.message_ids.filtered(lambda one: "Words 0" in one.body)
        split = self.env["helpdesk.ticket.split"].with_user(self.agent)
        action = split.create(
            {"ticket_id": ticket.id, "moved_message_ids": [(6, 0, message.ids)]}
        ).action_split()
        new = self.env["helpdesk.ticket"].browse(action["res_id"])
        self.assertEqual(new.customer_id, self.customer)
        self.assertEqual(new.partner_id, self.anna)

    # -- chains ----------------------------------------------------------------

    def test_T13_a_follow_up_that_was_merged_leads_on(self):
        ticket = self._create_closed_long_ago()
        follow_up = self._mail_in(f"Re: [{ticket.number}] x")
        survivor = self._create_ticket()
        follow_up.with_user(self.agent)._merge_into(survivor)
        self.assertEqual(self._mail_in(f"Re: [{ticket.number}] x"), survivor)
        self.assertEqual(follow_up.merged_into_id, survivor)

    def test_T13_a_chain_that_comes_back_ends(self):
        first, second = (self._create_closed_long_ago() for _i in range(2))
        follow_up = self._create_closed_long_ago(follow_up_of_id=first.id)
        first.follow_up_of_id = second
        follow_up._merge_into(second)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET closed_date = now() - interval '30 days' "
            "WHERE id IN %s",
            [(first.id, second.id, follow_up.id)],
        )
        self.env.invalidate_all()
        new = self._mail_in(f"Re: [{first.number}] x")
        self.assertNotIn(new, first + second + follow_up)
