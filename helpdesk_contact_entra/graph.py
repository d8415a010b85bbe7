"""Sign-in with msal, and requests to Microsoft Graph v1.0. Plain Python."""

import json
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

import msal
import requests

from .faults import DirectoryFault

TIMEOUT = 30  # seconds
LARGEST_ANSWER = 32 * 1024 * 1024  # a page of users is far below
LONGEST_WAIT = 24 * 3600
LARGEST_PHOTO = 4 * 1024 * 1024  # Graph stores none that is larger
PAGE = 500
# Microsoft allows 15 values in one "in".
IDS_IN_A_FILTER = 15
# Error numbers of the sign-in, by their meaning
SIGN_IN = {
    "7000222": "secret_expired",
    "7000215": "secret_wrong",
    "700027": "certificate",
    "700030": "certificate",
    "700024": "clock",
    "900021": "tenant",
    "900023": "tenant",
    "90002": "tenant",
    "700016": "application",
    "7000229": "application",
    "65001": "permission",
}
LINKS = ("@odata.nextLink", "@odata.deltaLink")
RESYNC = ("syncstatenotfound", "syncstateinvalid", "resyncrequired")


@dataclass(frozen=True)
class Endpoint:
    """How to reach a directory.

    :param str login_url: base address of the sign-in
    :param str graph_url: base address of Microsoft Graph, without version
    :param str ca_file: file of certificates to trust, empty for the usual ones
    """

    tenant: str
    client_id: str
    credential: object
    login_url: str
    graph_url: str
    ca_file: str = ""


class _Session(requests.Session):
    """A session with timeouts that trusts the chosen certificates."""

    def __init__(self, ca_file):
        super().__init__()
        self._ca_file = ca_file

    def request(self, method, url, **kwargs):
        kwargs.setdefault("timeout", TIMEOUT)
        if self._ca_file:
            kwargs.setdefault("verify", self._ca_file)
        return super().request(method, url, **kwargs)


class Graph:
    """The directory of one customer.

    :param Endpoint endpoint: where it is and how to sign in
    """

    def __init__(self, endpoint):
        self._endpoint = endpoint
        self._session = _Session(endpoint.ca_file)
        self._base = f"{endpoint.graph_url.rstrip('/')}/v1.0"
        self._app = None

    # -- requests -----------------------------------------------------------------

    def get_groups(self, link=None):
        """Return a page of groups and the address of the next one, None at the end.

        :raise DirectoryFault: no usable answer
        """
        page = self._get(link or self._url("/groups", select=["id", "displayName"]))
        return page.get("value", []), page.get("@odata.nextLink")

    def get_member_ids(self, group, link=None):
        """Return a page of the ids of a group's users, nested groups included.

        :param str group: the group's id
        :return: the ids as they came, and the address of the next page, None at the end
        :raise DirectoryFault: `group` when there is no such group any more
        """
        path = f"/groups/{group}/transitiveMembers/microsoft.graph.user"
        try:
            page = self._get(link or self._url(path, select=["id"]))
        except DirectoryFault as fault:
            if fault.kind == "missing":
                raise DirectoryFault("group", fault.detail) from fault
            raise
        ids = [user.get("id") for user in page.get("value", [])]
        return ids, page.get("@odata.nextLink")

    def get_changes(self, properties, link=None):
        """Return a page of the users that changed, of all users without a link.

        :param list properties: names of the properties to fetch
        :param str link: where an earlier page or run ended
        :return: the users, the address of the next page, and at the end that of the
            next changes
        :raise DirectoryFault: `gone` when the link is too old
        """
        page = self._get(link or self._url("/users/delta", select=properties))
        return (
            page.get("value", []),
            page.get("@odata.nextLink"),
            page.get("@odata.deltaLink"),
        )

    def get_users(self, properties, ids):
        """Return users by their ids.

        :raise DirectoryFault: no usable answer
        """
        users = []
        for start in range(0, len(ids), IDS_IN_A_FILTER):
            chosen = ", ".join(f"'{id_}'" for id_ in ids[start:][:IDS_IN_A_FILTER])
            url = self._url("/users", select=properties, filter=f"id in ({chosen})")
            users += self._get(url).get("value", [])
        return users

    def get_first_users(self, properties, group=None, number=20):
        """Return some users, of a group if one is given, for a preview.

        :raise DirectoryFault: no usable answer
        """
        path = f"/groups/{group}/transitiveMembers/microsoft.graph.user"
        url = self._url(path if group else "/users", select=properties, top=number)
        return self._get(url).get("value", [])

    def get_photo(self, user):
        """Return the bytes of a user's photo, None when there is none.

        :param str user: the user's id
        :raise DirectoryFault: no usable answer, or one that is too large
        """
        try:
            return self._fetch(f"{self._base}/users/{user}/photo/$value", LARGEST_PHOTO)
        except DirectoryFault as fault:
            if fault.kind == "missing":
                return None
            raise

    # -- transport ----------------------------------------------------------------

    def _url(self, path, select=(), **options):
        options = {f"${name}": value for name, value in options.items()}
        if select:
            options["$select"] = ",".join(select)
        return f"{self._base}{path}?{urlencode(options, safe='$,')}"

    def _get(self, url):
        """Return the JSON of an address; faults as DirectoryFault."""
        return _as_json(self._fetch(url, LARGEST_ANSWER))

    def _fetch(self, url, largest):
        """Return the bytes of an address, not more than the largest; faults as
        DirectoryFault."""
        # The token is sent to this server only, whatever a link in an answer says.
        if urlsplit(url)[:2] != urlsplit(self._base)[:2]:
            raise DirectoryFault("answer", "a link to another server")
        headers = {
            "Authorization": f"Bearer {self._get_token()}",
            "Prefer": f"odata.maxpagesize={PAGE}",
        }
        try:
            with self._session.get(
                url, headers=headers, stream=True, allow_redirects=False
            ) as response:
                body = self._read(response, largest)
        except requests.RequestException as error:
            raise _network_fault(error) from error
        if response.status_code == 200:
            return body
        raise _graph_fault(response, body)

    def _read(self, response, largest):
        body = bytearray()
        for chunk in response.iter_content(65536):
            body += chunk
            if len(body) > largest:
                raise DirectoryFault("answer", "it is too long")
        return bytes(body)

    def _get_token(self):
        """Return a token, the one in use as long as it is valid.

        :raise DirectoryFault: the sign-in fails
        """
        endpoint = self._endpoint
        try:
            if self._app is None:
                self._app = msal.ConfidentialClientApplication(
                    endpoint.client_id,
                    client_credential=endpoint.credential,
                    authority=f"{endpoint.login_url.rstrip('/')}/{endpoint.tenant}",
                    # The address is an administrator's choice: no need to ask
                    # Microsoft whether it is one of its own.
                    instance_discovery=False,
                    http_client=self._session,
                )
            scope = f"{endpoint.graph_url.rstrip('/')}/.default"
            answer = self._app.acquire_token_for_client(scopes=[scope])
        except requests.RequestException as error:
            raise _network_fault(error) from error
        except (KeyError, RuntimeError, TypeError) as error:
            raise DirectoryFault("answer", str(error)) from error
        except ValueError as error:
            raise DirectoryFault(_kind_of_refusal(error), str(error)) from error
        if "access_token" not in answer:
            raise _sign_in_fault(answer)
        return answer["access_token"]


def _kind_of_refusal(error):
    """Return the kind of a ValueError of msal, which it raises for the key, the
    directory's metadata, and the answer to the sign-in."""
    if isinstance(error, json.JSONDecodeError):
        return "answer"
    return "tenant" if "authority" in str(error).lower() else "certificate"


def _network_fault(error):
    kind = (
        "untrusted"
        if isinstance(error, requests.exceptions.SSLError)
        else "unreachable"
    )
    # The reason alone: the whole text names the address, whose links are not for all.
    cause = error.args[0] if error.args else None
    return DirectoryFault(kind, str(getattr(cause, "reason", type(error).__name__)))


def _sign_in_fault(answer):
    text = answer.get("error_description") or answer.get("error") or ""
    for number in re.findall(r"AADSTS(\d+)", text):
        if number in SIGN_IN:
            return DirectoryFault(SIGN_IN[number], text)
    kinds = {"unauthorized_client": "application", "invalid_client": "secret_wrong"}
    return DirectoryFault(kinds.get(answer.get("error"), "answer"), text)


def _graph_fault(response, body):
    """Return the `DirectoryFault` for an error response of Graph."""
    status = response.status_code
    error = _get_error(body)
    detail = f"{status} {error.get('code', '')} {error.get('message', '')}".strip()
    code = str(error.get("code", "")).lower()
    if status == 410 or code in RESYNC:
        return DirectoryFault("gone", detail)
    if status in (429, 503, 504) and response.headers.get("Retry-After"):
        wait = _seconds(response.headers["Retry-After"])
        return DirectoryFault("throttled", detail, wait)
    if status == 401:
        skewed = re.search(r"lifetime|not yet valid", detail, re.IGNORECASE)
        return DirectoryFault("clock" if skewed else "token", detail)
    kinds = {403: "permission", 404: "missing", 429: "throttled"}
    if status in kinds:
        return DirectoryFault(kinds[status], detail)
    return DirectoryFault("unreachable" if status >= 500 else "answer", detail)


def _get_error(body):
    try:
        error = json.loads(body).get("error")
    except (AttributeError, RecursionError, ValueError):
        return {}
    return error if isinstance(error, dict) else {}


def _as_json(body):
    try:
        page = json.loads(body)
    except (RecursionError, ValueError) as error:
        raise DirectoryFault("answer", "it is no JSON") from error
    values = page.get("value", []) if isinstance(page, dict) else None
    if not isinstance(values, list) or not all(isinstance(v, dict) for v in values):
        raise DirectoryFault("answer", "it is no list")
    if not all(map(_is_link, (page.get(name) for name in LINKS))):
        raise DirectoryFault("answer", "a link that is none")
    return page


def _is_link(value):
    """Return whether a link is missing, or is a text that can be stored and
    requested."""
    if value is None:
        return True
    try:
        plain = value.isascii() and value.isprintable()
        return plain and bool(urlsplit(value).netloc)
    except (AttributeError, TypeError, ValueError):
        return False


def _seconds(retry_after):
    """Return the seconds of a Retry-After header, which may be a date, at most a
    day."""
    if retry_after.strip().isdigit():
        wait = int(retry_after)
    else:
        try:
            wait = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except (TypeError, ValueError):
            wait = 60
    return int(min(max(wait, 1), LONGEST_WAIT))
