from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize, email_normalize_all

from ...language import detect_language


class ResPartner(models.Model):
    """Who is this sender, and may it open tickets? Mixed into `res.partner` (C07, C09,
    K01, K06, K10)."""

    _inherit = "res.partner"

    # ------------------------------------------------------------------
    # Find
    # ------------------------------------------------------------------

    @api.model
    def _helpdesk_find_by_email(self, email, name=None, company=None):
        """Find the contact that an address belongs to, a deactivated one too (K10).

        :param str email: an address, with or without a display name
        :param str name: the sender's name; decides among contacts with one address
        :param company: `res.company` that must see the contact
        :return: `res.partner` with at most one record
        """
        normalized = email_normalize(email, strict=False)
        if not normalized:
            return self.browse()
        domain = Domain("email_normalized", "=", normalized)
        # Two small look-ups by index; one query with OR would read the whole table.
        owner_ids = self.env["helpdesk.contact.address"]._find_owner_ids([normalized])
        further = self.browse(owner_ids.get(normalized))
        if company:
            in_company = Domain("company_id", "in", [False, company.id])
            domain &= in_company
            further = further.filtered_domain(in_company)
        partners = further | self.with_context(active_test=False).search(domain)
        found = partners.sorted(lambda p: p._helpdesk_sender_rank(name, company))[:1]
        return found.with_context(active_test=self.env.context.get("active_test", True))

    @api.model
    def _helpdesk_find_by_emails(self, addresses, company_id):
        """Find the contacts of many addresses, in two queries.

        :param list addresses: normalised addresses
        :param int company_id: of our company that must see the contacts
        :return: dict of `res.partner` by those addresses that somebody has
        """
        if not addresses:
            return {}
        owner_ids = self.env["helpdesk.contact.address"]._find_owner_ids(addresses)
        here = Domain("company_id", "in", [False, company_id])
        people = {
            address: owner
            for address, id_ in owner_ids.items()
            if (owner := self.browse(id_).filtered_domain(here))
        }
        partners = self.with_context(active_test=False).search(
            here & Domain("email_normalized", "in", addresses)
        )
        for address, group in partners.grouped("email_normalized").items():
            people[address] = people.get(address, self.browse()) | group
        return {
            address: group.sorted(lambda p: p._helpdesk_sender_rank(None, None))[:1]
            for address, group in people.items()
        }

    def _helpdesk_sender_rank(self, name, company):
        """Order key among several partners with one address: the smallest wins."""
        self.ensure_one()
        return (
            not self.active,
            not name or (self.name or "").casefold() != name.casefold(),
            self.is_company,
            not self.parent_id,
            bool(company) and self.company_id != company,
            self.id,
        )

    # ------------------------------------------------------------------
    # Create
    # ------------------------------------------------------------------

    @api.model
    def _helpdesk_create_from_email(self, email, name=None, company=None, text=None):
        """Create the contact of an unknown sender (C09).

        :param str email: an address, with or without a display name
        :param str name: the sender's name
        :param company: `res.company` whose helpdesk the mail reached
        :param str text: plain text of the first mail, for its language (K06)
        :return: the new `res.partner`, empty when `email` holds no single address
        """
        if len(email_normalize_all(email)) != 1:
            return self.browse()
        return self.create(
            self._prepare_helpdesk_contact_values(
                email_normalize(email), name, company or self.env.company, text
            )
        )

    @api.model
    def _prepare_helpdesk_contact_values(self, email_normalized, name, company, text):
        """Return the values of a contact made from an address."""
        customer = self.env["helpdesk.mail.domain"]._find_customer(
            email_normalized, company=company
        )
        return {
            "name": name or email_normalized.partition("@")[0],
            "email": email_normalized,
            "is_company": False,
            "parent_id": customer.id,
            "company_id": (customer or self)._helpdesk_contact_company(company).id,
            "lang": self._helpdesk_detect_language(text, company)
            or customer.lang
            or company._get_helpdesk_fallback_language().code,
            "identified_by_email": True,
        }

    def _helpdesk_contact_company(self, company):
        """Return the company that a new contact of this customer belongs to.

        A contact without a customer is kept to the company it wrote to as soon as
        there is more than one: a helpdesk must not show its senders to another.
        """
        if self:
            return self.company_id
        companies = self.env["res.company"]
        # sudo: only counts companies, and no user can see how many from this
        if company and companies.sudo().search_count([], limit=2) > 1:
            return company
        return companies

    @api.model
    def _helpdesk_detect_language(self, text, company):
        """Detect the language of a first mail among the support languages (K06).

        :param str text: plain text of the mail
        :param company: `res.company` whose support languages count
        :return: a `res.lang` code; the fallback's for a language that is not
            supported; None when the text does not tell
        """
        languages = company._get_helpdesk_languages()
        by_iso = {}
        for language in languages:
            by_iso.setdefault(language.code.partition("_")[0], language.code)
        detected = detect_language(text or "", list(by_iso))
        return by_iso.get(detected)

    # ------------------------------------------------------------------
    # May write, comes back
    # ------------------------------------------------------------------

    def _helpdesk_may_open_ticket(self):
        """Say whether this contact may open tickets for its customer (C07).

        The one rule for all channels. A customer without a primary contact, or whose
        primary contact is archived, shuts nobody out.

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

    def _helpdesk_reactivate(self, cause):
        """Activate deactivated senders, and their customers, again (K10).

        :param str cause: what came in, for example the subject of a mail
        """
        for partner in (self | self.commercial_partner_id).filtered(
            lambda partner: not partner.active
        ):
            partner.active = True
            partner.message_post(
                body=Markup("<p>%s</p>")
                % self.env._("Reactivated by a new request: %(cause)s", cause=cause)
            )
