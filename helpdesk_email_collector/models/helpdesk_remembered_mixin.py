from odoo import api, models

from ..memory import forget


class HelpdeskRememberedMixin(models.AbstractModel):
    """Records that are asked for once in a transaction: their change is not missed."""

    _name = "helpdesk.remembered.mixin"
    _description = "What Is Asked for Once in a Transaction"

    @api.model_create_multi
    def create(self, vals_list):
        forget(self.env)
        return super().create(vals_list)

    def write(self, vals):
        forget(self.env)
        return super().write(vals)

    def unlink(self):
        forget(self.env)
        return super().unlink()
