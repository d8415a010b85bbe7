from datetime import datetime, timedelta

from odoo import fields
from odoo.tests import freeze_time

from odoo.addons.helpdesk_ticket.models.ticket.lifecycle import MOVES, STATES

from .common import TicketCommon


class TestLifecycle(TicketCommon):
    """T13: the status moves by itself where the life cycle says so."""

    def _in_state(self, state):
        stage = self.env["helpdesk.ticket.stage"]._get_for(
            state, self.team, self.team.company_id
        )
        return self._create_ticket(stage_id=stage.id)

    def test_every_move_of_the_table(self):
        for event, moves in MOVES.items():
            for state, _label in STATES:
                with self.subTest(event=event, state=state):
                    ticket = self._in_state(state)
                    moved = ticket._move(event)
                    self.assertEqual(ticket.state, moves.get(state, state))
                    self.assertEqual(bool(moved), ticket.state != state)

    def test_agent_creates_a_read_ticket(self):
        ticket = self.agent_env["helpdesk.ticket"].create({"name": "On the phone"})
        self.assertEqual(ticket.state, "read")

    def test_opening_marks_as_read_once(self):
        ticket = self._in_state("unread").with_user(self.agent)
        self.assertTrue(ticket.action_mark_read())
        self.assertEqual(ticket.state, "read")
        self.assertFalse(ticket.action_mark_read())

    def test_assigning_and_taking_back(self):
        ticket = self._in_state("unread")
        ticket.user_id = self.agent
        self.assertEqual(ticket.state, "assigned")
        ticket.user_id = False
        self.assertEqual(ticket.state, "read")

    def test_new_ticket_with_assignee_is_assigned(self):
        self.assertEqual(self._create_ticket(user_id=self.agent.id).state, "assigned")

    def test_assigning_leaves_work_in_progress_alone(self):
        ticket = self._in_state("in_progress")
        ticket.user_id = self.agent
        self.assertEqual(ticket.state, "in_progress")

    def test_answer_starts_the_work(self):
        ticket = self._in_state("assigned")
        self._answer(ticket)
        self.assertEqual(ticket.state, "in_progress")

    def test_internal_note_moves_nothing(self):
        ticket = self._in_state("assigned")
        ticket.with_user(self.agent).message_post(body="Hm", message_type="comment")
        self.assertEqual(ticket.state, "assigned")

    def test_asking_the_customer_waits(self):
        ticket = self._in_state("in_progress")
        action = ticket.with_user(self.agent).action_ask_customer()
        composer = (
            self.agent_env["mail.compose.message"]
            .with_context(**action["context"])
            .create({"body": "Which printer?"})
        )
        self.assertEqual(composer.partner_ids, self.anna)
        composer.action_send_mail()
        self.assertEqual(ticket.state, "waiting")
        self.assertIn("Which printer?", ticket.message_ids[0].body)

    def test_customer_answer_resumes_the_work(self):
        for state in ("waiting", "closed", "cancelled"):
            with self.subTest(state=state):
                ticket = self._in_state(state)
                ticket.message_post(
                    body="Still broken",
                    author_id=self.anna.id,
                    message_type="email",
                    subtype_xmlid="mail.mt_comment",
                )
                self.assertEqual(ticket.state, "in_progress")

    def test_customer_answer_does_not_hide_an_unread_ticket(self):
        ticket = self._in_state("unread")
        ticket.message_post(
            body="More",
            author_id=self.anna.id,
            message_type="email",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertEqual(ticket.state, "unread")

    def test_colleague_as_contact_is_a_customer(self):
        """An internal request: the agent who asked does not answer by writing."""
        ticket = self._in_state("waiting")
        ticket.partner_id = self.agent.partner_id
        self._answer(ticket, "Here is the serial number.")
        self.assertEqual(ticket.state, "in_progress")
        stage = self.env["helpdesk.ticket.stage"]._get_for(
            "unread", self.team, self.team.company_id
        )
        ticket.stage_id = stage
        self._answer(ticket, "Any news?")
        self.assertEqual(ticket.state, "unread")

    def test_closing_and_reopening_keep_the_date(self):
        ticket = self._in_state("in_progress")
        later = fields.Datetime.now() + timedelta(days=1)
        with freeze_time(later):
            ticket.with_user(self.agent).action_close()
            self.env.flush_all()
        self.assertEqual(ticket.state, "closed")
        self.assertFalse(ticket.is_open)
        self.assertEqual(ticket.closed_date, later)
        with freeze_time(later + timedelta(days=1)):
            ticket.with_user(self.agent).action_reopen()
        self.assertEqual(ticket.state, "in_progress")
        self.assertTrue(ticket.is_open)
        self.assertFalse(ticket.closed_date)

    def test_cancelling(self):
        ticket = self._in_state("read")
        ticket.with_user(self.agent).action_cancel()
        self.assertEqual(ticket.state, "cancelled")
        self.assertFalse(ticket.is_open)

    def test_time_in_each_stage_is_kept(self):
        ticket = self._in_state("unread")
        self.flush_tracking()
        ticket.action_mark_read()
        self.flush_tracking()
        self.assertIn(str(ticket.stage_id.id), ticket.duration_tracking)

    # -- each automatic move, the other way: where it does not happen -------------

    def test_customer_creates_an_unread_ticket(self):
        """Neither a mail nor the system reads a ticket."""
        ticket = self.env["helpdesk.ticket"].sudo().create({"name": "By the system"})
        self.assertEqual(ticket.state, "unread")

    def test_opening_leaves_other_states_alone(self):
        for state in ("assigned", "in_progress", "waiting", "closed"):
            ticket = self._in_state(state).with_user(self.agent)
            self.assertFalse(ticket.action_mark_read())
            self.assertEqual(ticket.state, state)

    def test_taking_back_leaves_work_in_progress_alone(self):
        ticket = self._in_state("in_progress")
        ticket.user_id = self.agent
        ticket.user_id = False
        self.assertEqual(ticket.state, "in_progress")

    def test_handing_over_leaves_the_status_alone(self):
        ticket = self._in_state("unread")
        ticket.user_id = self.agent
        ticket.action_mark_read()
        ticket.user_id = self.manager
        self.assertEqual(ticket.state, "assigned")

    def test_answer_leaves_a_closed_ticket_closed(self):
        for state in ("closed", "cancelled"):
            ticket = self._in_state(state)
            self._answer(ticket)
            self.assertEqual(ticket.state, state)

    def test_asking_leaves_a_closed_ticket_closed(self):
        ticket = self._in_state("closed")
        self._answer(ticket, helpdesk_ask=True)
        self.assertEqual(ticket.state, "closed")

    def test_customer_answer_leaves_open_work_alone(self):
        for state in ("read", "assigned", "in_progress"):
            ticket = self._in_state(state)
            ticket.message_post(
                body="More",
                author_id=self.anna.id,
                message_type="email",
                subtype_xmlid="mail.mt_comment",
            )
            self.assertEqual(ticket.state, state)

    def test_automatic_answer_moves_nothing(self):
        """An out-of-office note neither reopens a ticket nor ends the waiting."""
        for state in ("waiting", "closed"):
            ticket = self._in_state(state)
            with self.mock_mail_gateway():
                answer = self._answer(ticket.with_context(mail_notify_author=True))
                ticket.stage_id = ticket.stage_id._get_for(
                    state, self.team, self.team.company_id
                )
                same = self._mail_in(
                    In_Reply_To=answer.message_id, Auto_Submitted="auto-replied"
                )
            self.assertEqual(same, ticket)
            self.assertEqual(ticket.state, state)

    def test_time_in_two_stages_adds_up(self):
        start = datetime(2026, 3, 1, 8)
        with freeze_time(start), self.mock_datetime_and_now(start):
            ticket = self._in_state("unread")
            self.env.flush_all()
            self.flush_tracking()
        unread = ticket.stage_id
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET create_date = %s WHERE id = %s",
            (start, ticket.id),
        )
        ticket.invalidate_recordset()
        read_at = start + timedelta(hours=2)
        with self.mock_datetime_and_now(read_at):
            ticket.action_mark_read()
            self.flush_tracking()
        with self.mock_datetime_and_now(read_at + timedelta(hours=1)):
            ticket.invalidate_recordset(["duration_tracking"])
            durations = ticket.duration_tracking
        self.assertEqual(durations[str(unread.id)], 7200)
        self.assertEqual(durations[str(ticket.stage_id.id)], 3600)
