from odoo import api, models


class HelpdeskOwnAddressSource(models.AbstractModel):
    """Records that have addresses of our own: their change is seen at once (N02)."""

    _name = "helpdesk.own.address.source"
    _description = "Own Address Source"
    # The fields that such an address is made of.
    _own_address_fields = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        res = super().write(vals)
        if self._own_address_fields & vals.keys():
            self.env.registry.clear_cache()
        return res

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
