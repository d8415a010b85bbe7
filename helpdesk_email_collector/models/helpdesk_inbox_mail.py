import base64
import time

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools.func import reset_cached_properties

from ..collected_mail import CollectedMail, find_mail, plain_values
from ..mail_text import readable_text
from ..reasons import reason_text

STATES = [
    ("waiting", "Waiting"),
    ("done", "Done"),
    ("ignored", "Ignored"),
    ("failed", "Failed"),
]


class HelpdeskInboxMail(models.Model):
    """The durable inbox: each mail whole, with what became of it and why (E05)."""

    _name = "helpdesk.inbox.mail"
    _inherit = [
        "helpdesk.inbox.receive.mixin",
        "helpdesk.inbox.batch.mixin",
        "helpdesk.inbox.retry.mixin",
        "helpdesk.inbox.rule.mixin",
        "helpdesk.inbox.content.mixin",
        "helpdesk.inbox.explain.mixin",
        "helpdesk.inbox.sender.mixin",
        "helpdesk.inbox.retention.mixin",
        "helpdesk.inbox.throttle.mixin",
    ]
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
        "(message_id) WHERE state = 'done'", "This mail is processed already."
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

    @api.depends("reason_code", "reason_params")
    @api.depends_context("lang")
    def _compute_reason(self):
        for mail in self:
            mail.reason = reason_text(mail.env, mail.reason_code, mail.reason_params)

    def _get_raw(self):
        """Return the bytes of the mail, none when it was cleaned up."""
        self.ensure_one()
        # sudo: for whoever reads the row; what is shown of it is written down
        return base64.b64decode(self.sudo().with_context(bin_size=False).raw or b"")

    # -- process (steps 3 to 10); step 2 is in the batch mixin ---------------------

    def _process(self, mail, done):
        """Take one mail through the gateway and write down what became of it.

        :param CollectedMail mail: this row's
        :param dict done: rows that were processed, as `_find_done` gives them
        :raises Exception: whatever the mail, a rule or the ticket gives
        """
        self.ensure_one()
        started = time.monotonic()
        duplicate = self._describe_twin(done.get(mail.message_id))
        if duplicate is None:
            gateway = self.env["mail.thread"].with_user(SUPERUSER_ID)
            gateway.with_company(self.company_id).with_context(
                helpdesk_mail=mail
            ).message_process(
                "helpdesk.ticket",
                mail.raw,
                custom_values={"company_id": self.company_id.id},
                strip_attachments=bool(self.server_id) and not self.server_id.attach,
            )
            if not mail.decision:  # core may have stopped it: it knows the mail
                duplicate = self._find_message(mail.message_id)
        self._record_outcome(mail, duplicate, started)
        self._forget(mail)

    def _forget(self, mail):
        """Let go of a mail and of the environments that hold it in their context.

        They and their records hold each other, and until Python's garbage collector
        comes, each environment that the next mails need is compared with all of them.
        """
        mail.forget()
        environments = self.env.transaction.envs
        for env in list(environments):
            if find_mail(env) is mail:
                reset_cached_properties(env)
                environments.discard(env)

    def _get_collected_mail(self):
        return CollectedMail(
            self._get_raw(),
            company=self.company_id,
            server=self.server_id,
            inbox=self,
            forced=bool(self.forced_by_id),
            message_id=self.message_id,
        )

    @api.model
    def _find_done(self, message_ids):
        """Look for mails among those that were processed (E05).

        :param list message_ids: as `stable_message_id` gives them
        :return: dict of the last `helpdesk.inbox.mail` by message id
        """
        done = self.search_fetch(
            [("message_id", "in", message_ids), ("state", "=", "done")],
            ["message_id"],
            order="id",
        )
        return {row.message_id: row for row in done}

    def _describe_twin(self, twin):
        """Return the values of the row of a mail that was processed as `twin` before.

        :return: dict, None without a twin: it is a new mail
        """
        if not twin:
            return None
        return {
            "reason_code": "duplicate",
            "duplicate_of_id": twin.id,
            "ticket_id": twin.ticket_id.id,
        }

    @api.model
    def _find_duplicate(self, message_id):
        """Look for the same mail among what was processed and what Odoo sent (E05).

        :param str message_id: as `stable_message_id` gives it
        :return: values of the row of a duplicate, None for a new mail
        """
        twin = self._find_done([message_id]).get(message_id)
        return self._describe_twin(twin) or self._find_message(message_id)

    @api.model
    def _find_message(self, message_id):
        """Look for the same mail among the messages that Odoo received or sent (E05).

        :param str message_id: as `stable_message_id` gives it
        :return: values of the row of a duplicate, None for a new mail
        """
        # sudo: reads the kind and the document of a message, nothing of its text
        message = self.env["mail.message"].sudo()
        message = message.search([("message_id", "=", message_id)], limit=1)
        if not message:
            return None
        code = "duplicate" if message.message_type == "email" else "own_mail"
        on_ticket = message.model == "helpdesk.ticket"
        return {
            "reason_code": code,
            "ticket_id": on_ticket and message.res_id,
        }

    def _record_outcome(self, mail, duplicate, started):
        """Write down what became of a mail: in the transaction of its ticket."""
        if not duplicate and not mail.decision:
            mail.decide("ignore", "loop")  # core stopped it before it was routed
        ignored = bool(duplicate) or mail.decision == "ignore"
        failed_before = bool(self.error)
        self.write(
            {
                "state": "ignored" if ignored else "done",
                "reason_code": mail.reason,
                "reason_params": mail.reason_params,
                "ticket_id": mail.ticket.id if mail.ticket else False,
                "rule_ids": [rule.id for rule in mail.rules],
                "rule_values": plain_values(mail.values),
                "duration": round((time.monotonic() - started) * 1000),
                "attempts": self.attempts + 1,
                "interruptions": 0,
                "next_attempt": False,
                "error": False,
                "error_trace": False,
                **self._prepare_throttle_values(mail),
                **self._prepare_sender_values(mail),
                **(duplicate or {}),
            }
        )
        self._warn_of_flood(mail)
        self._learn_own_addresses(mail)
        if mail.reason == "held" and not duplicate:
            self._hold_request(mail)
        if failed_before:
            self._forget_warning()

    def _hold_request(self, mail):
        """Keep what somebody asked who may not open tickets, for an agent (C07)."""
        contact = self.env["helpdesk.email.collector"]._get_contact(mail)
        channel = self.env.ref(
            "helpdesk_ticket.channel_email", raise_if_not_found=False
        )
        self.env["helpdesk.ticket.request"]._hold(
            {
                "name": self.subject or self.env._("No subject"),
                "text": readable_text(self._get_raw())[0],
                "partner_id": contact.id,
                "channel_id": channel.id if channel else False,
                "company_id": self.company_id.id,
                "inbox_mail_id": self.id,
            }
        )
