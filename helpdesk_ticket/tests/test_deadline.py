from odoo import Command
from odoo.exceptions import UserError, ValidationError

from .common_deadline import DeadlineCommon


class TestDeadline(DeadlineCommon):
    """T25, T26: the deadlines of a ticket and what moves them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sla = cls._create_sla()

    def test_T25_T26_new_ticket(self):
        ticket = self._ticket_at("03-02 09:00")
        self.assertEqual(ticket.sla_id, self.sla)
        self.assertMoment(ticket.answer_deadline, "03-02 13:00")
        self.assertMoment(ticket.action_deadline, "03-02 17:00")
        self.assertMoment(ticket.solution_deadline, "03-03 01:00")
        self.assertMoment(ticket.due_date, "03-02 13:00")
        self.assertEqual(ticket.due_promise, "answer")

    def test_T25_working_hours(self):
        """10:00 to 12:00 and 13:00 to 15:00 in Berlin."""
        self.sla.calendar_id = self.calendar
        ticket = self._ticket_at("03-02 09:00")
        self.assertMoment(ticket.answer_deadline, "03-02 14:00")
        self.assertMoment(ticket.action_deadline, "03-03 09:00")

    def test_T25_summer_time(self):
        """From Friday 16:00 CET to Monday 11:00 CEST: 1 h and 3 h."""
        self.sla.calendar_id = self.calendar
        ticket = self._ticket_at("03-27 15:00")
        self.assertMoment(ticket.answer_deadline, "03-30 09:00")

    def test_T25_holiday(self):
        """Public holidays do not count, somebody's vacation does."""
        self.sla.calendar_id = self.calendar
        leaves = self.env["resource.calendar.leaves"]
        vacation = {
            "date_from": "2026-03-03 00:00:00",
            "date_to": "2026-03-03 23:00:00",
        }
        resource = self.env["resource.resource"].create(
            {"name": "Lena", "calendar_id": self.calendar.id}
        )
        leaves.create({**vacation, "name": "Skiing", "resource_id": resource.id})
        leaves.create(
            {
                "name": "Holiday",
                "calendar_id": self.calendar.id,
                "date_from": "2026-03-03 23:00:00",
                "date_to": "2026-03-04 22:59:59",
            }
        )
        ticket = self._ticket_at("03-03 15:00")
        # 1 h on Tuesday, 3 h on Thursday
        self.assertMoment(ticket.answer_deadline, "03-05 10:00")

    def test_T25_holiday_of_another_company(self):
        self.sla.calendar_id = self.calendar
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["resource.calendar.leaves"].with_company(other).create(
            {
                "name": "Their holiday",
                "calendar_id": False,
                "date_from": "2026-03-02 00:00:00",
                "date_to": "2026-03-02 23:00:00",
            }
        )
        ticket = self._ticket_at("03-02 09:00")
        self.assertMoment(ticket.answer_deadline, "03-02 14:00")

    def test_T25_answer_keeps_the_promise(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 12:00"):
            self._answer(ticket)
        self.assertMoment(ticket.answered_date, "03-02 12:00")
        self.assertMoment(ticket.answer_deadline, "03-02 13:00")
        self.assertEqual(ticket.answer_result, "kept")
        self.assertMoment(ticket.due_date, "03-02 20:00")
        self.assertEqual(ticket.due_promise, "action")
        with self._at("03-02 18:00"):
            self._answer(ticket, "Once more")
        self.assertMoment(ticket.answered_date, "03-02 12:00")
        self.assertMoment(ticket.action_deadline, "03-03 02:00")

    def test_T25_late_answer_breaks_it_for_good(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 14:00"):
            self._answer(ticket)
        self.assertEqual(ticket.answer_result, "broken")
        with self._at("03-02 15:00"):
            ticket.severity_id = self.severity
            self.sla.answer_hours = 12
            ticket._renew_deadlines()
        self.assertMoment(ticket.answer_deadline, "03-02 13:00")
        self.assertEqual(ticket.answer_result, "broken")

    def test_T25_automatic_mail_is_no_answer(self):
        with self._at("03-02 09:00"):
            ticket = self._mail_in()
        self.assertTrue(ticket.message_ids)
        self.assertFalse(ticket.answered_date)
        self.assertMoment(ticket.answer_deadline, "03-02 13:00")

    def test_T25_note_is_no_answer_but_an_action(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 12:00"):
            ticket.with_user(self.agent).message_post(
                body="I call them", message_type="comment"
            )
        self.assertFalse(ticket.answered_date)
        self.assertMoment(ticket.answer_deadline, "03-02 13:00")
        self.assertMoment(ticket.action_deadline, "03-02 20:00")

    def test_T26_what_is_an_action(self):
        in_progress = self.env.ref("helpdesk_ticket.stage_in_progress")
        actions = {
            "assigned": lambda ticket: ticket.action_assign_to_me(),
            "stage": lambda ticket: ticket.write({"stage_id": in_progress.id}),
            "answer": self._answer,
            "question": lambda ticket: self._answer(ticket, helpdesk_ask=True),
        }
        for name, act in actions.items():
            with self.subTest(action=name):
                ticket = self._ticket_at("03-02 09:00")
                with self._at("03-02 12:00"):
                    act(ticket.with_user(self.agent))
                self.assertMoment(ticket.last_action_date, "03-02 12:00")

    def test_T26_what_is_no_action(self):
        events = {
            "opened to read": lambda ticket: ticket.action_mark_read(),
            "customer writes": self._customer_writes,
            "automat assigns": lambda ticket: ticket.sudo().write(
                {"user_id": self.manager.id}
            ),
            "subject corrected": lambda ticket: ticket.write({"name": "Other"}),
        }
        for name, happen in events.items():
            with self.subTest(event=name):
                ticket = self._ticket_at("03-02 09:00")
                with self._at("03-02 12:00"):
                    happen(ticket.with_user(self.agent))
                self.assertFalse(ticket.last_action_date)
                self.assertMoment(ticket.action_deadline, "03-02 17:00")

    def test_T26_late_action_is_counted(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 18:00"):
            self._answer(ticket)
        self.assertEqual(ticket.action_missed_count, 1)
        self.assertEqual(ticket.action_result, "broken")
        with self._at("03-02 19:00"):
            self._answer(ticket)
        self.assertEqual(ticket.action_missed_count, 1)

    def test_T26_waiting_pauses(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 11:00"):
            self._answer(ticket, helpdesk_ask=True)
        self.assertEqual(ticket.state, "waiting")
        self.assertEqual(ticket.answer_result, "kept")
        self.assertMoment(ticket.action_deadline, "")
        self.assertMoment(ticket.solution_deadline, "")
        self.assertMoment(ticket.due_date, "")
        with self._at("03-05 09:00"):
            self._customer_writes(ticket)
        self.assertEqual(ticket.state, "in_progress")
        self.assertMoment(ticket.action_deadline, "03-05 17:00")
        # 2 h of 16 were over before the question
        self.assertMoment(ticket.solution_deadline, "03-05 23:00")
        with self._at("03-05 12:00"):
            self._customer_writes(ticket)
        self.assertMoment(ticket.action_deadline, "03-05 17:00")
        self.assertMoment(ticket.solution_deadline, "03-05 23:00")

    def test_T25_waiting_without_an_answer_does_not_pause_it(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 10:00"):
            ticket.stage_id = self.env.ref("helpdesk_ticket.stage_waiting")
        self.assertMoment(ticket.answer_deadline, "03-02 13:00")
        self.assertMoment(ticket.due_date, "03-02 13:00")

    def test_T26_overdue_before_waiting_stays_overdue(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-04 09:00"):
            self._answer(ticket, helpdesk_ask=True)
        self.assertMoment(ticket.solution_deadline, "03-03 01:00")
        self.assertMoment(ticket.action_deadline, "")

    def test_T17_closing_settles(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 12:00"):
            ticket.with_user(self.agent)._move("closed")
        self.assertEqual(ticket.answer_result, "kept")
        self.assertEqual(ticket.action_result, "kept")
        self.assertEqual(ticket.solution_result, "kept")
        self.assertMoment(ticket.solution_deadline, "03-03 01:00")
        self.assertMoment(ticket.due_date, "")

    def test_T17_closing_late(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-03 02:00"):
            ticket._move("closed")
        self.assertEqual(ticket.answer_result, "broken")
        self.assertEqual(ticket.action_result, "broken")
        self.assertEqual(ticket.solution_result, "broken")

    def test_T17_closing_while_waiting(self):
        """The deadline that it was closed before is counted without the pause."""
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 11:00"):
            self._answer(ticket, helpdesk_ask=True)
        with self._at("03-10 11:00"):
            ticket._move("closed")
        self.assertMoment(ticket.solution_deadline, "03-11 01:00")
        self.assertEqual(ticket.solution_result, "kept")

    def test_T13_cancelled_needs_nothing_any_more(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 10:00"):
            ticket._move("cancelled")
        self.assertFalse(ticket.answer_result)
        self.assertFalse(ticket.solution_result)
        self.assertMoment(ticket.due_date, "")

    def test_merged_ticket_is_solved_elsewhere(self):
        ticket, other = (self._ticket_at("03-02 09:00") for _i in range(2))
        with self._at("03-02 10:00"):
            ticket._merge_into(other)
        self.assertFalse(ticket.is_open)
        self.assertFalse(ticket.answer_result)
        self.assertFalse(ticket.solution_result)
        self.assertMoment(other.due_date, "03-02 13:00")

    def test_T13_reopening_runs_again(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 12:00"):
            self._answer(ticket)
        with self._at("03-02 13:00"):
            ticket._move("closed")
        with self._at("03-05 09:00"):
            self._customer_writes(ticket)
        self.assertTrue(ticket.is_open)
        self.assertFalse(ticket.solution_result)
        self.assertEqual(ticket.answer_result, "kept")
        # 4 h of 16 were over when it was closed
        self.assertMoment(ticket.solution_deadline, "03-05 21:00")
        self.assertMoment(ticket.action_deadline, "03-05 17:00")

    def test_T27_closed_ticket_keeps_its_promise(self):
        self.company.helpdesk_reclassify_closed = True
        high = self._create_sla(name="High", severity_ids=[(6, 0, self.severity.ids)])
        high.sequence = 1
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 12:00"):
            ticket._move("closed")
            ticket.severity_id = self.severity
        self.assertEqual(ticket.sla_id, self.sla)
        self.assertEqual(ticket.solution_result, "kept")

    def test_loaded_closed_ticket_was_promised_nothing(self):
        stage = self.env.ref("helpdesk_ticket.stage_closed")
        ticket = self._ticket_at("03-02 09:00", stage_id=stage.id)
        self.assertFalse(ticket.sla_id)
        self.assertFalse(ticket.answer_deadline)
        self.assertFalse(ticket.answer_result)

    def test_T25_without_working_time_a_promise_counts_around_the_clock(self):
        """It is not forgotten, the ticket says so, and managers are told."""
        self.sla.calendar_id = self.calendar
        older = self._ticket_at("03-02 09:00")
        self.assertMoment(older.answer_deadline, "03-02 14:00")
        self.manager.notification_type = "inbox"
        with self._at("03-02 09:30"):
            self.calendar.attendance_ids.unlink()
            self._run_cron("ir_cron_sla_recompute")
            ticket = self._create_ticket()
        self.assertMoment(older.answer_deadline, "03-02 13:00")
        self.assertMoment(ticket.answer_deadline, "03-02 13:30")
        with self._at("03-02 10:30"):
            explanation = ticket.get_deadline_explanation("answer")
        [promise, *_others] = explanation["steps"]
        self.assertIn("does not have that much working time", promise["lines"][-1])
        self.assertIn("around the clock", promise["lines"][-1])
        self.assertIn("3 h", explanation["result"])
        told = self.env["mail.notification"].search(
            [("res_partner_id", "=", self.manager.partner_id.id)]
        )
        [message] = told.mail_message_id.filtered(
            lambda one: one.subject == "A calendar without working hours"
        )
        self.assertIn("“Office” has no working hours", message.body)
        self.assertIn("“Gold”", message.body)

    def test_T25_a_calendar_of_promises_is_not_emptied(self):
        """Whoever empties it is told where it counts; one that is of no use, because
        holidays cover all of its hours, is not chosen either."""
        self.sla.calendar_id = self.calendar
        with self.assertRaisesRegex(ValidationError, "“Office” has no working hours"):
            self.calendar.attendance_ids = [Command.clear()]
        other = self.calendar.copy()
        other.name = "Other"
        other.attendance_ids = [Command.clear()]
        for promising in (self.sla, self.company):
            name = "calendar_id" if promising == self.sla else "helpdesk_calendar_id"
            with self.assertRaisesRegex(ValidationError, "“Other” has no working"):
                promising[name] = other
        closed = self.calendar.copy()
        closed.name = "Closed"
        self.env["resource.calendar.leaves"].create(
            {
                "name": "For ever",
                "calendar_id": closed.id,
                "company_id": self.company.id,
                "date_from": "2020-01-01 00:00:00",
                "date_to": "2100-01-01 00:00:00",
            }
        )
        with self.assertRaisesRegex(ValidationError, "“Closed” has no working"):
            self.sla.calendar_id = closed

    def test_overdue_depends_on_the_clock_only(self):
        ticket = self._ticket_at("03-02 09:00")
        Ticket = self.agent_env["helpdesk.ticket"]
        names = ("is_overdue", "answer_overdue", "action_overdue", "solution_overdue")
        cases = {
            "03-02 12:00": (),
            "03-02 13:30": ("is_overdue", "answer_overdue"),
            "03-02 18:00": ("is_overdue", "answer_overdue", "action_overdue"),
            "03-04 09:00": names,
        }
        for moment, late in cases.items():
            with self.subTest(moment=moment), self._at(moment):
                self.env.invalidate_all()
                for name in names:
                    self.assertEqual(ticket[name], name in late, name)
                    for value in (True, False):
                        domain = [("id", "=", ticket.id), (name, "=", value)]
                        found = Ticket.search_count(domain)
                        self.assertEqual(bool(found), (name in late) == value, name)
        with self._at("03-04 10:00"):
            self._answer(ticket)
            self.assertFalse(Ticket.search([("answer_overdue", "=", True)]) & ticket)
            self.assertTrue(Ticket.search([("solution_overdue", "=", True)]) & ticket)

    def test_number_of_queries_does_not_grow(self):
        tickets = self.env["helpdesk.ticket"].concat(
            *(self._ticket_at("03-02 09:00") for _i in range(20))
        )
        names = ("due_date", "due_promise", "is_overdue", "answer_hours")
        names += ("answer_deadline", "answer_result", "solution_deadline")
        counts = []
        for number in (2, 2, 20):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.agent_env["helpdesk.ticket"].web_search_read(
                [("id", "in", tickets[:number].ids), ("is_overdue", "=", True)],
                {name: {} for name in names},
            )
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_creating_many_reads_policy_and_calendar_once(self):
        Ticket = self.env["helpdesk.ticket"].with_context(tracking_disable=True)
        values = {"name": "Loaded", "team_id": self.team.id, "user_id": False}
        counts = {}
        for calendar in (self.calendar, self.calendar.browse()):
            self.sla.calendar_id = calendar
            for number in (10, 10, 20):  # the first warms up
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                tickets = Ticket.create([dict(values) for _i in range(number)])
                self.env.flush_all()
                counts[calendar, number] = self.env.cr.sql_log_count - before
                self.assertTrue(all(tickets.mapped("answer_deadline")))
        without = self.calendar.browse()
        self.assertEqual(counts[self.calendar, 10], counts[self.calendar, 20])
        self.assertEqual(counts[without, 10], counts[without, 20])

    def test_copy_starts_anew(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 12:00"):
            self._answer(ticket)
        with self._at("03-03 09:00"):
            copy = ticket.copy()
        self.assertFalse(copy.answered_date)
        self.assertMoment(copy.answer_deadline, "03-03 13:00")

    def test_policy_in_use_is_not_deleted(self):
        self._ticket_at("03-02 09:00")
        with self.assertRaises(UserError):
            self.sla.unlink()
