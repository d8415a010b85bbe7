from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from odoo.addons.mail.tools.discuss import Store

from .common import TicketCommon


class MergeCommon(TicketCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls._create_ticket(name="Printer does not print")
        cls.second = cls._create_ticket(
            name="Printer again", partner_id=cls.bernd.id, description="It smokes."
        )

    def _merge(self, tickets, survivor, user=None, **values):
        """Go through the dialog as the agent does."""
        wizard = (
            self.env["helpdesk.ticket.merge"]
            .with_user(user or self.agent)
            .create(
                {
                    "ticket_ids": [Command.set(tickets.ids)],
                    "survivor_id": survivor.id,
                    **values,
                }
            )
        )
        with self.mock_mail_gateway():
            return wizard.action_merge()


@tagged("post_install", "-at_install")
class TestMerge(MergeCommon):
    """T10: one request in several tickets."""

    def test_oldest_open_one_survives(self):
        third = self._create_ticket()
        tickets = self.first + self.second + third
        Wizard = self.env["helpdesk.ticket.merge"].with_user(self.agent)
        self.assertEqual(
            Wizard.create({"ticket_ids": [Command.set(tickets.ids)]}).survivor_id,
            self.first,
        )
        self.first.action_close()
        form = Form(Wizard.with_context(default_ticket_ids=tickets.ids))
        self.assertEqual(form.survivor_id, self.second)
        self.assertEqual(form.mode, "merge")

    def test_other_open_tickets_of_the_customer_are_proposed(self):
        """One ticket is enough to begin with: the others are a click away."""
        closed = self._create_ticket()
        closed._move("closed")
        Wizard = self.env["helpdesk.ticket.merge"].with_user(self.agent)
        form = Form(Wizard.with_context(default_ticket_ids=self.second.ids))
        self.assertIn(self.first, form.proposed_ids[:])
        self.assertNotIn(closed, form.proposed_ids[:])
        self.assertNotIn(self.second, form.proposed_ids[:])
        form.added_ids.add(self.first)
        form.survivor_id = self.first
        wizard = form.save()
        with self.mock_mail_gateway():
            wizard.action_merge()
        self.assertEqual(self.second.merged_into_id, self.first)

    def test_messages_move_in_order_and_keep_what_they_are(self):
        question = self.second.with_user(self.agent).message_post(
            body="Which colour?",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        note = self.second.with_user(self.agent).message_post(
            body="He is angry", message_type="comment", subtype_xmlid="mail.mt_note"
        )
        here = self._answer(self.first)
        action = self._merge(self.first + self.second, self.first)
        self.assertEqual(action["res_id"], self.first.id)
        moved = question + note
        self.assertEqual(set(moved.mapped("res_id")), {self.first.id})
        self.assertEqual(moved.helpdesk_origin_id, self.second)
        self.assertFalse(here.helpdesk_origin_id)
        # the chatter shows where a message comes from, and hears of no other
        shown = Store().add(moved + here).get_result()["mail.message"]
        origins = {one["id"]: one.get("helpdesk_origin", "none") for one in shown}
        number = self.second.number
        self.assertEqual(
            origins, {question.id: number, note.id: number, here.id: "none"}
        )
        order = [m for m in self.first.message_ids if m in moved + here]
        self.assertEqual(order, [here, note, question])
        self.assertTrue(note.subtype_id.internal)
        self.assertFalse(question.subtype_id.internal)

    def test_content_that_stands_in_no_message_is_kept(self):
        self._merge(self.first + self.second, self.first)
        bodies = " ".join(self.first.message_ids.mapped("body"))
        self.assertIn("It smokes.", bodies)
        self.assertIn(self.second.number, bodies)
        self.assertIn(self.first.number, self.second.message_ids[0].body)
        kept = self.first.message_ids.filtered(lambda m: "It smokes." in m.body)
        self.assertEqual(kept.subtype_id, self.env.ref("mail.mt_note"))

    def test_content_of_a_mail_is_not_written_twice(self):
        with self.mock_mail_gateway():
            mailed = self._mail_in(body="Only once.")
        self._merge(self.first + mailed, self.first)
        bodies = [m.body for m in self.first.message_ids if "Only once." in m.body]
        self.assertEqual(len(bodies), 1)

    def test_all_that_hangs_on_it_moves(self):
        project = self.env["project.project"].create(
            {"name": "Support", "company_id": self.company.id}
        )
        self.env["fsm.stage"].search([("stage_type", "=", "order")]).company_id = False
        self.env["fsm.team"].create({"name": "Field", "company_id": self.company.id})
        tag = self.env["helpdesk.ticket.tag"].create({"name": "Smoke"})
        self.second.write({"project_id": project.id, "tag_ids": [(4, tag.id)]})
        order = self.env["fsm.order"].create(
            {
                "location_id": self.env["fsm.location"]
                .create({"name": "Bakery", "owner_id": self.customer.id})
                .id,
                "helpdesk_ticket_id": self.second.id,
                "company_id": self.company.id,
            }
        )
        file = self.env["ir.attachment"].create(
            {"name": "a.txt", "res_model": "helpdesk.ticket", "res_id": self.second.id}
        )
        activity = self.second.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.agent.id
        )
        activity.automated = False
        self.second.message_subscribe(self.manager.partner_id.ids)
        self.second.user_id = self.manager
        task = self.env["project.task"].create(
            {
                "name": "Repair",
                "project_id": project.id,
                "helpdesk_ticket_id": self.second.id,
            }
        )
        self._merge(self.first + self.second, self.first)
        self.assertEqual(task.helpdesk_ticket_id, self.first)
        self.assertEqual(order.helpdesk_ticket_id, self.first)
        self.assertEqual(file.res_id, self.first.id)
        self.assertEqual(activity.res_id, self.first.id)
        self.assertIn(tag, self.first.tag_ids)
        self.assertEqual(self.first.user_id, self.manager)
        self.assertIn(self.manager.partner_id, self.first.message_partner_ids)
        self.assertIn(self.bernd, self.first.message_partner_ids)

    def test_others_are_closed_without_a_mail(self):
        self.company.helpdesk_notify_closing = True
        self._merge(self.first + self.second, self.first)
        self.assertEqual(self.second.state, "closed")
        self.assertTrue(self.first.is_open)
        self.assertEqual(self.second.merged_into_id, self.first)
        self.assertEqual(self.first.related_ticket_count, 1)
        self.assertFalse(self._new_mails)

    def test_customer_is_told_if_wished(self):
        self._merge(self.first + self.second, self.first, notify_customer=True)
        mail = self._new_mails
        self.assertEqual(mail.recipient_ids, self.bernd)
        self.assertIn(self.second.number, mail.subject)
        self.assertIn(self.first.number, mail.body_html)

    def test_T17_the_other_contact_is_told_of_the_end(self):
        self.company.helpdesk_notify_closing = True
        self._merge(self.first + self.second, self.first)
        with self.mock_mail_gateway():
            self.first.with_user(self.agent).action_close()
        self.assertEqual(self._new_mails.recipient_ids, self.anna + self.bernd)

    def test_T17_who_wants_no_mail_is_not_told_of_the_end(self):
        self.company.helpdesk_notify_closing = True
        self.second.notify_partner = False
        self._merge(self.first + self.second, self.first)
        with self.mock_mail_gateway():
            self.first.with_user(self.agent).action_close()
        self.assertEqual(self._new_mails.recipient_ids, self.anna)

    def test_T17_the_other_contact_sees_the_ticket_that_goes_on(self):
        anna, bernd = map(self._create_portal_user, (self.anna, self.bernd))
        self.assertFalse(self.first.with_user(bernd).has_access("read"))
        self._merge(self.first + self.second, self.first)
        self.assertTrue(self.first.with_user(bernd).has_access("read"))
        self.assertTrue(self.first.with_user(anna).has_access("read"))
        self.assertFalse(self.second.with_user(anna).has_access("read"))

    def test_C07_a_contact_of_another_customer_does_not_see_it(self):
        stranger = self.env["res.partner"].create(
            {
                "firstname": "Sven",
                "lastname": "Stranger",
                "email": "stranger@elsewhere.example",
            }
        )
        third = self._create_ticket(partner_id=stranger.id)
        user = self._create_portal_user(stranger)
        self._merge(self.first + third, self.first, mode="merge", is_confirmed=True)
        self.assertFalse(self.first.with_user(user).has_access("read"))

    def test_A7_no_link_to_a_hidden_ticket(self):
        """Not even by API: the link would name it."""
        team = self.env["helpdesk.team"].create(
            {
                "name": "Staff",
                "visibility": "members",
                "member_ids": [Command.set(self.manager.ids)],
            }
        )
        self.second.write({"team_id": team.id, "user_id": self.manager.id})
        visible = self.first.with_user(self.agent)
        self.assertFalse(self.second.with_user(self.agent).has_access("read"))
        for name in ("follow_up_of_id", "merged_into_id", "duplicate_of_id"):
            with self.subTest(name), self.assertRaises(UserError):
                visible.write({name: self.second.id})
            with self.subTest(name), self.assertRaises(UserError):
                visible.create({"name": "New", name: self.second.id})
        self.first.with_user(self.manager).follow_up_of_id = self.second

    def test_a_survivor_is_not_deleted_without_those_merged_into_it(self):
        self._merge(self.first + self.second, self.first)
        survivor = self.first.with_user(self.manager)
        with self.assertRaisesRegex(UserError, self.second.number):
            survivor.unlink()
        self.assertTrue(self.first.exists())
        (survivor + self.second.with_user(self.manager)).unlink()
        self.assertFalse((self.first + self.second).exists())

    def test_bare_address_stays_a_participant(self):
        bare = self._create_ticket(
            partner_id=False, partner_email="guest@hotel.example"
        )
        self._merge(self.first + bare, self.first, mode="merge", is_confirmed=True)
        self.assertEqual(self.first.email_cc, "guest@hotel.example")
        self.assertIn("guest@hotel.example", self.first._get_participant_addresses())
        self.assertFalse(bare.partner_id)

    def test_other_customer_has_to_be_confirmed(self):
        other = self._create_ticket(
            partner_id=self.env["res.partner"].create({"name": "Stranger"}).id
        )
        wizard = self.env["helpdesk.ticket.merge"].create(
            {"ticket_ids": [Command.set((self.first + other).ids)]}
        )
        self.assertTrue(wizard.customers_differ)
        self.assertEqual(wizard.mode, "duplicate")
        wizard.mode = "merge"
        with self.assertRaisesRegex(UserError, "different customers"):
            wizard.action_merge()
        wizard.is_confirmed = True
        wizard.action_merge()
        self.assertEqual(other.merged_into_id, self.first)

    def test_duplicates_stay_as_they_are(self):
        message = self._answer(self.second)
        self._merge(self.first + self.second, self.first, mode="duplicate")
        self.assertEqual(self.second.duplicate_of_id, self.first)
        self.assertFalse(self.second.merged_into_id)
        self.assertEqual(self.second.state, "closed")
        self.assertEqual(message.res_id, self.second.id)
        self.assertIn(self.second.number, self.first.message_ids[0].body)
        self.assertEqual(self.first.related_ticket_count, 1)

    def test_T13_a_duplicate_that_is_reopened_by_hand_is_none(self):
        """Its form would say that the work continues elsewhere, and its solution would
        not count."""
        self._merge(self.first + self.second, self.first, mode="duplicate")
        with self.mock_mail_gateway():
            self.second.with_user(self.agent).action_reopen()
        self.assertFalse(self.second.duplicate_of_id)
        self._merge(self.first + self.second, self.first, mode="duplicate")
        with self.mock_mail_gateway():
            self._mail_in(
                subject=f"[{self.second.number}]", email_from=self.bernd.email_formatted
            )
        self.assertTrue(self.second.is_open)
        self.assertEqual(self.second.duplicate_of_id, self.first)

    def test_not_with_itself_and_no_cycles(self):
        with self.assertRaises(UserError):
            self._merge(self.first, self.first)
        self._merge(self.first + self.second, self.first)
        third = self._create_ticket()
        for tickets, survivor in (
            (self.first + self.second, self.second),
            (third + self.second, third),
        ):
            with self.assertRaisesRegex(UserError, "not been merged"):
                self._merge(tickets, survivor)
        with self.assertRaises(ValidationError):
            self.first.merged_into_id = self.first
        with self.assertRaises(ValidationError):
            self.first.merged_into_id = self.second
        self.second.merged_into_id = False
        self.second.duplicate_of_id = self.first
        with self.assertRaises(ValidationError):
            self.first.duplicate_of_id = self.second

    def test_chain_is_one_step(self):
        third = self._create_ticket()
        message = self._answer(self.second)
        self._merge(self.first + self.second, self.first)
        self._merge(self.first + third, third)
        self.assertEqual((self.first + self.second).merged_into_id, third)
        self.assertEqual(message.res_id, third.id)
        self.assertEqual(message.helpdesk_origin_id, self.second)

    def test_other_company_is_refused(self):
        team = self.env["helpdesk.team"].create(
            {"name": "Theirs", "company_id": self.other_company.id}
        )
        other = self._create_ticket(company_id=self.other_company.id, team_id=team.id)
        with self.assertRaisesRegex(UserError, "different companies"):
            (self.first + other)._merge_into(self.second)

    def test_only_with_the_right_to_write_both(self):
        self.team.visibility = "members"
        outside = self._create_user("outside", "helpdesk_contact.group_helpdesk_user")
        own = self._create_ticket(user_id=outside.id)
        for tickets in (self.first + own, own + self.first):
            with self.assertRaises(AccessError):
                self._merge(tickets, tickets[0], user=outside)
        with self.assertRaises(AccessError):
            own.with_user(outside)._merge_into(self.first.with_user(outside))

    def test_a_busy_ticket_says_so(self):
        """rel: two users must not merge A into B and B into A at once."""
        Ticket = type(self.first)
        self.patch(Ticket, "try_lock_for_update", lambda tickets, **kw: tickets[:0])
        with self.assertRaisesRegex(UserError, "right now"):
            self.second._merge_into(self.first)

    def test_reopening_ends_the_merge(self):
        self._merge(self.first + self.second, self.first)
        self.second.action_reopen()
        self.assertFalse(self.second.merged_into_id)

    def test_T08_reopening_takes_words_and_people_back(self):
        """Who was merged by mistake reads nothing more of the other one."""
        stranger = self.env["res.partner"].create(
            {"name": "Stranger", "email": "stranger@elsewhere.example"}
        )
        other = self._create_ticket(partner_id=stranger.id)
        said = other.message_post(
            author_id=stranger.id,
            body="My words",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            attachments=[("mine.txt", b"mine")],
        )
        self._answer(other)
        ours = self._answer(self.first, "To the first one")
        self._merge(other + self.first, self.first, mode="merge", is_confirmed=True)
        self.assertIn(stranger, self.first.message_partner_ids)
        with self.mock_mail_gateway():
            other.with_user(self.agent).action_reopen()
        self.assertEqual(said.res_id, other.id)
        self.assertEqual(said.attachment_ids.res_id, other.id)
        self.assertFalse(said.helpdesk_origin_id)
        self.assertEqual(ours.res_id, self.first.id)
        self.assertNotIn(stranger, self.first.message_partner_ids)
        self.assertIn(stranger, other.message_partner_ids)
        self.assertEqual((other + self.first).mapped("last_answer"), ["us", "us"])

    def test_T17_reopening_takes_back_what_the_merge_brought(self):
        """A wrong merge is undone as a whole: work, files, assignee, severity, tags."""
        low, high = self.env["helpdesk.ticket.severity"].create(
            [{"name": "Low", "sequence": 901}, {"name": "High", "sequence": 902}]
        )
        tag = self.env["helpdesk.ticket.tag"].create({"name": "Smoke"})
        project = self.env["project.project"].create(
            {"name": "Support", "company_id": self.company.id}
        )
        self.first.severity_id = low
        self.second.write(
            {
                "severity_id": high.id,
                "user_id": self.manager.id,
                "project_id": project.id,
                "tag_ids": [Command.link(tag.id)],
            }
        )
        mine, theirs = self.env["project.task"].create(
            [
                {"name": name, "project_id": project.id, "helpdesk_ticket_id": one.id}
                for name, one in (("Mine", self.second), ("Theirs", self.first))
            ]
        )
        file = self.env["ir.attachment"].create(
            {"name": "a.txt", "res_model": "helpdesk.ticket", "res_id": self.second.id}
        )
        activity = self.second.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.agent.id
        )
        activity.automated = False
        self._merge(self.first + self.second, self.first)
        self.assertEqual(self.first.severity_id, high)
        self.assertEqual(self.first.user_id, self.manager)
        with self.mock_mail_gateway():
            self.second.with_user(self.agent).action_reopen()
        self.assertEqual(mine.helpdesk_ticket_id, self.second)
        self.assertEqual(theirs.helpdesk_ticket_id, self.first)
        self.assertEqual(file.res_id, self.second.id)
        self.assertEqual(activity.res_id, self.second.id)
        self.assertFalse(self.first.user_id)
        self.assertEqual(self.first.severity_id, low)
        self.assertFalse(self.first.tag_ids)
        self.assertEqual(self.second.user_id, self.manager)
        self.assertEqual(self.second.tag_ids, tag)
        self.assertIn(self.second.number, self.first.message_ids[0].body)

    def test_T17_what_somebody_has_decided_since_stays(self):
        low, high = self.env["helpdesk.ticket.severity"].create(
            [{"name": "Low", "sequence": 901}, {"name": "High", "sequence": 902}]
        )
        self.first.severity_id, self.second.severity_id = low, high
        self.second.user_id = self.manager
        self._merge(self.first + self.second, self.first)
        self.first.with_user(self.agent).user_id = self.agent
        third = self._create_ticket(severity_id=high.id)
        self._merge(self.first + third, self.first)
        with self.mock_mail_gateway():
            self.second.with_user(self.agent).action_reopen()
        self.assertEqual(self.first.user_id, self.agent)
        self.assertEqual(self.first.severity_id, high, "of the third ticket still")

    def test_T17_what_was_merged_before_comes_back_with_it(self):
        words = self._answer(self.second, "About the second")
        self._merge(self.first + self.second, self.first)
        survivor = self._create_ticket(name="Something else")
        self._merge(survivor + self.first, survivor)
        self.assertEqual(words.res_id, survivor.id)
        with self.mock_mail_gateway():
            self.first.with_user(self.agent).action_reopen()
        self.assertEqual(self.second.merged_into_id, self.first)
        self.assertEqual(words.res_id, self.first.id)
        self.assertEqual(words.helpdesk_origin_id, self.second)

    def test_T25_an_answer_that_goes_back_is_none_here(self):
        self._answer(self.second)
        self._merge(self.first + self.second, self.first)
        self.assertTrue(self.first.answered_date)
        with self.mock_mail_gateway():
            self.second.with_user(self.agent).action_reopen()
        self.assertFalse(self.first.answered_date)
        self.assertTrue(self.second.answered_date)

    def test_T13_what_is_merged_into_a_closed_ticket_opens_it(self):
        self.first._move("closed")
        self._merge(self.first + self.second, self.first)
        self.assertTrue(self.first.is_open)
        self.assertFalse(self.second.is_open)

    def test_T13_closed_tickets_stay_closed(self):
        """T27: and what kind of ticket the closed one was stays, too."""
        low, high = self.env["helpdesk.ticket.severity"].create(
            [{"name": "Low", "sequence": 1}, {"name": "High", "sequence": 2}]
        )
        self.first.severity_id, self.second.severity_id = low, high
        (self.first + self.second)._move("closed")
        self._merge(self.first + self.second, self.first)
        self.assertFalse(self.first.is_open)
        self.assertEqual(self.first.severity_id, low)

    def test_T25_who_asked_first_waits_since_then(self):
        self.company.helpdesk_answer_hours = 8
        self._open_at(self.second, "2026-01-05 08:00:00")
        self._merge(self.first + self.second, self.first)
        self.assertEqual(str(self.first.answer_deadline), "2026-01-05 16:00:00")

    def test_A7_writing_on_one_merged_into_a_hidden_ticket_is_refused_in_words(self):
        self._merge(self.first + self.second, self.first)
        self.first.name = "Salary"
        self.first.team_id = self.env["helpdesk.team"].create(
            {
                "name": "Staff",
                "company_id": self.company.id,
                "member_ids": [Command.set(self.manager.ids)],
                "visibility": "members",
            }
        )
        with self.assertRaisesRegex(UserError, self.first.number) as caught:
            self._answer(self.second)
        self.assertNotIn("Salary", str(caught.exception))

    def test_writing_on_a_merged_ticket_leads_to_the_other(self):
        self._merge(self.first + self.second, self.first)
        with self.assertRaisesRegex(RedirectWarning, self.first.number) as caught:
            self._answer(self.second)
        self.assertEqual(caught.exception.args[1]["res_id"], self.first.id)
        self.assertEqual(self._answer(self.first).res_id, self.first.id)

    def test_same_queries_for_many_messages(self):
        counts = []
        for number in (2, 2, 20):
            source, target = self._create_ticket(), self._create_ticket()
            for _message in range(number):
                source._message_log(body="x", message_type="comment")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            source._move_messages(target)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])


@tagged("post_install", "-at_install")
class TestMailToMerged(MergeCommon):
    """E06: later mail to a merged ticket reaches the surviving one."""

    def _mail_for(self, message, email_from="Bernd <bernd@huber.example>"):
        with self.mock_mail_gateway():
            return self._mail_in(
                "Re: Printer again",
                email_from=email_from,
                body="Still smoking.",
                In_Reply_To=message.message_id,
                References=message.message_id,
            )

    def test_reply_to_a_moved_message(self):
        question = self._answer(self.second)
        self._merge(self.first + self.second, self.first)
        self.assertEqual(self._mail_for(question), self.first)
        self.assertIn("Still smoking.", self.first.message_ids[0].body)

    def test_reply_to_a_message_that_stayed(self):
        notice = self.second.message_notify(
            body="Look at it", partner_ids=self.bernd.ids, subject="Look"
        )
        self._merge(self.first + self.second, self.first)
        self.assertEqual(notice.res_id, self.second.id)
        self.assertEqual(self._mail_for(notice), self.first)

    def test_it_reopens_the_survivor(self):
        question = self._answer(self.second)
        self._merge(self.first + self.second, self.first)
        self.first.action_close()
        self.assertEqual(self._mail_for(question), self.first)
        self.assertEqual(self.first.state, "in_progress")
        self.assertEqual(self.second.state, "closed")

    def test_through_a_chain(self):
        third = self._create_ticket()
        notice = self.second.message_notify(
            body="Look at it", partner_ids=self.bernd.ids, subject="Look"
        )
        self._merge(self.first + self.second, self.first)
        self._merge(self.first + third, third)
        self.assertEqual(self._mail_for(notice), third)

    def test_duplicates_keep_their_mail(self):
        question = self._answer(self.second)
        self._merge(self.first + self.second, self.first, mode="duplicate")
        self.assertEqual(self._mail_for(question), self.second)
        self.assertEqual(self.second.state, "in_progress")


@tagged("post_install", "-at_install")
class TestSplit(TicketCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._create_ticket(user_id=cls.agent.id)

    def _wizard(self, messages, **values):
        return (
            self.env["helpdesk.ticket.split"]
            .with_user(self.agent)
            .create(
                {
                    "ticket_id": self.ticket.id,
                    "moved_message_ids": [Command.set(messages.ids)],
                    **values,
                }
            )
        )

    def _customer_writes(self, body="By the way, the phone is dead.", **values):
        return self.ticket.message_post(
            author_id=self.bernd.id,
            body=body,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            **values,
        )

    def test_message_moves_to_a_new_ticket(self):
        stays = self._answer(self.ticket)
        message = self._customer_writes(attachments=[("phone.txt", b"dead")])
        with self.mock_mail_gateway():
            action = self._wizard(message, name="Phone").action_split()
        new = self.env["helpdesk.ticket"].browse(action["res_id"])
        self.assertEqual(new.name, "Phone")
        self.assertEqual(new.split_from_id, self.ticket)
        self.assertEqual(new.partner_id, self.bernd)
        self.assertEqual(new.customer_id, self.customer)
        self.assertEqual(new.user_id, self.agent)
        self.assertIn("the phone is dead", new.description)
        self.assertEqual(message.res_id, new.id)
        self.assertEqual(message.helpdesk_origin_id, self.ticket)
        self.assertEqual(message.attachment_ids.res_id, new.id)
        self.assertEqual(stays.res_id, self.ticket.id)
        self.assertNotEqual(new.number, self.ticket.number)
        self.assertEqual(self.ticket.related_ticket_count, 1)
        self.assertIn(new.number, self.ticket.message_ids[0].body)

    def test_answer_to_it_reaches_the_new_ticket(self):
        message = self._customer_writes()
        with self.mock_mail_gateway():
            new = self.ticket.with_user(self.agent)._split_off(message)
            reached = self._mail_in("Re: x", References=message.message_id)
        self.assertEqual(reached, new)

    def test_messages_of_other_tickets_stay_there(self):
        other = self._create_ticket()
        foreign = self._answer(other)
        own = self._customer_writes()
        with self.mock_mail_gateway():
            new = self.ticket.with_user(self.agent)._split_off(own + foreign)
        self.assertEqual(own.res_id, new.id)
        self.assertEqual(foreign.res_id, other.id)

    def test_nothing_chosen(self):
        with self.assertRaisesRegex(UserError, "Choose the messages"):
            self._wizard(self.env["mail.message"], name="Empty").action_split()

    def test_T10_hidden_tickets_are_not_split(self):
        message = self._customer_writes()
        self.team.visibility = "members"
        outside = self._create_user("outside", "helpdesk_contact.group_helpdesk_user")
        ticket = self._create_ticket()
        with self.assertRaises(AccessError):
            ticket.with_user(outside)._split_off(message)

    def test_duplicate_is_a_new_ticket_about_the_same(self):
        """Odoo's own copy: what it is about, not what became of it."""
        self._answer(self.ticket)
        self.ticket.action_close()
        copy = self.ticket.copy()
        self.assertEqual(copy.name, self.ticket.name)
        self.assertEqual(copy.partner_id, self.anna)
        self.assertNotEqual(copy.number, self.ticket.number)
        self.assertTrue(copy.is_open)
        self.assertFalse(copy.closed_date)
        self.assertFalse(
            copy.message_ids.filtered(lambda m: m.message_type == "comment")
        )
        self.assertFalse(copy.fsm_order_ids)
