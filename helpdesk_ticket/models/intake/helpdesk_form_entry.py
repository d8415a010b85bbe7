import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools.mail import formataddr, plaintext2html

from odoo.addons.helpdesk_contact.cleaning import delete_expired

from ...incoming import IncomingMessage, IncomingRequest, Person

_logger = logging.getLogger(__name__)

STATES = [
    ("waiting", "Waiting"),
    ("done", "Done"),
    ("held", "Held back"),
    ("ignored", "Ignored"),
    ("failed", "Failed"),
]
MAX_PER_RUN = 100
# Days after which what became a ticket or was ignored is deleted (I2)
KEPT_DAYS = 30


class HelpdeskFormEntry(models.Model):
    """What somebody wrote in the public form.

    The page only stores it and is the same for everybody, in what it says and in the
    time it takes. What becomes of it is decided afterwards: so nobody learns from the
    page whether an address is known, and nothing is lost when something fails.
    """

    _name = "helpdesk.form.entry"
    _description = "Entry of the Public Form"
    _order = "id desc"

    name = fields.Char(string="Subject", required=True, readonly=True)
    text = fields.Text(string="Content", readonly=True)
    sender_name = fields.Char(string="Sender name", readonly=True)
    email = fields.Char(string="E-mail", required=True, readonly=True, index=True)
    lang = fields.Char(string="Language of the page", readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(
        STATES,
        string="Status",
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    reason = fields.Char(readonly=True)
    ticket_id = fields.Many2one(
        "helpdesk.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )
    request_id = fields.Many2one(
        "helpdesk.ticket.request",
        string="Request on hold",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    create_date = fields.Datetime(string="Received", readonly=True)

    # -- store ------------------------------------------------------------------------

    @api.model
    def _receive(self, values, files):
        """Store an entry, whoever wrote it, and wake what deals with it.

        :param dict values: of the entry, checked
        :param list files: of (name, content)
        """
        # sudo: the form is for people without an account
        entry = self.sudo().create(values)
        # sudo: as above; the files belong to the entry
        self.env["ir.attachment"].sudo().create(
            [
                {
                    "name": name,
                    "raw": content,
                    "res_model": self._name,
                    "res_id": entry.id,
                }
                for name, content in files
            ]
        )
        # sudo: only wakes the cron
        self.env.ref("helpdesk_ticket.cron_process_form").sudo()._trigger()

    # -- deal with it -----------------------------------------------------------------

    @api.model
    def _cron_process(self):
        """Deal with waiting entries, oldest first, each in its own transaction."""
        domain = [("state", "=", "waiting")]
        waiting = self.search(domain, order="id", limit=MAX_PER_RUN)
        # what is left makes Odoo run this again at once
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        for entry in waiting:
            entry._process_guarded()
            if not self.env["ir.cron"]._commit_progress(1):
                break
        if waiting:
            # sudo: only wakes Odoo's own cron: here it only queues the mails
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _process_guarded(self):
        """Deal with one entry; keep what goes wrong for a manager."""
        try:
            with (
                self.env.cr.savepoint()
            ):  # what the database refuses is this one's error
                entry = self.try_lock_for_update()
                if entry.state == "waiting":
                    entry._process()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # another transaction was faster: the next run does it
        except Exception as error:
            # no word of the entry but its id (I1)
            _logger.warning("Entry %s of the form failed", self.id, exc_info=True)
            self.write({"state": "failed", "reason": str(error)[:500]})

    def _process(self):
        """Make a ticket of an entry, if the settings let its sender have one."""
        self.ensure_one()
        contact = self._find_sender()
        if self.company_id.helpdesk_form_known_only and not contact:
            reason = self.env._("No contact has this e-mail address.")
            self.write({"state": "ignored", "reason": reason})
        elif contact and contact.helpdesk_ignore_email:
            reason = self.env._("Messages of this contact are ignored.")
            self.write({"state": "ignored", "reason": reason})
        elif not self.env["helpdesk.throttle"]._take("form_sender", self.email):
            reason = self.env._("This address wrote more than a person does.")
            self.write({"state": "held", "reason": reason})
        else:
            self._accept(contact)

    def _find_sender(self):
        """Return the contact with the address: never one of our users, because
        anybody can enter anybody's address (D1)."""
        contact = self.env["res.partner"]._helpdesk_find_by_email(
            self.email, name=self.sender_name, company=self.company_id
        )
        return contact.filtered(
            lambda person: all(user.share for user in person.user_ids)
        )

    def _accept(self, contact):
        """Make a ticket of an entry, or a request where only others may have one."""
        if contact and not contact._helpdesk_may_open_ticket():
            contact._helpdesk_reactivate(self.name)
            self.request_id = self.env["helpdesk.ticket.request"]._hold(
                {
                    "name": self.name,
                    "text": self.text,
                    "partner_id": contact.id,
                    "channel_id": self._get_channel().id,
                    "company_id": self.company_id.id,
                }
            )
        else:
            self.ticket_id = self._make_ticket(contact)
        self.write({"state": "done", "reason": False})

    def _get_channel(self):
        channel = self.env.ref("helpdesk_ticket.channel_form", raise_if_not_found=False)
        return channel or self.env["helpdesk.channel"]

    def _make_ticket(self, contact):
        """Return the `helpdesk.ticket` of an entry, with what was written in it."""
        intake = self.env["helpdesk.intake"].with_context(lang=self.lang)
        ticket = intake._open(self._prepare_request(contact))
        if ticket.notify_partner and self.env["helpdesk.throttle"]._take(
            "form_answer", self.email
        ):
            ticket._post_notice(
                "helpdesk_ticket.mail_template_form_received",
                force_record_name=ticket.number,
            )
        return ticket

    def _prepare_request(self, contact):
        """Return an entry as `IncomingRequest`; its own acknowledgement follows."""
        is_own = not contact and self.env["res.partner"]._helpdesk_find_by_email(
            self.email, company=self.company_id
        )
        files = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "=", self.id)]
        )
        name = self.sender_name or contact.name or ""
        return IncomingRequest(
            channel="helpdesk_ticket.channel_form",
            company_id=self.company_id.id,
            person=Person(name, self.email, contact.id or 0),
            message=IncomingMessage(
                subject=self.name,
                body=plaintext2html(self.text or ""),
                text=self.text or "",
                files=tuple((file.name, file.raw, {}) for file in files),
                kind="comment",
                email_from=formataddr((name or self.email, self.email)),
            ),
            creates_contact=False if is_own else None,
            acknowledges=False,
        )

    # -- managers ---------------------------------------------------------------------

    def action_make_ticket(self):
        """Make tickets of entries that were held back, ignored or that failed.

        :return: the ticket's form for one entry, an `ir.actions.act_window` as a dict
        """
        self.check_access("read")
        # sudo: entries are read-only for everybody; the ticket is made by the system
        entries = self.sudo().with_user(SUPERUSER_ID)
        for entry in entries.filtered(lambda e: e.state not in ("waiting", "done")):
            entry._accept(entry._find_sender())
        tickets = self.ticket_id
        return tickets.action_open_form() if len(tickets) == 1 else None

    @api.autovacuum
    def _gc_entries(self):
        """Delete what is dealt with; what failed or is held stays until somebody
        deals with it (I2)."""
        last = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        return delete_expired(
            self, [("state", "in", ("done", "ignored")), ("write_date", "<", last)]
        )
