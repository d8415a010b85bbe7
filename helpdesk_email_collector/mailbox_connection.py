"""Opening and closing the connection to a mail server. Plain Python."""

import contextlib
import logging
import poplib
import ssl
from imaplib import IMAP4, IMAP4_SSL

from .mailbox import ImapMailbox, PopMailbox
from .mailbox_errors import MailboxError

_logger = logging.getLogger(__name__)

TIMEOUT = 60  # seconds without an answer, as core's MAIL_TIMEOUT


def ssl_context(trust_any=False):
    """Return how certificates are checked: by the authorities of this machine.

    Core's own connections check nothing.

    :param bool trust_any: accept every certificate
    """
    context = ssl.create_default_context()
    if trust_any:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def open_imap(host, port, context, login, folder):
    """Connect to an IMAP server and log in.

    :param str host: name or address
    :param int port: its port
    :param ssl.SSLContext context: for TLS from the first byte, None for none
    :param login: called with the connection; logs in (core's `_imap_login__`)
    :param str folder: the folder that will be read
    :return: `ImapMailbox`
    :raises MailboxError: `no_mail_server`, `login`, `login_characters`
    :raises OSError: and what else the network gives
    """
    try:
        if context:
            connection = IMAP4_SSL(host, port, ssl_context=context, timeout=TIMEOUT)
        else:
            connection = IMAP4(host, port, timeout=TIMEOUT)
    except IMAP4.abort:  # recognised later: the line, or what it says
        raise
    except IMAP4.error as error:
        raise MailboxError("no_mail_server") from error
    with _login_faults(connection.shutdown):
        login(connection)
    return ImapMailbox(connection, folder)


def open_pop(host, port, context, user, password):
    """Connect to a POP3 server and log in.

    :param str host: name or address
    :param int port: its port
    :param ssl.SSLContext context: for TLS from the first byte, None for none
    :param str user: its login
    :param str password: its password
    :return: `PopMailbox`
    :raises MailboxError: `no_mail_server`, `login`, `login_characters`
    :raises OSError: and what else the network gives
    """
    try:
        if context:
            connection = poplib.POP3_SSL(host, port, context=context, timeout=TIMEOUT)
        else:
            connection = poplib.POP3(host, port, timeout=TIMEOUT)
    except poplib.error_proto as error:
        raise MailboxError("no_mail_server") from error
    with _login_faults(connection.close):
        connection.user(user or "")
        connection.pass_(password or "")
    return PopMailbox(connection)


@contextlib.contextmanager
def closing(mailbox):
    """Disconnect at the end, whatever happened; a dead line is only logged."""
    try:
        yield mailbox
    finally:
        try:
            mailbox.disconnect()
        except (OSError, EOFError, IMAP4.error, poplib.error_proto) as error:
            _logger.info("The mail server's connection ended badly: %s", error)


@contextlib.contextmanager
def _login_faults(hang_up):
    """Name what goes wrong while logging in, without repeating what was sent."""
    try:
        yield
    except BaseException as error:
        with contextlib.suppress(OSError):
            hang_up()
        # an abort is a broken connection, not a refused password
        if isinstance(error, IMAP4.error | poplib.error_proto) and not isinstance(
            error, IMAP4.abort
        ):
            raise MailboxError("login") from None
        if isinstance(error, UnicodeError):
            raise MailboxError("login_characters") from None
        raise
