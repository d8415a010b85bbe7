import base64
import binascii

from odoo import api, fields, models
from odoo.tools import format_list

from ..collected_mail import CollectedMail, header_text
from ..reasons import reason_text

# What is shown of the ticket, in this order.
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
# Enough to see why a condition fits; the rest of a long text is left out.
MAX_SEEN = 300


class HelpdeskEmailTryout(models.TransientModel):
    """Try a mail against the rules: everything is shown, nothing is written (E04).

    The result is a computed field of a form that is never saved, so not even a row of
    this model is made.
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
        "As If Received by",
        domain=[("is_helpdesk_collector", "=", True)],
        ondelete="cascade",
        help="Rules may be for certain mailboxes only, and a mailbox may give tickets "
        "a team.",
    )
    result = fields.Html(compute="_compute_result", sanitize=False)

    @api.depends("origin", "raw_text", "raw_file", "mail_id", "server_id")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_result(self):
        for wizard in self:
            mail = wizard._get_mail()
            wizard.result = mail and wizard._try(mail)

    def _get_mail(self):
        """Return the mail to try as a `CollectedMail`, None while there is none."""
        self.ensure_one()
        company, server, raw = self.env.company, self.server_id._origin, b""
        inbox = self.env["helpdesk.inbox.mail"]
        if self.origin == "paste":
            raw = (self.raw_text or "").lstrip().encode("utf-8", "replace")
        elif self.origin == "upload":
            raw = self._get_uploaded()
        elif self.mail_id:
            inbox = self.mail_id._origin
            inbox.check_access("read")
            company, server = inbox.company_id, server or inbox.server_id
            raw = inbox._get_raw()
        if not raw:
            return None
        return CollectedMail(
            raw,
            company=company,
            server=server,
            inbox=inbox,
            forced=bool(inbox.forced_by_id),
        )

    def _get_uploaded(self):
        content = self.with_context(bin_size=False).raw_file or b""
        try:
            return base64.b64decode(content)
        except binascii.Error:
            return b""  # the size of a file in place of its content

    # -- try -------------------------------------------------------------------

    def _try(self, mail):
        """Take a mail as far as the decision.

        :param CollectedMail mail: the mail
        :return: the result as `Markup`
        """
        known = not mail.inbox and self.env["helpdesk.inbox.mail"]._find_duplicate(
            mail.message_id
        )
        mail.tracing = True
        error = self.env["mail.thread"]._helpdesk_try(mail)
        if error:
            values = {"kind": "failed", "reason": error, "ticket": []}
        else:
            values = self._prepare_outcome(mail)
        return self.env["ir.qweb"]._render(
            "helpdesk_email_collector.tryout_result",
            {
                "subject": header_text(mail.get_headers(), "Subject"),
                "sender": header_text(mail.get_headers(), "From"),
                "known": known,
                "trace": [self._prepare_rule(rule) for rule in mail.trace],
                **values,
            },
        )

    def _prepare_outcome(self, mail):
        """Return what the result says of a decision, as values of its template."""
        outside = mail.company not in self.env.user.company_ids
        values = {
            "kind": mail.decision,
            "reason": reason_text(self.env, mail.reason, mail.reason_params),
            "reply_to": False,
            "ticket": [],
        }
        if outside:
            reason = self.env._("Its address belongs to another company's helpdesk.")
            return {**values, "kind": "other", "reason": reason}
        if mail.decision == "create":
            values["ticket"] = self._prepare_ticket(mail)
        elif mail.decision == "reply":
            ids = [route[1] for route in mail.routes if route[0] == "helpdesk.ticket"]
            # sudo: managers read all tickets of their companies
            values["reply_to"] = self.env["helpdesk.ticket"].sudo().browse(ids[:1])
        return values

    def _prepare_ticket(self, mail):
        """Return (label, text) of the ticket's fields, as it would be.

        The ticket lives in memory only: no number is drawn and no contact is made.
        """
        # sudo: as the gateway would make it
        tickets = self.env["helpdesk.ticket"].sudo().with_company(mail.company)
        tickets = tickets.with_context(helpdesk_mail=mail, default_user_id=False)
        defaults = [
            route[2] or {}
            for route in mail.routes
            if route[0] == "helpdesk.ticket" and not route[1]
        ]
        values = {
            "company_id": mail.company.id,
            **tickets._prepare_ticket_values_from_mail(mail.msg_dict),
            **(defaults[0] if defaults else {}),
        }
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
                text = self._describe_new_contact(mail, values)
            if text:
                rows.append((field.get_description(self.env)["string"], text))
        files = [file[0] for file in mail.msg_dict.get("attachments") or []]
        if files:
            rows.append((self.env._("Attachments"), format_list(self.env, files[:20])))
        return rows

    def _describe_new_contact(self, mail, values):
        """Say which contact would be made of an unknown sender (C09)."""
        company = mail.company
        address, name = values.get("sender_email") or "", values.get("partner_name")
        collector = self.env["helpdesk.email.collector"]
        no_person = not mail.customer and collector._get_automatic_sign(mail)
        made = company.helpdesk_auto_create_contact or mail.customer
        if not made or not address or no_person or collector._get_doubt(mail):
            return self.env._("Unknown: %(address)s", address=address)
        tickets = self.env["helpdesk.ticket"]
        # sudo: finds the customer of the sender's domain as the gateway would
        partners = self.env["res.partner"].sudo()
        contact = partners._prepare_helpdesk_contact_values(
            address, name, company, tickets._get_mail_text(mail.msg_dict)
        )
        customer = partners.browse(contact["parent_id"])
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
        """Return one rule of the trace for the template, long texts cut."""
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
