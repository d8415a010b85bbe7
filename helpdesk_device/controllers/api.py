import json

from psycopg2.errors import UniqueViolation
from werkzeug.exceptions import RequestEntityTooLarge

from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.helpdesk_ticket.controllers.limit import RETRY_AFTER
from odoo.addons.helpdesk_ticket.controllers.public_page import PublicPage

from ..exceptions import DeviceError
from ..payload import MAX_BODY, Payload


class Api(PublicPage):
    """Common to the HTTP APIs for programs: JSON in, JSON out, and for every error a
    status, a code and a sentence.

    Not a controller itself, because Odoo would merge all that inherit from it into one
    class.
    """

    def _run(self, action):
        """Carry out a request, and turn errors into a response.

        :param action: callable that returns the HTTP status and the body of the answer
        :return: a response
        """
        try:
            status, body = action()
        except DeviceError as error:
            return self._say_error(error)
        except UniqueViolation:
            message = request.env._("This request is already being processed.")
            return self._say_error(DeviceError(409, "in_progress", message, "", 2))
        except UserError as error:  # refused by a constraint of another addon
            return self._say_error(DeviceError(422, "refused", str(error)))
        return self._say(status, body)

    def _say(self, status, body):
        return self._protect(
            request.make_response(
                json.dumps(body), [("Content-Type", "application/json")], status=status
            )
        )

    def _say_error(self, error):
        response = self._say(error.status, error.as_json())
        if error.retry_after:
            response.headers["Retry-After"] = str(error.retry_after)
        if error.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    def _read_body(self):
        """Return the body of the request.

        :rtype: Payload
        :raise DeviceError: when it is too large or not JSON
        """
        if request.httprequest.mimetype != "application/json":
            message = request.env._("The program sent something that is not JSON.")
            raise DeviceError(415, "not_json_type", message)
        size = MAX_BODY // 1024 // 1024
        message = request.env._(
            "This is larger than %(size)s MB. Send it without the screenshot.",
            size=size,
        )
        try:
            if (request.httprequest.content_length or 0) > MAX_BODY:
                raise DeviceError(413, "too_large", message)
            body = request.httprequest.get_data()
        except RequestEntityTooLarge as error:
            raise DeviceError(413, "too_large", message) from error
        return Payload(request.env, body)

    def _get_token(self):
        """Return the token of the request, or ""."""
        header = request.httprequest.headers.get("Authorization", "")
        scheme, _space, token = header.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def _check_not_exceeded(self, scope):
        """Refuse an address that failed too often (rel-H4).

        :param str scope: of `helpdesk.throttle`
        :raise DeviceError: when it has
        """
        if request.env["helpdesk.throttle"]._is_exceeded(scope, self._get_client()):
            raise self._too_many()

    def _too_many(self):
        message = request.env._(
            "There were too many requests in a short time. Wait a minute, then try "
            "again."
        )
        return DeviceError(429, "too_many", message, "", RETRY_AFTER)
