"""The part of Facebook's Graph API that the helpdesk uses. Plain Python."""

import hashlib
import hmac
from dataclasses import dataclass, field

import requests
from urllib3.exceptions import NewConnectionError

TIMEOUT = 30  # seconds without an answer

# Kinds of errors:
TOKEN = "token"  # the token is no longer valid and must be renewed
PERMISSION = "permission"  # the token lacks a permission
SECRET = "secret"  # the secret cannot be used and must be entered again
WINDOW = "window"  # the customer wrote too long ago
BUSY = "busy"  # may succeed later
REFUSED = "refused"  # will never succeed
UNSURE = "unsure"  # it may have been carried out or not
# Errors that only an administrator can fix: retried until this is done.
ACCESS = (TOKEN, PERMISSION, SECRET)

_EXPIRED_CODES = {102, 190}
_WINDOW_SUBCODE = 2018278
# Limits of one person or post have a subcode, those of the app do not.
_PERMISSION_CODES = {3, 10, *range(200, 300)}
_BUSY_CODES = {1, 2, 4, 17, 32, 341, 613}


class GraphError(Exception):
    """An error from Facebook, or on the way to it.

    :param str kind: TOKEN, PERMISSION, SECRET, WINDOW, BUSY, REFUSED or UNSURE
    :param str text: Facebook's message; it never contains a token
    """

    def __init__(self, kind, text=""):
        super().__init__(text)
        self.kind = kind
        self.text = text


@dataclass(frozen=True)
class Graph:
    """The API with the access token of one page.

    :param str base: URL with version, without a trailing slash
    """

    base: str
    token: str = field(repr=False)
    secret: str = field(repr=False)

    def get(self, path, **parameters):
        """Send a GET request.

        :return: the answer
        :rtype: dict
        :raise GraphError: when it fails
        """
        return self._call("GET", path, params=self._sign(parameters))

    def post(self, path, values, files=None):
        """Send a POST request.

        :param dict values: of the form
        :param dict files: as `requests` expects them
        :return: the answer
        :rtype: dict
        :raise GraphError: UNSURE when it may have been carried out nevertheless
        """
        return self._call("POST", path, data=self._sign(values), files=files)

    def _sign(self, values):
        proof = hmac.new(self.secret.encode(), self.token.encode(), hashlib.sha256)
        return {
            **values,
            "access_token": self.token,
            "appsecret_proof": proof.hexdigest(),
        }

    def _call(self, method, path, **kwargs):
        failure = None
        try:
            response = requests.request(
                method,
                f"{self.base}/{path}",
                timeout=TIMEOUT,
                allow_redirects=False,
                **kwargs,
            )
        except requests.exceptions.RequestException as error:
            failure = GraphError(BUSY if _is_unsent(error) else UNSURE)
        if failure:
            raise failure  # here, so that the URL with the token is not logged
        return _read(response)


def _is_unsent(error):
    """Return whether a failed request certainly did not reach the server."""
    if isinstance(
        error, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError
    ):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError)


def _read(response):
    """Return the answer of Facebook, or raise its error."""
    try:
        answer = response.json()
    except requests.exceptions.JSONDecodeError:
        answer = None
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        raise GraphError(_get_kind(error), str(error.get("message") or "")[:500])
    if not response.ok or not isinstance(answer, dict):
        raise GraphError(UNSURE)
    return answer


def _get_kind(error):
    if error.get("code") in _EXPIRED_CODES:
        return TOKEN
    if "appsecret_proof" in str(error.get("message")):
        return SECRET
    if error.get("error_subcode") == _WINDOW_SUBCODE:
        return WINDOW
    if error.get("code") in _BUSY_CODES or error.get("is_transient") is True:
        return BUSY
    if error.get("code") in _PERMISSION_CODES and not error.get("error_subcode"):
        return PERMISSION
    return REFUSED
