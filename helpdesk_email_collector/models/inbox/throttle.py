from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...decision import CREATE, IGNORE, REPLY
from ...fingerprint import fingerprint, is_same, says_nothing_new

THROTTLED_TYPE = "helpdesk_email_collector.mail_activity_type_throttled"
THROTTLED = ("throttled", "throttled_ticket", "repeated")
# (minutes, mails): more mails than this within these minutes are held. A person stays
# below, a loop does not; Zammad's figures.
SENDER_LIMITS = ((10, 30), (30, 60), (60, 120), (180, 240), (600, 360))
TICKET_LIMITS = ((10, 10), (30, 15), (60, 25), (180, 50), (600, 100))
# The same for the automatic answers to one address
ANSWER_LIMITS = ((10, 5), (60, 10), (600, 30))
MEMORY = timedelta(hours=24)
MAX_ROWS = 361
# Only a program writes again within this time after our answer.
AT_ONCE = timedelta(seconds=60)


class HelpdeskInboxMail(models.Model):
    """A cap on mails of one sender, with a memory: the inbox itself (E07, rel-H3).

    Held mails stay in the inbox; a manager releases them. Mixed into
    `helpdesk.inbox.mail`, whose fields it uses.
    """

    _inherit = "helpdesk.inbox.mail"

    decided_date = fields.Datetime("Decided on", readonly=True)
    acknowledged = fields.Boolean(
        readonly=True, help="An automatic answer went to the sender."
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
    def _limit(self, mail, place, decision):
        """Hold a mail back when its sender sent too many, whatever rules say.

        One look-up by index per mail: the sender's last mails that were dealt with.

        :param Mail mail: the mail
        :param Place place: where it belongs
        :param Decision decision: what becomes of it so far
        :return: the decision, and whether automatic answers may go to the sender
        """
        if decision.kind not in (CREATE, REPLY):
            return decision, True
        sender = place.sender.address
        recent = self._get_recent(sender) if sender else self.browse()
        answered = recent.filtered("acknowledged")
        answers = not (
            self._get_exceeded(answered, ANSWER_LIMITS)
            or self._answers_at_once(place, answered)
        )
        flood = self._find_flood(mail, place, recent, decision.ticket_id)
        wanted = place.arrival.released or place.arrival.forced_by
        if not flood or wanted or self._is_allowed(sender):
            return decision, answers
        reason, limit = flood
        minutes, count = limit or (0, 0)
        held = decision.settle(
            IGNORE, reason, address=sender, count=count, minutes=minutes
        )
        return held.change(operations=()), answers

    @api.model
    def _get_recent(self, sender):
        """Return the sender's mails that were dealt with lately, the last one first."""
        return self.search_fetch(
            [
                ("sender_address", "=", sender),
                ("state", "=", "done"),
                ("decided_date", ">", fields.Datetime.now() - MEMORY),
            ],
            [
                "decided_date",
                "received_date",
                "date",
                "ticket_id",
                "acknowledged",
                "text_hash",
            ],
            order="decided_date desc",
            limit=MAX_ROWS,
        )

    @api.model
    def _find_flood(self, mail, place, recent, ticket_id):
        """Return why a mail is held, as (reason, limit), or None."""
        if exceeded := self._get_exceeded(recent, SENDER_LIMITS):
            return "throttled", exceeded
        if ticket_id:
            same = recent.filtered(lambda row: row.ticket_id.id == ticket_id)
            exceeded = self._get_exceeded(same, TICKET_LIMITS)
            return ("throttled_ticket", exceeded) if exceeded else None
        return ("repeated", None) if self._is_repeated(mail, place, recent) else None

    @api.model
    def _get_exceeded(self, rows, limits):
        """Return the limit that one more mail exceeds; rows come the last one first."""
        now = fields.Datetime.now()
        for minutes, count in limits:
            if len(rows) >= count and rows[count - 1].decided_date > now - timedelta(
                minutes=minutes
            ):
                return minutes, count
        return None

    @api.model
    def _is_repeated(self, mail, place, recent):
        """Say whether a mail repeats what came after an earlier answer of ours.

        An answering machine that says nothing of itself sends the same text for each
        acknowledgement; people who ask twice do not do so after each answer. With
        another number, date or quotation in it, it is the same text when each came as
        soon as only machines write, and what began it says something else: people
        number their questions.
        """
        answered = recent.filtered("acknowledged").sorted("id")
        if len(answered) < 2:
            return False
        text = self._get_fingerprint(mail)
        texts = [row.text_hash or "" for row in answered]
        if any(is_same(one, text) for one in texts[1:]):
            return True
        known = [says_nothing_new(text, one) for one in texts]
        return (
            any(known[1:]) and not all(known) and self._answers_at_once(place, answered)
        )

    @api.model
    def _answers_at_once(self, place, answered):
        """Say whether the sender wrote at once after each of our last two answers.

        :param Place place: of its newest mail
        :param answered: its mails that we answered
        """
        if len(answered) < 2:
            return False
        last, before = answered.sorted("id", reverse=True)[:2]
        row = self.browse(place.arrival.row_id or [])
        received, sent = row.received_date or fields.Datetime.now(), row.date
        return self._came_at_once(before, last.received_date, last.date) and (
            self._came_at_once(last, received, sent)
        )

    @api.model
    def _came_at_once(self, row, received, sent):
        """Say whether a mail was written right after our answer to another one.

        :param row: the mail that we answered
        :param datetime received: when the new one came
        :param datetime sent: when it was written, as it says itself; a mailbox may have
            held it for minutes
        """
        answer = row.decided_date
        if not answer or not received or received < answer:
            return False  # it was there before we answered
        if sent and answer <= sent <= received:
            return sent - answer <= AT_ONCE
        if sent and received == answer:
            return False  # written before, and came with the other one
        return received - answer <= AT_ONCE

    @api.model
    def _get_fingerprint(self, mail):
        """Return a fingerprint of what a mail says: subject, text and files."""
        contents = [content for _name, content, _info in mail.files]
        return fingerprint(mail.subject, str(mail.body), contents)

    @api.model
    def _is_allowed(self, sender):
        """Say whether a manager let this sender write as much as it likes."""
        # sudo: Odoo's own list of machines that may write much
        allowed = self.env["mail.gateway.allowed"].sudo()
        return bool(allowed.search_count([("email_normalized", "=", sender)], limit=1))

    # -- remember --------------------------------------------------------------

    def _prepare_throttle_values(self, mail, place, outcome):
        """Return what the next mail of this sender is judged by."""
        acknowledged = outcome.acknowledged
        return {
            "sender_address": place.sender.address,
            "decided_date": fields.Datetime.now(),
            "acknowledged": acknowledged,
            "text_hash": acknowledged and self._get_fingerprint(mail),
        }

    def _warn_of_flood(self, decision):
        """Tell the managers that mails of somebody are held."""
        if decision.reason in THROTTLED:
            self._schedule_for_managers(
                THROTTLED_TYPE,
                lambda record: {
                    "summary": record.env._("Mails are held back"),
                    "note": record.env._(
                        "%(address)s sends more mails than a person does. Open the "
                        "mails held back in the helpdesk's inbox and release them, or "
                        "stop the program that sends them.",
                        address=record.sender_address or "",
                    ),
                },
            )

    # -- release ---------------------------------------------------------------

    def action_release(self):
        """Deal with mails that were held back.

        :return: an `ir.actions.client` that waits for them
        :raises UserError: when none of them is held back
        """
        self.check_access("read")
        # sudo: rows are read-only for everybody; this changes no content of the mail
        held = self.sudo().filtered("is_throttled")
        if not held:
            raise UserError(
                self.env._("None of these mails is held back. Choose some that are.")
            )
        return held._process_again(released_by_id=self.env.uid)

    def action_release_sender(self):
        """Deal with all mails of this sender that were held back.

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
        """Never hold mails of this sender back again, and release those that are.

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
