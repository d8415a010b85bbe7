"""Facebook's Graph API, as far as the helpdesk speaks it. Plain Python."""

import hashlib
import hmac
from dataclasses import dataclass, field

import requests
from urllib3.exceptions import NewConnectionError

TIMEOUT = 30  # seconds without an answer

# What an error means for whoever sends something:
TOKEN = "token"  # the access to the page ended: somebody must renew it
PERMISSION = "permission"  # the access to the page lacks something
SECRET = "secret"  # what was entered cannot be used: somebody must enter it again
WINDOW = "window"  # the customer wrote too long ago
BUSY = "busy"  # later, perhaps
REFUSED = "refused"  # never
UNSURE = "unsure"  # nobody knows whether it was done
# What only an administrator can fix: it is tried again until that is done.
ACCESS = (TOKEN, PERMISSION, SECRET)

_EXPIRED_CODES = {102, 190}
_WINDOW_SUBCODE = 2018278
# Those of one person or post have a subcode; those of the app have none.
_PERMISSION_CODES = {3, 10, *range(200, 300)}
_BUSY_CODES = {1, 2, 4, 17, 32, 341, 613}


class GraphError(Exception):
    """What Facebook, or the way to it, refused.

    :param str kind: TOKEN, PERMISSION, SECRET, WINDOW, BUSY, REFUSED or UNSURE
    :param str text: Facebook's own words; no token is in them
    """

    def __init__(self, kind, text=""):
        super().__init__(text)
        self.kind = kind
        self.text = text


@dataclass(frozen=True)
class Graph:
    """The API, used in the name of one page.

    :param str base: address with version, without a slash at the end
    """

    base: str
    token: str = field(repr=False)
    secret: str = field(repr=False)

    def get(self, path, **parameters):
        """Ask for something.

        :return: the answer, a dict
        :raise GraphError: when there is none
        """
        return self._call("GET", path, params=self._sign(parameters))

    def post(self, path, values, files=None):
        """Send something.

        :param dict values: of the form
        :param dict files: as `requests` takes them
        :return: the answer, a dict
        :raise GraphError: UNSURE when Facebook may have done it all the same
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
            raise failure  # here, so that the address with the token goes nowhere
        return _read(response)


def _is_unsent(error):
    """Tell whether a request that failed surely reached nobody."""
    if isinstance(
        error, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError
    ):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError)


def _read(response):
    """Return the answer of Facebook, or raise what it refuses."""
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
