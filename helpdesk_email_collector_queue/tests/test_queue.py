from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.helpdesk_email_collector.tests.common import (
    CollectorCommon,
    FakeMailbox,
    plain_mail,
)
from odoo.addons.queue_job.controllers.main import RunJobController
from odoo.addons.queue_job.tests.common import trap_jobs

from ..hooks import uninstall_hook


@tagged("post_install", "-at_install")
class TestQueue(CollectorCommon):
    """E05: with the job queue each mail is a job, and still nothing is done twice."""

    def setUp(self):
        super().setUp()
        runner = patch.object(
            self.registry["helpdesk.inbox.mail"], "_has_job_runner", lambda inbox: True
        )
        self.startPatcher(runner)

    def _jobs(self):
        return self.env["queue.job"].search([("method_name", "=", "_process_as_job")])

    def test_E05_each_mail_is_a_job(self):
        before = self._jobs()
        self._collect(FakeMailbox(plain_mail("One"), plain_mail("Two")))
        rows = self._rows()
        jobs = self._jobs() - before
        self.assertEqual(len(jobs), 2)
        self.assertEqual(set(jobs.mapped("channel")), {"root.helpdesk_mail"})
        self.assertEqual(
            set(jobs.mapped("identity_key")),
            {f"helpdesk.inbox.mail:{row.id}" for row in rows},
        )

    def test_E05_one_job_for_one_mail(self):
        """A mail that is retried while its job still waits has that one."""
        before = self._jobs()
        rows = self._store(plain_mail("One"), plain_mail("Two"))
        rows.state = "failed"
        rows.with_user(self.manager).action_retry()
        self.assertEqual(len(self._jobs() - before), 2)

    def test_E05_without_a_runner_there_are_no_jobs(self):
        before = self._jobs()
        with patch.object(
            self.registry["helpdesk.inbox.mail"], "_has_job_runner", lambda inbox: False
        ):
            self._store(plain_mail())
        self.assertFalse(self._jobs() - before)

    def test_E05_a_job_makes_the_ticket_once(self):
        """The job and the scheduled action share the work."""
        with trap_jobs() as trap:
            first, second = self._store(plain_mail("First"), plain_mail("Second"))
            trap.assert_jobs_count(2)
        with self.committing() as env:
            text = first.with_env(env)._process_as_job()
        self.env.invalidate_all()
        self.assertIn("done", text)
        self.assertEqual([first.state, second.state], ["done", "waiting"])
        self._process()
        with self.committing() as env:
            (first + second).with_env(env)._process_as_job()
        self.env.invalidate_all()
        tickets = self.env["helpdesk.ticket"]
        for row in first + second:
            self.assertEqual(row.attempts, 1)
            self.assertEqual(
                tickets.search([("name", "=", row.subject)]), row.ticket_id
            )

    def test_E05_the_job_runner_makes_the_ticket(self):
        """The way of a request of the runner: jobs may not commit unless it is said."""
        before = self._jobs()
        self._collect(FakeMailbox(plain_mail("As a job")))
        job = self._jobs() - before
        job.state = "enqueued"
        with self.committing() as env:
            taken = RunJobController._acquire_job(env, job.uuid)
            RunJobController._runjob(env, taken)
        self.env.invalidate_all()
        self.assertEqual((job.state, job.exc_info), ("done", False))
        row = self._rows()[:1]
        self.assertEqual((row.state, row.ticket_id.name), ("done", "As a job"))

    def test_E05_no_job_is_left_without_the_addon(self):
        """Uninstalled: jobs that wait are cancelled, mails wait for the scheduled
        action, and jobs of others are left alone."""
        other = self.env["helpdesk.inbox.mail"].with_delay()._cron_process().db_record()
        before = self._jobs()
        rows = self._store(plain_mail("One"), plain_mail("Two"))
        jobs = self._jobs() - before
        jobs[0].state = "done"
        uninstall_hook(self.env)
        self.assertEqual(jobs.mapped("state"), ["done", "cancelled"])
        self.assertEqual(other.state, "pending")
        self.assertEqual(set(rows.mapped("state")), {"waiting"})

    def test_E05_a_failing_mail_is_kept_as_ever(self):
        """The error stands with the mail; the job itself does not fail."""
        row = self._store(plain_mail())
        process = patch.object(
            self.registry["helpdesk.inbox.mail"], "_process", side_effect=ValueError
        )
        with process, self.committing() as env:
            row.with_env(env)._process_as_job()
        self.env.invalidate_all()
        self.assertEqual((row.state, row.attempts), ("waiting", 1))
        self.assertTrue(row.error)
