from unittest.mock import patch

from .common_deadline import DeadlineCommon

BATCH = "odoo.addons.helpdesk_ticket.models.clock.helpdesk_sla_recompute.BATCH"


class TestSlaRecompute(DeadlineCommon):
    """T25, T26: open tickets follow a change of promises, in the background."""

    def setUp(self):
        super().setUp()
        self.sla = self._create_sla()
        self.jobs = self.env["helpdesk.sla.recompute"]
        self.jobs.search([]).unlink()
        self.open = self._ticket_at("03-02 09:00")
        self.closed = self._ticket_at("03-02 09:00")
        self.closed._move("closed")

    def _run(self):
        self._run_cron("ir_cron_sla_recompute")

    def test_T25_hours_of_a_policy(self):
        cron = self.env.ref("helpdesk_ticket.ir_cron_sla_recompute")
        with self.capture_triggers(cron.id) as capture:
            self.sla.with_user(self.manager).answer_hours = 1
        self.assertTrue(capture.records)
        self.assertMoment(self.open.answer_deadline, "03-02 13:00")
        self.assertLess(self.sla.recompute_progress, 100)
        self._run()
        self.assertMoment(self.open.answer_deadline, "03-02 10:00")
        self.assertMoment(self.closed.answer_deadline, "03-02 13:00")
        self.assertEqual(self.sla.recompute_progress, 100)
        self.assertFalse(self.jobs.search([]))

    def test_T25_scope_of_a_policy(self):
        self.sla.severity_ids = self.severity
        self._run()
        self.assertFalse(self.open.sla_id)
        self.assertFalse(self.open.answer_deadline)
        self.assertEqual(self.closed.sla_id, self.sla)

    def test_T25_new_policy(self):
        new = self._create_sla(name="New", sequence=1, answer_hours=2)
        self._run()
        self.assertEqual(self.open.sla_id, new)
        self.assertMoment(self.open.answer_deadline, "03-02 11:00")

    def test_T25_settings(self):
        self.sla.severity_ids = self.severity
        self._run()
        self.company.helpdesk_answer_hours = 6
        self._run()
        self.assertMoment(self.open.answer_deadline, "03-02 15:00")

    def test_T25_working_hours_and_holidays(self):
        self.sla.calendar_id = self.calendar
        self._run()
        self.assertMoment(self.open.answer_deadline, "03-02 14:00")
        self.calendar.attendance_ids.filtered(
            lambda line: line.dayofweek == "0" and line.hour_from == 13
        ).hour_to = 14
        self._run()
        self.assertMoment(self.open.answer_deadline, "03-03 08:00")
        holiday = self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.calendar.id,
                "date_from": "2026-03-02 23:00:00",
                "date_to": "2026-03-03 22:59:59",
            }
        )
        self._run()
        self.assertMoment(self.open.answer_deadline, "03-04 08:00")
        holiday.unlink()
        self._run()
        self.assertMoment(self.open.answer_deadline, "03-03 08:00")
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Everybody's holiday",
                "company_id": self.company.id,
                "calendar_id": False,
                "date_from": "2026-03-02 23:00:00",
                "date_to": "2026-03-03 22:59:59",
            }
        )
        self._run()
        self.assertMoment(self.open.answer_deadline, "03-04 08:00")

    def test_vacation_of_one_person_changes_nothing(self):
        self.sla.calendar_id = self.calendar
        self._run()
        resource = self.env["resource.resource"].create(
            {"name": "Lena", "calendar_id": self.calendar.id}
        )
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Skiing",
                "resource_id": resource.id,
                "date_from": "2026-03-02 23:00:00",
                "date_to": "2026-03-03 22:59:59",
            }
        )
        self.assertFalse(self.jobs.search([]))

    def test_batches_and_progress(self):
        more = self.env["helpdesk.ticket"].concat(
            *(self._ticket_at("03-02 09:00") for _i in range(4))
        )
        self.sla.answer_hours = 1
        job = self.jobs.search([("sla_id", "=", self.sla.id)])
        self.assertEqual(job.total, 5)
        with patch(BATCH, 2):
            self.assertEqual(job._recompute_batch(), 2)
            self.sla.invalidate_recordset()
            self.assertEqual(self.sla.recompute_progress, 40)
            self.assertMoment(self.open.answer_deadline, "03-02 10:00")
            self.assertMoment(more[-1].answer_deadline, "03-02 13:00")
            # Another change in the middle begins anew.
            self.sla.answer_hours = 2
            self.sla.invalidate_recordset()
            self.assertEqual(self.sla.recompute_progress, 0)
            self._run()
        for ticket in self.open + more:
            self.assertMoment(ticket.answer_deadline, "03-02 11:00")
        self.assertFalse(job.exists())

    def test_number_of_queries_does_not_grow(self):
        tickets = self.env["helpdesk.ticket"].concat(
            *(self._ticket_at("03-02 09:00") for _i in range(50))
        )
        self.sla.calendar_id = self.calendar
        counts = []
        for number, hours in ((1, 5), (50, 6), (2, 7), (50, 8)):
            self.sla.answer_hours = hours
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            tickets[:number]._renew_deadlines()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[2], counts[3])
