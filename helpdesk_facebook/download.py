"""Files that somebody sent over Facebook, from its servers and no others.

The address of a file comes with the message. So that nobody makes Odoo ask a server of
their choice, only the origins of a setting are asked, names must not lead to addresses
that are not public, and what is checked is the address that is connected to.
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
SECONDS = 20  # without a byte
TOTAL_SECONDS = 120
CHUNK = 1 << 16

FORBIDDEN = "forbidden"
TOO_LARGE = "too large"
UNREACHABLE = "unreachable"

# IPv6 networks whose addresses stand for IPv4 addresses
_TRANSLATED = [
    ipaddress.ip_network(text)
    for text in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
] + [ipaddress.ip_network(text) for text in ("2001::/32", "2002::/16")]


class DownloadError(Exception):
    """Why there is no file.

    :param str kind: FORBIDDEN, TOO_LARGE or UNREACHABLE
    """

    def __init__(self, kind):
        super().__init__(kind)
        self.kind = kind


def fetch(url, origins, limit):
    """Fetch a file.

    :param str url: where it is
    :param str origins: what may be asked, as in ORIGINS
    :param int limit: bytes that it may have
    :return: its name and its content
    :raise DownloadError: when there is none
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
            if response.status != 200:  # a redirect is not followed either
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
    """Return an `http.client` connection to a server that may be asked.

    The name is resolved once, and the connection made to what was checked. An address
    instead of a name stands in the setting as it is: an administrator means it.
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
    """Tell whether an address can be reached from everywhere.

    :param str text: an IPv4 or IPv6 address, as the resolver gives it
    """
    address = ipaddress.ip_address(text)
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _TRANSLATED)
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
