import json
import logging
import re
import traceback
from contextlib import suppress

import psycopg2
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    MethodNotAllowed,
    RequestEntityTooLarge,
)

from odoo import models
from odoo.http import Response, SessionExpiredException, request

from odoo.addons.base.models.ir_qweb import QWebError

from ..page_headers import protect
from ..typed_text import MAX_TEXT, TYPED, many_lines

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
# Groups that may see technical details
WITH_TRACEBACK = ("jsonrpc", "json2")


class IrHttp(models.AbstractModel):
    """Whatever customers send, they get a page in their language or a sentence, never
    technical details (rel-C11)."""

    _inherit = "ir.http"

    # -- reading ------------------------------------------------------------------

    @classmethod
    def _match(cls, path):
        """Render a page if the method is not allowed: Odoo detects that before it has
        set up a page."""
        try:
            return super()._match(path)
        except MethodNotAllowed as error:
            if PAGES.match(request.httprequest.path):
                # Odoo finds out which page it is, and its language: that of the
                # address it has cut off, or another one, which it would lead to.
                lang = getattr(request, "lang", None)
                cls._ask_as_allowed(error)
                with suppress(HTTPException):
                    super()._match(request.httprequest.path)
                request.lang = lang or getattr(request, "lang", None)
                error.error_response = cls._handle_error(error)
            raise

    @classmethod
    def _ask_as_allowed(cls, error):
        """Give the request a method that its path allows, because the layout of Odoo's
        pages looks up the path again.

        :param MethodNotAllowed error: with the allowed methods
        """
        for method in set(error.valid_methods or ()) - {"OPTIONS"}:
            request.httprequest.environ["REQUEST_METHOD"] = method

    @classmethod
    def _dispatch(cls, endpoint):
        """Call a controller without our context keys if a customer sent them, and show
        a page about invalid input."""
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
            if isinstance(
                value, str
            ):  # NUL, which the database refuses and nobody types
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

    # -- errors ------------------------------------------------------------------

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
    def _handle_error(cls, exception):
        """Show errors on our pages together with what the customer had typed; hide
        tracebacks in JSON-RPC."""
        is_page = cls._is_page_of_customer()
        if is_page and isinstance(exception, RequestEntityTooLarge):
            # Odoo would read the request again, which is still too large.
            return cls._show_error(exception.code)
        response = super()._handle_error(exception)
        if isinstance(exception, SessionExpiredException) and is_page:
            return cls._show_logged_out(response)
        if is_page and isinstance(response, Response):
            protect(response)
            if isinstance(exception, MethodNotAllowed):
                response.headers["Allow"] = ", ".join(exception.valid_methods or ())
        elif isinstance(response, Response):
            cls._hide_traceback(response)
        return response

    @classmethod
    def _show_logged_out(cls, response):
        """Show what a customer sent who was logged out meanwhile, instead of the login
        page, on which it would be lost.

        :param response: of Odoo: redirects to the login and ends the session
        """
        text = cls._get_typed_text()
        if not text:
            return response
        page = cls._show_error(403, text=text, login=response.headers["Location"])
        for cookie in response.headers.getlist("Set-Cookie"):
            page.headers.add("Set-Cookie", cookie)
        return page

    @classmethod
    def _show_error(cls, code, **values):
        """Return our error page, where Odoo has none.

        :param int code: of HTTP
        :param values: of the template
        """
        request.env.cr.rollback()
        if not request.env.uid:
            cls._auth_method_public()
        cls._frontend_pre_dispatch()
        request.params = {}  # of which Odoo's layout reads some
        page = cls._render_error(request.env, code, values)
        response = Response(page, status=code, content_type="text/html;charset=utf-8")
        cls._post_dispatch(response)
        return protect(response)

    @classmethod
    def _get_error_html(cls, env, code, values):
        """Show our error page to customers, and no technical details on Odoo's, some of
        which show them if a URL parameter asks for it."""
        is_customer = getattr(request, "helpdesk_is_customer", True)
        if not is_customer or not isinstance(code, int):
            return super()._get_error_html(env, code, values)
        if not cls._is_page_of_customer():
            hidden = dict.fromkeys(("exception", "qweb_exception", "traceback"))
            return super()._get_error_html(env, code, {**values, **hidden})
        shown = {"text": cls._get_typed_text(), "expired": cls._is_expired(values)}
        return code, cls._render_error(env, code, shown)

    @classmethod
    def _is_expired(cls, values):
        """Return whether a form was opened in another session, before a login or
        logout."""
        sent = request.httprequest
        if sent.method != "POST" or not isinstance(values.get("exception"), BadRequest):
            return False
        return not request.validate_csrf(sent.form.get("csrf_token"))

    @classmethod
    def _render_error(cls, env, code, values):
        path = request.httprequest.path
        is_portal = path.startswith("/my")
        # Our pages show their own forms; pages of Odoo may not.
        is_ours = path.startswith(("/helpdesk/", "/my/ticket"))
        return env["ir.ui.view"]._render_template(
            "helpdesk_ticket.public_error",
            {
                "code": code,
                "home": "/my" if is_portal else None,
                "path": path if is_ours else "/my",
                **values,
            },
        )

    @classmethod
    def _get_typed_text(cls):
        """Return what somebody typed into a form of ours, to be copied; nothing from
        forms on other sites, whose text would appear on our page.

        :rtype: str
        """
        sent = request.httprequest
        site = sent.headers.get("Sec-Fetch-Site")
        origin = sent.headers.get("Origin", "").rstrip("/")
        is_own = site == "same-origin" or origin == sent.host_url.rstrip("/")
        if sent.method != "POST" or not is_own:
            return ""
        texts = [many_lines(sent.form.get(name)) for name in TYPED]
        return "\n\n".join(filter(None, texts))[:MAX_TEXT]

    @classmethod
    def _hide_traceback(cls, response):
        """Remove technical details from a JSON response to a customer.

        :param response: of HTTP
        """
        is_json = request.dispatcher.routing_type in WITH_TRACEBACK
        if not (is_json and getattr(request, "helpdesk_is_customer", True)):
            return
        answer = json.loads(response.get_data())
        found = answer.get("error", answer)
        found = found.get("data", found)
        if isinstance(found, dict) and found.get("debug"):
            found["debug"] = ""
            response.set_data(json.dumps(answer))
