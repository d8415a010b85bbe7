import json

from odoo import http
from odoo.http import request

from ..models.check.helpdesk_check_token import ADDRESS
from .limit import say_too_many
from .public_page import PublicPage


class SelfCheck(PublicPage, http.Controller):
    """The state of a helpdesk for monitoring programs (M04)."""

    @http.route(
        ADDRESS,
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
        sitemap=False,
    )
    def show_state(self, **kwargs):
        """Return the state of the helpdesk of a token's company as JSON.

        The token is in the header `Authorization: Bearer …`, never in the URL, which is
        logged. A missing and a wrong token get the same answer.

        :return: status 200 with the state, whatever it is; 401, 429
        """
        throttle, client = request.env["helpdesk.throttle"], self._get_client()
        if throttle._is_exceeded("check_wrong", client):
            return say_too_many(self._say({"error": "too_many"}, 429))
        token = request.env["helpdesk.check.token"]._find_by_token(self._get_token())
        if not token:
            self._is_allowed("check_wrong")
            response = self._say({"error": "unauthorized"}, 401)
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        if not throttle._take_at_once(("check", str(token.id), 1)):
            return say_too_many(self._say({"error": "too_many"}, 429))
        report = request.env["helpdesk.check"]._report(token.company_id)
        return self._say(report)

    def _get_token(self):
        header = request.httprequest.headers.get("Authorization", "")
        scheme, _space, token = header.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def _say(self, body, status=200):
        return self._protect(
            request.make_response(
                json.dumps(body), [("Content-Type", "application/json")], status=status
            )
        )
