"""Connections to mail servers. Plain Python.

Whoever sets up a mailbox makes Odoo connect to an address of their choice. To keep the
internal network out of reach, addresses that are not public are refused unless the
administrator of the machine allows them. The check is done on the IP address of the
connection, because a host name may resolve differently a moment later.
"""

import contextlib
import ipaddress
import logging
import poplib
import re
import socket
import ssl
import threading
import unicodedata
from dataclasses import dataclass, field
from imaplib import IMAP4

from .mailbox import ImapMailbox
from .mailbox_errors import MailboxError
from .mailbox_pop import PopMailbox

_logger = logging.getLogger(__name__)

TIMEOUT = 60  # seconds without an answer, as core's MAIL_TIMEOUT
# Limits of one answer: the bytes of mails, and those of the protocol around them.
MAX_TEXT_BYTES = 128 * 1024 * 1024
MAX_TALK_BYTES = 16 * 1024 * 1024
# Errors of a connection that is dead or out of step.
BROKEN = (OSError, EOFError, IMAP4.abort)
# Refusals that are not the password's fault (RFC 5530; RFC 2449 and 3206 for POP3).
_PASSING = re.compile(
    r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|IN-USE|SYS/TEMP)\b", re.IGNORECASE
)

CONNECT_SECONDS = 20
ANSWER_SECONDS = 300  # for a whole answer, even if it arrives byte by byte
MAIL_PORTS = "110, 143, 993, 995"

# IPv6 networks whose addresses stand for the IPv4 address at their end (RFC 6052), and
# those that may (RFC 8215; RFC 4291, 2.5.5.1).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_OTHER_NAT = [ipaddress.ip_network(text) for text in ("64:ff9b:1::/48", "::/96")]
# A public address that the host of a virtual machine answers.
_METADATA = [ipaddress.ip_network(text) for text in ("168.63.129.16", "192.0.0.0/24")]


@dataclass(frozen=True)
class Policy:
    """The addresses and ports that mailboxes may use, from two system parameters.

    :param str networks: allowed networks that are not public, such as `10.0.0.0/8,
        fd00::/8`
    :param str ports: ports and ranges, such as `143, 993, 10000-10999`
    """

    networks: str = ""
    ports: str = MAIL_PORTS

    def allows_port(self, port):
        """Return whether mailboxes may use a port."""
        for first, last in re.findall(r"(\d+)(?:\s*-\s*(\d+))?", self.ports):
            if int(first) <= port <= int(last or first):
                return True
        return False

    def allows(self, text):
        """Return whether mailboxes may use an IP address."""
        address, *hidden = _meanings(text)
        if all(
            one.is_global
            and not one.is_multicast
            and not one.is_reserved
            and not any(one in network for network in _METADATA)
            for one in (address, *hidden)
        ):
            return True  # reachable from the internet anyway
        for word in re.split(r"[\s,;]+", self.networks):
            with contextlib.suppress(ValueError):  # an invalid network allows nothing
                network = ipaddress.ip_network(word, strict=False)
                if address.version == network.version and address in network:
                    return True
        return False


@dataclass(frozen=True)
class Endpoint:
    """Address and encryption of a mail server.

    :param str host: name or address
    :param int port: its port
    :param str encryption: `tls` from the first byte, `starttls`, or empty for none
    :param bool trust_any: accept every certificate
    :param Policy policy: which addresses and ports are allowed
    """

    host: str
    port: int
    encryption: str = "tls"
    trust_any: bool = False
    policy: Policy = field(default_factory=Policy)

    def context(self):
        """The TLS context: certificates are checked with the authorities of this
        machine."""
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.trust_any:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def open_mailbox(kind, endpoint, login, *folder):
    """Connect to a mail server and log in; close the connection if an error occurs.

    :param str kind: `imap` or `pop`
    :param Endpoint endpoint: the server
    :param login: called with the connection; logs in (core's `_imap_login__`)
    :param str folder: the folder that will be read, of IMAP only
    :return: `ImapMailbox` or `PopMailbox`
    :raises MailboxError: whatever goes wrong, recognised
    """
    protocol, mailbox = PROTOCOLS[kind]
    connection, step = None, "unreachable"
    try:
        connection = protocol(endpoint)
        if endpoint.encryption == "starttls":
            step = "no_starttls"
            connection.encrypt(endpoint.context())
        step = "login"
        connection.sign_in(login)
    except BaseException as error:
        if connection:
            with contextlib.suppress(OSError):
                connection.hang_up()
        find_fault = _find_login_fault if step == "login" else _find_opening_fault
        if fault := find_fault(error, step):
            # nothing of what was sent to log in
            raise MailboxError(fault) from (None if step == "login" else error)
        raise
    return mailbox(connection, *folder)


def _find_opening_fault(error, step):
    """Return the same kind of error whenever there is no usable mail server (rel-F2).

    Whether the port is closed, filtered, or speaks another protocol is only logged:
    otherwise everybody who can set up a mailbox could scan networks. A server without
    encryption is refused in the same way, before the password is sent.

    :param Exception error: what was raised
    :param str step: the kind of the error
    :return: the kind, or None if the error itself says what is wrong
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return None
    faults = (*BROKEN, IMAP4.error, poplib.error_proto, UnicodeError)
    return step if isinstance(error, faults) else None


def _find_login_fault(error, step):
    """Return the kind of an error during the login, see `_find_opening_fault`."""
    if isinstance(error, IMAP4.abort):
        return None  # a broken connection, not a refused password
    if isinstance(error, IMAP4.error | poplib.error_proto):
        return "lost" if _PASSING.search(str(error)) else step
    return "login_characters" if isinstance(error, UnicodeError) else None


@contextlib.contextmanager
def closing(mailbox):
    """Disconnect at the end in any case; errors of a dead connection are only
    logged."""
    broken = False
    try:
        yield mailbox
    except (*BROKEN, MailboxError) as error:
        # no answer to a logout can be expected then
        broken = getattr(error, "kind", "too_much") == "too_much"
        raise
    finally:
        try:
            if not broken:
                mailbox.disconnect()
        except (*BROKEN, IMAP4.error, poplib.error_proto, MailboxError) as error:
            _logger.info("The mail server's connection ended badly: %s", error)
            broken = True
        if broken:
            with contextlib.suppress(OSError):
                mailbox.hang_up()


class _Bounded:
    """Common to the connections of both protocols: limits (rel-F5).

    `watchdog` is told about each command that is sent and about each part of the
    answers.
    """

    watchdog = None

    def __init__(self, endpoint):
        self.endpoint = endpoint
        try:
            super().__init__(endpoint.host, endpoint.port, timeout=TIMEOUT)
        except BaseException:
            if self.watchdog:
                self.watchdog.stop()
            raise

    def _create_socket(self, timeout):
        endpoint = self.endpoint
        sock = connect(endpoint.host, endpoint.port, endpoint.policy, timeout)
        self.watchdog = Watchdog(sock)
        if endpoint.encryption != "tls":
            return sock
        return endpoint.context().wrap_socket(sock, server_hostname=endpoint.host)


class _Imap(_Bounded, IMAP4):
    """The connection of imaplib, with limits, and without passwords in the log."""

    encrypt = IMAP4.starttls

    def _command(self, name, *args):
        self.watchdog.restart()
        return super()._command(name, *args)

    def read(self, size):
        """Read a literal, unless it exceeds the size limit."""
        self.watchdog.count(text=size)
        return super().read(size)

    def readline(self):
        """Read a line."""
        line = super().readline()
        self.watchdog.count(talk=len(line))
        return line

    def login(self, user, password):
        """Log in with both arguments quoted, in UTF-8 if the server supports it."""
        _check_words(user, password)
        if user.isascii() and password.isascii():
            return super().login(self._quote(user), password)
        if "AUTH=PLAIN" not in self.capabilities:
            raise MailboxError("login_characters")
        return self.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())

    def shutdown(self):
        """Close the connection."""
        self.watchdog.stop()
        return super().shutdown()

    hang_up = shutdown

    def sign_in(self, login):
        """Log in; disable imaplib's log, at any level, for what is sent."""
        level, self.debug = self.debug, 0
        try:
            login(self)
        finally:
            self.debug = level
            getattr(self, "_cmd_log", {}).clear()  # missing under python -O


class _Pop(_Bounded, poplib.POP3):
    """The connection of poplib, with limits."""

    encrypt = poplib.POP3.stls

    def sign_in(self, login):
        """Log in."""
        login(self)

    def _putcmd(self, line):
        self.watchdog.restart()
        return super()._putcmd(line)

    def _getlongresp(self):
        """Read a multi-line answer. poplib's own method refuses lines of lengths that
        occur in mails."""
        response, lines, octets = self._getresp(), [], 0
        while (line := self.file.readline(MAX_TEXT_BYTES)) not in (b".\r\n", b".\n"):
            if not line.endswith(b"\n"):
                raise EOFError
            octets += len(line)
            # an empty line needs as much memory as one with text
            self.watchdog.count(text=len(line) + 32)
            line = line.removesuffix(b"\n").removesuffix(b"\r")
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return response, lines, octets

    def log_in(self, user, password):
        """Log in with USER and PASS."""
        _check_words(user, password)
        self.user(user)
        self.pass_(password)

    def close(self):
        """Close the connection."""
        self.watchdog.stop()
        return super().close()

    hang_up = close


PROTOCOLS = {"imap": (_Imap, ImapMailbox), "pop": (_Pop, PopMailbox)}


def _check_words(*words):
    """Refuse characters that would end a command and begin another (rel-F6)."""
    if any(unicodedata.category(sign) == "Cc" for word in words for sign in word):
        raise MailboxError("login_characters")


# -- where it may go -------------------------------------------------------------------


def connect(host, port, policy, timeout):
    """Connect to a server that the policy allows.

    The name is resolved once, and the connection uses the IP address that was checked.

    :param str host: name or address, in any spelling that the resolver knows
    :param int port: its port
    :param Policy policy: what is allowed
    :param float timeout: seconds to wait for an answer once connected
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


def _meanings(text):
    """Return an address together with the IPv4 addresses embedded in it."""
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


class Watchdog:
    """Ends a connection when an answer takes too long or is too large.

    The timeout of the socket is not enough, because it restarts with every byte.

    :param socket.socket sock: connected, not yet wrapped for TLS
    """

    def __init__(self, sock):
        self._sock = sock.dup()
        self._timer = None
        self.restart()

    def restart(self):
        """Start measuring the answer to a new command."""
        self._text = self._talk = 0
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(ANSWER_SECONDS, self._bite)
        self._timer.daemon = True
        self._timer.start()

    def count(self, text=0, talk=0):
        """Count received bytes.

        :param int text: bytes of mails
        :param int talk: bytes of the protocol around them
        :raises MailboxError: `too_much`
        """
        self._text += text
        self._talk += talk
        if self._text > MAX_TEXT_BYTES or self._talk > MAX_TALK_BYTES:
            raise MailboxError("too_much")

    def stop(self):
        """Stop measuring."""
        self._timer.cancel()
        self._sock.close()

    def _bite(self):
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
