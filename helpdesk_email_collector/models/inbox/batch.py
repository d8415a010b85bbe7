import logging
import time
from datetime import timedelta

from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ...decision import NEW

_logger = logging.getLogger(__name__)

MAX_PER_RUN = 1000
# What one transaction takes: enough to read teams, rules and templates once for many
# mails, little enough to be soon done, or done again.
BATCH_MAILS, BATCH_BYTES, BATCH_SECONDS = 10, 5_000_000, 5
# So often may another process be faster before its mails are left to it.
MAX_OVERTAKEN = 10
# A mail with which Odoo was ended so often is not tried again by itself.
MAX_INTERRUPTIONS = 5
# So often is a mail put off; each time twice as long, from one minute on, unless what
# it waits for is done before: four hours in all.
MAX_POSTPONED = 8
# What is not processed after so long never may be.
AWAITED_HOURS = 24


class HelpdeskInboxMail(models.Model):
    """When mails are processed, by which worker, and in which transaction (E05).

    Some mails share a transaction, and unrelated ones also a savepoint: a mail and its
    ticket are written together or not at all.

    An answer is not processed before the mail that it answers (E06): that mail may wait
    for another attempt, or be in process elsewhere, and the answer would find no ticket
    and open a second one. Mails wait only for earlier ones, so no two wait for each
    other, and never for one that waits for a person.
    """

    _inherit = "helpdesk.inbox.mail"

    # How often Odoo ended in the middle of it. Such mails come last and alone, so that
    # one which ends the process holds up no other. Zero from the beginning: PostgreSQL
    # puts an empty number after all others.
    interruptions = fields.Integer(readonly=True, default=0)
    waits_for_id = fields.Many2one(
        "helpdesk.inbox.mail",
        "Waiting for",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    # no default: it would be written into each row of a large inbox
    postponed = fields.Integer("Times Postponed", readonly=True)

    # -- when ------------------------------------------------------------------

    @api.model
    def _cron_process(self):
        """Process waiting mails, oldest first; interrupted ones come last.

        Odoo repeats an unfinished action up to ten times: when the time is up, the next
        run does nothing, so that others have their turn, and Odoo does not stop the
        process for its age.
        """
        waiting = self.search_fetch(
            self._get_due_domain(),
            ["size", "interruptions", "postponed"],
            order="interruptions, id",
            limit=MAX_PER_RUN,
        )
        waiting |= self._find_released()
        batches = waiting._split_batches()
        if self.env["ir.cron"]._commit_progress(remaining=len(waiting)):
            self._process_batches(batches)
        if waiting:
            # what the tickets told people is sent at once: in a cron, Odoo queues it
            queue = self.env.ref("mail.ir_cron_mail_scheduler_action")
            queue.sudo()._trigger()  # sudo: only wakes Odoo's own cron

    @api.model
    def _get_due_domain(self):
        now = fields.Datetime.now()
        return Domain("state", "=", "waiting") & (
            Domain("next_attempt", "=", False) | Domain("next_attempt", "<=", now)
        )

    @api.model
    def _find_released(self, offered=()):
        """Return the mails that need not wait for another one any longer.

        Asked after each transaction that ended: whichever of the two ends last, that of
        the awaited mail or that of the one that waits, sees the other.

        :param offered: (id, times postponed) of what this worker was given already;
            when somebody else locks such a mail, it is left to the next run
        """
        released = self.search_fetch(
            Domain("waits_for_id", "!=", False)
            & Domain("state", "=", "waiting")
            & Domain("waits_for_id.state", "!=", "waiting"),
            ["size", "interruptions", "postponed"],
            order="id",
        )
        return released.filtered(lambda mail: (mail.id, mail.postponed) not in offered)

    @api.model
    def _trigger_processing(self, at=None):
        """Trigger the scheduled actions for waiting mails, now or at a moment."""
        for cron in self._get_processing_crons():
            cron._trigger(at)

    @api.model
    def _get_processing_crons(self):
        """Return the scheduled action and its copies: each is one more worker.

        Odoo runs one scheduled action in one process only; copies of it run at the
        same time, in any process on any machine, and the row locks share the work.
        """
        cron = self.env.ref("helpdesk_email_collector.ir_cron_process")
        cron = cron.sudo()  # only wakes our own crons
        same = [("model_id", "=", cron.model_id.id), ("code", "=", cron.code)]
        return cron | cron.search(same)

    @api.model
    def _has_worker(self):
        """Return whether waiting mails are processed at all; a hook for other workers.

        :rtype: bool
        """
        return any(cron.active for cron in self._get_processing_crons())

    # -- in which transaction (step 2: claim) ------------------------------------

    def _process_each(self):
        """Process these mails now, until the time is up."""
        self._process_batches(self._split_batches())

    def _split_batches(self):
        """Return these mails as a list of recordsets, one for each transaction."""
        batches, size = [], 0
        for mail in self:
            size += mail.size
            alone = mail.interruptions or not batches or batches[-1][:1].interruptions
            if alone or len(batches[-1]) == BATCH_MAILS or size > BATCH_BYTES:
                batches.append(mail)
                size = mail.size
            else:
                batches[-1] += mail
        return batches

    @api.model
    def _process_batches(self, batches):
        """Process each batch in its transaction, until the time of a cron is up."""
        pending, beaten, alone = list(reversed(batches)), set(), set()
        offered = {(mail.id, mail.postponed) for batch in batches for mail in batch}
        while pending:
            batch = pending.pop()
            rest = batch._process_batch(beaten, alone)
            if rest:
                pending.append(rest)
            goes_on = self.env["ir.cron"]._commit_progress(len(batch) - len(rest))
            released = self._find_released(offered)
            if released:
                offered |= {(mail.id, mail.postponed) for mail in released}
                pending += reversed(released._split_batches())
                self._trigger_processing()  # for what is left when the time is over
                self.env["ir.cron"]._commit_progress()
            if not goes_on:
                break

    def _process_batch(self, beaten, alone):
        """Process mails in one transaction, as long as all goes well: together those
        that have nothing to do with each other. When something goes wrong with one of
        several, each is processed alone.

        :param set beaten: ids of the mails to which another process was faster already
        :param set alone: ids of the mails that are processed alone
        :return: the mails that are left for another transaction
        """
        claimed = self._claim()
        rest = claimed._lock_free()
        rest.fetch(["rule_ids"])  # else each is read before its rules are written
        known, until = {}, time.monotonic() + BATCH_SECONDS
        while rest:
            mails = rest[:1] if rest[0].id in alone else rest
            try:
                with self.env.cr.savepoint():  # flushes: what the database refuses
                    done = mails._process(known, until)
            except Exception as error:  # noqa: BLE001 - kept and shown, for any mail
                self.env["ir.cron"]._commit_progress()
                if len(mails) > 1:
                    _logger.info("One of the mails %s cannot be processed", mails.ids)
                    alone.update(mails.ids)
                    left = mails
                else:
                    left = mails._settle_error(error, beaten, rest - mails)
                left._release()
                return left
            for mail in done:
                # nothing of the mail but its id (I1)
                _logger.info("Mail %s is %s", mail.id, mail.state)
            rest -= done
            if time.monotonic() > until:
                rest._release()
                return rest
        return self.browse()

    def _settle_error(self, error, beaten, rest):
        """Decide when a mail is tried again; its attempt was rolled back.

        :param Exception error: what the attempt raised
        :param set beaten: as for `_process_batch`
        :param rest: the mails that come after it
        :return: the mails that are to be processed now
        """
        retried = (UniqueViolation, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)
        if isinstance(error, retried) and self.id not in beaten:
            # nobody's fault: another process wrote the same just now, as the contact of
            # a new sender, and the next transaction finds it; at once, before those
            # that answer this mail
            beaten.add(self.id)
            return self + rest
        if isinstance(error, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            # another transaction was faster again, and the row waits
            self._release()
            self._trigger_processing()
            return rest
        self._record_failure(error)
        return rest

    def _claim(self):
        """Record and commit the beginning of an attempt, before anything can fail.

        :return: those mails that wait and that no other process has locked
        """
        mails = self._lock_free()
        for mail in mails.filtered("waits_for_id"):
            if mail.waits_for_id.state != "waiting":  # it waits no longer
                mail.write({"waits_for_id": False, "next_attempt": False})
        mails = mails.filtered_domain(self._get_due_domain())
        spent = mails.filtered(lambda mail: mail.interruptions >= MAX_INTERRUPTIONS)
        for mail in spent:
            mail._record_interruptions()
        mails -= spent
        for mail in mails:
            mail.interruptions += 1
        self.env["ir.cron"]._commit_progress()
        return mails

    def _lock_free(self):
        """Lock those of these mails that no other process has; the first thing that a
        transaction writes.

        What another process wrote since the transaction began breaks it off, and the
        next one sees that: workers that are woken together begin with the same mails.

        :return: the mails that were locked
        """
        if not self:
            return self
        query = SQL(
            "SELECT id FROM %s WHERE id IN %s FOR NO KEY UPDATE SKIP LOCKED",
            SQL.identifier(self._table),
            self._ids,
        )
        self.env.flush_all()
        for _attempt in range(MAX_OVERTAKEN):
            try:
                self.env.cr.execute(query, log_exceptions=False)
            except SerializationFailure:
                self.env.cr.rollback()
            else:
                locked = {id_ for (id_,) in self.env.cr.fetchall()}
                return self.browse(id_ for id_ in self._ids if id_ in locked)
        return self.browse()

    def _release(self):
        """Take back the claim of mails that were not begun, unless others have them."""
        mails = self._lock_free()
        for mail in mails.filtered(lambda mail: mail.state == "waiting"):
            mail.interruptions = max(mail.interruptions - 1, 0)

    # -- after which other mail --------------------------------------------------

    def _find_awaited(self, mail, place):
        """Return the first mail of this one's conversation that is to be processed
        before it.

        One query, and only for a mail that names others or an appointment, and has no
        ticket.

        :param Mail mail: as it was read
        :param Place place: where it belongs
        :return: the row, or none
        """
        wanted = place.arrival.forced_by or self.postponed >= MAX_POSTPONED
        if wanted or place.kind != NEW:
            return self.browse()
        since = fields.Datetime.now() - timedelta(hours=AWAITED_HOURS)
        # no limit: PostgreSQL would look for the first one through the whole inbox
        return self.search_fetch(
            Domain("state", "=", "waiting")
            & Domain("id", "<", self.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("received_date", ">", since)
            & (
                Domain("message_id", "in", mail.answered)
                | Domain("conversation_key", "in", mail.conversations)
            ),
            ["next_attempt"],
            order="id",
        )[:1]

    def _postpone(self, awaited):
        """Let this mail wait for another one.

        It goes on as soon as that one is done; the moment is for what nobody foresaw.

        :param awaited: the row that is to be processed before
        """
        now = fields.Datetime.now()
        pause = timedelta(minutes=2**self.postponed)
        moment = max(awaited.next_attempt or now, now) + pause
        self.write(
            {
                "waits_for_id": awaited.id,
                "postponed": self.postponed + 1,
                "next_attempt": moment,
                "interruptions": max(self.interruptions - 1, 0),
            }
        )
        self._trigger_processing(moment)

    def _stop_waiting(self):
        """Remove the wait for other mails, because somebody wants these processed
        now."""
        impatient = self.filtered(
            lambda mail: mail.waits_for_id and mail.waits_for_id not in self
        )
        impatient.write({"postponed": MAX_POSTPONED})
        self.filtered("waits_for_id").write({"waits_for_id": False})
