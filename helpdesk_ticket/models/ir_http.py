from odoo import models
from odoo.http import request

# In the names of all keys of the context that our code reads, also of defaults
OURS = "helpdesk_"


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Call a page without a parameter that no page can take, and without our keys
        of the context when a customer sends them.

        Odoo calls the method of a page with all that an address holds, and `self` is
        taken already: error 500, and a traceback in the log, for whoever adds it. We
        extend pages of Odoo too.
        """
        request.params.pop("self", None)
        if request.env.uid and not request.env.user._is_internal():
            for holder in (request.params, request.params.get("kwargs")):
                context = holder.get("context") if isinstance(holder, dict) else None
                if isinstance(context, dict):
                    holder["context"] = {
                        key: value for key, value in context.items() if OURS not in key
                    }
        return super()._dispatch(endpoint)

    @classmethod
    def _serve_fallback(cls):
        """Look for no file at an address that none can have: with a NUL, which the
        database refuses. It gets the page of all that is not found, no error 500."""
        if "\0" in request.httprequest.path:
            return None
        return super()._serve_fallback()
