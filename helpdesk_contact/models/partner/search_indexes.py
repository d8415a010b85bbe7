from odoo import models


def _trigram(column):
    """Return the definition of a trigram index as Odoo makes it for `index="trigram"`.

    These columns already have an index of another kind that sorting or equality
    needs, or are shared with other apps, so the field's own index stays as it is.
    """

    def definition(registry):
        if not registry.has_trigram:
            return ""
        return f"USING gin ({registry.unaccent(column)} gin_trgm_ops)"

    return definition


class ResPartner(models.Model):
    """Indexes for the search box over a million partners.

    Odoo's box looks for a text in all of name, e-mail, reference and numbers at once:
    one column without an index makes PostgreSQL read the whole table.
    """

    _inherit = "res.partner"

    _complete_name_trigram = models.Index(_trigram("complete_name"))
    _email_trigram = models.Index(_trigram("email"))
    _phone_trigram = models.Index(_trigram("phone"))
    _mobile_trigram = models.Index(_trigram("mobile"))
    _ref_trigram = models.Index(_trigram("ref"))
    _vat_trigram = models.Index(_trigram("vat"))
    _company_registry_trigram = models.Index(_trigram("company_registry"))
