from odoo.tests import tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestAfterMerging(TicketCommon):
    """Who is told of the ticket that goes on, and what is as before when a merge is
    undone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._create_user(
            "colleague", "helpdesk_contact.group_helpdesk_user"
        )
        cls.team.member_ids += cls.colleague

    def _merge(self, ticket, survivor, mode="merge"):
        self.env["helpdesk.ticket.merge"].with_user(self.manager).create(
            {
                "ticket_ids": [(6, 0, (ticket + survivor).ids)],
                "survivor_id": survivor.id,
                "mode": mode,
                "is_confirmed": True,
            }
        ).action_merge()

    def _get_told_of_closing(self, ticket):
        with self.mock_mail_gateway():
            ticket.with_user(self.agent).action_close()
        return str([mail["email_to"] for mail in self._mails])

    def _create_assigned(self, user):
        """Create a ticket as a manager does, for somebody or nobody."""
        values = {"name": "Printer", "partner_id": self.anna.id}
        values.update(team_id=self.team.id, user_id=user.id)
        return self.env(user=self.manager)["helpdesk.ticket"].create(values)

    # -- customers -------------------------------------------------------------

    def test_T17_who_has_left_is_not_told_of_the_end(self):
        ticket = self._create_ticket(partner_id=self.bernd.id)
        survivor = self._create_ticket()
        self._merge(ticket, survivor)
        rival = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        with self.mock_mail_gateway():
            self.bernd.parent_id = rival
        told = self._get_told_of_closing(survivor)
        self.assertIn("anna@", told)
        self.assertNotIn("bernd@", told)

    def test_K05_each_is_told_in_its_own_language(self):
        closed = self.env.ref("helpdesk_ticket.mail_template_ticket_closed")
        for code, words in (("fr_FR", "Votre demande"), ("de_DE", "Ihre Anfrage")):
            self.env["res.lang"]._activate_lang(code)
            closed.with_context(lang=code).body_html = f"<p>{words}</p>"
        self.anna.lang, self.bernd.lang = "fr_FR", "de_DE"
        ticket = self._create_ticket(partner_id=self.bernd.id)
        survivor = self._create_ticket()
        self._merge(ticket, survivor)
        self._get_told_of_closing(survivor)
        told = {str(mail["email_to"]): mail["body"] for mail in self._mails}
        self.assertEqual(len(told), 2)
        for address, body in told.items():
            words = "Votre demande" if "anna@" in address else "Ihre Anfrage"
            self.assertIn(words, body)

    def test_T17_a_bare_address_is_told_of_the_end(self):
        ticket = self._create_ticket(partner_id=False, partner_email="bare@b.example")
        survivor = self._create_ticket()
        self._merge(ticket, survivor)
        told = self._get_told_of_closing(survivor)
        self.assertIn("anna@", told)
        self.assertIn("bare@b.example", told)

    def test_T09_a_duplicate_that_is_open_again_is_told(self):
        ticket, original = self._create_ticket(), self._create_ticket()
        self._merge(ticket, original, mode="duplicate")
        self._mail_in(f"Re: [{ticket.number}] x")
        stage = self.env["helpdesk.ticket.stage"].create(
            {"name": "Ordered", "state": "waiting", "tell_customer": True}
        )
        ticket.with_user(self.agent).stage_id = stage
        self.assertEqual(ticket.notice_ids.stage_id, stage)

    def test_T13_a_duplicate_leads_to_where_its_original_went(self):
        ticket, original, survivor = (self._create_ticket() for _i in range(3))
        self._merge(ticket, original, mode="duplicate")
        self._merge(original, survivor)
        portal = self._create_portal_user(self.anna)
        found = ticket.with_user(portal)._get_portal_successors()
        self.assertEqual(found.ids, survivor.ids)

    # -- colleagues ------------------------------------------------------------

    def test_T10_people_are_assigned_by_people(self):
        """Who follows for being assigned is known, whoever has assigned the ticket."""
        ticket, taken = map(self._create_assigned, (self.colleague, self.agent[:0]))
        taken.user_id = self.colleague
        own = self.env(user=self.colleague)["helpdesk.ticket"].create(
            {"name": "Own", "team_id": self.team.id, "user_id": self.colleague.id}
        )
        for one in (ticket, taken, own):
            self.assertIn(self.colleague.partner_id, one.message_partner_ids)
            one.with_user(self.manager).user_id = self.agent
            self.assertNotIn(self.colleague.partner_id, one.message_partner_ids)

    def test_T10_assignees_follow_as_such_only(self):
        for assignee in (self.agent, self.agent[:0]):
            with self.subTest(assignee=assignee):
                survivor = self._create_assigned(assignee)
                self._merge(self._create_assigned(self.colleague), survivor)
                if not assignee:
                    self.assertEqual(survivor.user_id, self.colleague)
                    survivor.user_id = self.agent
                self.assertNotIn(
                    self.colleague.partner_id, survivor.message_partner_ids
                )

    def test_T10_activities_go_to_who_may_read_the_survivor(self):
        hidden = self.env["helpdesk.team"].create(
            {
                "name": "Staff",
                "company_id": self.company.id,
                "member_ids": [(6, 0, self.manager.ids)],
                "visibility": "members",
            }
        )
        ticket = self._create_ticket()
        survivor = self._create_ticket(team_id=hidden.id, user_id=self.manager.id)
        activity = self.env["mail.activity"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id(ticket._name),
                "res_id": ticket.id,
                "user_id": self.colleague.id,
            }
        )
        self._merge(ticket, survivor)
        self.assertEqual(activity.res_id, survivor.id)
        self.assertEqual(activity.user_id, self.manager)

    # -- undone ----------------------------------------------------------------

    def test_T25_a_merge_that_is_undone_gives_the_date_back(self):
        self.company.helpdesk_answer_hours = 8
        ticket, other, survivor = (self._create_ticket() for _i in range(3))
        self._open_at(ticket, "2026-01-05 08:00:00")
        self._open_at(other, "2026-01-06 08:00:00")
        before, others = survivor.answer_deadline, other.answer_deadline
        self._merge(other, survivor)
        self._merge(ticket, survivor)
        self.assertLess(survivor.answer_deadline, others)
        ticket.with_user(self.agent).action_reopen()
        self.assertEqual(survivor.asked_date, other.create_date)
        other.with_user(self.agent).action_reopen()
        self.assertEqual(survivor.answer_deadline, before)

    def test_T17_split_off_then_merged_back_then_reopened(self):
        """What was split off goes with its ticket, wherever it came from before."""
        ticket = self._create_ticket()
        message = ticket.message_post(
            body="And the scanner",
            author_id=self.anna.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        split = ticket.with_user(self.agent)._split_off(message)
        for survivor in (ticket, self._create_ticket(name="Another")):
            self._merge(split, survivor)
            self.assertEqual(message.res_id, survivor.id)
            split.with_user(self.agent).action_reopen()
            self.assertEqual(message.res_id, split.id)

    def test_T17_merged_into_an_archived_one(self):
        """What customers wait for is in no list of archived tickets."""
        ticket, survivor = self._create_ticket(), self._create_ticket()
        survivor.active = False
        self._merge(ticket, survivor)
        self.assertTrue(survivor.active)
        old = self._create_ticket()
        old.action_close()
        survivor.action_close()
        survivor.active = False
        self._merge(old, survivor)
        self.assertFalse(survivor.active)
