"""Downloads files that were sent over Facebook, from its servers only.

The URL of a file comes with the message. To prevent requests to servers chosen by the
sender, only the origins in a setting are allowed, names must not resolve to addresses
that are not public, and the check is done on the IP address of the connection.
"""

import http.client
import ipaddress
import mimetypes
import re
import socket
import ssl
import time
from urllib.parse import urlsplit

ORIGINS = "https://*.fbcdn.net https://*.fbsbx.com https://*.facebook.com"
SECONDS = 20  # without data
TOTAL_SECONDS = 120
CHUNK = 1 << 16

FORBIDDEN = "forbidden"
TOO_LARGE = "too large"
UNREACHABLE = "unreachable"

# IPv6 networks whose addresses contain IPv4 addresses
_TRANSLATED = [
    ipaddress.ip_network(text)
    for text in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
] + [ipaddress.ip_network(text) for text in ("2001::/32", "2002::/16")]
# Public addresses that the host of a virtual machine answers
_METADATA = [ipaddress.ip_network(text) for text in ("168.63.129.16", "192.0.0.0/24")]


class DownloadError(Exception):
    """A file that could not be downloaded.

    :param str kind: FORBIDDEN, TOO_LARGE or UNREACHABLE
    """

    def __init__(self, kind):
        super().__init__(kind)
        self.kind = kind


def fetch(url, origins, limit):
    """Download a file.

    :param str url: of the file
    :param str origins: allowed origins, see ORIGINS
    :param int limit: maximum size in bytes
    :return: its name and its content
    :rtype: tuple[str, bytes]
    :raise DownloadError: when it cannot be downloaded
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        raise DownloadError(FORBIDDEN) from None
    if not parts.hostname or not _is_allowed(parts, port, origins):
        raise DownloadError(FORBIDDEN)
    end = time.monotonic() + TOTAL_SECONDS
    try:
        connection = _connect(parts, port)
        try:
            path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            connection.request("GET", path)
            response = connection.getresponse()
            if response.status != 200:  # redirects are not followed
                raise DownloadError(UNREACHABLE)
            content = _read(response, limit, end)
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise DownloadError(UNREACHABLE) from error
    return _get_name(parts.path, response.headers.get_content_type()), content


def _is_allowed(parts, port, origins):
    for word in origins.split():
        origin = urlsplit(word)
        usual = {"http": 80, "https": 443}.get(origin.scheme)
        if (origin.scheme, origin.port or usual) != (parts.scheme, port):
            continue
        host = origin.hostname or ""
        if host == parts.hostname:
            return True
        if host.startswith("*.") and parts.hostname.endswith(host[1:]):
            return True
    return False


def _connect(parts, port):
    """Return an `http.client` connection to an allowed server.

    The name is resolved once, and the connection uses the address that was checked. An
    IP address in the setting is allowed even if it is not public.
    """
    infos = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    addresses = [info[4][0] for info in infos]
    if parts.hostname not in addresses:
        addresses = [address for address in addresses if is_public(address)]
    if not addresses:
        raise DownloadError(FORBIDDEN)
    sock = socket.create_connection((addresses[0], port), SECONDS)
    if parts.scheme == "http":
        connection = http.client.HTTPConnection(parts.hostname, port)
    else:
        context = ssl.create_default_context()
        sock = context.wrap_socket(sock, server_hostname=parts.hostname)
        connection = http.client.HTTPSConnection(parts.hostname, port, context=context)
    connection.sock = sock
    return connection


def is_public(text):
    """Return whether an address is reachable from the internet.

    :param str text: IPv4 or IPv6 address, as the resolver returns it
    :rtype: bool
    """
    address = ipaddress.ip_address(text)
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _TRANSLATED + _METADATA)
    )


def _read(response, limit, end):
    parts, size = [], 0
    while chunk := response.read1(CHUNK):
        size += len(chunk)
        if size > limit:
            raise DownloadError(TOO_LARGE)
        if time.monotonic() > end:
            raise DownloadError(UNREACHABLE)
        parts.append(chunk)
    return b"".join(parts)


def _get_name(path, kind):
    name = re.sub(r"[^\w.-]+", "_", path.rpartition("/")[2])[-100:].strip("._")
    if "." not in name:
        name = f"{name or 'file'}{mimetypes.guess_extension(kind) or ''}"
    return name
