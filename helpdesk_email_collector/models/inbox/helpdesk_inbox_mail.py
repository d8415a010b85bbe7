import base64
import time
from dataclasses import replace

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.helpdesk_contact.inside import Inside

from ...collected_mail import plain_values, stable_message_id
from ...decision import IGNORE
from ...place import Arrival
from ...reasons import TELLING, reason_text

STATES = [
    ("waiting", "Waiting"),
    ("done", "Done"),
    ("ignored", "Ignored"),
    ("failed", "Failed"),
]


class HelpdeskInboxMail(models.Model):
    """The durable inbox: each mail whole, with what became of it and why (E05)."""

    _name = "helpdesk.inbox.mail"
    _inherit = ["mail.activity.mixin"]
    _description = "Mail in the Helpdesk's Inbox"
    _order = "id desc"
    _rec_name = "subject"

    # the mail as it came
    # Nobody reads it but through the pages that write down who did (I3).
    raw = fields.Binary(
        "Original", attachment=True, readonly=True, groups=fields.NO_ACCESS
    )
    raw_name = fields.Char(compute="_compute_raw_name")
    message_id = fields.Char("Message-ID", required=True, readonly=True, index=True)
    sha256 = fields.Char("SHA-256", required=True, readonly=True)
    size = fields.Integer(readonly=True)
    subject = fields.Char(readonly=True, index="trigram")
    email_from = fields.Char("From", readonly=True, index="trigram")
    sender_address = fields.Char(readonly=True, index="btree_not_null")
    email_to = fields.Char("To", readonly=True)
    date = fields.Datetime("Sent", readonly=True)
    received_date = fields.Datetime(
        "Received", required=True, readonly=True, default=fields.Datetime.now
    )

    # where it came from
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    server_id = fields.Many2one(
        "fetchmail.server",
        "Mailbox",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    folder = fields.Char(readonly=True)
    uid_validity = fields.Char("UID Validity", readonly=True)
    uid = fields.Char("UID", readonly=True)
    in_mailbox = fields.Boolean(readonly=True)

    # what became of it
    state = fields.Selection(
        STATES, required=True, readonly=True, default="waiting", index=True
    )
    reason_code = fields.Char(readonly=True)
    reason_params = fields.Json(readonly=True)
    reason = fields.Char(compute="_compute_reason")
    ticket_id = fields.Many2one(
        "helpdesk.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )
    duplicate_of_id = fields.Many2one(
        "helpdesk.inbox.mail",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    rule_values = fields.Json(readonly=True)  # what the rules gave the ticket
    # what further mails of the same conversation name (E06)
    conversation_key = fields.Char(readonly=True, index="btree_not_null")
    duration = fields.Integer("Duration (ms)", readonly=True)

    # the second delivery of what one mailbox gave us, and of one file (E05)
    _uid_uniq = models.UniqueIndex(
        "(server_id, folder, uid_validity, uid) WHERE uid IS NOT NULL",
        "This mail of the mailbox is stored already.",
    )
    _hash_uniq = models.UniqueIndex(
        "(company_id, sha256) WHERE uid IS NULL", "This mail is stored already."
    )
    # two workers with the same mail: the second fails, retries and sees the first
    _done_uniq = models.UniqueIndex(
        "(company_id, message_id) WHERE state = 'done'",
        "This mail is processed already.",
    )
    _server_received_index = models.Index("(server_id, received_date)")
    # what a sender's next mail is judged by
    _sender_index = models.Index(
        "(sender_address, decided_date DESC) WHERE state = 'done'"
    )
    _due_index = models.Index("(interruptions, id) WHERE state = 'waiting'")

    @api.depends("message_id")
    def _compute_raw_name(self):
        for mail in self:
            mail.raw_name = f"mail-{mail.id}.eml"

    @api.depends("state", "reason_code", "reason_params", "waits_for_id.subject")
    @api.depends_context("lang")
    def _compute_reason(self):
        for mail in self:
            code, params = mail.reason_code, mail.reason_params
            if mail.state == "waiting" and mail.waits_for_id:
                code, params = "postponed", {"subject": mail.waits_for_id.subject or ""}
            mail.reason = reason_text(mail.env, code, params)

    def _get_raw(self):
        """Return the bytes of the mail, none when it was cleaned up."""
        self.ensure_one()
        # sudo: for whoever reads the row; what is shown of it is written down
        return base64.b64decode(self.sudo().with_context(bin_size=False).raw or b"")

    # -- the way of one mail -------------------------------------------------------

    def _process(self, following=None):
        """Take one mail from its bytes to its ticket, and write down what became of it.

        Everything that is asked, decided and done about a mail is in one of these
        steps, and each gets what it needs from the ones before.

        :param following: the row that is processed next, at most one
        :raises Exception: whatever the mail, a rule or the ticket gives
        """
        self.ensure_one()
        started = time.monotonic()
        arrival = self._get_arrival()
        mail = self._read(self._get_raw(), self.message_id, arrival, following)
        place = self._find_place(mail, arrival)
        if mail.answered and (awaited := self._find_awaited(mail, place)):
            return self._postpone(awaited)
        decision = self.env["helpdesk.email.collector"]._decide(mail, place)
        decision, answers = self._limit(mail, place, decision)
        outcome = self._carry_out(mail, place, decision, answers)
        return self._record(mail, place, decision, outcome, started)

    @api.model
    def _look(self, raw, arrival):
        """Say what would become of a mail; nothing is written (E04).

        :param bytes raw: the mail
        :param Arrival arrival: how it would come
        :return: (Mail, Place, Decision)
        """
        arrival = replace(arrival, tried=True)
        mail = self._read(raw, stable_message_id(raw), arrival)
        place = self._find_place(mail, arrival)
        rules = self.env["helpdesk.email.collector"].with_context(
            helpdesk_tracing=Inside()
        )
        return mail, place, rules._decide(mail, place)

    @api.model
    def _try(self, raw, arrival):
        """Say what would become of a mail as `_look` does, whatever it holds.

        :return: (Mail, Place, Decision, error); with an error in one sentence the
            others are None
        """
        try:
            # a refusal of the database must not break what the user does next
            with self.env.cr.savepoint(flush=False):
                return (*self._look(raw, arrival), "")
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # the whole request is repeated
        except Exception as error:  # noqa: BLE001 - shown, as the inbox would keep it
            return None, None, None, self._get_error_sentence(error)

    def _get_arrival(self):
        """Return how this mail came.

        :rtype: Arrival
        """
        # sudo: the names of users and mailboxes, for whoever processes the mail
        row = self.sudo()
        return Arrival(
            company_id=row.company_id.id,
            server_id=row.server_id.id or 0,
            row_id=self.id,
            forced_by=row.forced_by_id.name or "",
            released=bool(row.released_by_id),
            acted=row._get_rules_that_acted() if row.forced_by_id else (),
        )

    def _record(self, mail, place, decision, outcome, started):
        """Write down what became of a mail: in the transaction of its ticket."""
        failed_before = bool(self.error)
        params = dict(decision.params)
        if decision.reason == "held":
            params["told"] = self._hold_request(mail, place)
        elif decision.reason in TELLING:
            params["told"] = outcome.told
        self.write(
            {
                "state": "ignored" if decision.kind == IGNORE else "done",
                "company_id": place.company_id,
                "message_id": place.message_id or mail.message_id,
                "conversation_key": self._get_conversation_key(mail),
                "reason_code": decision.reason,
                "reason_params": params,
                "ticket_id": outcome.ticket_id or False,
                "duplicate_of_id": place.twin_id or False,
                "rule_ids": list(decision.rules),
                "rule_values": plain_values(decision.values),
                "duration": round((time.monotonic() - started) * 1000),
                "attempts": self.attempts + 1,
                "interruptions": 0,
                "next_attempt": False,
                "waits_for_id": False,
                "error": False,
                "error_trace": False,
                **self._prepare_throttle_values(mail, place, outcome),
                **self._prepare_sender_values(mail, place),
            }
        )
        self._warn_of_flood(decision)
        self._learn_own_addresses(mail)
        if self.forced_by_id and outcome.ticket_id:
            self._settle_requests(outcome.ticket_id)
        if failed_before:
            self._forget_warning()

    def _hold_request(self, mail, place):
        """Keep what somebody asked who may not open tickets, for an agent (C07).

        :return: whether the sender was told so
        """
        channel = self.env.ref(
            "helpdesk_ticket.channel_email", raise_if_not_found=False
        )
        request = self.env["helpdesk.ticket.request"]._hold(
            {
                "name": self.subject or self.env._("No subject"),
                "text": mail.text,
                "partner_id": place.author_id or False,
                "channel_id": channel.id if channel else False,
                "company_id": place.company_id,
                "inbox_mail_id": self.id,
            }
        )
        return request.is_explained

    def _settle_requests(self, ticket_id):
        """Give the ticket of this mail to the request that was held for it (C07).

        Also when a manager had it made in the inbox: nobody makes a second one then.

        :param int ticket_id: of the `helpdesk.ticket`
        """
        # sudo: tells agents what became of what they accepted, whoever runs the worker
        requests = self.env["helpdesk.ticket.request"].sudo()
        held = [("inbox_mail_id", "=", self.id), ("ticket_id", "=", False)]
        requests.search(held).write({"ticket_id": ticket_id, "state": "accepted"})
