import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import html2plaintext

from odoo.addons.helpdesk_contact.cleaning import delete_expired

from .. import graph
from ..payload import MESSAGE

STATES = [
    ("waiting", "Waiting"),
    ("sending", "Being Sent"),
    ("sent", "Sent"),
    ("failed", "Failed"),
]
MAX_PER_RUN, MAX_ATTEMPTS = 200, 10
MAX_TEXT = 2000  # of the Send API
KEPT_DAYS = 30
CRON = "helpdesk_facebook.ir_cron_send"


class HelpdeskFacebookDelivery(models.Model):
    """A part of an answer to be sent over Facebook: a text or a file (K04).

    The beginning of each attempt is committed: if Odoo stops in the middle, nobody
    knows whether the part arrived, so it is not sent again, and its author is notified.
    """

    _name = "helpdesk.facebook.delivery"
    _description = "Answer on Facebook"
    _order = "id desc"
    _rec_name = "ticket_id"

    thread_id = fields.Many2one(
        "helpdesk.facebook.thread",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="thread_id.company_id", store=True, index=True)
    message_id = fields.Many2one(
        "mail.message", required=True, readonly=True, index=True, ondelete="cascade"
    )
    ticket_id = fields.Many2one(
        "helpdesk.ticket", required=True, readonly=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    text = fields.Text(readonly=True)
    attachment_id = fields.Many2one(
        "ir.attachment", readonly=True, index="btree_not_null", ondelete="set null"
    )
    state = fields.Selection(
        STATES,
        string="Status",
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    attempts = fields.Integer(readonly=True)
    next_attempt = fields.Datetime(readonly=True)
    error = fields.Char(readonly=True)
    external_id = fields.Char(string="Number on Facebook", readonly=True)
    create_date = fields.Datetime(string="Written", readonly=True)

    # -- in ---------------------------------------------------------------------------

    @api.model
    def _queue(self, ticket, message, thread, partner):
        """Queue an answer, in parts of the size that the Send API accepts.

        :param ticket: `helpdesk.ticket`
        :param message: the `mail.message`
        :param thread: `helpdesk.facebook.thread` over which it is sent
        :param partner: `res.partner` who gets it
        """
        text = html2plaintext(message.body or "").strip()
        common = {
            "thread_id": thread.id,
            "message_id": message.id,
            "ticket_id": ticket.id,
            "partner_id": partner.id,
        }
        parts = [
            {"text": text[start : start + MAX_TEXT]}
            for start in range(0, len(text), MAX_TEXT)
        ]
        parts += [{"attachment_id": file.id} for file in message.attachment_ids]
        self.create([{**common, **part} for part in parts])
        self._wake()

    @api.model
    def _wake(self, at=None):
        # sudo: only triggers our own scheduled action
        self.env.ref(CRON).sudo()._trigger(at)

    @api.model
    def _resume(self, pages):
        """Send the waiting parts of some pages now.

        :param pages: `helpdesk.facebook.page`
        """
        self._search_waiting(pages).next_attempt = False
        self._wake()

    @api.model
    def _search_waiting(self, pages):
        """Return the waiting parts of some pages.

        :param pages: `helpdesk.facebook.page`
        """
        return self.search(
            [("state", "=", "waiting"), ("thread_id.page_id", "in", pages.ids)]
        )

    # -- out --------------------------------------------------------------------------

    @api.model
    def _cron_send(self):
        """Send the waiting parts, in the order of each conversation."""
        for interrupted in self.search([("state", "=", "sending")]):
            interrupted._fail(graph.GraphError(graph.UNSURE))
        # parts that wait for their next attempt do not delay other conversations, and
        # later parts of the same conversation wait too
        postponed = Domain("state", "=", "waiting") & Domain("next_attempt", ">", "now")
        held = {thread for (thread,) in self._read_group(postponed, ["thread_id"])}
        waiting = self.search(
            [
                ("state", "=", "waiting"),
                ("thread_id", "not in", [thread.id for thread in held]),
            ],
            order="id",
            limit=MAX_PER_RUN,
        )
        self.env["ir.cron"]._commit_progress(remaining=len(waiting))
        for delivery in waiting:
            thread = delivery.thread_id
            if thread not in held:
                delivery._send_once()
                if delivery.state == "waiting":
                    held.add(thread)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _send_once(self):
        """Send a part if Facebook accepts it now; never twice."""
        delivery = self.try_lock_for_update()
        if delivery.state != "waiting":
            return
        call = delivery._prepare_call()
        if not call:
            delivery._fail(graph.GraphError(graph.WINDOW))
            return
        page = delivery.thread_id.page_id
        delivery.write({"state": "sending", "attempts": delivery.attempts + 1})
        self.env["ir.cron"]._commit_progress()
        try:
            answer = page._get_graph().post(*call)
        except graph.GraphError as error:
            delivery._settle(error)
            return
        page._forget_error()
        sent = str(answer.get("message_id") or answer.get("id") or "")
        delivery.write({"state": "sent", "external_id": sent, "error": False})
        if not delivery._get_rest():
            delivery._get_notifications().notification_status = "sent"

    def _prepare_call(self):
        """Return path, values and files of the request that sends this part, None if
        Facebook no longer accepts it."""
        thread, file = self.thread_id, self.attachment_id
        if thread.key != MESSAGE:
            path = f"{thread.reply_to}/comments"
            if file:
                return path, {}, {"source": (file.name, file.raw, file.mimetype)}
            return path, {"message": self.text}, None
        sending = thread._get_sending()
        if sending is None:
            return None
        message, files = {"text": self.text}, None
        if file:
            kind = (file.mimetype or "").partition("/")[0]
            kind = kind if kind in ("image", "video", "audio") else "file"
            message = {"attachment": {"type": kind, "payload": {"is_reusable": False}}}
            files = {"filedata": (file.name, file.raw, file.mimetype)}
        values = {
            **sending,
            "recipient": json.dumps({"id": thread.reply_to}),
            "message": json.dumps(message),
        }
        return "me/messages", values, files

    def _settle(self, error):
        """Handle the error of a part that was not sent: retry, wait or fail.

        :param GraphError error: the error
        """
        if error.kind == graph.PERMISSION and self.attempts < MAX_ATTEMPTS:
            # a limit of the app or of this conversation, which will end
            self.thread_id.page_id._note_error(error)
            self._postpone(timedelta(hours=1), self.attempts)
        elif error.kind in (graph.TOKEN, graph.SECRET):
            self.thread_id.page_id._note_error(error)
            self._postpone(timedelta(hours=1), self.attempts - 1)
        elif error.kind == graph.BUSY and self.attempts < MAX_ATTEMPTS:
            pause = timedelta(minutes=min(2 ** (self.attempts - 1), 60))
            self._postpone(pause, self.attempts)
        else:
            self._fail(error)
            return
        self.error = self.thread_id.page_id._describe(error)

    def _postpone(self, pause, attempts):
        at = fields.Datetime.now() + pause
        self.write({"state": "waiting", "attempts": attempts, "next_attempt": at})
        self._wake(at)

    def _get_rest(self):
        """Return the unsent parts of the same answer."""
        return self.search(
            [
                ("message_id", "=", self.message_id.id),
                ("thread_id", "=", self.thread_id.id),
                ("state", "!=", "sent"),
            ]
        )

    def _get_notifications(self):
        return self.message_id.notification_ids.filtered(
            lambda one: (
                one.notification_type == "facebook"
                and one.res_partner_id == self.partner_id
            )
        )

    def _fail(self, error):
        """Give up an answer: show this on the message, and notify its author.

        :param GraphError error: the reason
        """
        page = self.thread_id.page_id
        rest = self | self._get_rest()
        rest.write({"state": "failed", "error": page._describe(error)})
        self.ticket_id._note_facebook_failure(
            self.message_id,
            self._get_notifications(),
            lambda env: page.with_env(env)._describe(error),
        )

    # -- people, time -----------------------------------------------------------------

    def action_retry(self):
        """Send failed parts again; the user accepts that they may arrive twice.

        :raise AccessError: when the user may not read them
        """
        self.check_access("read")
        # sudo: rows are read-only for users; their content is not changed
        failed = self.sudo().filtered(lambda delivery: delivery.state == "failed")
        failed.write({"state": "waiting", "attempts": 0, "next_attempt": False})
        self._wake()

    @api.autovacuum
    def _gc_deliveries(self):
        """Delete sent parts: the ticket contains their text (I2)."""
        last = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        return delete_expired(
            self, [("state", "=", "sent"), ("create_date", "<", last)]
        )
