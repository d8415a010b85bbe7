from werkzeug.exceptions import RequestEntityTooLarge

from odoo import http
from odoo.http import request

from odoo.addons.helpdesk_device.controllers.api import Api
from odoo.addons.helpdesk_device.exceptions import DeviceError

from ..alarm import AlarmError, read_alarms

ROOT = "/helpdesk/monitoring/v1"
# A delivery contains text only, but Alertmanager sends many alarms at once.
MAX_BODY = 1024 * 1024


class MonitoringApi(Api, http.Controller):
    """Where monitoring programs deliver alarms: see `docs/monitoring.md` (C12)."""

    # The token may be in the URL, for programs that cannot send headers.
    @http.route(
        [ROOT, f"{ROOT}/<string:token>"],
        type="http",
        auth="public",
        methods=["POST"],
        # no session is used: the token authenticates the sender
        csrf=False,
        save_session=False,
        # slightly larger bodies get our own error message
        max_content_length=2 * MAX_BODY,
    )
    def receive_alarms(self, token="", **_parameters):
        """Receive alarms of a monitoring program.

        :param str token: of the source
        :return: the answer
        """
        return self._run(lambda: self._receive_alarms(token or self._get_token()))

    def _receive_alarms(self, token):
        source = self._find_source(token)
        body = self._read_bounded()
        try:
            alarms = read_alarms(source.kind, body)
        except AlarmError as error:
            source._keep_unreadable(body, str(error))
            message = source._describe_unreadable(str(error))
            raise DeviceError(400, "not_readable", message) from error
        rows = source._receive(alarms)
        return 200, {
            "received": len(alarms),
            "tickets": [ticket.number for ticket in rows.ticket_id],
            "held": len(rows.filtered(lambda row: row.state == "held")),
        }

    def _find_source(self, token):
        """Return the source that a token belongs to; callers do not learn why there is
        none (rel-H4).

        :param str token: as received
        :return: `helpdesk.monitoring.source` as the technical user
        :raise DeviceError: when there is none, or it delivers too often
        """
        self._check_not_exceeded("monitoring_wrong")
        source = request.env["helpdesk.monitoring.source"]._find_by_token(token)
        if not source:
            self._is_allowed("monitoring_wrong")
            message = request.env._("This token is not known.")
            raise DeviceError(401, "token_unknown", message)
        throttle = request.env["helpdesk.throttle"]
        if not throttle._take_at_once(("monitoring_call", str(source.id), 1)):
            raise self._too_many()
        return source

    def _read_bounded(self):
        """Return the body of a request (rel-C7).

        :rtype: bytes
        :raise DeviceError: when it is too large
        """
        message = request.env._("This is larger than 1 MB.")
        try:
            if (request.httprequest.content_length or 0) > MAX_BODY:
                raise DeviceError(413, "too_large", message)
            return request.httprequest.get_data()
        except RequestEntityTooLarge as error:
            raise DeviceError(413, "too_large", message) from error
