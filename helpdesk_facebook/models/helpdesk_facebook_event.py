import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, email_normalize, plaintext2html

from odoo.addons.helpdesk_contact.cleaning import delete_expired
from odoo.addons.helpdesk_ticket.incoming import (
    HELD,
    IGNORED,
    IncomingMessage,
    IncomingRequest,
    Person,
)

from .. import download, graph, payload

_logger = logging.getLogger(__name__)

STATES = [
    ("waiting", "Waiting"),
    ("done", "Processed"),
    ("ignored", "Ignored"),
    ("failed", "Failed"),
]
MAX_PER_RUN, MAX_ATTEMPTS = 200, 5
MAX_SUBJECT = 80
KEPT_DAYS = 30
CHANNEL = "helpdesk_facebook.channel_facebook"
CRON = "helpdesk_facebook.ir_cron_process"


class HelpdeskFacebookEvent(models.Model):
    """An update delivered by Facebook: stored at once, processed later (K04).

    The row is marked as done in the same transaction that writes the ticket, so that
    nothing is lost or done twice, whenever Odoo stops.
    """

    _name = "helpdesk.facebook.event"
    _description = "Delivery of Facebook"
    _order = "id desc"

    external_id = fields.Char(required=True, readonly=True)
    kind = fields.Selection(
        [
            (payload.MESSAGE, "Message"),
            (payload.COMMENT, "Comment"),
            (payload.POST, "Post"),
            (payload.OTHER, "Not readable"),
        ],
        required=True,
        readonly=True,
    )
    page_id = fields.Many2one(
        "helpdesk.facebook.page", readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="page_id.company_id", store=True, index=True)
    sender = fields.Char(readonly=True)
    payload = fields.Text(string="As delivered", readonly=True)
    state = fields.Selection(
        STATES, string="Status", required=True, readonly=True, index=True
    )
    reason = fields.Char(readonly=True)
    attempts = fields.Integer(readonly=True)
    next_attempt = fields.Datetime(readonly=True)
    ticket_id = fields.Many2one(
        "helpdesk.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )
    create_date = fields.Datetime(string="Received", readonly=True)

    # unique for each page, so that the app of one cannot block those of another
    _external_uniq = models.UniqueIndex(
        "(external_id, COALESCE(page_id, 0))",
        "This Facebook delivery is already known.",
    )

    @api.depends("kind", "sender")
    def _compute_display_name(self):
        names = dict(self._fields["kind"]._description_selection(self.env))
        for event in self:
            event.display_name = f"{names.get(event.kind)} {event.sender or ''}".strip()

    # -- store ------------------------------------------------------------------------

    @api.model
    def _receive(self, body, signature):
        """Store a delivery, and trigger its processing.

        :param bytes body: as received
        :param str signature: of the header
        :return: whether Facebook signed it
        :rtype: bool
        """
        signed = self.env["helpdesk.facebook.page"]._find_signed(body, signature)
        if not signed:
            return False
        pages = {page.page_id: page for page in signed}
        rows = []
        for item, raw in payload.read_delivery(body):
            # unreadable deliveries are shown with a page of the app
            unread = signed[:1] if item.kind == payload.OTHER else None
            rows.append(self._prepare_row(item, raw, pages.get(item.page, unread)))
        if rows:
            self._insert(rows)
            # sudo: only triggers the scheduled action
            self.env.ref(CRON).sudo()._trigger()
        return True

    @api.model
    def _prepare_row(self, item, raw, page):
        """Return the values of the row of an `Item`, in the order that `_insert`
        expects."""
        reason = None
        if item.kind == payload.OTHER:
            reason = self.env._("It cannot be read.")
        elif not page:
            reason = self.env._("The page %(page)s is not connected.", page=item.page)
        elif item.kind != payload.MESSAGE and not page.takes_posts:
            reason = self.env._("The page does not accept posts and comments.")
        return (
            item.key,
            item.kind,
            page.id if page else None,
            page.company_id.id if page else None,
            item.sender,
            raw,
            "ignored" if reason else "waiting",
            reason,
        )

    @api.model
    def _insert(self, rows):
        """Insert rows that do not exist yet.

        A unique index decides which ones, because two workers may receive a delivery at
        the same moment. The order is always the same, to avoid deadlocks; Odoo retries
        the slower request. Nothing of it is logged (I1).
        """
        self.env.cr.execute(
            SQL(
                "INSERT INTO helpdesk_facebook_event (external_id, kind, page_id, "
                "company_id, sender, payload, state, reason, attempts, create_uid, "
                "write_uid, create_date, write_date) VALUES %s "
                "ON CONFLICT (external_id, COALESCE(page_id, 0)) DO NOTHING",
                SQL(", ").join(
                    SQL(
                        "(%s, 0, %s, %s, now() AT TIME ZONE 'UTC', "
                        "now() AT TIME ZONE 'UTC')",
                        SQL(", ").join(SQL("%s", value) for value in row),
                        self.env.uid,
                        self.env.uid,
                    )
                    for row in sorted(rows, key=lambda row: (row[0], row[2] or 0))
                ),
            ),
            log_exceptions=False,
        )

    # -- process ----------------------------------------------------------------------

    @api.model
    def _cron_process(self):
        """Process waiting rows, the oldest first, each in its own transaction."""
        due = ["|", ("next_attempt", "=", False), ("next_attempt", "<=", "now")]
        waiting = self.search(
            [("state", "=", "waiting"), *due], order="id", limit=MAX_PER_RUN
        )
        self.env["ir.cron"]._commit_progress(remaining=len(waiting))
        for event in waiting:
            event._process_guarded()
            if not self.env["ir.cron"]._commit_progress(1):
                break
        if waiting:
            # sudo: only wakes Odoo's own cron: here it only queues the mails
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _process_guarded(self):
        """Process a row; store the error if it fails, and retry later."""
        event = self._claim()
        if not event:
            return
        try:
            with self.env.cr.savepoint():
                event._process()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # another transaction was faster: retried at the next attempt
            self.env.cr.rollback()
        except Exception as error:
            # only the id of the row, nothing of the message (I1)
            _logger.warning("Delivery %s of Facebook failed", self.id, exc_info=True)
            event.reason = payload.clean(str(error))[:500]
            if event.attempts >= MAX_ATTEMPTS:
                event._give_up()

    def _give_up(self):
        """Mark as failed after the last attempt, for people to decide."""
        self.state = "failed"
        self.page_id._note_failure()

    def _claim(self):
        """Count and commit an attempt before processing could stop Odoo.

        :return: this row, empty if another worker has it or it was tried too often
        """
        event = self.try_lock_for_update()
        if event.state != "waiting":
            return self.browse()
        if event.attempts >= MAX_ATTEMPTS:
            event._give_up()
            return self.browse()
        pause = timedelta(minutes=5**event.attempts)
        event.attempts += 1
        event.next_attempt = fields.Datetime.now() + pause
        # sudo: only wakes our own cron
        self.env.ref(CRON).sudo()._trigger(event.next_attempt)
        self.env["ir.cron"]._commit_progress()
        return self.try_lock_for_update()

    def _process(self):
        """Create a ticket, or a message on one, from a row (K04, K07)."""
        item, page = payload.read_item(self.payload), self.page_id
        self = self.with_company(page.company_id)
        self = self.with_context(lang=page.language_id.code)
        contact = self.env["res.partner"]._helpdesk_find_by_email(
            payload.get_address(item.sender), company=page.company_id
        )
        objection = self.env["helpdesk.intake"]._get_objection(contact)
        if objection == IGNORED:
            reason = self.env._("Messages of this contact are ignored.")
            self.write({"state": "ignored", "reason": reason})
            return
        thread = self.env["helpdesk.facebook.thread"]._get(page, item)
        ticket = thread._get_open_ticket()
        if not ticket and objection == HELD:
            self._hold(item, contact)
        elif not ticket and not self.env["helpdesk.throttle"]._take(
            "form_sender", payload.get_address(item.sender)
        ):
            self._wait()
            return
        else:
            contact = contact or self._make_contact(item)
            ticket = self._take(item, contact, ticket)
            thread.ticket_id = ticket
        self.write({"state": "done", "reason": False, "ticket_id": ticket.id})

    def _wait(self):
        """Retry in an hour, because the sender opened too many tickets."""
        self.write(
            {
                "attempts": 0,
                "next_attempt": fields.Datetime.now() + timedelta(hours=1),
                "reason": self.env._(
                    "This person opened many tickets: the message is waiting."
                ),
            }
        )

    def _hold(self, item, contact):
        """Hold the request of a contact that may not open tickets (C07)."""
        subject = self._get_subject(item)
        contact._helpdesk_reactivate(subject)
        self.env["helpdesk.ticket.request"]._hold(
            {
                "name": subject,
                # files are not stored: the link says where they are
                "text": "\n".join((item.text, *item.files)),
                "partner_id": contact.id,
                "channel_id": self.env["ir.model.data"]._xmlid_to_res_id(CHANNEL),
                "company_id": self.company_id.id,
            }
        )

    def _make_contact(self, item):
        """Return the new contact of a person who writes for the first time, in the
        language of the page (K07)."""
        contact = self.env["res.partner"]._helpdesk_create_from_email(
            payload.get_address(item.sender),
            name=item.name or self._ask_name(item),
            company=self.company_id,
        )
        contact.lang = self.page_id.language_id.code
        return contact

    def _ask_name(self, item):
        """Return the person's name from Facebook, "" if it is not available."""
        try:
            found = self.page_id._get_graph().get(
                item.sender, fields="first_name,last_name"
            )
        except graph.GraphError as error:
            if error.kind in graph.ACCESS:
                self.page_id._note_error(error)
            return ""
        names = [found.get("first_name"), found.get("last_name")]
        return " ".join(payload.clean(one) for one in names if isinstance(one, str))

    def _take(self, item, contact, ticket):
        """Return the ticket that an item opened or was added to.

        :param ticket: the open `helpdesk.ticket`, or empty
        """
        intake = self.env["helpdesk.intake"]
        files, missing = self._fetch_files(item)
        body = plaintext2html(item.text)
        for sentence in missing:
            body += Markup("<p><em>%s</em></p>") % sentence
        address = payload.get_address(item.sender)
        message = IncomingMessage(
            subject="" if ticket else self._get_subject(item),
            body=body,
            text=item.text,
            files=tuple(files),
            kind="comment",
            date=item.date,
            email_from=contact.email_formatted or address,
            author_id=contact.id,
        )
        if ticket:
            intake._join(ticket, message)
            return ticket
        team = self.page_id.team_id
        outcome = intake._open(
            IncomingRequest(
                channel=CHANNEL,
                company_id=self.company_id.id,
                person=Person(contact.name, email_normalize(address), contact.id),
                message=message,
                decided=True,
                values={"team_id": team.id} if team else {},
            )
        )
        return ticket.browse(outcome.ticket_id)

    def _get_subject(self, item):
        line = next((one.strip() for one in item.text.splitlines() if one.strip()), "")
        if len(line) > MAX_SUBJECT:
            return f"{line[:MAX_SUBJECT].rstrip()}…"
        return line or self.env._("Message on Facebook")

    def _fetch_files(self, item):
        """Download the files of an item.

        :return: list of (name, content), and sentences about missing ones
        :raise DownloadError: when another attempt may succeed
        """
        # sudo: reads two parameters of this addon
        parameters = self.env["ir.config_parameter"].sudo()
        origins = parameters.get_param("helpdesk_facebook.file_origins", "")
        megabytes = parameters.get_param("helpdesk_facebook.max_file_mb", "")
        limit = (int(megabytes) if megabytes.isdecimal() else 25) * 1_000_000
        sentences = {
            download.FORBIDDEN: self.env._(
                "A file was not fetched: it is not on a Facebook server."
            ),
            download.TOO_LARGE: self.env._("A file was not fetched: it is too large."),
            download.UNREACHABLE: self.env._(
                "A file could not be fetched. Ask the customer to send it again."
            ),
        }
        files, missing = [], []
        for url in item.files:
            try:
                files.append(download.fetch(url, origins or download.ORIGINS, limit))
            except download.DownloadError as error:
                if error.kind == download.UNREACHABLE and self.attempts < 3:
                    raise
                missing.append(sentences[error.kind])
        return files, missing

    # -- people, time -----------------------------------------------------------------

    def action_retry(self):
        """Process failed rows again.

        :raise AccessError: when the user may not read them
        """
        self.check_access("read")
        # sudo: rows are read-only for users; their content is not changed
        events = self.sudo().filtered(lambda event: event.state == "failed")
        events.write({"state": "waiting", "attempts": 0, "next_attempt": False})
        self.env.ref(CRON).sudo()._trigger()  # sudo: only wakes our own cron

    @api.autovacuum
    def _gc_events(self):
        """Delete processed rows: the ticket contains their text (I2)."""
        last = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        return delete_expired(
            self, [("state", "in", ("done", "ignored")), ("create_date", "<", last)]
        )
