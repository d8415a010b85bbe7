from odoo import http
from odoo.http import request

URL = "/helpdesk/facebook/webhook"
# A delivery contains texts and URLs, no files.
MAX_BYTES = 4_000_000


class HelpdeskFacebookWebhook(http.Controller):
    """Where Facebook delivers what people write (K04)."""

    @http.route(
        URL,
        type="http",
        auth="public",
        methods=["GET"],
        save_session=False,
        readonly=True,
    )
    def verify(self, **parameters):
        """Prove to Facebook that the address is ours by repeating its challenge.

        :param parameters: `hub.mode`, `hub.verify_token` and `hub.challenge`
        """
        challenge = request.env["helpdesk.facebook.page"]._get_challenge(parameters)
        if challenge is None:
            return self._answer("Wrong verification", 403)
        return self._answer(challenge)

    @http.route(
        URL,
        type="http",
        auth="public",
        methods=["POST"],
        # no session is used: the signature authenticates the sender
        csrf=False,
        save_session=False,
        max_content_length=MAX_BYTES,
    )
    def receive(self, **_parameters):
        """Store a delivery of Facebook; it is processed later."""
        http_request = request.httprequest
        received = request.env["helpdesk.facebook.event"]._receive(
            http_request.get_data(),
            http_request.headers.get("X-Hub-Signature-256", ""),
        )
        if not received:
            return self._answer("Wrong signature", 403)
        return self._answer("EVENT_RECEIVED")

    def _answer(self, text, status=200):
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ]
        return request.make_response(text, headers, status=status)
