from odoo import api, models


class HelpdeskDictionaryMixin(models.AbstractModel):
    _inherit = "helpdesk.dictionary.mixin"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_rules(self):
        """Refuse to delete values that rules set."""
        self.env["helpdesk.email.collector.operation"]._check_not_set(self)
