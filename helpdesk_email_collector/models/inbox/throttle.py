from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, frozendict

from ...decision import CREATE, IGNORE, REPLY
from ...fingerprint import is_same, says_nothing_new
from ...reasons import THROTTLED

THROTTLED_TYPE = "helpdesk_email_collector.mail_activity_type_throttled"
# What is counted -> (minutes, amount), as those of all channels
LIMITS = {
    # mails of one sender that are dealt with, in all and about one ticket: a person
    # stays below, a loop does not; Zammad's figures
    "mail": ((10, 30), (30, 60), (60, 120), (180, 240), (600, 360)),
    "mail_ticket": ((10, 10), (30, 15), (60, 25), (180, 50), (600, 100)),
    # the automatic answers to them
    "mail_answer": ((10, 5), (60, 10), (600, 30)),
}
MEMORY = timedelta(hours=24)
# More of them make no difference, whatever the first limit is.
MAX_MAILS = max(count for _minutes, count in LIMITS["mail"]) + 1
LOCK = 16  # with this seed an address names the lock of the database that goes with it
# The mails of each sender that were dealt with, from a moment on, so many of them.
LOOK_UP = """
    LEFT JOIN LATERAL (
        SELECT id, decided_date, received_date, date, ticket_id, acknowledged, text_hash
          FROM helpdesk_inbox_mail
         WHERE sender_address = wanted.sender AND state = 'done' AND decided_date > %s
         ORDER BY decided_date DESC
         LIMIT %s) AS mail ON TRUE
"""
# Only programs write again within this time after our answer.
AT_ONCE = timedelta(seconds=60)


@dataclass(frozen=True)
class Earlier:
    """A processed mail of the same sender."""

    row_id: int
    decided: datetime
    received: datetime
    sent: datetime | None
    ticket_id: int | None
    acknowledged: bool | None
    text_hash: str | None


class HelpdeskThrottle(models.Model):
    """The limits for mails of one sender (E07, rel-H3)."""

    _inherit = "helpdesk.throttle"

    @api.model
    def _get_scopes(self):
        return {**super()._get_scopes(), **LIMITS}


class HelpdeskInboxMail(models.Model):
    """Limits the number of mails of one sender, like all channels (E07, rel-H3).

    Rows of the inbox are counted, so a mail that is processed twice because Odoo
    stopped in between counts once. Held mails stay in the inbox until a manager
    releases them. Mixed into `helpdesk.inbox.mail`, whose fields it uses.
    """

    _inherit = "helpdesk.inbox.mail"

    decided_date = fields.Datetime("Decided on", readonly=True)
    acknowledged = fields.Boolean(
        readonly=True, help="An automatic answer was sent to the sender."
    )
    text_hash = fields.Char(readonly=True)
    released_by_id = fields.Many2one(
        "res.users", "Released by", readonly=True, ondelete="set null"
    )
    is_throttled = fields.Boolean(compute="_compute_is_throttled")

    @api.depends("state", "reason_code", "is_cleared")
    def _compute_is_throttled(self):
        for mail in self:
            mail.is_throttled = (
                mail.state == "ignored"
                and mail.reason_code in THROTTLED
                and not mail.is_cleared
            )

    # -- hold ------------------------------------------------------------------

    @api.model
    def _limit(self, cases):
        """Hold mails back whose senders sent too many, whatever rules say, and decide
        which senders may get automatic answers.

        :param list cases: `Case` of mails of different senders
        :return: list of `Case` with the decisions
        """
        dealt_with = [case for case in cases if case.decision.kind in (CREATE, REPLY)]
        senders = {case.place.sender.address for case in dealt_with} - {""}
        recent = self._get_recent(senders) if senders else {}
        return [
            self._limit_one(case, recent.get(case.place.sender.address, []))
            if case in dealt_with
            else case
            for case in cases
        ]

    @api.model
    def _get_recent(self, senders):
        """Return the senders' recently processed mails. The result is exact, because
        workers process mails of the same sender one after the other.

        The same query on an index runs twice: for what this transaction wrote, while
        others wait from here until it ends; and for what others committed since it
        began, which only another transaction sees.

        :param senders: addresses
        :return: dict of lists of `Earlier` by sender, the latest first
        """
        addresses = sorted(senders)  # in this order, to avoid deadlocks
        look_up = SQL(LOOK_UP, fields.Datetime.now() - MEMORY, MAX_MAILS)
        self.flush_model()
        # One query for the locks and the look-up: each mail pays for it.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT wanted.sender, mail.*
                  FROM (SELECT sender,
                               pg_advisory_xact_lock(hashtextextended(sender, %s))
                          FROM unnest(%s::text[]) AS asked(sender)) AS wanted %s
                """,
                LOCK,
                addresses,
                look_up,
            )
        )
        wanted = SQL("unnest(%s::text[]) AS wanted(sender)", addresses)
        with self.env.registry.cursor() as cr:
            cr.execute(SQL("SELECT wanted.sender, mail.* FROM %s %s", wanted, look_up))
            rows += cr.fetchall()
        recent = {sender: {} for sender in addresses}
        for sender, *row in rows:
            if row[0]:
                recent[sender][row[0]] = Earlier(*row)
        return {
            sender: sorted(mails.values(), key=lambda one: one.decided, reverse=True)
            for sender, mails in recent.items()
        }

    @api.model
    def _limit_one(self, case, recent):
        """Decide whether to hold a mail back, and whether its sender may get answers.

        :param Case case: the mail
        :param list recent: `Earlier` of its sender, the latest first
        :rtype: Case
        """
        place, decision = case.place, case.decision
        answered = [one for one in recent if one.acknowledged]
        answered.sort(key=lambda one: one.row_id)
        at_once = len(answered) > 1 and self._answers_at_once(place, answered)
        repeats = answered and self._is_repeated(case.mail, answered, at_once)
        # the table of limits of all channels
        exceeded = self.env["helpdesk.throttle"]._find_exceeded
        reason, ticket_id = "", decision.ticket_id
        if limit := exceeded("mail", [(one.decided, 1) for one in recent]):
            reason = "throttled"
        elif ticket_id:
            same = [(one.decided, 1) for one in recent if one.ticket_id == ticket_id]
            limit = exceeded("mail_ticket", same)
            reason = limit and "throttled_ticket"
        elif repeats:
            reason = "repeated"
        wanted = place.arrival.released or place.arrival.forced_by
        if reason and not wanted and not self._is_allowed(place.sender.address):
            minutes, count = limit or (0, 0)
            params = {"address": place.sender.address, "count": count}
            params = frozendict(params, minutes=minutes)
            held = {"kind": IGNORE, "reason": reason, "operations": ()}
            decision = replace(decision, **held, params=params)
        too_many = exceeded("mail_answer", [(one.decided, 1) for one in answered])
        return replace(case, decision=decision, answers=not (too_many or at_once))

    @api.model
    def _is_repeated(self, mail, answered, at_once):
        """Return whether a mail repeats the one after an earlier answer of ours.

        A program that does not mark its automatic replies sends the same text after
        each acknowledgement; people who ask twice do not. A text with a different
        number, date or quotation counts as the same if each mail was sent faster than
        people write, and the first mail has a different text: people number their
        questions.

        :param list answered: `Earlier` of the sender's mails that we answered, in order
        :param bool at_once: of `_answers_at_once`
        :rtype: bool
        """
        text, texts = mail.fingerprint, [one.text_hash or "" for one in answered]
        if any(is_same(one, text) for one in texts[1:]):
            return True
        known = [says_nothing_new(text, one) for one in texts]
        return at_once and any(known[1:]) and not all(known)

    @api.model
    def _answers_at_once(self, place, answered):
        """Return whether the sender wrote immediately after each of our last two
        answers.

        :param Place place: of the sender's newest mail
        :param list answered: `Earlier` of the mails that we answered, in order, at
            least two
        :rtype: bool
        """
        before, last = answered[-2:]
        row = self.browse(place.arrival.row_id or [])
        received, sent = row.received_date or fields.Datetime.now(), row.date
        return self._came_at_once(before, last.received, last.sent) and (
            self._came_at_once(last, received, sent)
        )

    @api.model
    def _came_at_once(self, earlier, received, sent):
        """Return whether a mail was written immediately after our answer to another
        one.

        :param Earlier earlier: the mail that we answered
        :param datetime received: when the new one arrived
        :param datetime sent: when it was written according to itself; it may have been
            in a mailbox for minutes
        :rtype: bool
        """
        answer = earlier.decided
        if not answer or not received or received < answer:
            return False  # it was there before we answered
        if sent and answer <= sent <= received:
            return sent - answer <= AT_ONCE
        if sent and received == answer:
            return False  # written before, and came with the other one
        return received - answer <= AT_ONCE

    @api.model
    def _is_allowed(self, sender):
        """Return whether a manager exempted this sender from the limits."""
        # sudo: Odoo's list of senders that may write many mails
        allowed = self.env["mail.gateway.allowed"].sudo()
        return bool(allowed.search_count([("email_normalized", "=", sender)], limit=1))

    def _warn_of_flood(self):
        """Notify the managers that mails of a sender are held back."""
        self._schedule_for_managers(
            THROTTLED_TYPE,
            lambda record: {
                "summary": record.env._("Mails are held back"),
                "note": record.env._(
                    "%(address)s sends more mails than a person would. Open the mails "
                    "held back in the helpdesk inbox and release them, or stop the "
                    "program that sends them.",
                    address=record.sender_address or "",
                ),
            },
        )

    # -- release ---------------------------------------------------------------

    def action_release(self):
        """Process held mails.

        :return: an `ir.actions.client` that waits for them
        :raises UserError: when none of them is held back
        """
        self.check_access("read")
        # sudo: rows are read-only for users; the content of the mail is not changed
        held = self.sudo().filtered("is_throttled")
        if not held:
            raise UserError(
                self.env._("None of these mails is held back. Select mails that are.")
            )
        return held._process_again(released_by_id=self.env.uid)

    def action_release_sender(self):
        """Process all held mails of this sender.

        :return: as `action_release`
        """
        held = self.search(
            [
                ("sender_address", "in", self.mapped("sender_address")),
                ("state", "=", "ignored"),
                ("reason_code", "in", THROTTLED),
                ("is_cleared", "=", False),
            ]
        )
        return held.action_release()

    def action_allow_sender(self):
        """Exempt this sender from the limits, and process the held mails.

        :return: as `action_release`
        """
        self.check_access("read")
        # sudo: Odoo's list belongs to its administrator; managers of the helpdesk know
        # their machines
        allowed = self.env["mail.gateway.allowed"].sudo()
        for sender in set(filter(None, self.mapped("sender_address"))):
            if not self._is_allowed(sender):
                allowed.create({"email": sender})
        return self.action_release_sender()
