from contextlib import suppress
from unittest.mock import patch

from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo.tests import mute_logger, tagged

from ..reading import process
from .common import CollectorCommon, plain_mail

BATCH = "odoo.addons.helpdesk_email_collector.models.inbox.batch"
PROCESS = "odoo.addons.helpdesk_email_collector.reading.process"
RETRY = "odoo.addons.helpdesk_email_collector.models.inbox.retry"


@tagged("post_install", "-at_install")
class TestInboxBatch(CollectorCommon):
    """E05: mails share a transaction, and yet each stands for itself."""

    def _mails(self, count, **values):
        return self._store(*[plain_mail(f"Mail {n}", **values) for n in range(count)])

    def _patched(self, process):
        """Put something around the last step of each mail."""
        original = self.registry["helpdesk.inbox.mail"]._record
        return patch.object(
            self.registry["helpdesk.inbox.mail"],
            "_record",
            lambda row, *args: process(row, lambda row: original(row, *args)),
        )

    def test_batches_by_number_and_size(self):
        """E05: a transaction takes some mails, of large ones fewer."""
        mails = self._mails(12)
        self.assertEqual([len(one) for one in mails._split_batches()], [10, 2])
        mails[3].size = 6_000_000
        mails[4].interruptions = 1
        self.assertEqual(
            [len(one) for one in mails._split_batches()], [3, 1, 1, 7], mails
        )

    def _people(self, count):
        """Return the rows of mails that have nothing to do with each other."""
        names = [f"Person {n} <p{n}@new.example>" for n in range(count)]
        return self._store(*[plain_mail(f"Of {name}", name) for name in names])

    def _count_sets(self):
        """Process what waits.

        :return: how many mails were dealt with together, each time
        """
        inbox, sizes = self.registry["helpdesk.inbox.mail"], []
        original = inbox._carry_out

        def carry_out(rows, cases):
            sizes.append(len(cases))
            return original(rows, cases)

        with patch.object(inbox, "_carry_out", carry_out):
            self._process()
        return sizes

    def test_mails_of_strangers_go_together(self):
        """E05: mails that have nothing to do with each other are one set."""
        mails = self._people(10)
        self.assertEqual(self._count_sets(), [10])
        self.assertEqual(mails.mapped("state"), ["done"] * 10)
        tickets = mails.ticket_id
        self.assertEqual(tickets.mapped("name"), mails.mapped("subject"))
        self.assertEqual(
            tickets.partner_id.mapped("email"), [f"p{n}@new.example" for n in range(10)]
        )
        for ticket in tickets:
            first, told = ticket.message_ids.sorted("id")
            self.assertEqual(first.author_id, ticket.partner_id)
            self.assertEqual(told.message_type, "auto_comment")
            self.assertEqual(
                (told.parent_id, told.partner_ids), (first, ticket.partner_id)
            )
            self.assertEqual(told.body.count(ticket.number), 1)

    def test_mails_that_depend_on_each_other(self):
        """E05: where one depends on another, it is dealt with after it."""
        anna, bert = "Anna <anna@new.example>", "Bert <bert@new.example>"
        first, other, again, answer, copied = self._store(
            plain_mail("First", anna, message_id="<first@x>"),
            plain_mail("Other", bert, message_id="<other@x>"),
            plain_mail("Again", anna),
            plain_mail("Re: Other", bert, in_reply_to="<other@x>"),
            plain_mail("Copied", "Carl <carl@new.example>", cc=bert),
        )
        self.assertEqual(self._count_sets(), [2, 2, 1])
        rows = first + other + again + answer + copied
        self.assertEqual(rows.mapped("state"), ["done"] * 5)
        self.assertEqual(answer.ticket_id, other.ticket_id)
        self.assertEqual(len(rows.ticket_id), 4)
        self.assertEqual(first.ticket_id.partner_id, again.ticket_id.partner_id)

    def test_same_mail_twice(self):
        """E05: of two mails with one Message-ID the second is a duplicate."""
        raw = plain_mail("Twice", message_id="<twice@x>")
        first, second = self._store(raw, raw + b"\r\n")
        self.assertEqual(self._count_sets(), [1, 1])
        self.assertEqual(second.duplicate_of_id, first)

    def test_colleagues_are_dealt_with_one_by_one(self):
        """K10, C07: what one mail changes at a customer counts for the next."""
        self.anna.active = False
        self.customer.write(
            {"primary_contact_id": self.anna.id, "helpdesk_primary_contact_only": True}
        )
        anna, bernd = self._store(
            plain_mail("Anna", self.anna.email), plain_mail("Bernd", self.bernd.email)
        )
        self._process()
        self.assertTrue(self.anna.active)
        self.assertEqual((anna.state, bernd.reason_code), ("done", "held"))

    def test_one_bad_mail_among_strangers(self):
        """E05: a set with one that fails becomes sets of one: nine tickets."""
        mails = self._people(10)

        def process(mail, original):
            original(mail)
            if mail == mails[4]:
                raise ZeroDivisionError("bad mail")

        with self._patched(process), mute_logger(RETRY):
            self._process()
        good = mails - mails[4]
        self.assertEqual(good.mapped("state"), ["done"] * 9)
        self.assertEqual(good.mapped("attempts"), [1] * 9)
        self.assertEqual(len(good.ticket_id), 9)
        self.assertEqual((mails[4].state, mails[4].attempts), ("waiting", 1))
        self.assertIn("bad mail", mails[4].error)
        self.assertEqual(mails.mapped("interruptions"), [0] * 10)
        told = good.ticket_id.message_ids.filtered(
            lambda message: message.message_type == "auto_comment"
        )
        self.assertEqual(len(told), 9, "nobody is told twice")

    def test_few_commits(self):
        """E05: ten mails are one transaction beside the one that claims them."""
        self._mails(10)
        # However slow the machine is: a batch that takes too long is committed earlier.
        with (
            patch(f"{BATCH}.BATCH_SECONDS", float("inf")),
            self.committing() as env,
            patch.object(env.cr, "commit") as commit,
        ):
            env["helpdesk.inbox.mail"]._cron_process()
        self.assertEqual(commit.call_count, 3)

    def test_failure_leaves_the_others(self):
        """E05: what went before a mail that fails stays, what follows is done too."""
        mails = self._mails(5)

        def process(mail, original):
            original(mail)
            if mail == mails[2]:
                raise ZeroDivisionError("bad mail")

        with self._patched(process), mute_logger(RETRY):
            self._process()
        self.assertEqual(
            mails.mapped("state"), ["done", "done", "waiting", "done", "done"]
        )
        self.assertEqual(mails.mapped("interruptions"), [0] * 5)
        self.assertIn("bad mail", mails[2].error)
        self.assertEqual(len(mails.ticket_id), 4)
        self.assertFalse(self.env["helpdesk.ticket"].search([("name", "=", "Mail 2")]))

    def _refuse(self, mail, times, error=UniqueViolation):
        """Let the database refuse what a mail writes, as another process wrote it."""
        calls = []

        def process(row, original):
            original(row)
            if row == mail and len(calls) < times:
                calls.append(row)
                raise error("duplicate key value")

        return self._patched(process)

    def test_another_process_was_faster(self):
        """E05: two that meet the same new sender at once: no mail waits for it."""
        mails = self._mails(3)
        with self._refuse(mails[1], times=1):
            self._process()
        self.assertEqual(mails.mapped("state"), ["done"] * 3)
        self.assertEqual(mails.mapped("attempts"), [1] * 3, "no failure is counted")
        self.assertEqual(mails.mapped("interruptions"), [0] * 3)

    def test_an_answer_does_not_overtake(self):
        """E05, E06: what another process delays is done before what answers it."""
        first, answer = self._store(
            plain_mail("Printer", message_id="<first@huber.example>"),
            plain_mail(
                "Re: Printer",
                message_id="<answer@huber.example>",
                in_reply_to="<first@huber.example>",
            ),
        )
        with self._refuse(first, times=1, error=SerializationFailure):
            self._process()
        self.assertEqual((first + answer).mapped("state"), ["done"] * 2)
        self.assertEqual(first.ticket_id, answer.ticket_id)

    def test_what_is_always_refused_is_a_failure(self):
        """E05: what another process was not the cause of is tried later."""
        mails = self._mails(3)
        with self._refuse(mails[1], times=9), mute_logger(RETRY):
            self._process()
        self.assertEqual(mails.mapped("state"), ["done", "waiting", "done"])
        self.assertEqual(mails.mapped("attempts"), [1, 1, 1])
        self.assertIn("duplicate key", mails[1].error)

    def test_mails_are_read_in_one_go(self):
        """E05: the process is asked once about all mails of a transaction; of one that
        is refused it reads the head only (E09)."""
        self.company.helpdesk_mail_max_size = 1
        rows = self._store(
            plain_mail("One", message_id="<1@x>"),
            plain_mail("Large", message_id="<2@x>", body="x" * 1_100_000),
            plain_mail("Two", message_id="<3@x>"),
        )
        with patch(f"{PROCESS}.take_apart", side_effect=process.take_apart) as asked:
            self._process()
        [mails] = [one.args[0] for one in asked.call_args_list]
        self.assertEqual([raw for raw, _limits in mails], [r._get_raw() for r in rows])
        self.assertEqual([not limits for _raw, limits in mails], [False, True, False])
        self.assertEqual(
            rows.mapped("reason_code"), ["created", "oversized", "created"]
        )
        self.assertEqual(rows.ticket_id.mapped("name"), ["One", "Two"])

    def test_reader_is_killed_among_mails(self):
        """rel-C1: the others of its transaction are read all the same."""
        rows = self._people(5)
        receive, asked = process.Reader.receive, []

        def kill(reader, deadline):
            asked.append(reader)
            if len(asked) == 3:
                reader.process.kill()
                reader.process.wait()
                reader.process.stdout.read()  # what it had answered
            return receive(reader, deadline)

        with patch.object(process.Reader, "receive", kill), mute_logger(PROCESS):
            self._process()
        self.assertEqual(len(asked), 6)
        self.assertEqual(rows.mapped("state"), ["done"] * 5)
        self.assertEqual(rows.ticket_id.mapped("name"), rows.mapped("subject"))
        self.assertFalse(rows.ticket_id.message_ids.attachment_ids)

    def test_interrupted_mails_come_last_and_alone(self):
        """E05: a mail with which Odoo ended holds up no other."""
        mails = self._mails(3)

        def process(mail, original):
            if mail == mails[1]:
                raise SystemExit
            original(mail)

        with self._patched(process):
            for _life in range(3):
                with suppress(SystemExit):  # assertRaises would undo all of it
                    self._process()
                self.env.invalidate_all()
        self.assertEqual(mails.mapped("state"), ["done", "waiting", "done"])
        self.assertEqual(mails.mapped("interruptions"), [0, 3, 0])

    def test_interrupted_mails_come_after_new_ones(self):
        """E05: also after those that nobody has begun yet."""
        old = self._store(plain_mail("Old"))
        old.interruptions = 1
        new = self._store(plain_mail("New"))
        self.env.flush_all()
        order = []

        def process(mail, original):
            order.append(mail)
            original(mail)

        with self._patched(process):
            self._process()
        self.assertEqual([mail.id for mail in order], [new.id, old.id])

    def test_nothing_is_begun_when_the_time_is_over(self):
        """E05: other scheduled actions have their turn, too."""
        mails = self._mails(2)
        with self.committing() as env:
            cron = env.ref("helpdesk_email_collector.ir_cron_process")
            cron = cron.with_context(cron_id=cron.id, cron_end_time=0)
            cron, progress = cron._add_progress()
            cron.env["helpdesk.inbox.mail"]._cron_process()
            left = (progress.done, progress.remaining)
        self.assertEqual(left, (0, 2))
        self.assertEqual(mails.mapped("state"), ["waiting"] * 2)

    def test_interrupted_too_often(self):
        """E05: at last a person decides, and is told."""
        mail, good = self._mails(2)
        mail.interruptions = 5
        with mute_logger(RETRY):
            self._process()
        self.assertEqual((mail.state, good.state), ("failed", "done"))
        self.assertIn("stopped 5 times", mail.error)
        self.assertIn(self.manager, mail.activity_ids.user_id)
        self._press(mail, "action_retry")
        self.assertEqual(mail.state, "done")
