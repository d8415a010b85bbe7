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
        """Call a controller without what none can take: a parameter of the URL, and
        characters that no text in the database can hold.

        Odoo passes all parameters of the URL to the method, whose `self` is set
        already: anybody could cause an error 500 and a traceback in the log by adding
        it. And so by a NUL, which also comes along with text copied from some programs.
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
        """Do not search for a page at a path with a NUL, which the database rejects
        with an error; Odoo then answers "not found"."""
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
