from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import mute_logger, tagged

from .common import CollectorCommon, plain_mail
from .hostile_mails import mail as raw_mail
from .test_invitations import calendar, calendar_part

RETRY = "odoo.addons.helpdesk_email_collector.models.inbox.retry"
FIRST, SECOND = "<first@huber.example>", "<second@huber.example>"


@tagged("post_install", "-at_install")
class TestMailOrder(CollectorCommon):
    """E05, E06: an answer is not processed before the mail that it answers."""

    @contextmanager
    def _failing(self, *mails):
        """Let the processing of some mails fail."""
        original = self.registry["helpdesk.inbox.mail"]._record

        def record(row, *args):
            original(row, *args)
            if row in mails:
                raise ZeroDivisionError("not now")

        inbox = self.registry["helpdesk.inbox.mail"]
        with patch.object(inbox, "_record", record), mute_logger(RETRY):
            yield

    def _waiting(self, **headers):
        """Return the row of a mail that failed, and will be tried again."""
        row = self._store(plain_mail("Printer", message_id=FIRST, **headers))
        with self._failing(row):
            self._process()
        self.assertEqual((row.state, row.attempts), ("waiting", 1))
        return row

    def _answer(self, **headers):
        headers = {"message_id": SECOND, "in_reply_to": FIRST, **headers}
        return self._receive(plain_mail("Re: Printer", **headers))

    def _now(self, *mails):
        """Let these mails be due."""
        for mail in mails:
            mail.next_attempt = fields.Datetime.now() - timedelta(seconds=1)

    def _assert_one_ticket(self, *rows):
        rows = self.Inbox.union(*rows)
        self.assertEqual(set(rows.mapped("state")), {"done"})
        self.assertEqual(len(rows.ticket_id), 1)
        self.assertFalse(rows.waits_for_id)

    def test_an_answer_waits(self):
        """It goes on in the moment in which the mail that it answers is done."""
        first = self._waiting()
        answer = self._answer()
        self.assertEqual((answer.state, answer.attempts), ("waiting", 0))
        self.assertFalse(answer.ticket_id or answer.error)
        later = answer.next_attempt
        self.assertGreater(later, fields.Datetime.now())
        self._now(first)
        self._process()
        self._assert_one_ticket(first, answer)
        self.assertEqual(first.ticket_id.name, "Printer")

    def test_it_says_so(self):
        first = self._waiting()
        answer = self._answer().with_user(self.manager)
        sentence = (
            "It is waiting for an earlier mail of its conversation that has not been "
            "processed yet: “Printer”."
        )
        self.assertEqual(answer.reason, sentence)
        self.assertIn(sentence, answer.explanation)
        self._now(first)
        self._process()
        self.assertEqual(answer.reason, "Reply to a mail of this ticket.")

    def test_in_the_same_transaction(self):
        """The mail before it in the same batch fails."""
        first, answer = self._store(
            plain_mail("Printer", message_id=FIRST),
            plain_mail("Re: Printer", message_id=SECOND, in_reply_to=FIRST),
        )
        with self._failing(first):
            self._process()
        self.assertEqual((first + answer).mapped("state"), ["waiting"] * 2)
        self._now(first)
        self._process()
        self._assert_one_ticket(first, answer)

    def test_a_mail_deep_in_the_references(self):
        first = self._waiting()
        answer = self._answer(
            in_reply_to="<unknown@huber.example>",
            references=f"{FIRST} <unknown@huber.example>",
        )
        self.assertEqual(answer.state, "waiting")
        self._now(first)
        self._process()
        self._assert_one_ticket(first, answer)

    def test_the_same_unknown_beginning(self):
        """Both answer a mail that we never got."""
        unknown = {"references": "<unknown@huber.example>"}
        first = self._waiting(**unknown)
        second = self._receive(
            plain_mail("Re: Printer", message_id=SECOND, **unknown),
        )
        self.assertEqual(second.state, "waiting")
        self._now(first)
        self._process()
        self._assert_one_ticket(first, second)

    def test_a_row_of_answers(self):
        """What answers an answer waits, too, and all go on in their order."""
        first = self._waiting()
        answer = self._answer()
        third = self._answer(message_id="<third@huber.example>", in_reply_to=SECOND)
        self.assertEqual((answer + third).mapped("state"), ["waiting"] * 2)
        self._now(first)
        self._process()
        self._assert_one_ticket(first, answer, third)
        texts = first.ticket_id.message_ids.filtered(
            lambda m: m.message_type == "email"
        )
        order = texts.sorted("id").mapped("message_id")
        self.assertEqual(order, [FIRST, SECOND, "<third@huber.example>"])

    def test_the_same_appointment(self):
        """A cancellation names nothing but the appointment, and waits all the same."""
        kinds = "text/calendar; charset=utf-8", 'application/x; name="invite.ics"'
        for kind in kinds:
            with self.subTest(kind=kind):
                uid = f"{len(kind)}@huber.example"
                first, second = self._store(
                    *(
                        raw_mail(
                            subject,
                            calendar_part(calendar(method, UID=uid), kind),
                            f"Message-ID: <{method}-{uid}>",
                        )
                        for subject, method in (
                            ("Visit", "REQUEST"),
                            ("Cancelled: Visit", "CANCEL"),
                        )
                    )
                )
                with self._failing(first):
                    self._process()
                self.assertEqual((first + second).mapped("state"), ["waiting"] * 2)
                self.assertEqual(second.attempts, 0)
                self.assertEqual(second.waits_for_id, first)
                self._now(first)
                self._process()
                self._assert_one_ticket(first, second)
                self.assertEqual(first.ticket_id.name, "Visit")

    def test_interrupted(self):
        """A mail with which Odoo was ended comes last, and yet before its answer."""
        first, answer, other = self._store(
            plain_mail("Printer", message_id=FIRST),
            plain_mail("Re: Printer", message_id=SECOND, in_reply_to=FIRST),
            plain_mail("Scanner", "Wim <wim@warm.example>"),
        )
        first.interruptions = 1
        self.env.flush_all()
        self._process()
        self._assert_one_ticket(first, answer)
        self.assertEqual(other.state, "done")
        self.assertEqual(answer.interruptions, 0)

    def test_it_was_done_meanwhile(self):
        """Another worker ended with the first mail while this one looked: nobody would
        wake the answer, so that it looks once more itself."""
        first = self._receive(plain_mail("Printer", message_id=FIRST))
        answer = self._store(
            plain_mail("Re: Printer", message_id=SECOND, in_reply_to="<other@x.y>")
        )
        answers = [first, self.Inbox]
        with patch.object(
            self.registry["helpdesk.inbox.mail"],
            "_find_awaited",
            lambda row, *_args: row.browse(answers.pop(0).ids),
        ):
            self._process()
        self.assertEqual((answer.state, answers), ("done", []))

    def test_the_worker_ended(self):
        """Between the end of the first mail and its answer: the next run goes on."""
        first = self._waiting()
        answer = self._answer()
        self._now(first)
        inbox = self.registry["helpdesk.inbox.mail"]
        with patch.object(inbox, "_find_released", lambda row, *_args: row.browse()):
            self._process()
        self.assertEqual((first.state, answer.state), ("done", "waiting"))
        self._process()
        self._assert_one_ticket(first, answer)

    def test_somebody_locks_the_answer(self):
        """What this worker cannot have now is left to the next run."""
        first = self._waiting()
        answer = self._answer()
        self._now(first)
        inbox, calls = self.registry["helpdesk.inbox.mail"], []
        claim = inbox._claim

        def claim_others(rows):
            calls.append(rows)
            self.assertLess(len(calls), 20, "an endless loop")
            return claim(rows.filtered(lambda row: row != answer))

        with patch.object(inbox, "_claim", claim_others):
            self._process()
        self.assertEqual((first.state, answer.state), ("done", "waiting"))
        self._process()
        self._assert_one_ticket(first, answer)

    # -- bounds --------------------------------------------------------------------

    def test_what_failed_for_good_is_not_waited_for(self):
        first = self._waiting()
        answer = self._answer()
        with self._failing(first):
            for _attempt in range(2):
                self._now(first)
                self._process()
        self.assertEqual((first.state, answer.state), ("failed", "done"))
        self.assertEqual(answer.ticket_id.name, "Re: Printer")

    def test_what_a_person_decides_is_not_waited_for(self):
        """Put aside, or held back by the cap on mails of one sender."""
        first = self._receive(plain_mail("Printer", message_id=FIRST))
        for values in (
            {"state": "ignored", "reason_code": "throttled"},
            {"state": "ignored", "reason_code": "no_rule"},
            {"state": "failed"},
        ):
            # as if no ticket had come of it
            first.write({**values, "ticket_id": False})
            self.env["mail.message"].search([("message_id", "=", FIRST)]).unlink()
            answer = self._answer(message_id=f"<{first.state}-{first.reason_code}@x.y>")
            self.assertEqual(answer.state, "done", values)
            self.assertNotEqual(answer.reason_code, "reply", values)

    def test_what_is_too_old_is_not_waited_for(self):
        first = self._waiting()
        first.received_date = fields.Datetime.now() - timedelta(hours=25)
        answer = self._answer()
        self.assertEqual((first.state, answer.state), ("waiting", "done"))

    def test_nobody_waits_for_ever(self):
        first = self._waiting()
        answer = self._answer()
        first.next_attempt = fields.Datetime.now() + timedelta(days=1)
        times = 1
        while answer.state == "waiting":
            times += 1
            self.assertLess(times, 20)
            self._now(answer)
            self._process()
        self.assertEqual((first.state, answer.state), ("waiting", "done"))
        self.assertEqual(times, 9)

    def test_an_answer_that_overtook_the_mail_it_answers(self):
        """The mailbox had them in the other order, and both are read together."""
        answer, first = self._store(
            plain_mail("Re: Printer", message_id=SECOND, in_reply_to=FIRST),
            plain_mail("Printer", message_id=FIRST),
        )
        self._process()
        self._assert_one_ticket(first, answer)

    def test_no_two_wait_for_each_other(self):
        later = {"message_id": SECOND, "in_reply_to": FIRST}
        first, second = self._store(
            plain_mail("Printer", message_id=FIRST, in_reply_to=SECOND),
            plain_mail("Re: Printer", **later),
        )
        with self._failing(second):
            self._process()
        self.assertEqual((first.state, second.state), ("done", "waiting"))

    def test_another_company_is_not_waited_for(self):
        first = self._waiting()
        answer = self._store(
            plain_mail("Re: Printer", message_id=SECOND, in_reply_to=FIRST)
        )
        first.company_id = self.env["res.company"].create({"name": "Other"})
        self._process()
        self.assertEqual((first.state, answer.state), ("waiting", "done"))

    def test_an_answer_that_has_a_ticket_does_not_wait(self):
        """It also names a mail that waits."""
        ticket = self._receive(plain_mail("Known", message_id="<known@x.y>")).ticket_id
        first = self._waiting()
        answer = self._answer(references=f"<known@x.y> {FIRST}")
        self.assertEqual((first.state, answer.ticket_id), ("waiting", ticket))

    # -- people ----------------------------------------------------------------------

    def test_process_now(self):
        """Whoever presses the button does not wait."""
        first = self._waiting()
        answer = self._answer()
        self._press(answer, "action_retry")
        self.assertEqual((first.state, answer.state), ("waiting", "done"))
        self.assertEqual(answer.ticket_id.name, "Re: Printer")

    def test_process_both_now(self):
        """Of the whole conversation each mail has its turn."""
        first = self._waiting()
        answer = self._answer()
        self._press(first + answer, "action_retry")
        self._assert_one_ticket(first, answer)

    def test_create_a_ticket_anyway(self):
        first = self._waiting()
        self.assertFalse(first.may_create_ticket)
        answer = self._answer()
        self.assertTrue(answer.may_create_ticket)
        self._press(answer, "action_create_ticket")
        self.assertEqual((first.state, answer.state), ("waiting", "done"))
        self.assertEqual(answer.reason_code, "forced")

    # -- costs -------------------------------------------------------------------------

    def test_one_query(self):
        """For a mail that names others and has no ticket; for others none."""
        rows = self._store(
            plain_mail("New"),
            plain_mail("Answer", message_id=SECOND, in_reply_to=FIRST),
        )
        counts = []
        for row in rows:
            arrival = row._get_arrival()
            mail = next(row._read([(row._get_raw(), row.message_id, arrival)]))
            place = row._find_place(mail, arrival, row._look_up([mail], row.ids))
            before = self.cr.sql_log_count
            row._find_awaited(mail, place)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts, [0, 1])
