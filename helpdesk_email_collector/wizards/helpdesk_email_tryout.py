import base64
import binascii
from dataclasses import replace

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import format_list

from ..decision import CREATE, REPLY, Arrival, Case
from ..reading.head import looks_like_mail
from ..reading.process import unread
from ..reasons import reason_text

# Fields of the ticket that are shown, in this order.
PREVIEW_FIELDS = (
    "name",
    "customer_id",
    "partner_id",
    "team_id",
    "user_id",
    "type_id",
    "topic_id",
    "severity_id",
    "tag_ids",
    "project_id",
    "sla_id",
)
# Enough to see why a condition matches; longer texts are cut.
MAX_SEEN = 300


class HelpdeskEmailTryout(models.TransientModel):
    """Shows what the rules would do with a mail, without writing anything (E04).

    The result is a computed field of a form that is never saved, so not even a row of
    this model is created.
    """

    _name = "helpdesk.email.tryout"
    _description = "Trying out a Mail"

    origin = fields.Selection(
        [
            ("paste", "Pasted text"),
            ("upload", "File"),
            ("inbox", "Mail of the inbox"),
        ],
        "Mail",
        required=True,
        default="paste",
    )
    raw_text = fields.Text("Source of the Mail")
    raw_file = fields.Binary("Mail File", attachment=False)
    raw_name = fields.Char()
    mail_id = fields.Many2one(
        "helpdesk.inbox.mail",
        "Mail of the Inbox",
        domain=[("is_cleared", "=", False)],
        ondelete="cascade",
    )
    server_id = fields.Many2one(
        "fetchmail.server",
        "Mailbox to Simulate",
        domain=[("is_helpdesk_collector", "=", True)],
        ondelete="cascade",
        help="Rules can be limited to certain mailboxes, and a mailbox can assign its "
        "tickets to a team.",
    )
    result = fields.Html(compute="_compute_result", sanitize=False)

    @api.depends("origin", "raw_text", "raw_file", "mail_id", "server_id")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_result(self):
        for wizard in self:
            raw, arrival = wizard._get_mail()
            # what is in the inbox came as a mail, whatever it holds
            is_mail = arrival.row_id or looks_like_mail(raw)
            tries = wizard._try if is_mail else wizard._refuse
            wizard.result = raw and tries(raw, arrival)

    def _get_mail(self):
        """Return the mail to try and how it would arrive.

        :return: (bytes, `Arrival`); the bytes are empty as long as there is no mail
        """
        self.ensure_one()
        server = self.server_id._origin
        arrival = Arrival(company_id=self.env.company.id, server_id=server.id or 0)
        if self.origin == "paste":
            raw = (self.raw_text or "").lstrip().encode("utf-8", "replace")
            return raw, arrival
        if self.origin == "upload":
            return self._get_uploaded(), arrival
        row = self.mail_id._origin
        if not row:
            return b"", arrival
        row.check_access("read")
        arrival = row._get_arrival()
        if server:
            arrival = replace(arrival, server_id=server.id)
        return row._get_raw(), arrival

    def _get_uploaded(self):
        content = self.with_context(bin_size=False).raw_file or b""
        try:
            return base64.b64decode(content)
        except binascii.Error:
            return b""  # the size instead of the content

    # -- try -------------------------------------------------------------------

    def _try(self, raw, arrival):
        """Return the decision about a mail as html.

        :param bytes raw: the mail
        :param Arrival arrival: how it would arrive
        :rtype: Markup
        """
        mail, place, decision, error = self.env["helpdesk.inbox.mail"]._try(
            raw, arrival
        )
        if error:
            values = {"kind": "failed", "reason": error, "ticket": []}
        else:
            values = self._prepare_outcome(mail, place, decision)
        told = mail or unread(raw)
        return self.env["ir.qweb"]._render(
            "helpdesk_email_collector.tryout_result",
            {
                "subject": told.subject,
                "sender": told.email_from,
                "known": not arrival.row_id and self._is_known(mail, place),
                "trace": [
                    self._prepare_rule(rule)
                    for rule in (decision.trace if decision else ())
                ],
                **values,
            },
        )

    @api.model
    def _refuse(self, _raw, _arrival):
        """Say that what is to be tried is no mail.

        :return: the result as `Markup`
        """
        reason = self.env._(
            "It has none of the headers that every mail has, such as From, Subject or "
            "Date. Paste or upload the whole source of a mail, headers first."
        )
        values = {"kind": "no_mail", "reason": reason, "known": False, "ticket": []}
        values |= {"subject": "", "sender": "", "reply_to": False, "trace": []}
        return self.env["ir.qweb"]._render(
            "helpdesk_email_collector.tryout_result", values
        )

    @api.model
    def _is_known(self, mail, place):
        """Return whether a pasted or uploaded mail was received before."""
        if not place:
            return False
        inbox = self.env["helpdesk.inbox.mail"]
        known = inbox._look_up([mail])
        _name, rows, message, _copies = inbox._find_same(mail, place, known)
        return bool(rows or message)

    def _prepare_outcome(self, mail, place, decision):
        """Return the values of the template for a decision."""
        company = self.env["res.company"].browse(place.company_id)
        values = {
            "kind": decision.kind,
            "reason": reason_text(
                self.env, decision.reason, decision.params, tried_out=True
            ),
            "reply_to": False,
            "ticket": [],
        }
        if company not in self.env.user.company_ids:
            reason = self.env._(
                "Its address belongs to the helpdesk of another company."
            )
            return {**values, "kind": "other", "reason": reason}
        if decision.kind == CREATE:
            values["ticket"] = self._prepare_ticket(mail, place, decision)
        elif decision.kind == REPLY:
            # sudo: managers read all tickets of their companies
            tickets = self.env["helpdesk.ticket"].sudo()
            values["reply_to"] = tickets.browse(decision.ticket_id)
        return values

    def _prepare_ticket(self, mail, place, decision):
        """Return (label, text) of the fields that the ticket would have.

        The ticket exists in memory only: no number is drawn and no contact is created.
        """
        # sudo: as the gateway would make it
        inbox = self.env["helpdesk.inbox.mail"].sudo()
        request = inbox._prepare_request(Case(mail, place, decision, answers=False))
        # sudo: the same
        intake = self.env["helpdesk.intake"].sudo()
        tickets = self.env["helpdesk.ticket"].with_user(SUPERUSER_ID)
        tickets = tickets.with_company(place.company_id).with_context(
            default_user_id=False
        )
        contact = self.env["res.partner"].browse(request.person.partner_id or [])
        values = intake._prepare_ticket_values(request, contact)
        ticket = tickets.new(tickets._prepare_new_values(values))
        rows = []
        for name in PREVIEW_FIELDS:
            field = ticket._fields[name]
            text = (
                ", ".join(record.display_name or "" for record in ticket[name])
                if field.relational
                else ticket[name]
            )
            if name == "partner_id" and not ticket.partner_id:
                text = self._describe_new_contact(request)
            if text:
                rows.append((field.get_description(self.env)["string"], text))
        files = [name for name, _content, _info in request.message.files]
        if files:
            rows.append((self.env._("Attachments"), format_list(self.env, files[:20])))
        return rows

    def _describe_new_contact(self, request):
        """Return a sentence about the contact that would be created for an unknown
        sender (C09).

        :param IncomingRequest request: that would open the ticket
        """
        company = self.env["res.company"].browse(request.company_id)
        address, name = request.person.address, request.person.name
        creates = request.creates_contact
        if creates is None:
            creates = company.helpdesk_auto_create_contact
        # sudo: finds the customer of the sender's domain as the gateway would
        partners = self.env["res.partner"].sudo()
        text = f"{request.message.subject}\n{request.message.text}"
        [contact] = partners._prepare_helpdesk_contacts(
            [(address, name, text, request.lang)], company
        )
        if not creates or not contact:
            return self.env._("Unknown: %(address)s", address=address)
        customer = partners.browse(contact.get("parent_id") or [])
        if customer:
            return self.env._(
                "New contact: %(name)s, %(address)s, of %(customer)s",
                name=contact["name"],
                address=address,
                customer=customer.display_name,
            )
        return self.env._(
            "New contact: %(name)s, %(address)s", name=contact["name"], address=address
        )

    @api.model
    def _prepare_rule(self, rule):
        """Return the values of the template for one rule of the trace, long texts
        cut."""
        return {
            **rule,
            "conditions": [
                {**condition, "seen": self._shorten(condition.get("seen"))}
                for condition in rule.get("conditions", [])
            ],
        }

    @api.model
    def _shorten(self, seen):
        texts = seen if isinstance(seen, list | tuple) else [seen]
        text = ", ".join(str(text) for text in texts if text not in (None, ""))
        return text if len(text) <= MAX_SEEN else text[:MAX_SEEN] + "…"
