from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.mail import formataddr

STATES = [
    ("held", "On hold"),
    ("accepted", "Accepted"),
    ("discarded", "Discarded"),
]


class HelpdeskTicketRequest(models.Model):
    """What somebody asked who may not open tickets (C07): kept until an agent decides.

    Who asked is told politely whom to ask; nothing is lost.
    """

    _name = "helpdesk.ticket.request"
    _description = "Request on Hold"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Subject", required=True, readonly=True)
    text = fields.Text(string="Content", readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Asked by",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    customer_id = fields.Many2one(
        related="partner_id.commercial_partner_id", string="Customer"
    )
    primary_contact_id = fields.Many2one(
        related="customer_id.primary_contact_id", string="Primary contact"
    )
    channel_id = fields.Many2one("helpdesk.channel", readonly=True)
    state = fields.Selection(
        STATES,
        string="Status",
        required=True,
        readonly=True,
        default="held",
        index=True,
    )
    ticket_id = fields.Many2one(
        "helpdesk.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )

    @api.model
    def _hold(self, vals):
        """Keep a request and tell who asked whom to ask.

        :param dict vals: values of the request
        :return: `helpdesk.ticket.request`
        """
        request = self.create(vals)
        request._explain()
        return request

    def _explain(self):
        """Send the explanation, at most one a day to a person: no loop of answers."""
        self.ensure_one()
        told = self.search_count(
            [
                ("partner_id", "=", self.partner_id.id),
                ("create_date", ">", fields.Datetime.now() - timedelta(days=1)),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        template = self.env.ref(
            "helpdesk_ticket.mail_template_request_held", raise_if_not_found=False
        )
        if told or not template:
            return
        # RFC 3834 section 5: an automatic answer says so, and programs don't reply.
        values = {"headers": repr({"Auto-Submitted": "auto-replied"})}
        if address := self.company_id.helpdesk_sender_address:
            sender = formataddr((self.company_id.name, address))
            values.update(email_from=sender, reply_to=sender)
        mail_id = template.send_mail(
            self.id,
            email_values=values,
            email_layout_xmlid="mail.mail_notification_light",
        )
        # sudo: outgoing mails are technical; this one was just made here
        self.env["mail.mail"].sudo().browse(mail_id).send_after_commit()

    def action_accept(self):
        """Make tickets of the requests after all.

        :return: the ticket's form for one request, an `ir.actions.act_window` as a dict
        """
        held = self.filtered(lambda request: request.state == "held")
        for request in held:
            request.ticket_id = request._make_ticket()
        accepted = held.filtered("ticket_id")
        accepted.state = "accepted"
        return accepted.ticket_id.action_open_form() if len(accepted) == 1 else None

    def _make_ticket(self):
        """Return the `helpdesk.ticket` of this request; a hook for other channels."""
        self.ensure_one()
        return self.env["helpdesk.ticket"].create(
            {
                "name": self.name,
                "description": self.text,
                "partner_id": self.partner_id.id,
                "channel_id": self.channel_id.id,
                "company_id": self.company_id.id,
            }
        )

    def action_discard(self):
        """Decide that the requests become no tickets; they stay readable."""
        self.filtered(lambda request: request.state == "held").state = "discarded"
