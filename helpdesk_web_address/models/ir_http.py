from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Call a controller without a parameter that no controller can take.

        Odoo passes all parameters of the URL to the method, whose `self` is set
        already: anybody could cause an error 500 and a traceback in the log by adding
        it.
        """
        request.params.pop("self", None)
        return super()._dispatch(endpoint)

    @classmethod
    def _serve_fallback(cls):
        """Do not search for a page at a path with a NUL, which the database rejects
        with an error; Odoo then answers "not found"."""
        if "\0" in request.httprequest.path:
            return None
        return super()._serve_fallback()
