import re

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# Characters in typed telephone numbers, and parts that do not count: "(0)" is only
# dialled within the country.
PHONE = re.compile(r"\+?[\d\s()/.–-]+")
NO_DIGITS = re.compile(r"\(0\)|[^0-9]")
# Fewer digits occur in too many numbers, years and amounts.
MIN_DIGITS = 4
MIN_WHOLE_NUMBER = 8
LONGEST_COUNTRY_CODE = 3


def _digits(column):
    """Return the SQL for the digits of a telephone number; `column` is an SQL or a
    name."""
    return SQL("REGEXP_REPLACE(%s, '\\(0\\)|[^0-9]', '', 'g')", column)


def _trigram(column):
    """Return the definition of a trigram index like that of `index="trigram"`.

    These columns already have an index of another kind, needed for sorting or equality,
    or belong to other apps, so the index of the field is left unchanged.
    """

    def definition(registry):
        if not registry.has_trigram:
            return ""
        return f"USING gin ({registry.unaccent(column)} gin_trgm_ops)"

    return definition


def _digits_trigram(column):
    """Return the definition of a trigram index on the digits of a telephone number."""

    def definition(registry):
        if not registry.has_trigram:
            return ""
        return f"USING gin (({_digits(SQL(column)).code}) gin_trgm_ops)"

    return definition


class ResPartner(models.Model):
    """Searching a million partners, and the indexes for it.

    Odoo's search box looks for a text in name, e-mail, reference and numbers at once: a
    single column without an index makes PostgreSQL read the whole table.
    """

    _inherit = "res.partner"

    helpdesk_phone = fields.Char(
        string="Telephone or mobile number",
        store=False,
        search="_search_helpdesk_phone",
        help="Finds a number regardless of its spelling.",
    )

    _complete_name_trigram = models.Index(_trigram("complete_name"))
    _email_trigram = models.Index(_trigram("email"))
    _phone_trigram = models.Index(_trigram("phone"))
    _mobile_trigram = models.Index(_trigram("mobile"))
    _ref_trigram = models.Index(_trigram("ref"))
    _vat_trigram = models.Index(_trigram("vat"))
    _company_registry_trigram = models.Index(_trigram("company_registry"))
    _phone_digits_trigram = models.Index(_digits_trigram("phone"))
    _mobile_digits_trigram = models.Index(_digits_trigram("mobile"))

    @api.model
    def _search_helpdesk_phone(self, operator, value):
        """Find partners by a number or a part of it, in any notation.

        "+49 (0)30 / 123-456" finds "030123456", and vice versa.

        :return: a domain; `Domain.FALSE` for what is not a number
        """
        if operator not in ("ilike", "like") or not isinstance(value, str):
            return NotImplemented
        typed = value.strip()
        dialled = NO_DIGITS.sub("", typed)
        abroad = typed.startswith("+") or dialled.startswith("00")
        digits = dialled.lstrip("0")
        if not PHONE.fullmatch(typed) or len(digits) < MIN_DIGITS:
            return Domain.FALSE
        patterns = [f"%{digits}%"]
        if abroad and len(digits) >= MIN_WHOLE_NUMBER:
            # The stored number may lack the country code.
            for length in range(1, LONGEST_COUNTRY_CODE + 1):
                patterns.append(f"0{digits[length:]}%")

        def matches(column):
            def to_sql(model, alias, query):
                number = _digits(model._field_to_sql(alias, column, query))
                # one by one, because PostgreSQL uses no trigram index for LIKE ANY
                likes = [SQL("%s LIKE %s", number, pattern) for pattern in patterns]
                return SQL("(%s)", SQL(" OR ").join(likes))

            return Domain.custom(to_sql=to_sql)

        return matches("phone") | matches("mobile")
