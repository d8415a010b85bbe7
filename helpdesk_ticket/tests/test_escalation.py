from unittest.mock import patch

from odoo import fields
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .common_deadline import DeadlineCommon

MAIL = "odoo.addons.helpdesk_ticket.models.clock.alarm"


class TestEscalation(DeadlineCommon):
    """T25, T26: passed deadlines are raised with those responsible, each once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sla = cls._create_sla()
        cls.cron = cls.env.ref("helpdesk_ticket.ir_cron_escalate")
        cls.activity_type = cls.env.ref("helpdesk_ticket.mail_activity_type_overdue")

    def _escalate_at(self, moment):
        """Run the escalation at a moment.

        :return: the e-mails that it made
        """
        with self._at(moment), self.mock_mail_gateway():
            self._run_cron("ir_cron_escalate")
        return self.env["mail.mail"].browse(self._new_mails.ids)

    def _end_transaction(self):
        """Do what happens before the commit, which tests never reach."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def _activities(self, ticket):
        return ticket.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.activity_type
        )

    def test_T25_activity_and_mail_for_the_assignee(self):
        ticket = self._ticket_at("03-02 09:00", user_id=self.agent.id)
        self.assertFalse(self._escalate_at("03-02 12:59"))
        self.assertFalse(self._activities(ticket))
        mail = self._escalate_at("03-02 13:00")
        self.assertEqual(mail.recipient_ids, self.agent.partner_id)
        self.assertIn(ticket.number, mail.body_html)
        self.assertIn("First answer was due", mail.body_html)
        self.assertNotIn("Solution was due", mail.body_html)
        self.assertIn("Auto-Submitted", mail.headers)
        activity = self._activities(ticket)
        self.assertEqual(activity.user_id, self.agent)
        self.assertEqual(activity.summary, "Overdue: First answer")

    def test_T25_a_broken_text_stops_no_alarm(self):
        """Where the template fails the activity is there, a manager is told once, and
        the others get their mail."""
        template = self.env.ref("helpdesk_ticket.mail_template_overdue")
        # when it is saved, Odoo tries it for one user
        self.env["res.users"].search([]).partner_id.city = "Wien"
        broken = '<t t-out="object.partner_id.city.upper()"/><p>Overdue</p>'
        template.with_context(lang="en_US").body_html = broken
        self.agent.partner_id.city = False
        tickets = self._ticket_at("03-02 09:00", user_id=self.agent.id)
        tickets += self._ticket_at("03-02 09:00", user_id=self.manager.id)
        with mute_logger("odoo.addons.helpdesk_ticket.models.outgoing.notices"):
            mails = self._escalate_at("03-02 13:00")
        for ticket in tickets:
            self.assertTrue(self._activities(ticket))
        overdue = mails.filtered(lambda mail: "<p>Overdue</p>" in mail.body_html)
        self.assertEqual(overdue.recipient_ids, self.manager.partner_id)
        told = mails.filtered(
            lambda mail: "template has an error" in (mail.subject or "")
        )
        self.assertIn(self.manager.partner_id, told.recipient_ids)

    def test_T10_an_alarm_says_who_stands_in(self):
        """The mail goes to both, the activity to who is there; the ticket says so."""
        lead = self._create_user("lead", "helpdesk_contact.group_helpdesk_user")
        self.team.leader_id = lead
        assigned = self._ticket_at("03-02 09:00", user_id=self.agent.id)
        unassigned = self._ticket_at("03-02 09:00")
        for user in (self.agent, lead):
            self._create_leave(user, "2026-03-01 00:00:00", "2026-03-09 00:00:00")
        mails = self._escalate_at("03-02 13:00")
        self.assertEqual(mails.recipient_ids, (self.agent + self.manager).partner_id)
        for ticket, absent in ((assigned, self.agent), (unassigned, lead)):
            with self.subTest(absent=absent.name):
                self.assertEqual(self._activities(ticket).user_id, self.manager)
                self.assertIn(
                    f"{absent.name} is on leave. Also notified: {self.manager.name}.",
                    " ".join(ticket.message_ids.mapped("body")),
                )

    def test_T25_each_promise_raises_once(self):
        ticket = self._ticket_at("03-02 09:00", user_id=self.agent.id)
        self.assertTrue(self._escalate_at("03-02 13:00"))
        self.assertFalse(self._escalate_at("03-02 13:05"))
        self.assertTrue(self._escalate_at("03-02 17:00"))
        self.assertEqual(self._activities(ticket).summary, "Overdue: Next action")
        self.assertTrue(self._escalate_at("03-03 01:00"))
        self.assertFalse(self._escalate_at("03-09 01:00"))
        self.assertEqual(len(self._activities(ticket)), 1)

    def test_T26_a_new_deadline_is_raised_again(self):
        ticket = self._ticket_at("03-02 09:00", user_id=self.agent.id)
        self._escalate_at("03-02 17:30")
        with self._at("03-02 18:00"):
            self._answer(ticket)
        self.assertFalse(self._escalate_at("03-02 19:00"))
        self.assertTrue(self._escalate_at("03-03 02:00"))

    def test_T25_raised_at_once(self):
        """All that has passed meanwhile is one activity and one line."""
        ticket = self._ticket_at("03-02 09:00", user_id=self.agent.id)
        mail = self._escalate_at("03-09 09:00")
        self.assertEqual(
            self._activities(ticket).summary,
            "Overdue: First answer, Next action, Solution",
        )
        self.assertIn("Solution was due", mail.body_html)
        self.assertFalse(any(ticket.deadline_ids.mapped("alarm")))

    def test_T25_one_mail_lists_all_tickets(self):
        tickets = self.env["helpdesk.ticket"].concat(
            *(self._ticket_at("03-02 09:00", user_id=self.agent.id) for _i in range(5))
        )
        other = self._ticket_at("03-02 09:00", user_id=self.manager.id)
        with patch(f"{MAIL}.BATCH", 100), patch(f"{MAIL}.LISTED", 3):
            mails = self._escalate_at("03-02 14:00")
        by_partner = {mail.recipient_ids: mail for mail in mails}
        self.assertEqual(
            set(by_partner), {self.agent.partner_id, self.manager.partner_id}
        )
        listed = by_partner[self.agent.partner_id]
        self.assertEqual(sum(t.number in listed.body_html for t in tickets), 3)
        self.assertIn("2 more", " ".join(listed.body_html.split()))
        self.assertIn("Overdue tickets: 5", listed.subject)
        self.assertIn(other.number, by_partner[self.manager.partner_id].body_html)

    def test_T25_batches_still_make_one_mail(self):
        tickets = self.env["helpdesk.ticket"].concat(
            *(self._ticket_at("03-02 09:00", user_id=self.agent.id) for _i in range(5))
        )
        with patch(f"{MAIL}.BATCH", 2):
            mails = self._escalate_at("03-02 14:00")
        self.assertEqual(len(mails), 1)
        for ticket in tickets:
            self.assertEqual(len(self._activities(ticket)), 1)

    def test_T25_who_is_responsible(self):
        people = [
            new_test_user(
                self.env,
                f"sla_{name}",
                groups="helpdesk_contact.group_helpdesk_user",
                company_id=self.company.id,
                email=f"{name}@helpdesk.example",
            )
            for name in ("first", "second")
        ]
        self.team.member_ids = people[0] + people[1]
        ticket = self._ticket_at("03-02 09:00")
        self.assertEqual(ticket._get_responsible_users()[ticket], self.team.member_ids)
        mails = self._escalate_at("03-02 14:00")
        self.assertEqual(mails.recipient_ids, self.team.member_ids.partner_id)
        self.assertEqual(len(self._activities(ticket)), 1)
        self.team.leader_id = people[1]
        self.assertEqual(ticket._get_responsible_users()[ticket], people[1])
        self.team.leader_id = False
        self.team.member_ids = False
        self.assertIn(self.manager, ticket._get_responsible_users()[ticket])
        ticket.user_id = people[0]
        self.assertEqual(ticket._get_responsible_users()[ticket], people[0])

    def test_T25_in_the_language_of_who_is_responsible(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.agent.lang = "de_DE"
        template = self.env.ref("helpdesk_ticket.mail_template_overdue")
        template.with_context(lang="de_DE").subject = "Überfällig"
        self._ticket_at("03-02 09:00", user_id=self.agent.id)
        self._ticket_at("03-02 09:00", user_id=self.manager.id)
        mails = self._escalate_at("03-02 14:00")
        german = mails.filtered(lambda m: m.recipient_ids == self.agent.partner_id)
        self.assertEqual(german.subject, "Überfällig")
        self.assertEqual((mails - german).subject, "Overdue tickets: 1")

    def test_T25_nothing_for_settled_tickets(self):
        closed, waiting, archived, answered = (
            self._ticket_at("03-02 09:00", user_id=self.agent.id) for _i in range(4)
        )
        with self._at("03-02 10:00"):
            closed._move("closed")
            self._answer(waiting, helpdesk_ask=True)
            archived.active = False
            self._answer(answered)
        self.assertFalse(self._escalate_at("03-02 14:00"))
        for ticket in (closed, waiting, archived):
            self.assertFalse(any(ticket.deadline_ids.mapped("alarm")))
        alarms = answered.deadline_ids.filtered("alarm").mapped("alarm")
        self.assertMoment(min(alarms), "03-02 18:00")

    def test_T25_what_is_done_takes_the_activity_away(self):
        ticket = self._ticket_at("03-02 09:00", user_id=self.agent.id)
        self._escalate_at("03-02 14:00")
        self.assertTrue(self._activities(ticket))
        with self._at("03-02 14:30"):
            ticket.with_user(self.agent).message_post(body="Hm", message_type="comment")
        self.assertTrue(self._activities(ticket))
        with self._at("03-02 15:00"):
            self._answer(ticket)
        self.assertFalse(self._activities(ticket))
        self._escalate_at("03-09 09:00")
        self.assertTrue(self._activities(ticket))
        ticket._move("closed")
        self.assertFalse(self._activities(ticket))

    def test_T25_woken_at_the_next_deadline(self):
        with self.capture_triggers(self.cron.id) as capture, self._at("03-02 09:00"):
            self._create_ticket()
            self._end_transaction()
        self.assertMoment(capture.records.call_at, "03-02 13:00")
        # A later deadline needs no alarm of its own: the run sets the next one.
        with self.capture_triggers(self.cron.id) as capture, self._at("03-02 09:30"):
            self._create_ticket()
            self._end_transaction()
        self.assertFalse(capture.records)
        with self.capture_triggers(self.cron.id) as capture:
            self._escalate_at("03-02 13:00")
        self.assertMoment(min(capture.records.mapped("call_at")), "03-02 13:30")

    def test_T25_locked_tickets_come_later(self):
        """Who edits a ticket is not waited for: the next run takes it."""
        ticket = self._ticket_at("03-02 09:00", user_id=self.agent.id)
        self._end_transaction()
        with (
            patch.object(type(ticket.deadline_ids), "_mark_due", lambda model, now: {}),
            self.capture_triggers(self.cron.id) as capture,
        ):
            self._escalate_at("03-02 14:00")
        self.assertMoment(min(capture.records.mapped("call_at")), "03-02 14:01")
        self.assertTrue(self._escalate_at("03-02 14:01"))

    def test_T25_a_crash_repeats_the_batch(self):
        """Mark, activity and mail are one transaction."""
        ticket = self._ticket_at("03-02 09:00", user_id=self.agent.id)
        model = type(ticket)
        with (
            patch.object(model, "_mail_overdue", side_effect=RuntimeError),
            mute_logger("odoo.addons.base.models.ir_cron"),
        ):
            self._escalate_at("03-02 14:00")
        self.assertFalse(any(ticket.deadline_ids.mapped("raised")))
        self.assertFalse(self._activities(ticket))
        self.assertTrue(self._escalate_at("03-02 14:10"))

    def test_T25_marking_is_one_statement(self):
        """Of three tickets, and of six."""
        for number in (3, 6):
            for _i in range(number):
                self._ticket_at("03-02 09:00")
            with self._at("03-02 14:00"):
                self.env.flush_all()
                with self.assertQueryCount(1):
                    raised = self.env["helpdesk.deadline"]._mark_due(
                        fields.Datetime.now()
                    )
            self.assertEqual(len(raised), number)
            self.assertEqual(set(map(tuple, raised.values())), {("answer",)})

    def test_T25_another_company_hears_nothing(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        boss = new_test_user(
            self.env,
            "sla_boss",
            groups="helpdesk_contact.group_helpdesk_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.team.member_ids = False
        ticket = self._ticket_at("03-02 09:00")
        self.assertNotIn(boss, ticket._get_responsible_users()[ticket])
