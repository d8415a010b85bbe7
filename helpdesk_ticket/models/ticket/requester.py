import re
from email.utils import getaddresses

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.mail import email_normalize, parse_contact_from_email

from odoo.addons.helpdesk_contact.models.partner.identity import is_address

from .helpdesk_ticket import FORMER, LINES, LINKS

# What would end or break a header of a mail
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class HelpdeskTicket(models.Model):
    """Who asked: the customer, the contact, or a bare address (T08, C09, K03)."""

    _inherit = "helpdesk.ticket"

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
        """Take the contact's address; a closed ticket keeps the one it was closed
        with."""
        for ticket in self:
            known = ticket._origin.partner_id == ticket.partner_id
            if known and ticket.partner_email and not ticket.is_open:
                continue
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

    @api.model
    def _link_known_addresses(self, vals_list):
        """Name the contacts whose addresses somebody typed or sent by API (C09, K03).

        What comes in by mail, form and link is looked up by `helpdesk.intake`, which
        knows whether the sender is who it says.

        :param list vals_list: of dicts for `create` or `write`
        :raise UserError: when an address is none, a subject is empty, what only the
            helpdesk writes is given (T14), or the ticket to link to must not be seen:
            the link would name it (rel-A7)
        :rtype: list
        """
        if self.env.su:
            return vals_list
        here, wanted, keys = (self.company_id or self.env.company)[:1].id, {}, []
        for vals in vals_list:
            if self._get_kept_fields() & vals.keys():
                self._check_kept(vals)
            self._check_typed(vals)
            address = email_normalize((vals.get("partner_email") or "").strip())
            keys.append((vals.get("company_id") or here, address))
            if address and not vals.get("partner_id"):
                wanted.setdefault(keys[-1][0], []).append(address)
        Partner = self.env["res.partner"]
        found = {
            (company_id, address): person
            for company_id, addresses in wanted.items()
            for address, person in Partner._helpdesk_find_by_emails(
                addresses, company_id
            ).items()
        }
        return [
            {**vals, "partner_id": found[key].id}
            if key in found and not vals.get("partner_id")
            else vals
            for vals, key in zip(vals_list, keys, strict=True)
        ]

    @api.model
    def _check_typed(self, vals):
        """Refuse what an agent or a program typed and nobody can use.

        :param dict vals: for `create` or `write`
        :raise UserError: when an address is none, a subject or the channel is empty,
            a number, date or author of another helpdesk comes by no import (T01), or
            the ticket to link to must not be seen: the link would name it (rel-A7)
        """
        if {"partner_email", "email_cc", "reply_to"} & vals.keys():
            self._check_addresses(vals)
        if FORMER & vals.keys():
            self._check_former(vals)
        if not vals.get("channel_id", True) and any(self.mapped("channel_id")):
            raise UserError(self.env._("Choose how the request reached the helpdesk."))
        if "name" in vals and not (vals["name"] or "").strip():
            raise UserError(self.env._("Enter a subject: what is it about?"))
        linked = self.browse({vals[name] for name in LINKS & vals.keys() if vals[name]})
        if linked and linked._filtered_access("read") != linked:
            raise UserError(
                self.env._("The ticket to link to is not there. Choose another one.")
            )

    @api.model
    def _check_addresses(self, vals):
        """Refuse addresses that are none, or one of our own.

        :param dict vals: for `create` or `write`
        :raise UserError: in words
        """
        address = vals.get("partner_email")
        if address and not is_address(address.strip()):
            raise UserError(
                self.env._(
                    "“%(address)s” is not an e-mail address. Enter one address, for "
                    "example anna@example.com.",
                    address=address,
                )
            )
        if address and self.env["helpdesk.own.address"]._is_own(
            email_normalize(address)
        ):
            raise UserError(
                self.env._(
                    "%(address)s is an address of our own: mail to it would come back. "
                    "Enter the customer's.",
                    address=address,
                )
            )
        for name in ("email_cc", "reply_to"):
            for _name, one in getaddresses([(vals.get(name) or "").replace(";", ",")]):
                if not is_address(one):
                    raise UserError(
                        self.env._(
                            "“%(address)s” is not an e-mail address. Enter addresses "
                            "with commas between them, for example anna@example.com.",
                            address=one or vals[name],
                        )
                    )

    @api.constrains("partner_id", "customer_id")
    def _check_same_customer(self):
        """Refuse the contact of one company on the ticket of another: each would read
        what the other wrote (T08)."""
        for ticket in self.filtered("partner_id"):
            # sudo: only compares whose contact it is
            contact, customer = ticket.sudo().partner_id, ticket.sudo().customer_id
            company = contact.commercial_partner_id
            has_company = company != contact or contact.is_company
            if customer and has_company and customer.commercial_partner_id != company:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is a contact of %(company)s, and the ticket is "
                        "one of %(customer)s. Choose a contact of the customer, or "
                        "leave the customer to the contact.",
                        contact=contact.name,
                        company=company.name,
                        customer=customer.name,
                    )
                )

    @api.onchange("customer_id")
    def _onchange_customer_id(self):
        """Let go of a contact that is not one of the customer just chosen."""
        contact, customer = self.partner_id, self.customer_id
        company = contact.commercial_partner_id
        if not contact or not customer or company == customer.commercial_partner_id:
            return None
        self.partner_id = False
        self.customer_id = customer
        return {
            "warning": {
                "title": self.env._("Another customer"),
                "message": self.env._(
                    "%(contact)s is not a contact of %(customer)s and was taken off "
                    "the ticket.",
                    contact=contact.name,
                    customer=customer.name,
                ),
            }
        }

    def _follow_contacts(self, before):
        """Keep open tickets with the right customer when contacts change theirs (K11).

        Somebody who had no company brings the tickets along. Whoever leaves one leaves
        its tickets there: a new employer must not read them.

        :param dict before: the commercial partner of each changed contact
        """
        joined = left = self.browse()
        for ticket in self:
            contact = ticket.partner_id
            if ticket.customer_id in (contact, contact.browse()):
                joined |= ticket
            elif ticket.customer_id.commercial_partner_id != (
                contact.commercial_partner_id
            ):
                left |= ticket
        for company, tickets in joined.grouped(
            lambda ticket: ticket.partner_id.commercial_partner_id
        ).items():
            tickets.customer_id = company
        for contact, tickets in left.grouped("partner_id").items():
            tickets._release_contact(contact)

    def _release_former_contacts(self):
        """Take contacts off these tickets who have left their customer (K11)."""
        left = self.filtered(lambda ticket: ticket._has_former_contact())
        for contact, tickets in left.grouped("partner_id").items():
            tickets._release_contact(contact)

    def _has_former_contact(self):
        """Say whether the contact has left the customer of this ticket.

        Somebody without a company may ask for a customer; whoever has left one follows
        its tickets no longer.

        :rtype: bool
        """
        self.ensure_one()
        contact, customer = self.partner_id, self.customer_id.commercial_partner_id
        company = contact.commercial_partner_id
        if not contact or not customer or company == customer:
            return False
        if company != contact or contact.is_company:
            return True
        return self.notify_partner and contact not in self.message_partner_ids

    def _release_contact(self, contact):
        """Take somebody who has left the customer off its open tickets, and say so.

        :param contact: `res.partner`
        """
        nobody = dict.fromkeys(("partner_id", "partner_email", "reply_to"), False)
        self.write(nobody)
        self.message_unsubscribe(contact.ids)
        for ticket, users in self._get_responsible_users().items():
            for lang, people in users.grouped("lang").items():
                ticket = ticket.with_context(lang=lang)
                ticket.message_notify(
                    partner_ids=people.partner_id.ids,
                    subject=ticket._get_label(),
                    body=ticket.env._(
                        "%(contact)s has left %(customer)s and is not the contact of "
                        "this ticket any more. Choose another contact of the customer.",
                        contact=contact.name,
                        customer=ticket.customer_id.name,
                    ),
                )

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
