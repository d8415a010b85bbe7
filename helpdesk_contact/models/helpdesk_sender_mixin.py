from odoo import api, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize, email_normalize_all


class HelpdeskSenderMixin(models.AbstractModel):
    """Who is this sender? Mixed into `res.partner` (K01, C09)."""

    _name = "helpdesk.sender.mixin"
    _description = "Finding the Contact of a Sender"

    @api.model
    def _helpdesk_find_by_email(self, email, name=None, company=None):
        """Find the contact that an address belongs to.

        :param str email: an address, with or without a display name
        :param str name: the sender's name; decides among contacts with one address
        :param company: `res.company` that must see the contact
        :return: `res.partner` with at most one record
        """
        normalized = email_normalize(email, strict=False)
        if not normalized:
            return self.browse()
        domain = Domain("email_normalized", "=", normalized)
        if company:
            domain &= Domain("company_id", "in", [False, company.id])
        partners = self.search(domain)
        return partners.sorted(
            lambda partner: partner._helpdesk_sender_rank(name, company)
        )[:1]

    def _helpdesk_sender_rank(self, name, company):
        """Order key among several partners with one address: the smallest wins."""
        self.ensure_one()
        return (
            not name or (self.name or "").casefold() != name.casefold(),
            self.is_company,
            not self.parent_id,
            company and self.company_id != company,
            self.id,
        )

    @api.model
    def _helpdesk_create_from_email(self, email, name=None, company=None):
        """Create the contact of an unknown sender (C09).

        :param str email: an address, with or without a display name
        :param str name: the sender's name
        :param company: `res.company` whose helpdesk the mail reached
        :return: the new `res.partner`, empty when `email` holds no single address
        """
        if len(email_normalize_all(email)) != 1:
            return self.browse()
        return self.create(
            self._prepare_helpdesk_contact_values(
                email_normalize(email), name=name, company=company
            )
        )

    @api.model
    def _prepare_helpdesk_contact_values(self, email_normalized, name, company):
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
            "lang": customer.lang or (company or self.env.company).partner_id.lang,
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
