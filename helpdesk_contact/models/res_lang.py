from odoo import models


class ResLang(models.Model):
    _inherit = "res.lang"

    def write(self, vals):
        """Leave no archived contact with a language that is deactivated: Odoo looks at
        active ones only, and could write no word to who comes back (K05, K10)."""
        res = super().write(vals)
        if "active" in vals and not vals["active"]:
            self._part_with_archived_contacts()
        return res

    def _part_with_archived_contacts(self):
        """Give archived contacts of these languages the one for all whose own is none
        of ours (K06)."""
        # sudo: contacts of all companies
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        gone = set(self.mapped("code")) - {"en_US"}  # which Odoo always speaks
        spoken = partners.search([("lang", "in", list(gone))])
        for company, some in spoken.grouped("company_id").items():
            known = company or self.env.company
            some.lang = known._get_helpdesk_fallback_language().code
