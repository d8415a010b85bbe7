from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import mute_logger, tagged
from odoo.tools import SQL

from .common import CollectorCommon, plain_mail, sample

LOGGER = "odoo.addons.helpdesk_email_collector.models.inbox.retry"


@tagged("post_install", "-at_install")
class TestInboxFailure(CollectorCommon):
    """E05: a mail that fails is kept whole, holds up no other and can be retried."""

    def setUp(self):
        super().setUp()
        operations = self.registry["helpdesk.email.collector.operation"]
        prepare = operations._prepare_create_ticket

        def failing(operation, mail, place, decision):
            if b"poison" in mail.raw:
                raise ZeroDivisionError("poison")
            return prepare(operation, mail, place, decision)

        patcher = patch.object(operations, "_prepare_create_ticket", failing)
        patcher.start()
        self.addCleanup(patcher.stop)
        self.fix = patcher.stop
        self.poison = plain_mail("Poison", body="poison")

    def _process_now(self, row):
        row.next_attempt = False
        with mute_logger(LOGGER):
            self._process()

    def _fail(self):
        row = self._store(self.poison)
        for _attempt in range(3):
            self._process_now(row)
        return row

    def test_next_mail_is_not_held_up(self):
        """E05: the mail after the bad one becomes a ticket in the same run."""
        bad, good = self._store(self.poison, plain_mail("Good"))
        with mute_logger(LOGGER):
            self._process()
        self.assertEqual((bad.state, good.state), ("waiting", "done"))
        self.assertEqual(good.ticket_id.name, "Good")
        self.assertIn("poison", bad.error)
        self.assertIn("ZeroDivisionError", bad.error_trace)
        self.assertEqual(bad.attempts, 1)
        self.assertFalse(self.env["helpdesk.ticket"].search([("name", "=", "Poison")]))

    def test_attempts_back_off_then_fail(self):
        """E05: attempts come later and later, and there are three of them."""
        row = self._store(self.poison)
        now = fields.Datetime.now()
        pauses = []
        for _attempt in range(2):
            self._process_now(row)
            pauses.append((row.next_attempt - now) / timedelta(minutes=1))
            self.assertEqual(row.state, "waiting")
        self.assertLess(pauses[0] * 3, pauses[1])
        self._process_now(row)
        self.assertEqual((row.state, row.attempts), ("failed", 3))
        self.assertEqual(row._get_raw(), self.poison, "the mail is kept whole")

    def test_managers_are_told_once(self):
        """E05: one activity for each manager, however many mails fail."""
        row = self._fail()
        self.assertIn(self.manager, row.activity_ids.user_id)
        self.assertNotIn(self.agent, row.activity_ids.user_id)
        second = self._store(plain_mail("Second poison", body="poison"))
        second.attempts = 2
        self._process_now(second)
        self.assertEqual(second.state, "failed")
        self.assertFalse(second.activity_ids)

    def test_retry_from_the_form(self):
        """E05: when the cause is fixed, the manager's button makes the ticket."""
        row = self._fail()
        self.fix()
        row.with_user(self.manager).action_retry()
        self.assertEqual(row.state, "waiting", "a button commits nothing")
        self._process()
        self.assertEqual((row.state, row.error), ("done", False))
        self.assertEqual(row.ticket_id.name, "Poison")
        self.assertEqual(row.ticket_id.create_uid, self.env.ref("base.user_root"))
        self.assertFalse(row.activity_ids, "the warning is settled")

    def test_warning_stays_while_another_mail_failed(self):
        """E05: the activity is taken back with the last failed mail, not before."""
        first = self._fail()
        second = self._store(plain_mail("Second poison", body="poison"))
        second.attempts = 2
        self._process_now(second)
        self.assertEqual(second.state, "failed")
        warned = first.activity_ids.user_id
        self.fix()
        first.with_user(self.manager).action_retry()
        self._process()
        self.assertEqual(first.state, "done")
        self.assertFalse(first.activity_ids)
        self.assertEqual(second.activity_ids.user_id, warned)
        self.assertIn(self.manager, warned)
        second.with_user(self.manager).action_retry()
        self._process()
        self.assertEqual(second.state, "done")
        self.assertFalse((first + second).activity_ids)

    def test_warning_ends_where_the_others_are_of_a_foreign_company(self):
        """E05: a manager is not kept warned about mails that it may not see."""
        row = self._fail()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self._store(plain_mail("Foreign", body="poison"))
        foreign.write({"state": "failed", "company_id": other.id})
        self.fix()
        row.with_user(self.manager).action_retry()
        self._process()
        self.assertNotIn(self.manager, foreign.activity_ids.user_id)

    def test_retry_many(self):
        """E05: several, or all failed mails, are processed again by the cron."""
        rows = self._store(self.poison, plain_mail("Other", body="poison"))
        rows.write({"state": "failed", "attempts": 3})
        self.fix()
        action = self.Inbox.with_user(self.manager).action_retry_all_failed()
        waiting = self.Inbox.search(action["params"]["domain"])
        self.assertEqual(waiting, rows.sorted())
        self.assertEqual(set(rows.mapped("state")), {"waiting"})
        self._process()
        self.assertEqual(set(rows.mapped("state")), {"done"})
        self.assertFalse(self.Inbox.search(action["params"]["domain"]))

    def test_nothing_to_retry(self):
        """E05: retrying a processed mail says that there is nothing to do."""
        row = self._receive(sample("german_printer.eml"))
        with self.assertRaisesRegex(UserError, "nothing to retry"):
            row.with_user(self.manager).action_retry()

    def test_ignored_mail_made_a_ticket(self):
        """C08, E05: what was ignored can still be made a ticket."""
        self.anna.helpdesk_ignore_email = True
        row = self._receive(plain_mail())
        self.assertEqual(row.state, "ignored")
        self._press(row, "action_create_ticket")
        self.assertEqual(row.state, "done")
        self.assertEqual(row.ticket_id.partner_id, self.anna)
        self.assertIn(self.manager.name, row.reason)
        with self.assertRaises(UserError):
            row.with_user(self.manager).action_create_ticket()

    def test_two_workers_on_one_mail(self):
        """E05: a row that another process has is left to it."""
        row = self._store(plain_mail())
        with patch.object(
            self.registry["helpdesk.inbox.mail"],
            "_lock_free",
            lambda mails: mails.browse(),
        ):
            self._process()
        self.assertEqual((row.state, row.attempts), ("waiting", 0))

    def test_another_worker_was_faster_with_the_first_mails(self):
        """E05: who wants rows that another process has just written begins anew and
        goes on: woken together, all workers want the same mails first."""
        rows = self._store(plain_mail("One"), plain_mail("Two"))
        faults = [SerializationFailure(), SerializationFailure()]

        with self.committing() as env:
            execute = env.cr.execute

            def overtaken(query, *args, **kwargs):
                text = query.code if isinstance(query, SQL) else query
                if "helpdesk_inbox_mail" in text and "SKIP LOCKED" in text and faults:
                    raise faults.pop()
                return execute(query, *args, **kwargs)

            with patch.object(env.cr, "execute", overtaken):
                env["helpdesk.inbox.mail"]._cron_process()
        self.env.invalidate_all()
        self.assertFalse(faults)
        self.assertEqual(rows.mapped("state"), ["done", "done"])
        self.assertEqual(rows.mapped("attempts"), [1, 1])
