from odoo import models
from odoo.http import request

# In the names of all keys of the context that our code reads, also of defaults
OURS = "helpdesk_"


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Call a page; one of ours leaves out a parameter that no page can take, and
        all of them leave out our keys of the context when a customer sends them.

        Odoo calls the method of a page with all that an address holds, and `self` is
        taken already: error 500, and a traceback in the log, for whoever adds it.
        """
        module = getattr(endpoint, "original_endpoint", endpoint).__module__
        if module.startswith("odoo.addons.helpdesk_"):
            request.params.pop("self", None)
        if request.env.uid and not request.env.user._is_internal():
            for holder in (request.params, request.params.get("kwargs")):
                context = holder.get("context") if isinstance(holder, dict) else None
                if isinstance(context, dict):
                    holder["context"] = {
                        key: value for key, value in context.items() if OURS not in key
                    }
        return super()._dispatch(endpoint)
