from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...inside import Inside, inside


class ResPartner(models.Model):
    _inherit = "res.partner"

    # Every incoming mail looks its sender up by this column; without an index the
    # cost of a mail grows with the number of partners.
    email_normalized = fields.Char(index="btree_not_null")
    # Through the API, customers can read their own contact and those of colleagues.
    comment = fields.Html(groups="base.group_user")
    helpdesk_ignore_email = fields.Boolean(
        string="Ignore this user's e-mails",
        groups="base.group_user",
        help="No ticket is created from this contact's e-mails. Answers to existing "
        "tickets are still kept.",
    )
    # The customer holds its primary contact: one column of one row can never name
    # two, and two people who set it at once are put in order by the row's lock (C02).
    primary_contact_id = fields.Many2one(
        "res.partner",
        string="Customer's primary contact",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        tracking=True,
        domain="[('commercial_partner_id', '=', id), ('id', '!=', id)]",
        help="The person who sees all open tickets of this customer in the portal.",
    )
    is_primary_contact = fields.Boolean(
        string="Primary contact",
        compute="_compute_is_primary_contact",
        inverse="_inverse_is_primary_contact",
        search="_search_is_primary_contact",
        help="Sees all open tickets of the company in the portal. A customer has only "
        "one primary contact: ticking this replaces the current one.",
    )
    helpdesk_primary_contact_only = fields.Boolean(
        string="Tickets by primary contact only",
        help="Only the primary contact can open tickets for this customer, by e-mail, "
        "in the portal and from the workstation. Agents can still open them for "
        "anybody.",
    )
    helpdesk_domain_ids = fields.One2many(
        "helpdesk.mail.domain",
        "partner_id",
        string="Mail domains",
        help="Unknown senders with an address in one of these domains become "
        "contacts of this customer.",
    )
    helpdesk_language_id = fields.Many2one(
        "res.lang",
        string="Support language",
        compute="_compute_helpdesk_language_id",
        inverse="_inverse_helpdesk_language_id",
        domain="[('id', 'in', helpdesk_allowed_language_ids)]",
        help="The language of all notifications to this customer or contact.",
    )
    helpdesk_language_by_hand = fields.Boolean(
        string="Language set by hand",
        copy=False,
        help="Keeps the language of this contact when the customer's language changes.",
    )
    helpdesk_allowed_language_ids = fields.Many2many(
        "res.lang",
        string="Support languages to choose from",
        compute="_compute_helpdesk_allowed_language_ids",
    )

    _primary_contact_uniq = models.UniqueIndex(
        "(primary_contact_id) WHERE primary_contact_id IS NOT NULL",
        "This person is already the primary contact of another customer.",
    )

    @api.depends("commercial_partner_id.primary_contact_id")
    def _compute_is_primary_contact(self):
        for partner in self:
            primary = partner.commercial_partner_id.primary_contact_id
            partner.is_primary_contact = bool(primary) and (
                primary in (partner, partner._origin)
            )

    def _inverse_is_primary_contact(self):
        chosen = self.filtered("is_primary_contact")
        given_up = (self - chosen).filtered(
            lambda contact: contact.commercial_partner_id.primary_contact_id == contact
        )
        given_up.commercial_partner_id.primary_contact_id = False
        for contact in chosen:
            customer = contact.commercial_partner_id
            if customer == contact:
                raise ValidationError(
                    self.env._(
                        "%(contact)s belongs to no company. Choose the customer "
                        "first, then make this person its primary contact.",
                        contact=contact.display_name,
                    )
                )
            customer.primary_contact_id = contact

    def _search_is_primary_contact(self, operator, value):
        if operator != "in":
            return NotImplemented
        holders = Domain("primary_contact_id", "!=", False)
        # sudo: only the ids of primary contacts; the outer search has its own rules
        query = self.sudo().with_context(active_test=False)._search(holders)
        return Domain("id", "in", query.subselect("primary_contact_id"))

    @api.depends("lang")
    def _compute_helpdesk_language_id(self):
        by_code = {
            lang.code: lang
            for lang in self.env["res.lang"].search([("active", "=", True)])
        }
        for partner in self:
            partner.helpdesk_language_id = by_code.get(partner.lang, False)

    def _inverse_helpdesk_language_id(self):
        for partner in self:
            if partner.lang != partner.helpdesk_language_id.code:
                partner.lang = partner.helpdesk_language_id.code

    @api.depends("parent_id")
    def _compute_lang(self):
        """Take over the customer's language if it has one and nobody chose another; not
        that of the agent who chooses the customer (K05, K06)."""
        heirs = self.filtered(
            lambda one: (
                not one.helpdesk_language_by_hand
                and (one.parent_id.lang or not one.lang)
            )
        )
        heirs = heirs.with_context(helpdesk_language_of_customer=Inside())
        return super(ResPartner, heirs)._compute_lang()

    @api.depends_context("company")
    def _compute_helpdesk_allowed_language_ids(self):
        self.helpdesk_allowed_language_ids = self.env.company._get_helpdesk_languages()

    @api.constrains("primary_contact_id")
    def _check_primary_contact(self):
        for customer in self.filtered("primary_contact_id"):
            primary = customer.primary_contact_id
            if primary == customer or primary.commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is not a contact of %(customer)s. Choose one of "
                        "the customer's own contacts as the primary contact.",
                        contact=primary.display_name,
                        customer=customer.display_name,
                    )
                )

    @api.constrains("helpdesk_primary_contact_only", "primary_contact_id")
    def _check_helpdesk_primary_contact_only(self):
        for customer in self.filtered("helpdesk_primary_contact_only"):
            if not customer.primary_contact_id:
                raise ValidationError(
                    self.env._(
                        "%(customer)s has no primary contact. Choose one before "
                        "allowing only the primary contact to open tickets.",
                        customer=customer.display_name,
                    )
                )

    @api.model
    def get_import_templates(self):
        """Offer the helpdesk's templates in its own import screens (C10).

        :return: list of dicts with `label` and `template`, the file's address
        """
        if self.env.context.get("helpdesk_import"):
            return self._get_helpdesk_import_templates()
        return super().get_import_templates()

    def _convert_fields_to_values(self, field_names):
        if inside(self.env, "helpdesk_import_sync"):
            # sudo: an import copies the customer's accounting fields to its contacts,
            # as saving a form does, and agents may not read these themselves
            self = self.sudo()
        return super()._convert_fields_to_values(field_names)

    @api.onchange("is_primary_contact")
    def _onchange_is_primary_contact(self):
        """Warn whom the change will replace as primary contact (C02)."""
        customer = self.commercial_partner_id
        if not self.parent_id.is_company and customer == self:
            return None
        before = (self.parent_id.commercial_partner_id or customer).primary_contact_id
        if not self.is_primary_contact or before in (before.browse(), self._origin):
            return None
        return {
            "warning": {
                "title": self.env._("Another primary contact"),
                "message": self.env._(
                    "%(contact)s is the current primary contact and will be replaced "
                    "when you save.",
                    contact=before.name,
                ),
            }
        }

    def write(self, vals):
        """Update partners; a customer's language is passed on to its contacts (K05),
        and a contact that leaves a customer is no longer its primary contact (C02)."""
        if inside(self.env, "helpdesk_import_sync"):
            vals = self._get_import_changes(vals)
        leaving = {"parent_id", "is_company"} & vals.keys() and self.filtered(
            lambda one: (
                one.parent_id.id != vals.get("parent_id", one.parent_id.id)
                or one.is_company != vals.get("is_company", one.is_company)
            )
        )
        if "lang" not in vals:
            res = super().write(vals)
        else:
            by_hand = not inside(self.env, "helpdesk_language_of_customer")
            followers = self._get_language_followers(vals["lang"]) if by_hand else None
            res = super().write(
                {"helpdesk_language_by_hand": by_hand and bool(vals["lang"]), **vals}
            )
            if followers:
                followers.lang = vals["lang"]
        if leaving:
            leaving._release_primary_contact()
        return res

    def _get_language_followers(self, lang):
        """Return the contacts that take over the language of these customers: they have
        none, or the same one and nobody chose it (K05).

        :param str lang: the new language of the customers
        :return: `res.partner`
        """
        customers = self.filtered(
            lambda partner: (
                partner.lang != lang and partner.commercial_partner_id == partner
            )
        )
        if not customers or not lang:
            return self.browse()
        # sudo: also contacts that the user cannot see get the language
        people = self.sudo().with_context(active_test=False)
        contacts = people.search(
            [
                ("commercial_partner_id", "in", customers.ids),
                ("id", "not in", self.ids),
                ("helpdesk_language_by_hand", "=", False),
            ]
        )
        return contacts.filtered(
            lambda one: one.lang in (False, one.commercial_partner_id.lang)
        ).with_context(helpdesk_language_of_customer=Inside())

    def _release_primary_contact(self):
        """Unset the primary contact of customers that the contact has left."""
        # sudo: the former customer may be invisible to the user, and only
        # its pointer to a contact that is no longer its own is cleared
        customers = self.sudo().search([("primary_contact_id", "in", self.ids)])
        left = customers.filtered(
            lambda customer: (
                customer.primary_contact_id.commercial_partner_id != customer
            )
        )
        left.write(
            {"primary_contact_id": False, "helpdesk_primary_contact_only": False}
        )
