import re

from odoo import models
from odoo.http import request

NUL = "\0"
# What no text of the database holds: a NUL, and half of a sign of two halves
IMPOSSIBLE = re.compile("[\0\ud800-\udfff]")
# How JSON writes them, and whole signs of two halves too
IN_JSON = re.compile(rb"\\u(?:0000|d[89a-f])", re.IGNORECASE)


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Call a page without what none can take: a parameter that is taken, a sign
        that no text of the database holds.

        Odoo calls the method of a page with all that an address holds, and `self` is
        taken already: error 500, and a traceback in the log, for whoever adds it. And
        so for a NUL, which comes along with what is copied from some programs.
        """
        request.params.pop("self", None)
        if cls._may_hold_impossible():
            request.params = leave_out_impossible(request.params)
        return super()._dispatch(endpoint)

    @classmethod
    def _may_hold_impossible(cls):
        """Say whether there may be such a sign in what came."""
        if request.dispatcher.routing_type == "http":
            values = request.params.values()
            return any(
                isinstance(one, str) and IMPOSSIBLE.search(one) for one in values
            )
        return IN_JSON.search(request.httprequest.get_data())

    @classmethod
    def _serve_fallback(cls):
        """Look for no file at an address that none can have: with a NUL, which the
        database refuses. It gets the page of all that is not found, no error 500."""
        if NUL in request.httprequest.path:
            return None
        return super()._serve_fallback()


def leave_out_impossible(value):
    """Return what came from outside, without signs that no text can hold.

    :param value: of JSON or of a form: a text, a list, a dict or anything else
    """
    clean = leave_out_impossible
    if isinstance(value, str):
        return IMPOSSIBLE.sub("", value)
    if isinstance(value, list):
        return [clean(one) for one in value]
    if isinstance(value, dict):
        return {clean(key): clean(one) for key, one in value.items()}
    return value
