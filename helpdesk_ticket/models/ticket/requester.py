from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mail import email_normalize, email_normalize_all


class HelpdeskTicket(models.Model):
    """Who asked: the customer, the contact, or a bare address (T08, C09, K03), and
    whether they are told (T09)."""

    _inherit = "helpdesk.ticket"

    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        check_company=True,
        tracking=True,
        help="The person who made the request.",
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
    partner_email_normalized = fields.Char(
        "Normalized e-mail",
        compute="_compute_partner_email_normalized",
        store=True,
        precompute=True,
        index="btree_not_null",
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
    notify_partner = fields.Boolean(
        string="Notify business partner",
        compute="_compute_notify_partner",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="The contact gets an e-mail when the ticket is opened, whenever an "
        "answer is sent, and about further updates of the ticket.",
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

    @api.depends("partner_email")
    def _compute_partner_email_normalized(self):
        """What is no address is kept in lower case, so that it is found as well."""
        for ticket in self:
            email = ticket.partner_email or ""
            normalized = email_normalize(email) or email.strip().lower()
            ticket.partner_email_normalized = normalized or False

    @api.depends("company_id")
    def _compute_notify_partner(self):
        for ticket in self:
            ticket.notify_partner = ticket.company_id.helpdesk_notify_partner

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

    @api.onchange("customer_id")
    def _onchange_customer_id(self):
        """Remove a contact that does not belong to the customer just chosen."""
        contact, customer = self.partner_id, self.customer_id
        company = contact.commercial_partner_id
        if not contact or not customer or company == customer.commercial_partner_id:
            return None
        self.partner_id = self.partner_email = self.partner_name = False
        self.customer_id = customer
        return {
            "warning": {
                "title": self.env._("Another customer"),
                "message": self.env._(
                    "%(contact)s is not a contact of %(customer)s and was removed "
                    "from the ticket.",
                    contact=contact.name,
                    customer=customer.name,
                ),
            }
        }

    def _is_of_customer(self, partner):
        """Return whether a partner is the customer of this ticket, one of its people,
        or a company below it.

        :param partner: `res.partner` as sudo
        :rtype: bool
        """
        self.ensure_one()
        # sudo: only whose it is
        customer = self.customer_id.sudo().commercial_partner_id
        while partner and customer:
            if partner.commercial_partner_id == customer:
                return True
            partner = partner.commercial_partner_id.parent_id
        return False

    # -- whose mail takes part ---------------------------------------------------------

    def _get_participant_addresses(self):
        """Return the addresses whose mail may join this ticket by its number (E06).

        :return: a set of normalised addresses
        """
        private = self._get_private_messages()
        addresses = set(private.partner_ids.mapped("email_normalized")) - {False}
        return self._get_public_addresses() | addresses

    def _get_public_addresses(self):
        """Return the addresses of those who take part in what the customer sees.

        :return: a set of normalised addresses
        """
        self.ensure_one()
        # sudo: followers are technical records; their addresses are compared only
        people = self.sudo().message_partner_ids | self.partner_id
        texts = [self.partner_email, self.sender_email, self.email_cc, self.reply_to]
        texts += people.helpdesk_address_ids.mapped("email_normalized")
        addresses = {address for text in texts for address in email_normalize_all(text)}
        return addresses | set(people.mapped("email_normalized")) - {False}

    # -- another contact or customer ---------------------------------------------------

    def _follow_people(self, vals, people):
        """Apply the effects of another contact or customer; a hook.

        :param dict vals: what was written
        :param dict people: contact and customer of each ticket before
        """
        if "partner_email" not in vals:
            self._forget_former_contacts(people)
        for ticket in self:
            if ticket.is_open and ticket.partner_id - people[ticket][0]:
                ticket.partner_id._helpdesk_reactivate(ticket.number)
        self._update_partner_subscription(people)
        if "reply_to" not in vals:
            self._forget_asked_address(people)

    def _forget_former_contacts(self, people):
        """Forget the addresses of contacts who were taken off with their customer: the
        next one's answers are not for them (T08).

        :param dict people: contact and customer of each ticket before
        """
        left = self.filtered(
            lambda ticket: (
                people[ticket][0]
                and not ticket.partner_id
                and ticket.customer_id - people[ticket][1]
            )
        )
        if left:
            left.write({"partner_email": False, "partner_name": False})

    # -- contacts who change their customer --------------------------------------------

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
        self._notify_responsible_users(
            lambda ticket: ticket.env._(
                "%(contact)s has left %(customer)s and is no longer the contact of "
                "this ticket. Choose another contact of the customer.",
                contact=contact.name,
                customer=ticket.customer_id.name,
            )
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
        """Open all tickets of this ticket's customer on a timeline (T19).

        :return: an `ir.actions.client` as a dict
        :raise UserError: when the ticket has neither customer nor contact
        """
        self.ensure_one()
        partner = self.customer_id or self.partner_id
        if not partner:
            raise UserError(self.env._("Choose the customer first to see the history."))
        return partner._get_helpdesk_history_action(self)

    def action_learn_sender_address(self):
        """Remember the sender's address as one of this contact's addresses (K03)."""
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
