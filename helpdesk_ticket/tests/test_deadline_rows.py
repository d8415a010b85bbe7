from datetime import timedelta
from pathlib import Path

from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, ConcurrencyError
from odoo.fields import Domain
from odoo.modules.migration import load_script
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common_deadline import DeadlineCommon

SCRIPT = Path(__file__).parent.parent / "migrations/19.0.1.7.0/post-deadlines.py"
PROMISES = ("answer", "action", "solution")


@tagged("post_install", "-at_install")
class TestDeadlineRows(DeadlineCommon):
    """T25, T26: each promise is a row, counted from what the log says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sla = cls._create_sla()

    def _get_row(self, ticket, promise):
        return ticket.deadline_ids.filtered(lambda row: row.promise == promise)

    # -- rows and the fields of the ticket --------------------------------------------

    def test_T25_a_row_for_each_promise(self):
        self.sla.solution_hours = 0
        ticket = self._ticket_at("03-02 09:00")
        self.assertEqual(ticket.deadline_ids.mapped("promise"), ["answer", "action"])
        row = self._get_row(ticket, "answer")
        self.assertMoment(row.start, "03-02 09:00")
        self.assertMoment(row.due, "03-02 13:00")
        self.assertMoment(row.alarm, "03-02 13:00")
        with self._at("03-02 12:00"):
            self._answer(ticket)
        self.assertEqual(row.result, "kept")
        self.assertFalse(row.alarm)
        self.assertMoment(self._get_row(ticket, "action").start, "03-02 12:00")

    def test_T25_nothing_promised_no_row(self):
        self.sla.active = False
        self.assertFalse(self._ticket_at("03-02 09:00").deadline_ids)

    def test_T25_a_promise_has_one_row(self):
        ticket = self._ticket_at("03-02 09:00")
        values = {"ticket_id": ticket.id, "promise": "answer"}
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self.env["helpdesk.deadline"].create(values)

    def test_T25_rows_that_somebody_else_adds_at_this_moment(self):
        """What was begun is done again: nobody reads an error."""
        self.sla.active = False
        ticket = self._ticket_at("03-02 09:00")
        self.env.cr.execute(
            """INSERT INTO helpdesk_deadline (ticket_id, promise)
               VALUES (%s, 'answer')""",
            [ticket.id],
        )
        self.sla.active = True
        with mute_logger("odoo.sql_db"), self.assertRaises(ConcurrencyError):
            ticket._renew_deadlines()

    def test_T25_fields_of_the_ticket_are_searched(self):
        self.sla.solution_hours = 0
        kept, late = (self._ticket_at("03-02 09:00") for _i in range(2))
        with self._at("03-02 12:00"):
            self._answer(kept)
        with self._at("03-02 18:00"):
            self._answer(late)
        closed = self.env.ref("helpdesk_ticket.stage_closed")
        without = self._ticket_at("03-02 09:00", stage_id=closed.id)
        nothing = kept.browse()
        cases = [
            (("answer_result", "=", "kept"), kept),
            (("answer_result", "!=", "kept"), late + without),
            (("answer_result", "=", False), without),
            (("answer_result", "in", ["kept", False]), kept + without),
            (("action_result", "=", "broken"), late),
            (("action_result", "!=", False), late),
            (("answer_deadline", "=", "2026-03-02 13:00:00"), kept + late),
            (("answer_deadline", "=", False), without),
            (("answer_deadline", "!=", False), kept + late),
            (("answer_deadline", "<", "2026-03-02 13:00:00"), nothing),
            (("action_deadline", ">=", "2026-03-03 02:00:00"), late),
            (("solution_deadline", "!=", False), nothing),
        ]
        mine = Domain("id", "in", (kept + late + without).ids)
        Ticket = self.agent_env["helpdesk.ticket"]
        for condition, expected in cases:
            with self.subTest(condition=condition):
                found = Ticket.search(mine & Domain(*condition))
                self.assertEqual(set(found.ids), set(expected.ids))

    def test_T25_a_form_that_is_not_saved_writes_nothing(self):
        """What it shows follows the choice, the rows do when it is saved."""
        fast = self._create_sla(
            name="Fast",
            sequence=1,
            answer_hours=1,
            severity_ids=[(6, 0, self.severity.ids)],
        )
        ticket = self._ticket_at("03-02 09:00")
        draft = ticket.new({"severity_id": self.severity.id}, origin=ticket)
        self.assertEqual(draft.sla_id._origin, fast)
        self.assertMoment(draft.answer_deadline, "03-02 10:00")
        self.assertMoment(draft.due_date, "03-02 10:00")
        self.env.flush_all()
        self.assertMoment(ticket.answer_deadline, "03-02 13:00")
        self.assertEqual(len(ticket.deadline_ids), 3)

    # -- pauses are read from the log -------------------------------------------------

    def _count_anew(self, tickets):
        """Forget what was counted, and count it again, much later."""
        tickets.deadline_ids.unlink()
        with self._at("06-01 09:00"):
            self.env.add_to_compute(tickets._fields["deadline_ids"], tickets)

    def _get_due(self, tickets):
        return {
            ticket.id: {row.promise: row.due for row in ticket.deadline_ids}
            for ticket in tickets
        }

    def test_T26_counting_again_gives_the_same(self):
        """A ticket that waited, one that still does, one that was closed meanwhile."""
        tickets = waited, waiting, reopened = self.env["helpdesk.ticket"].concat(
            *(self._ticket_at("03-02 09:00") for _i in range(3))
        )
        with self._at("03-02 11:00"):
            for ticket in tickets:
                self._answer(ticket, helpdesk_ask=ticket != reopened)
        with self._at("03-03 11:00"):
            reopened._move("closed")
        with self._at("03-05 09:00"):
            self._customer_writes(waited)
            reopened._move("reopened")
        before = self._get_due(tickets)
        self.assertMoment(waited.solution_deadline, "03-05 23:00")
        self.assertMoment(waiting.solution_deadline, "")
        self._count_anew(tickets)
        self.assertEqual(self._get_due(tickets), before)

    def test_T26_what_happens_in_one_second_keeps_its_order(self):
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 11:00"):
            for event in ("asked", "customer_answered", "asked", "customer_answered"):
                ticket._move(event)
        self.assertEqual(ticket._get_pauses()[ticket], [])
        self.assertMoment(ticket.solution_deadline, "03-03 01:00")
        with self._at("03-02 12:00"):
            for event in ("asked", "customer_answered", "asked"):
                ticket._move(event)
        self.assertMoment(ticket.solution_deadline, "")

    def test_T26_pauses_follow_from_the_log(self):
        """Waiting and closed are pauses of their own, also one after the other."""
        ticket = self._ticket_at("03-02 08:00")
        for moment, event in (
            ("03-02 09:00", "asked"),
            ("03-02 10:00", "asked"),
            ("03-02 11:00", "closed"),
            ("03-02 12:00", "reopened"),
            ("03-02 13:00", "closed"),
            ("03-02 13:00", "reopened"),
            ("03-02 14:00", "asked"),
        ):
            with self._at(moment):
                ticket._move(event)
        pauses = ticket._get_pauses()[ticket]
        self.assertEqual(
            [(pause.reason, pause.begin.hour) for pause in pauses],
            [("waiting", 9), ("closed", 11), ("waiting", 14)],
        )
        self.assertEqual(
            [pause.end and pause.end.hour for pause in pauses], [11, 12, None]
        )

    def test_T26_a_message_takes_no_pause_along(self):
        """The clock of the ticket that was split stood still, the new one's did not."""
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 11:00"):
            question = self._answer(ticket, helpdesk_ask=True)
        with self._at("03-05 09:00"):
            answer = self._customer_writes(ticket)
        with self._at("03-05 10:00"):
            new = ticket.with_user(self.agent)._split_off(question + answer)
        self._count_anew(ticket + new)
        self.assertMoment(ticket.solution_deadline, "03-05 23:00")
        self.assertEqual(new._get_pauses()[new], [])
        log = new.event_ids.filtered("message_id")
        self.assertEqual(
            set(log.mapped("kind")), {"asked", "customer_answered"}, "what they meant"
        )

    def test_T26_a_stage_that_means_something_else(self):
        """Its tickets wait from then on."""
        stage = self.env["helpdesk.ticket.stage"].create(
            {"name": "At the customer", "state": "in_progress"}
        )
        ticket = self._ticket_at("03-02 09:00", stage_id=stage.id)
        with self._at("03-02 11:00"):
            stage.state = "waiting"
        self.assertMoment(ticket.solution_deadline, "")
        with self._at("03-05 09:00"):
            stage.state = "in_progress"
        self.assertMoment(ticket.solution_deadline, "03-05 23:00")

    # -- who may -----------------------------------------------------------------------

    def test_T25_nobody_writes_rows(self):
        row = self._get_row(self._ticket_at("03-02 09:00"), "answer")
        for user in (self.agent, self.manager, self.env.ref("base.user_admin")):
            own = row.with_user(user)
            for name, value in (("due", "2027-01-01"), ("result", "kept")):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    own[name] = value
            with self.assertRaises(AccessError):
                own.unlink()
            with self.assertRaises(AccessError):
                own.create({"ticket_id": row.ticket_id.id, "promise": "answer"})
            ticket = row.ticket_id.with_user(user)
            with self.assertRaises(AccessError):
                ticket.deadline_ids = [(1, row.id, {"due": "2027-01-01"})]
        self.assertMoment(row.due, "03-02 13:00")

    def test_T25_who_reads_the_ticket_reads_its_rows(self):
        group = "helpdesk_contact.group_helpdesk_user"
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        outsider = new_test_user(self.env, "row_outsider", groups=group)
        stranger = new_test_user(
            self.env,
            "row_stranger",
            groups=group,
            company_id=elsewhere.id,
            company_ids=[(6, 0, elsewhere.ids)],
        )
        portal = self._create_portal_user(self.anna)
        ticket = self._ticket_at("03-02 09:00", user_id=self.agent.id)
        row = self._get_row(ticket, "action")
        self.assertEqual(row.with_user(outsider).read(["due"])[0]["due"], row.due)
        for user in (stranger, portal, self.env.ref("base.public_user")):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                row.with_user(user).read(["due"])
        self.team.visibility = "members"
        with self.assertRaises(AccessError):
            row.with_user(outsider).read(["due"])
        rows = self.env["helpdesk.deadline"].with_user(outsider)
        self.assertFalse(rows.search([("ticket_id", "=", ticket.id)]))

    def test_T25_a_customer_reads_its_own_promises_only(self):
        portal = self._create_portal_user(self.anna)
        ticket = self._ticket_at("03-02 09:00").with_user(portal)
        [values] = ticket.read(["answer_deadline", "solution_deadline"])
        self.assertMoment(values["answer_deadline"], "03-02 13:00")
        for name in ("deadline_ids", "event_ids", "action_result", "answer_result"):
            with self.subTest(name), self.assertRaises(AccessError):
                ticket.read([name])

    # -- databases that are there ------------------------------------------------------

    def _to_columns(self, tickets):
        """Make the database one of the version before, as far as these tickets go."""
        self.env.flush_all()
        columns = ["escalation_date timestamp", "sla_pauses jsonb"]
        columns.append("action_missed_count integer")
        for promise in PROMISES:
            columns += [
                f"{promise}_{name} timestamp" for name in ("deadline", "raised")
            ]
            columns.append(f"{promise}_result varchar")
        for column in columns:
            self.env.cr.execute(f"ALTER TABLE helpdesk_ticket ADD COLUMN {column}")
        for row in tickets.deadline_ids:
            self.env.cr.execute(
                f"""UPDATE helpdesk_ticket
                       SET {row.promise}_deadline = %s, {row.promise}_raised = %s,
                           {row.promise}_result = %s, action_missed_count =
                           GREATEST(action_missed_count, %s)
                     WHERE id = %s""",
                [
                    row.due or None,
                    row.raised or None,
                    row.result or None,
                    row.late_count,
                    row.ticket_id.id,
                ],
            )
        for ticket, pauses in tickets._get_pauses().items():
            values = [
                [
                    fields.Datetime.to_string(pause.begin),
                    fields.Datetime.to_string(pause.end) or None,
                    pause.reason,
                ]
                for pause in pauses
            ]
            self.env.cr.execute(
                "UPDATE helpdesk_ticket SET sla_pauses = %s WHERE id = %s",
                [fields.Json().convert_to_column(values, ticket), ticket.id],
            )
        self.env.cr.execute("DELETE FROM helpdesk_deadline")

    def _read_rows(self, tickets):
        names = ["promise", "due", "result", "late_count", "raised", "alarm", "start"]
        rows = tickets.deadline_ids.sorted(lambda row: (row.ticket_id.id, row.promise))
        return [{**values, "id": 0} for values in rows.read(names)]

    def _migrate(self):
        script = load_script(str(SCRIPT), f"post_deadlines_{self._testMethodName}")
        script.migrate(self.env.cr, "19.0.1.6.0")
        self.env.invalidate_all()

    def _live(self):
        """Return tickets to which much has happened."""
        tickets = self.env["helpdesk.ticket"].concat(
            *(self._ticket_at("03-02 09:00", user_id=self.agent.id) for _i in range(6))
        )
        waiting, waited, closed, cancelled, reopened, _new = tickets
        with self._at("03-02 11:00"):
            for ticket in waiting + waited + closed:
                self._answer(ticket, helpdesk_ask=True)
        with self._at("03-02 18:00"):
            self._run_cron("ir_cron_escalate")
            closed._move("closed")
            cancelled._move("cancelled")
            reopened._move("closed")
        with self._at("03-03 10:00"):
            self._customer_writes(waited)
            reopened._move("reopened")
            tickets[-1].active = False
        return tickets

    def test_migration_keeps_every_deadline(self):
        tickets = self._live()
        before = self._read_rows(tickets)
        log = tickets.event_ids
        self.assertTrue({"broken", "kept", False} <= {row["result"] for row in before})
        self._to_columns(tickets)
        self._migrate()
        self.assertEqual(self._read_rows(tickets), before)
        self.assertEqual(tickets.event_ids, log, "the log says it already")
        self._migrate()  # an update that is begun again changes nothing
        self.assertEqual(self._read_rows(tickets), before)

    def test_migration_writes_pauses_that_the_log_lacks(self):
        """A log that was made of an old history knows neither all states nor their
        seconds."""
        tickets = self._live()
        pauses = tickets._get_pauses()
        self._to_columns(tickets)
        for ticket, odd in zip(tickets, range(6), strict=True):
            later = timedelta(seconds=odd)
            self.env.cr.execute(
                """UPDATE helpdesk_ticket_event
                      SET state = CASE WHEN %s THEN state END, moment = moment + %s
                    WHERE ticket_id = %s""",
                [bool(odd % 2), later, ticket.id],
            )
        self.env.invalidate_all()
        self._migrate()
        self.assertEqual(tickets._get_pauses(), pauses)
        tickets = tickets.filtered("is_open")
        before = self._get_due(tickets)
        self._count_anew(tickets)
        self.assertEqual(self._get_due(tickets), before)
