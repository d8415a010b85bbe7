from odoo import api, fields, models

from ...in_use import check_company_fits, check_unused


class HelpdeskDictionaryMixin(models.AbstractModel):
    """A list of values that each company defines (T02, T03, T04)."""

    _name = "helpdesk.dictionary.mixin"
    _description = "Entry of a Freely Defined List"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index="btree_not_null",
        help="Leave empty to share it among all companies.",
    )

    @api.constrains("company_id")
    def _check_company_id(self):
        check_company_fits(self)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """Refuse to delete values in use: tickets would lose them, and what applies to
        one value only would apply to all (T02, T03, T04)."""
        check_unused(self)
