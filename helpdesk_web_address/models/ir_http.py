import logging
import re
import traceback

import psycopg2
from werkzeug.exceptions import BadRequest

from odoo import models
from odoo.http import request

from odoo.addons.base.models.ir_qweb import QWebError

_logger = logging.getLogger(__name__)

NUL = "\0"
# What no text of the database holds: a NUL, and half of a sign of two halves
IMPOSSIBLE = re.compile("[\0\ud800-\udfff]")
# How JSON writes them, and whole signs of two halves too
IN_JSON = re.compile(rb"\\u(?:0000|d[89a-f])", re.IGNORECASE)
# Prefix in the names of all context keys that our code reads, also of defaults
OURS = "helpdesk_"
# The pages of customers: Odoo's portal with what other apps add to it, and ours
PAGES = re.compile(r"/(?:my|helpdesk)(?:/|$)")
# Errors of code that reads parameters which no form of its page sends
NONSENSE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    psycopg2.DataError,
    psycopg2.errors.ProgramLimitExceeded,
)


class IrHttp(models.AbstractModel):
    """Invalid input in a URL or a form is no error 500 (rel-C11)."""

    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Call a controller without parameters that no controller can take, and without
        our context keys if a customer sent them; invalid input of a page for customers
        is a bad request.

        Odoo passes all parameters of the URL to the method, whose `self` is set
        already: anybody could cause an error 500 and a traceback in the log by adding
        it. And so by a NUL, which also comes along with text copied from some programs.
        """
        request.params.pop("self", None)
        if cls._may_hold_impossible():
            # first of all, so that it hides no name from what follows
            request.params = leave_out_impossible(request.params)
        user = request.env.uid and request.env.user
        request.helpdesk_is_customer = not (user and user._is_internal())
        holders = (request.params, request.params.get("kwargs"))
        for holder in holders if user and request.helpdesk_is_customer else ():
            context = holder.get("context") if isinstance(holder, dict) else None
            if isinstance(context, dict):
                holder["context"] = {
                    key: value for key, value in context.items() if OURS not in key
                }
        if not cls._is_page_of_customer():
            return super()._dispatch(endpoint)
        try:
            response = super()._dispatch(endpoint)
            request.env.flush_all()  # reject here what the database would reject
        except (QWebError, *NONSENSE) as error:
            if not cls._is_nonsense(error):
                raise
            cls._log_nonsense(endpoint, error)
            raise BadRequest from error
        return response

    @classmethod
    def _may_hold_impossible(cls):
        """Say whether there may be characters in a request that no text can hold."""
        if request.dispatcher.routing_type == "http":
            values = request.params.values()
            return any(
                isinstance(one, str) and IMPOSSIBLE.search(one) for one in values
            )
        return IN_JSON.search(request.httprequest.get_data())

    @classmethod
    def _is_page_of_customer(cls):
        """Return whether somebody other than our users requests a page for
        customers."""
        return (
            getattr(request, "helpdesk_is_customer", True)
            and getattr(request, "is_frontend", False)
            and request.dispatcher.routing_type == "http"
            and bool(PAGES.match(request.httprequest.path))
        )

    @classmethod
    def _is_nonsense(cls, error):
        """Return whether a page failed because of invalid input: a request without
        input cannot be wrong.

        :param Exception error: raised by the page
        """
        cause = error.__cause__ if isinstance(error, QWebError) else error
        sent = request.httprequest
        return isinstance(cause, NONSENSE) and bool(sent.args or sent.form)

    @classmethod
    def _log_nonsense(cls, endpoint, error):
        """Log which page could not process its input, and where, without the input
        (I1). Errors in our own code are bugs."""
        frames = traceback.walk_tb((error.__cause__ or error).__traceback__)
        frame, line = list(frames)[-1]
        module = frame.f_globals.get("__name__", "")
        _logger.log(
            logging.ERROR if ".addons.helpdesk_" in module else logging.WARNING,
            "The page %s cannot take what a customer sent: %s in %s, line %s",
            endpoint.routing["routes"][0],
            type(error).__name__,
            module,
            line,
        )

    @classmethod
    def _serve_fallback(cls):
        """Do not search for a page at a path with a NUL, which the database rejects
        with an error; Odoo then answers "not found"."""
        if NUL in request.httprequest.path:
            return None
        return super()._serve_fallback()


def leave_out_impossible(value):
    """Return what came from outside, without characters that no text can hold.

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
