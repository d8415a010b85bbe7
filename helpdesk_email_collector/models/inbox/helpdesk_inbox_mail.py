import base64
import time
from dataclasses import replace
from email.utils import format_datetime

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import LazyTranslate

from ...decision import IGNORE, Arrival, Case
from ...reading.process import read_all
from ...reasons import TELLING, THROTTLED, reason_text
from ...sender import FORM, counts, form_sign, split_names
from ...ties import Ties, ties_of, ties_of_head

_lt = LazyTranslate(__name__)

MEGABYTE = 1024 * 1024
STATES = [
    ("waiting", "Waiting"),
    ("done", "Done"),
    ("ignored", "Ignored"),
    ("failed", "Failed"),
]

# How the text of a ticket describes an invitation
CALENDAR_WORDS = {
    "event": _lt("Event: %s"),
    "request": _lt("Invitation: %s"),
    "changed": _lt("Changed invitation: %s"),
    "accepted": _lt("Accepted: %s"),
    "declined": _lt("Declined: %s"),
    "tentative": _lt("Tentatively accepted: %s"),
    "delegated": _lt("Passed on to somebody else: %s"),
    "reply": _lt("Answer to the invitation: %s"),
    "counter": _lt("Another time proposed: %s"),
    "declinecounter": _lt("Proposed time declined: %s"),
    "cancel": _lt("Cancelled: %s"),
    "add": _lt("Further date: %s"),
    "refresh": _lt("Details asked for: %s"),
    "when": _lt("When: %s"),
    "where": _lt("Where: %s"),
    "organizer": _lt("Organizer: %s"),
    "attendee": _lt("Answer of: %s"),
    "comment": _lt("Comment: %s"),
}


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

    # who wrote it, and how it came (E07)
    via_address = fields.Char(
        "Sent through",
        readonly=True,
        help="The mailing list or contact form that sent the mail on behalf of its "
        "author.",
    )
    reply_address = fields.Char(
        "Reply-To Address",
        readonly=True,
        help="The address in Reply-To, if it is neither the sender's nor one of ours.",
    )
    spam_sign = fields.Char(
        "Marked as Spam",
        readonly=True,
        help="The result that your mail server added to the mail.",
    )
    form_sign = fields.Char(
        "Looks Like a Form",
        readonly=True,
        help="Why the mail appears to have been sent by a contact form.",
    )
    may_count_reply_to = fields.Boolean(compute="_compute_may_count_reply_to")

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
    rule_ids = fields.Many2many(
        "helpdesk.email.collector", string="Rules That Applied", readonly=True
    )
    target_folder = fields.Char(
        readonly=True, help="The folder that the rule moves the mail to."
    )
    rule_values = fields.Json(readonly=True)  # what the rules gave the ticket
    # what further mails of the same conversation name (E06)
    conversation_key = fields.Char(readonly=True, index="btree_not_null")
    duration = fields.Integer("Duration (ms)", readonly=True)

    # the second delivery of what one mailbox gave us, and of one file (E05)
    _uid_uniq = models.UniqueIndex(
        "(server_id, folder, uid_validity, uid) WHERE uid IS NOT NULL",
        "This mail of the mailbox is already stored.",
    )
    _hash_uniq = models.UniqueIndex(
        "(company_id, sha256) WHERE uid IS NULL", "This mail is already stored."
    )
    # two workers with the same mail: the second fails, retries and sees the first
    _done_uniq = models.UniqueIndex(
        "(company_id, message_id) WHERE state = 'done'",
        "This mail has already been processed.",
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

    @api.depends(
        "state",
        "reason_code",
        "reason_params",
        "rule_ids.name",
        "waits_for_id.subject",
    )
    @api.depends_context("lang")
    def _compute_reason(self):
        # sudo: the reason names its rule to everybody who may read the mail
        rules = self.sudo().rule_ids
        sources = rules.with_context(lang=None).mapped("name")
        names = dict(zip(sources, rules.mapped("name"), strict=True))
        for mail in self:
            code, params = mail.reason_code, mail.reason_params
            if params and params.get("rule") in names:
                params = {**params, "rule": names[params["rule"]]}
            if mail.state == "waiting" and mail.waits_for_id:
                code, params = "postponed", {"subject": mail.waits_for_id.subject or ""}
            mail.reason = reason_text(mail.env, code, params)

    # -- the way of a mail ---------------------------------------------------------

    def _process(self, known, until=None):
        """Process mails, from their bytes to their tickets, and record the results: the
        first of these mails, together with those after it that are unrelated.

        Everything that is asked, decided and done about a mail happens in one of these
        steps; each gets what it needs from the ones before.

        :param dict known: the `Mail` of each row that was parsed before; mails parsed
            here are added
        :param float until: of `time.monotonic`, after which no further mail is begun
        :return: the rows that were processed
        :raises Exception: any error caused by a mail, a rule or a ticket
        """
        started = time.monotonic()
        done, cases = self._decide_all(known, until)
        cases = self._limit(cases)
        outcomes = self._carry_out(cases)
        duration = round((time.monotonic() - started) * 1000 / len(done))
        for case, outcome in zip(cases, outcomes, strict=True):
            row = self.browse(case.place.arrival.row_id)
            row._record(case, outcome, duration)
        rules = {case.place.arrival.row_id: case.decision.rules for case in cases}
        for ids, rows in done.grouped(lambda row: rules.get(row.id)).items():
            if ids is not None:
                rows.rule_ids = [Command.set(ids)]
        return done

    def _decide_all(self, known, until):
        """Parse mails, find out where they belong and decide what to do with them, up
        to the first one that is related to one before it: it has to wait until that one
        was processed.

        :param dict known: as of `_process`, and so is `until`
        :return: the rows, and a list of `Case`, none for a row that waits
        """
        done, cases, ties = self.browse(), [], Ties()
        read = self._read_all(known, until)
        said = self._look_up([mail for _row, mail, _arrival in read], self.ids)
        for row, mail, arrival in read:
            if cases and ties.bind(ties_of_head(mail)):
                break
            place = row._find_place(mail, arrival, said)
            names_others = mail.answered or mail.calendar
            if names_others and (awaited := row._find_awaited(mail, place)):
                row._postpone(awaited)
                done += row
                continue
            decision = self.env["helpdesk.email.collector"]._decide(mail, place)
            if len(self) > 1:
                own = row._get_ties(mail, place, decision)
                if ties.bind(own):
                    break
                ties = ties.also(own)
            cases.append(Case(mail, place, decision))
            done += row
        return done, cases

    def _read_all(self, known, until):
        """Parse mails, at least one, until the time is up.

        :param dict known: as of `_process`, and so is `until`
        :return: list of (row, `Mail`, `Arrival`)
        """
        arrivals = {row.id: row._get_arrival() for row in self}
        mails = self._read(
            [
                (row._get_raw(), row.message_id, arrivals[row.id])
                for row in self
                if row.id not in known
            ]
        )
        read = []
        for row in self:
            if read and until and time.monotonic() > until:
                break
            if row.id not in known:
                known[row.id] = next(mails)
            read.append((row, known[row.id], arrivals[row.id]))
        return read

    @api.model
    def _get_ties(self, mail, place, decision):
        """Return what may relate a mail to another one.

        :rtype: Ties
        """
        contact = self.env["res.partner"].browse(place.contact_id or [])
        customer_id = contact.commercial_partner_id.id
        return ties_of(mail, place, decision, customer_id)

    def _get_arrival(self):
        """Return how this mail arrived.

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

    def _get_raw(self):
        """Return the bytes of the mail, empty if it was cleaned up."""
        self.ensure_one()
        # sudo: for whoever reads the row; what is shown of it is written down
        return base64.b64decode(self.sudo().with_context(bin_size=False).raw or b"")

    def _record(self, case, outcome, duration):
        """Record the result of a mail, in the transaction of its ticket.

        :param Case case: the mail
        :param Outcome outcome: the result
        :param int duration: in milliseconds
        """
        mail, place, decision = case.mail, case.place, case.decision
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
                "conversation_key": mail.conversation,
                "reason_code": decision.reason,
                "reason_params": params,
                "ticket_id": outcome.ticket_id or False,
                "duplicate_of_id": place.twin_id or False,
                "rule_values": self._get_plain_values(decision.values),
                "duration": duration,
                "attempts": self.attempts + 1,
                "interruptions": 0,
                "next_attempt": False,
                "waits_for_id": False,
                "error": False,
                "error_trace": False,
                **self._prepare_sender_values(mail, place, outcome),
            }
        )
        if decision.reason in THROTTLED:
            self._warn_of_flood()
        if place.learned:  # for which addresses our mail server took the mail (E06)
            self.env["helpdesk.own.address"]._learn(place.learned, self.company_id)
        if self.forced_by_id and outcome.ticket_id:
            self._settle_requests(outcome.ticket_id)
        if failed_before:
            self._forget_warning()

    @api.model
    def _get_plain_values(self, values):
        """Return the values of a ticket in a form that JSON can store, to be kept and
        compared.

        :param Mapping values: as for `create`; commands of relations are tuples
        :rtype: dict
        """
        return {
            name: [list(command) for command in value]
            if isinstance(value, list | tuple)
            else value
            for name, value in sorted(values.items())
            if isinstance(value, (list, tuple, str, int, float, bool, type(None)))
        }

    @api.model
    def _prepare_sender_values(self, mail, place, outcome):
        """Return what the row records about the sender; the next mail of the same
        sender is judged by it.

        :rtype: dict
        """
        sender, acknowledged = place.sender, outcome.acknowledged
        may_be_form = sender.doubt == FORM or sender.via or sender.reply_to
        return {
            "sender_address": sender.address,
            "via_address": sender.via,
            "reply_address": sender.reply_to,
            "spam_sign": place.spam,
            "form_sign": self._find_form_sign(mail, place) if may_be_form else "",
            "decided_date": fields.Datetime.now(),
            "acknowledged": acknowledged,
            "text_hash": acknowledged and mail.fingerprint,
        }

    @api.model
    def _find_form_sign(self, mail, place):
        """Return why a mail appears to come from a contact form that is not yet in the
        settings.

        If its Reply-To already counts, that matters only when the mail made no ticket
        because it says that a program wrote it.
        """
        sender = place.sender
        if sender.doubt == FORM:
            return f"From: {sender.address}"
        if sender.via:
            automatic = place.unasked if sender.hearsay else ""
            return automatic and f"From: {sender.via}"
        replies = sender.reply_to.split(", ")
        if sender.address in replies or mail.people["List-Post"]:
            return ""
        return form_sign(mail, sender.reply_to)

    def _hold_request(self, mail, place):
        """Put the request of somebody who may not open tickets on hold for an agent
        (C07).

        :return: whether the sender was informed
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
        """Link the ticket of this mail to the request that was on hold for it (C07).

        This is also done when a manager created it from the inbox, so that nobody
        creates a second one.

        :param int ticket_id: of the `helpdesk.ticket`
        """
        # sudo: tells agents what became of what they accepted, whoever runs the worker
        requests = self.env["helpdesk.ticket.request"].sudo()
        held = [("inbox_mail_id", "=", self.id), ("ticket_id", "=", False)]
        requests.search(held).write({"ticket_id": ticket_id, "state": "accepted"})

    # -- bytes become a mail, within limits (E09) ----------------------------------

    @api.model
    def _read(self, mails):
        """Parse mails, each when it is asked for, while the next ones are prepared.

        :param list mails: of (bytes, Message-ID to use or "" for the mail's own,
            `Arrival`)
        :return: an iterator of `Mail`
        """
        companies = {arrival.company_id for _raw, _message_id, arrival in mails}
        limits = {one: self._get_reading_limits(one) for one in companies}
        asked = []
        for raw, message_id, arrival in mails:
            row = self.browse(arrival.row_id or [])
            told = {"From": row.email_from, "To": row.email_to, "Subject": row.subject}
            told["Date"] = row.date and format_datetime(row.date)
            too_large = self._is_oversized(raw, arrival)
            own_limits = None if too_large else limits[arrival.company_id]
            asked.append((raw, message_id, told, own_limits))
        return read_all(asked)

    @api.model
    def _is_oversized(self, raw, arrival):
        company = self.env["res.company"].browse(arrival.company_id)
        limit = company.helpdesk_mail_max_size * MEGABYTE
        return bool(limit) and len(raw) > limit and not arrival.forced_by

    @api.model
    def _get_reading_limits(self, company_id):
        """Return the limits for reading a company's mail, and how to describe an
        invitation, as parameters of `take_apart`."""
        company = self.env["res.company"].browse(company_id)
        parameter = self._get_parameter
        lang = company.partner_id.lang or self.env.lang or "en_US"
        translate = self.with_context(lang=lang).env._
        return {
            "seconds": parameter("reading_seconds", 6),
            "megabytes": parameter("reading_megabytes", 1024),
            "max_count": company.helpdesk_mail_max_attachments,
            "max_bytes": company.helpdesk_mail_max_attachment_size * MEGABYTE,
            "words": {name: translate(text) for name, text in CALENDAR_WORDS.items()},
            "language": lang,
            "zone": company.partner_id.tz or company.resource_calendar_id.tz or "",
        }

    @api.model
    def _get_parameter(self, name, default):
        """Return the number in a system parameter `helpdesk_email_collector.…`."""
        # sudo: reads one parameter of this addon
        parameters = self.env["ir.config_parameter"].sudo()
        value = parameters.get_param(f"helpdesk_email_collector.{name}", "")
        return int(value) if value.isdigit() else default

    # -- what would become of one ---------------------------------------------------

    @api.model
    def _look(self, raw, arrival):
        """Return what would happen to a mail; nothing is written (E04).

        :param bytes raw: the mail
        :param Arrival arrival: how it would arrive
        :return: (Mail, Place, Decision)
        """
        arrival = replace(arrival, tried=True)
        [mail] = self._read([(raw, "", arrival)])
        place = self._find_place(mail, arrival, self._look_up([mail], [arrival.row_id]))
        return mail, place, self.env["helpdesk.email.collector"]._decide(mail, place)

    @api.model
    def _try(self, raw, arrival):
        """Return what would happen to a mail, like `_look`, but never raise an error
        that the mail, a rule or a ticket causes.

        :return: (Mail, Place, Decision, error); if there is an error, as one sentence,
            the others are None
        """
        try:
            # a refusal of the database must not break what the user does next
            with self.env.cr.savepoint(flush=False):
                return (*self._look(raw, arrival), "")
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # the whole request is repeated
        except Exception as error:  # noqa: BLE001 - shown, as the inbox would keep it
            return None, None, None, self._get_error_sentence(error)

    # -- forms that nobody named yet -------------------------------------------------

    @api.depends("form_sign", "is_cleared")
    @api.depends_context("uid")
    def _compute_may_count_reply_to(self):
        for mail in self:
            # sudo: a setting that decides whether a button is shown
            company = mail.company_id.sudo()
            counting = split_names(company.helpdesk_reply_to_senders)
            mail.may_count_reply_to = bool(
                mail.form_sign
                and not mail.is_cleared
                and not counts(mail._get_form_address(), counting)
            )

    def _get_form_address(self):
        self.ensure_one()
        return self.via_address or self.sender_address or ""

    @api.model
    def action_count_reply_to(self):
        """Let Reply-To count for mails of this sender from now on (E07).

        What made no ticket because a program sent it is processed again.

        :return: as `_process_again`, or None
        :raises UserError: when none of the mails looks like a form's
        """
        self.check_access("read")
        forms = self.filtered("may_count_reply_to")
        if not forms:
            raise UserError(
                self.env._(
                    "None of these mails appears to come from a contact form. Enter "
                    "the sender in the settings of the helpdesk."
                )
            )
        for company, mails in forms.grouped("company_id").items():
            # sudo: a manager of the helpdesk sets up what its mails mean
            company = company.sudo()
            names = split_names(company.helpdesk_reply_to_senders)
            names += sorted({mail._get_form_address() for mail in mails} - set(names))
            company.helpdesk_reply_to_senders = ", ".join(names)
        # sudo: rows are read-only for everybody; this changes no content of the mail
        again = forms.sudo().filtered(
            lambda mail: mail.state == "ignored" and mail.reason_code == "automatic"
        )
        return again._process_again() if again else None

    # -- the rules that applied ------------------------------------------------------

    @api.model
    def _get_rule_figures(self, rule_ids, mail_ids=None):
        """Return how many mails rules applied to, and when the last one came.

        :param list rule_ids: of the rules
        :param list mail_ids: only of these mails
        :return: dict of (count, datetime) by id of the rule
        """
        domain = [("rule_ids", "in", rule_ids)]
        if mail_ids is not None:
            domain.append(("id", "in", mail_ids))
        groups = self._read_group(
            domain, ["rule_ids"], ["__count", "received_date:max"]
        )
        return {rule.id: (count, last) for rule, count, last in groups}

    @api.ondelete(at_uninstall=False)
    def _unlink_keep_rule_counts(self):
        """Keep how often rules applied when old mails are removed."""
        rules = self.rule_ids
        figures = self._get_rule_figures(rules.ids, self.ids)
        for rule in rules:
            count, last = figures.get(rule.id, (0, False))
            rule.past_match_count += count
            if last and (not rule.past_last_match or last > rule.past_last_match):
                rule.past_last_match = last
