"""The helpdesk's API for devices: docs/device-api.md in the helpdesk's repository."""

import http.client
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request

from . import VERSION, texts
from .errors import ApiError, Trouble
from .texts import translate as _

ROOT = "/helpdesk/device/v1"
TIMEOUT = 30
# An answer is a few lines; what is longer does not come from a helpdesk.
MAX_ANSWER = 1024 * 1024
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Another server must never get the token."""

    def redirect_request(self, *_arguments):
        """Follow none."""


_opener = urllib.request.build_opener(_NoRedirect)


def clean_address(typed):
    """Return the address of a server as it is kept.

    :param str typed: by somebody; https:// may be left out
    :raises Trouble: it is no address, or one without encryption
    """
    address = typed.strip()
    if "://" not in address:
        address = f"https://{address}"
    try:
        parts = urllib.parse.urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("https", "http"):
        raise Trouble(_("This is not the address of a server: {text}", text=typed))
    if parts.scheme == "http" and host not in LOOPBACK:
        raise Trouble(_("The address must begin with https://."))
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


class Client:
    """One device that speaks with its helpdesk.

    :param str server: address of Odoo
    :param str database: its name, where the server has several
    :param str token: of the device
    """

    def __init__(self, server, database="", token=""):
        self.server = server
        self.database = database
        self.token = token

    def enrol(self, code, machine):
        """Trade a code for a token; return the answer.

        :param str code: as it was typed
        :param dict machine: name, os and facts
        :raises ApiError: it is refused, or nobody answers
        """
        return self._ask("enrol", {"code": code, **machine})

    def rotate(self):
        """Return the answer with another token, which is good from its first use on.

        :raises ApiError: it is refused, or nobody answers
        """
        return self._ask("rotate", {})

    def heartbeat(self, machine):
        """Tell that the device is there; return the answer.

        :param dict machine: name, os and facts
        :raises ApiError: it is refused, or nobody answers
        """
        return self._ask("heartbeat", machine)

    def open_ticket(self, members):
        """Open a ticket, once for each request_id; return the answer.

        :param dict members: of the request
        :raises ApiError: it is refused, or nobody answers
        """
        return self._ask("tickets", members)

    def _ask(self, path, members):
        headers = {
            "Content-Type": "application/json",
            "Accept-Language": texts.language(),
            "User-Agent": f"helpdesk-workstation/{VERSION}",
        }
        if self.database:
            headers["X-Odoo-Database"] = self.database
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        body = json.dumps(members).encode()
        address = f"{self.server}{ROOT}/{path}"
        request = urllib.request.Request(address, body, headers, method="POST")
        try:
            with _opener.open(request, timeout=TIMEOUT) as answer:
                return _read(answer)
        except urllib.error.HTTPError as error:
            raise _refusal(error) from error
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(error) from error


def _read(answer):
    """Return the JSON object of an answer."""
    try:
        found = json.loads(answer.read(MAX_ANSWER))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        # The sign-in page of a hotel's network, for example.
        raise ApiError(_("The answer did not come from the helpdesk."))
    return found


def _refusal(error):
    """Return what an answer of HTTP that is no success means."""
    try:
        details = json.loads(error.read(MAX_ANSWER))["error"]
        message, code = str(details["message"]), str(details["code"])
    except (ValueError, KeyError, TypeError, OSError, http.client.HTTPException):
        message = _("The helpdesk returned the error {number}.", number=error.code)
        return ApiError(message)
    wait = error.headers.get("Retry-After", "")
    return ApiError(message, code, int(wait) if wait.isdecimal() else 0)


def _unreachable(error):
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return ApiError(_("The certificate of the helpdesk's server is not valid."))
    return ApiError(_("The helpdesk cannot be reached."))
