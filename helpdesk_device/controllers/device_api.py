from odoo import http
from odoo.http import request

from odoo.addons.helpdesk_ticket.file_size import kilobytes
from odoo.addons.helpdesk_ticket.typed_text import read_id

from ..exceptions import DeviceError
from ..payload import MAX_BODY
from .api import Api

ROOT = "/helpdesk/device/v1"
OPTIONS = {
    "type": "http",
    "auth": "public",
    "csrf": False,
    "save_session": False,
    # slightly larger bodies get our own error message
    "max_content_length": 2 * MAX_BODY,
}
MAX_NAME = 100
MAX_SUBJECT = 200
MAX_TEXT = 20_000
MAX_LIST, USUAL_LIST = 50, 20


class DeviceApi(Api, http.Controller):
    """The API for the program on a workstation (C12): see `docs/device-api.md`."""

    # -- authentication ---------------------------------------------------------------

    def _find_device(self):
        """Return the device that the token of the request belongs to.

        :return: `fsm.equipment` as the technical user
        :raise DeviceError: when there is no such device, or it sends too many requests
        """
        if not (token := self._get_token()):
            message = request.env._("This device is not connected yet.")
            raise DeviceError(401, "token_missing", message)
        self._check_not_exceeded("device_wrong")
        device = request.env["fsm.equipment"]._find_by_token(token)
        if not device:
            self._is_allowed("device_wrong")
            message = request.env._(
                "This device is no longer connected. Ask your helpdesk for a new code."
            )
            raise DeviceError(401, "token_unknown", message)
        if device._has_expired_token():
            device._note_expired_token()
            message = request.env._(
                "This device was away for too long. Ask your helpdesk for a new code."
            )
            raise DeviceError(401, "token_expired", message)
        throttle = request.env["helpdesk.throttle"]
        if not throttle._take_at_once(("device_call", str(device.id), 1)):
            raise self._too_many()
        return device

    def _read_machine(self, body, needs_name=False):
        """Return the values of the device in a request, without missing ones.

        :param Payload body: of the request
        :rtype: dict
        """
        machine = {
            "host_name": body.text("name", MAX_NAME, needed=needs_name),
            "operating_system": body.text("os", MAX_NAME),
            "facts": body.facts(),
        }
        return {name: value for name, value in machine.items() if value}

    # -- connect ----------------------------------------------------------------------

    @http.route(f"{ROOT}/enrol", methods=["POST"], **OPTIONS)
    def enrol(self, **kwargs):
        """Exchange a code for a token.

        :return: the answer
        """
        return self._run(self._enrol)

    def _enrol(self):
        body = self._read_body()
        self._check_not_exceeded("device_code")
        code = body.text("code", MAX_NAME, needed=True)
        machine = self._read_machine(body, needs_name=True)
        with request.env.cr.savepoint():
            device = request.env["helpdesk.device.code"]._enrol(code, machine)
        if not device:
            self._is_allowed("device_code")
            message = request.env._(
                "This code is wrong, used or expired. Ask your helpdesk for a new one."
            )
            raise DeviceError(403, "code_invalid", message, "code")
        token = device._issue_token()
        return 201, {
            "token": token,
            **device._describe(),
            "helpdesk": device.company_id.name,
        }

    @http.route(f"{ROOT}/rotate", methods=["POST"], **OPTIONS)
    def rotate(self, **kwargs):
        """Issue another token, which replaces this one once it is used.

        :return: the answer
        """
        return self._run(self._rotate)

    def _rotate(self):
        device = self._find_device()
        token = device._prepare_next_token()
        return 200, {"token": token, "token_expires": device._get_expiry(True)}

    @http.route(f"{ROOT}/heartbeat", methods=["POST"], **OPTIONS)
    def heartbeat(self, **kwargs):
        """Store that a device is running, and its current data.

        :return: the answer
        """
        return self._run(self._heartbeat)

    def _heartbeat(self):
        device = self._find_device()
        machine = self._read_machine(self._read_body())
        with request.env.cr.savepoint():
            device._note_machine(machine)
        return 200, device._describe()

    # -- tickets ----------------------------------------------------------------------

    @http.route(f"{ROOT}/tickets", methods=["POST"], **OPTIONS)
    def open_ticket(self, **kwargs):
        """Open a ticket, once however often the request is sent.

        :return: the answer
        """
        return self._run(self._open_ticket)

    def _open_ticket(self):
        device = self._find_device()
        body = self._read_body()
        key = body.key("request_id")
        requests = request.env["helpdesk.device.request"]
        if known := requests._find(device, key):
            return known._answer(is_new=False)
        values = self._read_ticket(body)
        picture = body.picture("screenshot")
        if not device._get_person():
            message = request.env._(
                "This device no longer belongs to a customer. Ask your helpdesk."
            )
            raise DeviceError(403, "no_customer", message)
        size = kilobytes([picture[1]] if picture else [])
        who = str(device.id)
        if not request.env["helpdesk.throttle"]._take_at_once(
            ("device_ticket", who, 1), ("device_file", who, size)
        ):
            raise self._too_many()
        with request.env.cr.savepoint():
            opened = requests._open(device, key, values, picture)
        return opened._answer(is_new=True)

    def _read_ticket(self, body):
        """Return what the user typed, and what the program adds.

        :param Payload body: of the request
        :rtype: dict
        """
        text = body.text("text", MAX_TEXT, needed=True, lines=True)
        beginning = next(line for line in text.splitlines() if line.strip())
        return {
            "text": text,
            "subject": body.text("subject", MAX_SUBJECT) or beginning.strip()[:80],
            "reporter": body.text("reporter", MAX_NAME),
            "written_at": body.moment("written_at"),
            "facts": body.facts() or {},
        }

    @http.route(f"{ROOT}/tickets", methods=["GET"], **OPTIONS)
    def list_tickets(self, limit="", **kwargs):
        """List the tickets of this device for its current contact.

        :param str limit: maximum number
        :return: the answer
        """
        # `open` is a built-in of Python
        is_open = kwargs.get("open") == "1"
        count = min(read_id(limit) or USUAL_LIST, MAX_LIST)
        return self._run(lambda: self._list_tickets(is_open, count))

    def _list_tickets(self, is_open, count):
        device = self._find_device()
        tickets = device._get_own_tickets(is_open, count)
        return 200, {"tickets": [ticket._describe_to_device() for ticket in tickets]}
