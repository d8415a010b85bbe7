"""Which servers a mailbox may lie on, and the connection to them. Plain Python.

Whoever sets up a mailbox makes Odoo connect to an address of their choice. So that this
opens no door into the network behind Odoo, addresses that are not public are refused
unless the administrator of the machine allows them; and what is checked is the address
that the connection goes to, not a name that may mean another a moment later.
"""

import contextlib
import ipaddress
import re
import socket
import threading
from dataclasses import dataclass

from .mailbox_errors import MailboxError

CONNECT_SECONDS = 20
ANSWER_SECONDS = 300  # for a whole answer, however steadily it drips in
MAIL_PORTS = "110, 143, 993, 995"

# IPv6 networks whose addresses stand for the IPv4 address at their end (RFC 6052), and
# those that may (RFC 8215; RFC 4291, 2.5.5.1).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_OTHER_NAT = [ipaddress.ip_network(text) for text in ("64:ff9b:1::/48", "::/96")]
# Public by number, and yet answered by the host of a virtual machine.
_METADATA = [ipaddress.ip_network(text) for text in ("168.63.129.16", "192.0.0.0/24")]


def is_public(text):
    """Tell whether an address can be reached from everywhere.

    :param str text: an IPv4 or IPv6 address, as the resolver gives it
    """
    return all(
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _METADATA)
        for address in _meanings(text)
    )


def _meanings(text):
    """Return the addresses that one stands for: itself, or IPv4 addresses within it."""
    address = ipaddress.ip_address(text)
    if address.version == 4:
        return [address]
    last = ipaddress.ip_address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped or address in _NAT64:
        return [last]
    hidden = [address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _OTHER_NAT):
        hidden.append(last)
    return [address, *filter(None, hidden)]


@dataclass(frozen=True)
class Policy:
    """What a mailbox may connect to, as two system parameters say.

    :param str networks: networks that are allowed though they are not public, as in
        `10.0.0.0/8, fd00::/8`
    :param str ports: ports, and ranges of them, as in `143, 993, 10000-10999`
    """

    networks: str = ""
    ports: str = MAIL_PORTS

    def allows_port(self, port):
        """Tell whether a mailbox may use a port."""
        for first, last in re.findall(r"(\d+)(?:\s*-\s*(\d+))?", self.ports):
            if int(first) <= port <= int(last or first):
                return True
        return False

    def allows(self, text):
        """Tell whether a mailbox may lie on an address."""
        if is_public(text):
            return True
        return any(
            meaning.version == network.version and meaning in network
            for meaning in _meanings(text)[:1]
            for network in self._networks()
        )

    def _networks(self):
        """Yield the networks; what is none allows nothing."""
        for word in re.split(r"[\s,;]+", self.networks):
            with contextlib.suppress(ValueError):
                yield ipaddress.ip_network(word, strict=False)


def connect(host, port, policy, timeout):
    """Connect to a server that the policy allows.

    The name is resolved once, and the connection made to what was checked.

    :param str host: name or address, in any spelling that the resolver knows
    :param int port: its port
    :param Policy policy: what is allowed
    :param float timeout: seconds without an answer, later
    :return: a socket
    :raises MailboxError: `port`, `internal`
    :raises OSError: and UnicodeError, when it cannot be reached
    """
    if not policy.allows_port(port):
        raise MailboxError("port")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [info[4][0] for info in found if policy.allows(info[4][0])]
    if not addresses:
        raise MailboxError("internal")
    failure = None
    for address in addresses:
        try:
            sock = socket.create_connection((address, port), CONNECT_SECONDS)
        except OSError as error:
            failure = error
        else:
            sock.settimeout(timeout)
            return sock
    raise failure


class Watchdog:
    """Ends a connection whose answer does not end.

    A timeout of the socket is not enough: it begins again with every byte.

    :param socket.socket sock: connected, not yet wrapped for TLS
    """

    def __init__(self, sock):
        self._sock = sock.dup()
        self._timer = None
        self.restart()

    def restart(self):
        """Begin to wait for another answer."""
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(ANSWER_SECONDS, self._bite)
        self._timer.daemon = True
        self._timer.start()

    def stop(self):
        """Wait for nothing any more."""
        self._timer.cancel()
        self._sock.close()

    def _bite(self):
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
