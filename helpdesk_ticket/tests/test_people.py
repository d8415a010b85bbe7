from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestPeople(TicketCommon):
    """Who is told, and who is not, when people, teams and companies change."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._create_user(
            "colleague", "helpdesk_contact.group_helpdesk_user"
        )
        cls.team.member_ids += cls.colleague

    def _get_told(self, ticket, **headers):
        """Let the customer answer; return the addresses that hear of it."""
        with self.mock_mail_gateway():
            self._mail_in(f"Re: [{ticket.number}] x", **headers)
        return self._get_mailed()

    def _get_mailed(self):
        return {address for mail in self._mails for address in mail["email_to"]}

    def _is_told(self, user):
        return any(user.email in address for address in self._get_mailed())

    def _set_leave(self, user):
        now = fields.Datetime.now()
        day = timedelta(days=1)
        self._create_leave(user, now - day, now + 9 * day)

    # -- who may not read ---------------------------------------------------------

    def test_T10_who_may_not_read_is_not_told(self):
        hidden = self.env["helpdesk.team"].create(
            {
                "name": "Staff",
                "company_id": self.company.id,
                "member_ids": [(6, 0, self.manager.ids)],
                "visibility": "members",
            }
        )
        ticket = self._create_ticket(user_id=self.colleague.id)
        ticket.message_subscribe(self.colleague.partner_id.ids)
        self._get_told(ticket)
        self.assertTrue(self._is_told(self.colleague))
        ticket.write({"team_id": hidden.id, "user_id": self.manager.id})
        self._get_told(ticket)
        self.assertFalse(self._is_told(self.colleague))
        self.assertTrue(self._is_told(self.manager))

    def test_T10_former_colleague_is_not_told(self):
        ticket = self._create_ticket(user_id=self.colleague.id)
        ticket.message_subscribe((self.agent + self.colleague).partner_id.ids)
        self.colleague.active = False
        self._get_told(ticket)
        self.assertFalse(self._is_told(self.colleague))
        self.assertTrue(self._is_told(self.agent))

    # -- assignee gone --------------------------------------------------------------

    def test_T10_open_tickets_of_who_leaves_go_back_to_the_team(self):
        gone = {
            "archived": {"active": False},
            "no agent any more": {
                "group_ids": [(6, 0, self.env.ref("base.group_user").ids)]
            },
        }
        for name, values in gone.items():
            with self.subTest(name=name):
                leaving = self._create_user(
                    f"leaving-{len(name)}", "helpdesk_contact.group_helpdesk_user"
                )
                kept = self._create_ticket(user_id=leaving.id)
                kept._move("closed")
                ticket = self._create_ticket(user_id=leaving.id)
                ticket._move("answered")
                with self.mock_mail_gateway():
                    leaving.write(values)
                self.assertFalse(ticket.user_id)
                self.assertEqual(kept.user_id, leaving)
                self.assertTrue(self._is_told(self.colleague))
                Ticket = self.env(user=self.colleague)["helpdesk.ticket"]
                queue = Ticket.search(Ticket._get_queue_domain())
                self.assertIn(ticket, queue)

    def test_T10_leaving_the_group_counts_like_leaving_the_company(self):
        ticket = self._create_ticket(user_id=self.colleague.id)
        group = self.env.ref("helpdesk_contact.group_helpdesk_user")
        with self.mock_mail_gateway():
            group.write({"user_ids": [(3, self.colleague.id)]})
        self.assertNotEqual(ticket.user_id, self.colleague)

    def test_T10_only_agents_are_assigned(self):
        portal = self._create_portal_user(self.anna)
        for user in (portal, self._create_user("clerk", "base.group_user")):
            with self.subTest(user=user.login), self.assertRaises(ValidationError):
                self._create_ticket(user_id=user.id)

    # -- on leave -------------------------------------------------------------------

    def test_T10_leader_is_told_besides_an_assignee_on_leave(self):
        self.team.leader_id = self.manager
        ticket = self._create_ticket(user_id=self.colleague.id)
        self._get_told(ticket)
        self.assertFalse(self._is_told(self.manager))
        self._set_leave(self.colleague)
        self._get_told(ticket)
        self.assertTrue(self._is_told(self.manager))
        self.assertIn("on leave", "".join(ticket.message_ids.mapped("body")))

    def test_T10_managers_stand_in_where_no_team_is(self):
        ticket = self._create_ticket(user_id=self.colleague.id, team_id=False)
        self._set_leave(self.colleague)
        self._get_told(ticket)
        self.assertTrue(self._is_told(self.manager))

    def test_T10_members_stand_in_for_a_leader_on_leave(self):
        self.team.leader_id = self.manager
        ticket = self._create_ticket()
        for user in (self.manager, self.colleague):
            self._set_leave(user)
        told = ticket._get_responsible_users()[ticket]
        self.assertIn(self.agent, told)
        self.assertNotIn(self.manager, told)
        self.assertNotIn(self.colleague, told)

    # -- what a template cannot say ---------------------------------------------------

    def test_T09_a_template_that_fails_stops_no_work(self):
        template = self.env.ref("helpdesk_ticket.mail_template_ticket_closed")
        first, second, good = (self._create_ticket() for _i in range(3))
        tickets = first + second + good
        template.body_html = f'<p t-if="object.id != {good.id}" t-out="1 / 0"/>'
        logger = "odoo.addons.helpdesk_ticket.models.outgoing.notices"
        with (
            self.mock_mail_gateway(),
            mute_logger(logger, "odoo.addons.mail.models.mail_render_mixin"),
        ):
            tickets.with_user(self.agent).action_close()
        self.assertEqual(set(tickets.mapped("state")), {"closed"})
        mails = [m for m in self._mails if any("anna@" in to for to in m["email_to"])]
        self.assertEqual(len(mails), 1)
        self.assertNotIn("ZeroDivision", str(mails))
        told = [
            mail
            for mail in self._mails
            if any(self.manager.email in to for to in mail["email_to"])
        ]
        self.assertEqual(len(told), 1)
        for ticket in tickets:
            noted = "was not sent" in "".join(ticket.message_ids.mapped("body"))
            self.assertEqual(noted, ticket != good)

    # -- contact and customer ---------------------------------------------------------

    def test_K11_open_tickets_follow_a_contact_that_gets_its_first_company(self):
        rita = self.env["res.partner"].create(
            {"name": "Rita", "email": "rita@r.example"}
        )
        opened, closed = (self._create_ticket(partner_id=rita.id) for _i in range(2))
        closed._move("closed")
        rita.parent_id = self.customer
        self.assertEqual(opened.customer_id, self.customer)
        self.assertEqual(closed.customer_id, rita)

    def test_K11_the_portal_forgets_what_a_former_employer_asked(self):
        portal = self._create_portal_user(self.anna)
        other = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        closed = self._create_ticket()
        closed._move("closed")
        self.assertTrue(closed.with_user(portal).has_access("read"))
        with self.mock_mail_gateway():
            self.anna.parent_id = other
        self.assertFalse(closed.with_user(portal).has_access("read"))
        self.assertTrue(self._create_ticket().with_user(portal).has_access("read"))

    def test_K11_who_gets_its_first_company_still_sees_its_tickets(self):
        rita = self.env["res.partner"].create(
            {"firstname": "Rita", "lastname": "Roth", "email": "rita@r.example"}
        )
        portal = self._create_portal_user(rita)
        closed = self._create_ticket(partner_id=rita.id)
        closed._move("closed")
        rita.parent_id = self.customer
        self.assertTrue(closed.with_user(portal).has_access("read"))

    def test_K11_a_new_employer_does_not_inherit_tickets(self):
        other = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        opened, closed = self._create_ticket(), self._create_ticket()
        closed._move("closed")
        with self.mock_mail_gateway():
            self.anna.write({"parent_id": other.id, "email": "anna@rival.example"})
        self.assertEqual((opened + closed).customer_id, self.customer)
        self.assertFalse(opened.partner_id)
        self.assertNotIn(self.anna, opened.message_partner_ids)
        self.assertEqual(closed.partner_email, "anna@huber.example")
        self.assertTrue(self._is_told(self.agent))
        with self.mock_mail_gateway():
            self._answer(opened)
        self.assertFalse([to for to in self._get_mailed() if "anna@" in to])

    def test_K11_who_is_told_reads_it_in_their_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.agent.lang = "de_DE"
        other = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        ticket = self._create_ticket()
        with self.mock_mail_gateway():
            self.anna.parent_id = other
        told = self.env["mail.message"].search(
            [("model", "=", ticket._name), ("res_id", "=", ticket.id)]
        )
        mine = told.filtered(
            lambda one: self.agent.partner_id in one.notified_partner_ids
        )
        others = told.filtered(
            lambda one: self.manager.partner_id in one.notified_partner_ids
        )
        self.assertIn("verlassen", mine.body)
        self.assertIn("has left", others.body)

    def test_T08_contact_and_customer_are_of_one_company(self):
        other = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        with self.assertRaises(ValidationError):
            self._create_ticket(customer_id=other.id)
        ticket = self._create_ticket()
        with self.assertRaises(ValidationError):
            ticket.customer_id = other
        form = Form(ticket.with_user(self.agent))
        form.customer_id = other
        self.assertFalse(form.partner_id)
        self.assertEqual(form.customer_id, other)

    def test_T08_people_of_the_former_customer_take_part_no_longer(self):
        """They would read what the next one is told: by mail, in copy and by link."""
        other = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        rita, guest = self.env["res.partner"].create(
            [
                {"name": "Rita", "email": "rita@rival.example", "parent_id": other.id},
                {"name": "Guest", "email": "guest@elsewhere.example"},
            ]
        )
        copies = "Bernd <bernd@huber.example>, Guest <guest@elsewhere.example>"
        ticket = self._create_ticket(email_cc=copies)
        ticket.message_subscribe((self.bernd + guest).ids)
        ticket.with_user(self.agent).partner_id = rita
        people = ticket.message_partner_ids
        self.assertFalse(people & (self.anna + self.bernd))
        self.assertEqual(people & (rita + guest), rita + guest)
        self.assertIn("guest@", ticket.email_cc)
        self.assertNotIn("bernd@", ticket.email_cc)
        with self.mock_mail_gateway():
            self._answer(ticket)
        self.assertFalse([to for to in self._get_mailed() if "huber" in to])

    def test_T08_a_customer_without_a_contact_is_exchanged(self):
        other = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        ticket = self._create_ticket(partner_id=False, customer_id=self.customer.id)
        ticket.message_subscribe(self.bernd.ids)
        ticket.partner_id = self.anna
        self.assertIn(self.bernd, ticket.message_partner_ids)
        ticket.write({"partner_id": False, "customer_id": other.id})
        self.assertNotIn(self.bernd, ticket.message_partner_ids)

    def test_K03_known_addresses_are_linked(self):
        Ticket = self.agent_env["helpdesk.ticket"]
        ticket = Ticket.create({"name": "x", "partner_email": "Anna@huber.example"})
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(ticket.customer_id, self.customer)
        self.assertEqual(
            ticket.channel_id, self.env.ref("helpdesk_ticket.channel_phone")
        )
        later = Ticket.create({"name": "x"})
        later.partner_email = "anna@huber.example"
        self.assertEqual(later.partner_id, self.anna)
        for values in ({"name": "x", "partner_email": "a@x, b@y"}, {"name": " "}):
            with self.subTest(values=values), self.assertRaises(UserError):
                Ticket.create(values)

    def test_K03_as_people_type_them(self):
        Ticket = self.agent_env["helpdesk.ticket"]
        for text in (" anna@huber.example ", "\u00a0Anna Huber <ANNA@huber.example>"):
            ticket = Ticket.create({"name": "x", "partner_email": text})
            self.assertEqual(ticket.partner_id, self.anna)
        for text in ("anna@huber.example.", "anna@huber..example", "@huber.example"):
            with self.subTest(text=text), self.assertRaisesRegex(UserError, "address"):
                Ticket.create({"name": "x", "partner_email": text})

    def test_K11_a_first_company_is_not_that_of_the_ticket(self):
        """Somebody alone asks for a customer, then turns out to be another one's."""
        rita = self.env["res.partner"].create(
            {"name": "Rita", "email": "rita@r.example"}
        )
        other = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        ticket = self._create_ticket(partner_id=rita.id, customer_id=self.customer.id)
        with self.mock_mail_gateway():
            rita.parent_id = other
        self.assertEqual(ticket.customer_id, self.customer)
        self.assertFalse(ticket.partner_id)

    def test_T12_merged_companies_have_one_contract(self):
        twin = self.env["res.partner"].create({"name": "Huber", "is_company": True})
        ticket = self._create_ticket(partner_id=False, customer_id=twin.id)
        contract = self.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard.with_user(self.manager).create({})._merge(
            (twin + self.customer).ids, self.customer
        )
        self.assertEqual(ticket.customer_id, self.customer)
        self.assertEqual(ticket.contract_id, contract)

    def test_K03_an_address_is_looked_up_in_the_company_of_the_ticket(self):
        theirs, ours = self.env["res.partner"].create(
            [
                {"name": "Rita", "email": "rita@r.example", "company_id": company.id}
                for company in (self.other_company, self.company)
            ]
        )
        self.manager.company_ids += self.other_company
        Ticket = self.env(user=self.manager)["helpdesk.ticket"].with_context(
            allowed_company_ids=(self.company + self.other_company).ids
        )
        values = {"name": "x", "partner_email": "rita@r.example", "team_id": False}
        first, second = Ticket.create(
            [
                {**values, "company_id": self.company.id},
                {**values, "company_id": self.other_company.id},
            ]
        )
        self.assertEqual(first.partner_id, ours)
        self.assertEqual(second.partner_id, theirs)

    # -- what is in use ---------------------------------------------------------------

    def test_T02_values_and_teams_in_use_are_kept(self):
        topic = self.env["helpdesk.ticket.topic"].create({"name": "Above"})
        topic.create({"name": "Below", "parent_id": topic.id})
        kind = self.env["helpdesk.ticket.type"].create({"name": "Used"})
        unused = self.env["helpdesk.ticket.type"].create({"name": "Unused"})
        self._create_ticket(type_id=kind.id, active=False)
        level = self.env["helpdesk.team"].create(
            {"name": "Third level", "company_id": self.company.id}
        )
        self.env["helpdesk.ticket.stage"].create(
            {"name": "Theirs", "team_ids": [(6, 0, level.ids)]}
        )
        for record in (topic, kind, self.team, level):
            with self.subTest(record=record), self.assertRaises(UserError):
                record.with_user(self.manager).unlink()
        unused.with_user(self.manager).unlink()
        self._create_ticket()
        with self.assertRaises(UserError):
            self.team.with_user(self.manager).active = False

    def test_T10_who_archives_a_team_says_who_goes_on(self):
        other = self.env["helpdesk.team"].create(
            {"name": "Second level", "company_id": self.company.id}
        )
        self.team.alias_name = "firstlevel"
        opened, closed = self._create_ticket(), self._create_ticket()
        closed._move("closed")
        team = self.team.with_user(self.manager)
        action = team.action_archive()
        self.assertTrue(team.active)
        Dialog = self.env(user=self.manager)[action["res_model"]]
        Dialog = Dialog.with_context(**action["context"])
        for values in ({}, {"target_id": team.id}):
            with self.subTest(values=values), self.assertRaises(UserError):
                Dialog.create(values).action_confirm()
        with Form(Dialog) as dialog:
            self.assertEqual(dialog.ticket_count, 1)
            self.assertIn("firstlevel", dialog.addresses)
            dialog.target_id = other
        dialog.record.action_confirm()
        self.assertFalse(team.active)
        self.assertEqual((opened.team_id, closed.team_id), (other, self.team))
        self.assertIn("Second level", "".join(team.message_ids.mapped("body")))

        def get_team_of_mail():
            return self.team.alias_id.alias_defaults

        self.assertIn(f"'team_id': {other.id}", get_team_of_mail())
        team.action_unarchive()
        self.assertIn(f"'team_id': {self.team.id}", get_team_of_mail())
        Dialog.create({"address_use": "none"}).action_confirm()
        self.assertFalse(team.active)
        self.assertFalse(self.team.alias_name)

    # -- merge, split -----------------------------------------------------------------

    def test_T25_the_survivor_is_answered_since_the_first_answer(self):
        low, high = self.env["helpdesk.ticket.severity"].create(
            [{"name": "Low", "sequence": 1}, {"name": "High", "sequence": 99}]
        )
        answered = self._create_ticket(severity_id=high.id)
        self._answer(answered)
        survivor = self._create_ticket(severity_id=low.id)
        answered._merge_into(survivor)
        self.assertEqual(survivor.answered_date, answered.answered_date)
        self.assertTrue(survivor.answered_date)
        self.assertEqual(survivor.state, "in_progress")
        self.assertEqual(survivor.severity_id, high)

    def test_T13_who_wrote_a_message_is_contact_of_what_is_split_off(self):
        boss = self.env["res.partner"].create(
            {"name": "Boss", "email": "boss@b.example"}
        )
        self.company.helpdesk_answer_hours = 8
        ticket = self._create_ticket()
        message = ticket.message_post(
            body="and the scanner",
            author_id=boss.id,
            message_type="email",
            subtype_xmlid="mail.mt_comment",
            date=fields.Datetime.subtract(fields.Datetime.now(), days=4),
        )
        with self.mock_mail_gateway():
            split = ticket.with_user(self.agent)._split_off(message)
        self.assertEqual(split.partner_id, boss)
        self.assertEqual(split.customer_id, boss)
        self.assertFalse([to for to in self._get_mailed() if "anna@" in to])
        self.assertLess(split.answer_deadline, ticket.answer_deadline)
        with self.mock_mail_gateway():
            self._answer(split)
        self.assertTrue([to for to in self._get_mailed() if "boss@" in to])
