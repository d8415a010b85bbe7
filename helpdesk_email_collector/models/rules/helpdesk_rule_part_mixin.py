from odoo import api, models

# Fields that decide who may change a rule or a part of one.
MOVES = {"collector_id", "company_id"}


class HelpdeskRulePartMixin(models.AbstractModel):
    """A rule, or a part of one: each change of it clears the cached rules (E02)."""

    _name = "helpdesk.rule.part.mixin"
    _description = "Part of an E-mail Rule"

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        res = super().write(vals)
        if MOVES & vals.keys():
            # Odoo checks access before the change only: nothing may be moved to where
            # the user may not write
            self.check_access("write")
        return res

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
