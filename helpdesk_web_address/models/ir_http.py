import logging
import re
import traceback

import psycopg2
from werkzeug.exceptions import BadRequest

from odoo import models
from odoo.http import request

from odoo.addons.base.models.ir_qweb import QWebError

_logger = logging.getLogger(__name__)

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
        it.
        """
        request.params.pop("self", None)
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
        for name, value in request.params.items():
            if isinstance(value, str):
                # NUL, which the database refuses and nobody types
                request.params[name] = value.replace("\0", "")
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
        if "\0" in request.httprequest.path:
            return None
        return super()._serve_fallback()
