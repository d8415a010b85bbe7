from odoo import models
from odoo.http import request

# In the names of all keys of the context that our code reads, also of defaults
OURS = "helpdesk_"


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Call a page without our keys of the context when a customer sends them."""
        if request.env.uid and not request.env.user._is_internal():
            for holder in (request.params, request.params.get("kwargs")):
                context = holder.get("context") if isinstance(holder, dict) else None
                if isinstance(context, dict):
                    holder["context"] = {
                        key: value for key, value in context.items() if OURS not in key
                    }
        return super()._dispatch(endpoint)
