import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mail import email_normalize, parse_contact_from_email

# What stands in headers of mails, and what would end or break one.
LINES = ("name", "partner_name", "partner_email")
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class HelpdeskRequesterMixin(models.AbstractModel):
    """Who asked: the customer, the contact, or a bare address (T08, C09, K03)."""

    _name = "helpdesk.requester.mixin"
    _description = "Who Asked"

    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        check_company=True,
        tracking=True,
        help="The person who asked.",
    )
    customer_id = fields.Many2one(
        "res.partner",
        compute="_compute_customer_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        tracking=True,
    )
    partner_name = fields.Char(
        string="Contact's name",
        compute="_compute_partner_name",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    partner_email = fields.Char(
        string="E-mail",
        compute="_compute_partner_email",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        index="trigram",
    )
    sender_email = fields.Char(
        string="Sent from",
        readonly=True,
        copy=False,
        help="The address that the first mail came from.",
    )
    sender_is_unknown = fields.Boolean(
        string="Sender's address is new", compute="_compute_sender_is_unknown"
    )
    partner_phone = fields.Char(string="Phone", related="partner_id.phone")
    partner_mobile = fields.Char(string="Mobile", related="partner_id.mobile")

    @api.depends("partner_id")
    def _compute_customer_id(self):
        for ticket in self:
            customer = ticket.partner_id.commercial_partner_id
            ticket.customer_id = customer or ticket.customer_id

    @api.depends("partner_id")
    def _compute_partner_name(self):
        for ticket in self:
            ticket.partner_name = ticket.partner_id.name or ticket.partner_name

    @api.depends("partner_id.email")
    def _compute_partner_email(self):
        for ticket in self:
            ticket.partner_email = ticket.partner_id.email or ticket.partner_email

    @api.depends(
        "sender_email",
        "partner_id.email_normalized",
        "partner_id.helpdesk_address_ids.email_normalized",
    )
    def _compute_sender_is_unknown(self):
        """Whether the contact was chosen by hand and does not have the address yet."""
        for ticket in self:
            partner = ticket.partner_id
            known = partner.helpdesk_address_ids.mapped("email_normalized")
            ticket.sender_is_unknown = bool(
                partner
                and ticket.sender_email
                and ticket.sender_email not in [partner.email_normalized, *known]
            )

    @api.model
    def _clean_sender_values(self, vals):
        """Split `Anna <anna@example.com>` into name and bare address, and make one line
        of what stands in headers of mails (rel-C5)."""
        vals = {
            name: CONTROL.sub(" ", value).strip()
            if name in LINES and isinstance(value, str)
            else value
            for name, value in vals.items()
        }
        email = vals.get("partner_email")
        if email and email_normalize(email):
            name, email = parse_contact_from_email(email)
            vals = {**vals, "partner_email": email}
            if name and not vals.get("partner_name") and not vals.get("partner_id"):
                vals["partner_name"] = name
        return vals

    def action_create_contact(self):
        """Make a contact of a bare sender address (C09).

        :raise UserError: when the address is not one e-mail address
        """
        self.ensure_one()
        Partner = self.env["res.partner"]
        sender = (self.partner_email, self.partner_name, self.company_id)
        partner = Partner._helpdesk_find_by_email(
            *sender
        ) or Partner._helpdesk_create_from_email(*sender)
        if not partner:
            raise UserError(
                self.env._(
                    "“%(address)s” is not one e-mail address. Correct it on the "
                    "ticket, then create the contact.",
                    address=self.partner_email or "",
                )
            )
        self.partner_id = partner

    def action_view_history(self):
        """Open all tickets of this ticket's customer on a line of time (T19).

        :return: an `ir.actions.client` as a dict
        :raise UserError: when the ticket has neither customer nor contact
        """
        self.ensure_one()
        partner = self.customer_id or self.partner_id
        if not partner:
            raise UserError(
                self.env._("Choose the customer first: the history is the customer's.")
            )
        return partner._get_helpdesk_history_action(self)

    def action_learn_sender_address(self):
        """Remember: the sender's address is this contact's too (K03)."""
        self.ensure_one()
        self.env["helpdesk.contact.address"].create(
            {"email": self.sender_email, "partner_id": self.partner_id.id}
        )

    def _detach_partners(self, partners):
        """Take customers that are deleted for good off the tickets (K12).

        :param partners: `res.partner` that are about to be deleted
        """
        self.write(
            {
                "contract_id": False,
                "customer_id": False,
                "partner_id": False,
                "partner_email": False,
                "partner_name": False,
                "sender_email": False,
            }
        )
        self.message_unsubscribe(partners.ids)
