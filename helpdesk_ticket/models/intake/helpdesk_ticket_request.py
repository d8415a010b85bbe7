import logging
from dataclasses import replace
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import consteq
from odoo.tools.mail import formataddr, plaintext2html
from odoo.tools.misc import hmac

from odoo.addons.helpdesk_contact.cleaning import delete_expired

from ...incoming import (
    IGNORED,
    LIMITED,
    OPENED,
    IncomingMessage,
    IncomingRequest,
    Person,
)

_logger = logging.getLogger(__name__)

STATES = [
    ("waiting", "Waiting"),
    ("held", "On hold"),
    ("accepted", "Accepted"),
    ("declined", "Declined"),
    ("discarded", "Discarded"),
    ("failed", "Failed"),
]
# Somebody has to decide; the primary contact of those on hold only.
OPEN_STATES = ("held", "declined", "failed")
CHANNEL = "helpdesk_ticket.channel_form"
CRON = "helpdesk_ticket.cron_process_form"
MAX_PER_RUN = 100
# What fails is tried again in 1, 5 … minutes, so often in all.
MAX_ATTEMPTS = 3
# Days after which what strangers wrote and was dealt with is deleted (I2)
KEPT_DAYS = 30
SCOPE = "helpdesk_ticket.request"
# Days in which the primary contact can decide by the links in its mail
LINK_DAYS = 30
MAX_ID = 2**31 - 1
# Requests that were decided, on a page of the portal
MAX_SHOWN = 200


class HelpdeskTicketRequest(models.Model):
    """A request that is not a ticket yet, with its outcome and the reason for it.

    Either somebody without an account wrote it in the public form: the page only stores
    it and is the same for everybody, in what it says and in the time it takes; the
    scheduled action decides afterwards. So nobody learns from the page whether an
    address is known, and nothing is lost when something fails. Or a contact asked who
    may not open tickets (C07), by any channel: it is on hold until the primary contact
    or an agent decides, and its writer is told politely whom to ask.
    """

    _name = "helpdesk.ticket.request"
    _description = "Incoming Request"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Subject", required=True, readonly=True)
    text = fields.Text(string="Content", readonly=True)
    channel_id = fields.Many2one("helpdesk.channel", readonly=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    create_date = fields.Datetime(string="Received", readonly=True)

    # what somebody without an account typed
    sender_name = fields.Char(string="Sender name", readonly=True)
    email = fields.Char(string="E-mail", readonly=True, index="btree_not_null")
    lang = fields.Char(string="Language of the page", readonly=True)

    # the contact who asks and may not open tickets
    partner_id = fields.Many2one(
        "res.partner",
        string="Asked by",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    customer_id = fields.Many2one(
        "res.partner",
        compute="_compute_customer_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        help="The customer of the contact at the time of the request.",
    )
    primary_contact_id = fields.Many2one(
        related="customer_id.primary_contact_id", string="Primary contact"
    )
    is_explained = fields.Boolean(
        "Sender informed",
        readonly=True,
        help="Whether the sender was told by e-mail whom to ask.",
    )

    # what became of it
    state = fields.Selection(
        STATES,
        string="Status",
        required=True,
        readonly=True,
        default="held",
        index=True,
    )
    reason = fields.Char(readonly=True, help="Why the program decided by itself.")
    attempts = fields.Integer(readonly=True)
    next_attempt = fields.Datetime(readonly=True)
    ticket_id = fields.Many2one(
        "helpdesk.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )
    decided_by_id = fields.Many2one(
        "res.partner",
        string="Decided by",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    decided_date = fields.Datetime(string="Decided on", readonly=True)
    can_accept = fields.Boolean(compute="_compute_can_accept")

    @api.depends("state", "reason", "ticket_id")
    def _compute_can_accept(self):
        for request in self:
            request.can_accept = request._may_accept()

    # -- the public form: store ------------------------------------------------------

    @api.model
    def _receive(self, values, files):
        """Store a request from the public form, and trigger its processing.

        :param dict values: of the request, checked
        :param list files: of (name, content)
        """
        channel = self.env["ir.model.data"]._xmlid_to_res_id(CHANNEL)
        # sudo: the form is for people without an account
        request = self.sudo().create(
            {**values, "channel_id": channel, "state": "waiting"}
        )
        request._add_files(files)
        # sudo: only wakes our own cron
        self.env.ref(CRON).sudo()._trigger()

    # -- the public form: deal with it -----------------------------------------------

    @api.model
    def _get_due_domain(self):
        now = fields.Datetime.now()
        return Domain("state", "=", "waiting") & (
            Domain("next_attempt", "=", False) | Domain("next_attempt", "<=", now)
        )

    @api.model
    def _cron_process(self):
        """Process waiting requests, oldest first, each in its own transaction."""
        domain = self._get_due_domain()
        due = self.search(domain, order="id", limit=MAX_PER_RUN)
        # what is left makes Odoo run this again at once
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        for request in due:
            request._process_guarded()
            if not self.env["ir.cron"]._commit_progress(1):
                break
        if due:
            # sudo: only wakes Odoo's own cron: here it only queues the mails
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _process_guarded(self):
        """Process one request; store an error, and try again later."""
        try:
            # what the database refuses is this one's error
            with self.env.cr.savepoint():
                request = self.try_lock_for_update()
                if request.state == "waiting":
                    request._process()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # another transaction was faster: the next run does it
        except Exception as error:
            # no word of the request but its id (I1)
            _logger.warning("Request %s failed", self.id, exc_info=True)
            self._record_failure(error)

    def _record_failure(self, error):
        """Schedule another attempt; after the last one a person has to decide.

        :param Exception error: what the attempt raised, which was rolled back
        """
        attempts = self.attempts + 1
        state, next_attempt = "failed", False
        if attempts < MAX_ATTEMPTS:
            pause = timedelta(minutes=5 ** (attempts - 1))
            state, next_attempt = "waiting", fields.Datetime.now() + pause
            # sudo: only wakes our own cron
            self.env.ref(CRON).sudo()._trigger(next_attempt)
        self.write(
            {
                "state": state,
                "reason": str(error)[:500],
                "attempts": attempts,
                "next_attempt": next_attempt,
            }
        )

    def _process(self):
        """Create a ticket from the form if the settings allow it for this sender; put
        the request on hold if only the primary contact may open tickets."""
        self.ensure_one()
        request = self._prepare_request()
        if self.company_id.helpdesk_form_known_only and not request.person.partner_id:
            self._settle("discarded", self.env._("No contact has this e-mail address."))
            return
        outcome = self._get_intake()._open(request)
        if outcome.kind == IGNORED:
            reason = self.env._("Messages of this contact are ignored.")
            self._settle("discarded", reason)
        elif outcome.kind == LIMITED:
            reason = self.env._("This address sent more requests than a person would.")
            self._settle("held", reason)
        elif outcome.kind == OPENED:
            self._complete(outcome)

    def _find_sender(self):
        """Return the contact with the entered address, but never one of our users,
        because anybody can enter anybody's address (D1)."""
        contact = self.env["res.partner"]._helpdesk_find_by_email(
            self.email, name=self.sender_name, company=self.company_id
        )
        return contact.filtered(
            lambda person: all(user.share for user in person.user_ids)
        )

    def _settle(self, state, reason):
        self.write({"state": state, "reason": reason, "next_attempt": False})

    # -- on hold: ask the primary contact --------------------------------------------

    @api.depends("partner_id")
    def _compute_customer_id(self):
        """Store the customer at the time of the request: a new employer of the contact
        can neither read nor decide it (K11, C07)."""
        for request in self:
            request.customer_id = request.partner_id.commercial_partner_id

    @api.model
    def _hold(self, vals):
        """Store a request of somebody who may not open tickets, for a decision.

        :param dict vals: values of the request
        :return: `helpdesk.ticket.request`
        """
        request = self.create(vals)
        request._ask()
        return request

    @api.model
    def _hold_request(self, request, contact):
        """Store a request of the intake, with its files.

        :param IncomingRequest request: what was asked
        :param contact: `res.partner` who may not open tickets
        :return: `helpdesk.ticket.request`
        """
        contact._helpdesk_reactivate(request.message.subject)
        if request.kept_id:
            kept = self.browse(request.kept_id)
            kept.partner_id = contact
            kept._settle("held", False)
            kept._ask()
            return kept
        held = self._hold(
            {
                "name": request.message.subject,
                "text": request.message.text,
                "partner_id": contact.id,
                "channel_id": self.env["ir.model.data"]._xmlid_to_res_id(
                    request.channel
                ),
                "company_id": request.company_id,
            }
        )
        held._add_files((name, raw) for name, raw, _info in request.message.files)
        return held

    def _ask(self):
        """Tell the author of a request who has to approve it, and ask that person.

        The author is told at most once a day, to avoid mail loops. The mails to the
        primary contact are limited as well: further requests wait in the portal.
        """
        self.ensure_one()
        told = self.search_count(
            [
                ("partner_id", "=", self.partner_id.id),
                ("create_date", ">", fields.Datetime.now() - timedelta(days=1)),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        if not told and self.partner_id.email_normalized:
            template = "helpdesk_ticket.mail_template_request_held"
            self.is_explained = self._send_request_mail(template)
        primary = self.primary_contact_id
        if not primary.email_normalized or primary == self.partner_id:
            return
        subject = f"{self.company_id.id}:{primary.id}"
        if self.env["helpdesk.throttle"]._take("request_mail", subject):
            self._send_request_mail("helpdesk_ticket.mail_template_request_approval")

    def _send_request_mail(self, template_xmlid):
        """Send an automatic mail about this request from the helpdesk's address.

        :param str template_xmlid: the `mail.template`; nothing is sent without it
        :return: whether it was sent
        """
        template = self.env.ref(template_xmlid, raise_if_not_found=False)
        if not template:
            return False
        # RFC 3834 section 5: marked as automatic, so that programs don't reply
        values = {"headers": repr({"Auto-Submitted": "auto-replied"})}
        if address := self.company_id.helpdesk_sender_address:
            sender = formataddr((self.company_id.name, address))
            values.update(email_from=sender, reply_to=sender)
        # A mail of no document: only its recipient reads the links in it.
        alone = {"model": False, "res_id": False, "helpdesk_is_alone": True}
        # what waits to be written is none of the template's, and stays
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(flush=False):
                mail_id = template.send_mail(
                    self.id,
                    email_values={**values, **alone},
                    email_layout_xmlid="helpdesk_ticket.mail_layout",
                )
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # the whole request is repeated
        except Exception as error:  # noqa: BLE001 - a template raises anything
            self.env.transaction.clear()
            _logger.warning("Notice %s of request %s fails", template.id, self.id)
            tickets = self.env["helpdesk.ticket"]
            tickets._tell_of_template(template, error, self.company_id, self.name)
            return False
        # sudo: outgoing mails are technical; this one was just made here
        self.env["mail.mail"].sudo().browse(mail_id).send_after_commit()
        return True

    # -- on hold: links --------------------------------------------------------------

    @api.model
    def _sign_request(self, *parts):
        # sudo: reads the secret of the database; only the hash leaves this method
        return hmac(self.sudo().env, SCOPE, parts)

    def _get_decision_url(self, answer):
        """Return the address of the page on which the primary contact decides.

        If the setting for links in mails is off, this is the portal, after a login.

        :param str answer: `approve` or `decline`
        :rtype: str
        """
        self.ensure_one()
        # sudo: a setting, whoever writes
        if not self.company_id.sudo().helpdesk_link:
            return f"{self.get_base_url()}/my/ticket-requests"
        primary = self.primary_contact_id
        signature = self._sign_request(self.id, primary.id, primary.email_normalized)
        path = f"/helpdesk/request/{self.id}/{primary.id}/{signature}/{answer}"
        return self.get_base_url() + path

    @api.model
    def _find_by_link(self, request_id, primary_id, signature):
        """Return the request that the primary contact can decide by a link.

        No reason is given if the link is not valid.

        :param int request_id: from the link
        :param int primary_id: from the link
        :param str signature: from the link
        :return: the `helpdesk.ticket.request`, empty or as sudo
        """
        # sudo: the signature is checked below, before anything leaves this method
        request = self.sudo().browse(request_id if request_id <= MAX_ID else 0).exists()
        primary = request.primary_contact_id
        address = primary.email_normalized or ""
        expected = self._sign_request(request_id, primary_id, address)
        is_right = consteq(signature.encode(), expected.encode())
        if not is_right or primary.id != primary_id or not request._has_living_link():
            return self.browse()
        return request

    def _has_living_link(self):
        """Return whether the link in the mail about this request is still valid."""
        since = fields.Datetime.now() - timedelta(days=LINK_DAYS)
        return self.company_id.helpdesk_link and self.create_date >= since

    # -- on hold: the primary contact decides ----------------------------------------

    @api.model
    def _get_requests_of(self, partner):
        """Return the requests that a contact wrote or may decide.

        :param partner: `res.partner` of the user of the portal
        :return: `helpdesk.ticket.request` as sudo: all that wait for a decision and
            the last ones of the others, the newest first
        """
        # sudo: only those that the contact wrote, or decides as primary contact
        requests = self.sudo()
        decides = "customer_id.primary_contact_id"
        mine = Domain("partner_id", "=", partner.id) | Domain(decides, "=", partner.id)
        held = Domain("state", "=", "held")
        decided = requests.search(mine & ~held, limit=MAX_SHOWN)
        return (requests.search(mine & held) | decided).sorted("id", reverse=True)

    def _decide(self, answer):
        """Let the primary contact decide a request; a second decision has no effect.

        :param str answer: `approve` or `decline`
        :return: whether it was decided now
        :rtype: bool
        """
        self.ensure_one()
        # Two simultaneous clicks create one ticket only.
        if not self.try_lock_for_update() or self.state != "held":
            return False
        primary = self.primary_contact_id
        if answer == "approve":
            self.action_accept()
        else:
            self._settle("declined", False)
            self._send_request_mail("helpdesk_ticket.mail_template_request_declined")
        if self.state == "held":
            return False
        self.write({"decided_by_id": primary.id, "decided_date": fields.Datetime.now()})
        return True

    # -- our people decide -----------------------------------------------------------

    def action_accept(self):
        """Create tickets from the requests after all.

        :return: the ticket's form for one request, an `ir.actions.act_window` as a dict
        """
        self.check_access("read")
        # sudo: requests are read-only for everybody; the system creates the ticket
        requests = self.sudo()
        # what somebody else decides at this moment is left to them
        undecided = requests.try_lock_for_update().filtered(
            lambda request: request._may_accept()
        )
        undecided._accept()
        tickets = undecided.ticket_id
        return tickets.action_open_form() if len(tickets) == 1 else None

    def _may_accept(self):
        """Return whether a ticket may be created from this request; a hook."""
        put_aside = self.state == "discarded" and self.reason  # by no person
        return self.state in OPEN_STATES or bool(put_aside)

    def _accept(self):
        """Create tickets from these requests; a hook for channels that do so later."""
        for request in self:
            decided = replace(request._prepare_request(), decided=True)
            request._complete(request._get_intake()._open(decided))

    def _get_intake(self):
        """Return the intake in the language of the page."""
        lang = self.lang or self.env.lang
        return self.env["helpdesk.intake"].with_context(lang=lang)

    def _prepare_request(self):
        """Return this request as `IncomingRequest`.

        Requests from the form are acknowledged by a notice of their own, and create no
        contact for the address of one of our users.
        """
        contact = self.partner_id or self._find_sender()
        former = self._get_values_of_then(contact)
        address = self.email or contact.email_normalized or ""
        name = self.sender_name or contact.name or ""
        is_ours = not contact and self.env["res.partner"]._helpdesk_find_by_email(
            address, company=self.company_id
        )
        return IncomingRequest(
            channel="",
            company_id=self.company_id.id,
            person=Person(name, address, contact.id or 0),
            message=IncomingMessage(
                subject=self.name,
                body=plaintext2html(self.text or ""),
                text=self.text or "",
                files=tuple((file.name, file.raw, {}) for file in self._get_files()),
                kind="comment",
                email_from=formataddr((name or address, address)) if address else "",
            ),
            creates_contact=False if is_ours else None,
            acknowledges=not self.email,
            limit=("form_sender", self.email),
            lang=self.lang or "",
            kept_id=self.id,
            values={"channel_id": self.channel_id.id, **former},
        )

    def _get_values_of_then(self, contact):
        """Return the customer of the ticket if the contact has changed employers since:
        the former customer, without the contact (K11).

        :param contact: `res.partner` who asked
        :return: values of the ticket as a dict, empty when nothing has changed
        """
        if not self.customer_id or contact.commercial_partner_id == self.customer_id:
            return {}
        return {"customer_id": self.customer_id.id, "partner_id": False}

    def _complete(self, outcome):
        """Store which ticket was opened, and delete the files, which the ticket has
        now; a hook for other channels.

        :param Outcome outcome: of the intake
        """
        self.ticket_id = outcome.ticket_id
        # like the intake: independent of who decides, in the language of the page
        ticket = self.ticket_id.with_user(SUPERUSER_ID).with_company(self.company_id)
        ticket = ticket.with_context(lang=self.lang or self.env.lang)
        self._settle("accepted", False)
        self._get_files().unlink()
        if (
            self.email
            and ticket.notify_partner
            and self.env["helpdesk.throttle"]._take("form_answer", self.email)
        ):
            # It repeats nothing: anybody can enter anybody's address (rel-H5).
            ticket._post_notice(
                "helpdesk_ticket.mail_template_form_received",
                force_record_name=ticket.number,
            )

    def action_discard(self):
        """Discard the requests; they stay readable."""
        self.check_access("read")
        # sudo: requests are read-only for everybody
        undecided = self.sudo().filtered(lambda request: request.state in OPEN_STATES)
        undecided._settle("discarded", False)

    @api.autovacuum
    def _gc_requests(self):
        """Delete decided requests of strangers; failed and held ones stay until
        somebody decides, and requests of contacts stay readable (I2)."""
        last = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        dealt_with = Domain("state", "in", ("accepted", "discarded"))
        strangers = Domain("partner_id", "=", False)
        return delete_expired(
            self, dealt_with & strangers & Domain("write_date", "<", last)
        )
