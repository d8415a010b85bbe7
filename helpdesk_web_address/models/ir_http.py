from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Call a page without a parameter that no page can take.

        Odoo calls the method of a page with all that an address holds, and `self` is
        taken already: error 500, and a traceback in the log, for whoever adds it.
        """
        request.params.pop("self", None)
        return super()._dispatch(endpoint)

    @classmethod
    def _serve_fallback(cls):
        """Look for no file at an address that none can have: with a NUL, which the
        database refuses. It gets the page of all that is not found, no error 500."""
        if "\0" in request.httprequest.path:
            return None
        return super()._serve_fallback()
