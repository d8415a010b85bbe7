import json
import logging
from contextlib import suppress

from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    MethodNotAllowed,
    RequestEntityTooLarge,
)

from odoo import models
from odoo.http import Response, SessionExpiredException, request

from odoo.addons.base.models.ir_qweb import QWebError
from odoo.addons.helpdesk_web_address.models.ir_http import PAGES

from ..page_headers import protect
from ..typed_text import MAX_TEXT, TYPED, many_lines

_logger = logging.getLogger(__name__)

# Kinds of requests whose answers may hold a traceback
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

    # -- errors ------------------------------------------------------------------

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
            response = cls._show_own(response, exception)
            if isinstance(exception, MethodNotAllowed):
                response.headers["Allow"] = ", ".join(exception.valid_methods or ())
        elif isinstance(response, Response):
            cls._hide_traceback(response)
        return response

    @classmethod
    def _show_own(cls, response, exception):
        """Return our page in the place of Odoo's, some of which turn into one with all
        details by a word in the address.

        :param response: of Odoo
        :param Exception exception: what it says in words
        """
        if response.status_code < BadRequest.code:
            return protect(response)
        try:
            return cls._show_error(
                response.status_code,
                text=cls._get_typed_text(),
                expired=cls._is_expired(exception),
            )
        except QWebError:  # somebody has changed our page
            _logger.exception("The page of HTTP status %s fails", response.status_code)
            return protect(response)

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
    def _is_expired(cls, exception):
        """Say whether a form came from a page of another session: of before somebody
        logged in or out."""
        sent = request.httprequest
        if sent.method != "POST" or not isinstance(exception, BadRequest):
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
