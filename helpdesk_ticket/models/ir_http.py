from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Call a page; one of ours leaves out a parameter that no page can take.

        Odoo calls the method of a page with all that an address holds, and `self` is
        taken already: error 500, and a traceback in the log, for whoever adds it.
        """
        module = getattr(endpoint, "original_endpoint", endpoint).__module__
        if module.startswith("odoo.addons.helpdesk_"):
            request.params.pop("self", None)
        return super()._dispatch(endpoint)
