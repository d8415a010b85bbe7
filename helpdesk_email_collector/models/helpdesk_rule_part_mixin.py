from odoo import api, models


class HelpdeskRulePartMixin(models.AbstractModel):
    """A rule or a part of one: a change of it lets the rules be read again (E02)."""

    _name = "helpdesk.rule.part.mixin"
    _description = "Part of an E-mail Rule"

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
