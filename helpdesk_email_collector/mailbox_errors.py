"""What can go wrong with a mailbox, and the one sentence for each case.

Both the cron and the button *Test connection* come here, so a case is worded once.
"""

import poplib
import socket
import ssl
from imaplib import IMAP4

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

SENTENCES = {
    "unknown_host": _lt(
        "The server name “%(host)s” is unknown. Check its spelling and the name "
        "resolution (DNS) of the machine that runs Odoo."
    ),
    "refused": _lt(
        "“%(host)s” refuses connections on port %(port)s. Check the port and whether "
        "a firewall is in the way."
    ),
    "timeout": _lt(
        "“%(host)s” did not answer in time on port %(port)s. Check the server name, "
        "the port and whether a firewall is in the way."
    ),
    "unreachable": _lt(
        "“%(host)s” cannot be reached on port %(port)s: %(detail)s. Check the network."
    ),
    "certificate_expired": _lt(
        "The certificate of “%(host)s” has expired. Ask whoever runs the mail server "
        "to renew it, or trust it on this mailbox."
    ),
    "certificate_untrusted": _lt(
        "The certificate of “%(host)s” is self-signed or of an unknown authority. "
        "Install the authority's certificate on this machine, or trust it on this "
        "mailbox."
    ),
    "certificate_host": _lt(
        "The certificate of “%(host)s” belongs to another server name. Enter the name "
        "for which it was issued."
    ),
    "certificate": _lt(
        "The certificate of “%(host)s” is not valid: %(detail)s. Ask whoever runs the "
        "mail server."
    ),
    "no_tls": _lt(
        "“%(host)s” does not speak TLS on port %(port)s. Use its TLS port (993 for "
        "IMAP, 995 for POP3) or switch SSL/TLS off."
    ),
    "tls": _lt(
        "No encrypted connection to “%(host)s” could be made: %(detail)s. Check the "
        "port and the SSL/TLS option."
    ),
    "login": _lt(
        "“%(host)s” refused the user name or the password of “%(user)s”. Enter them "
        "again."
    ),
    "login_characters": _lt(
        "The user name or the password holds characters that “%(host)s” cannot take. "
        "Use letters, digits and common signs only."
    ),
    "folder": _lt(
        "The folder “%(folder)s” does not exist in the mailbox “%(user)s”. Choose one "
        "of: %(detail)s."
    ),
    "folder_name": _lt(
        "“%(folder)s” cannot be the name of a mail folder. Remove line breaks and "
        "other invisible characters."
    ),
    "read_only": _lt(
        "The folder “%(folder)s” of “%(user)s” may only be read. Give the user the "
        "right to change and move its mails."
    ),
    "lost": _lt(
        "“%(host)s” closed the connection. It will be tried again; if this stays, ask "
        "whoever runs the mail server."
    ),
    "no_mail_server": _lt(
        "What answers on port %(port)s of “%(host)s” is not a mail server of this "
        "type. Check the port and the server type."
    ),
    "protocol": _lt("“%(host)s” answered: %(detail)s"),
    "other": _lt("The mailbox cannot be read: %(detail)s"),
}

# OpenSSL's numbers, see X509_STORE_CTX_get_error(3)
CERTIFICATE_CODES = {
    10: "certificate_expired",
    18: "certificate_untrusted",
    19: "certificate_untrusted",
    20: "certificate_untrusted",
    21: "certificate_untrusted",
    62: "certificate_host",
    64: "certificate_host",
}
NO_TLS_REASONS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"}


class MailboxError(Exception):
    """A fault of a mailbox that is already recognised.

    :param str kind: a key of `SENTENCES`
    :param str detail: what the server said, or what helps the reader
    :param str folder: the folder in question
    """

    def __init__(self, kind, detail="", folder=""):
        super().__init__(kind, detail, folder)
        self.kind = kind
        self.detail = detail
        self.folder = folder


def recognise(error):
    """Tell which fault an exception stands for.

    :param Exception error: what a connection or a command raised
    :return: a `MailboxError`
    """
    if isinstance(error, MailboxError):
        return error
    # the order matters: certificate errors are SSL errors, which are OSErrors,
    # and imaplib's abort is one of its errors
    for kind_of_error, make in (
        (ssl.SSLCertVerificationError, _certificate_error),
        (ssl.SSLError, _ssl_error),
        ((socket.gaierror, UnicodeError), lambda _error: MailboxError("unknown_host")),
        (TimeoutError, lambda _error: MailboxError("timeout")),
        (ConnectionRefusedError, lambda _error: MailboxError("refused")),
        ((ConnectionError, EOFError), lambda _error: MailboxError("lost")),
        (OSError, _os_error),
        (IMAP4.abort, _abort),
        ((IMAP4.error, poplib.error_proto), _protocol_error),
    ):
        if isinstance(error, kind_of_error):
            return make(error)
    return MailboxError("other", detail=_text(error))


def sentence(env, error, **names):
    """Return the sentence of a fault in the language of `env`.

    :param env: `odoo.api.Environment`
    :param MailboxError error: the fault
    :param names: `host`, `port`, `user` and `folder` of the mailbox
    """
    names = {"host": "", "port": "", "user": "", "folder": "", **names}
    names["detail"] = error.detail
    names["folder"] = error.folder or names["folder"]
    text = env._(SENTENCES.get(error.kind, SENTENCES["other"]))
    return text % names


def _certificate_error(error):
    kind = CERTIFICATE_CODES.get(error.verify_code, "certificate")
    return MailboxError(kind, detail=error.verify_message or _text(error))


def _ssl_error(error):
    reason = getattr(error, "reason", "")  # set only by OpenSSL itself
    if reason in NO_TLS_REASONS:
        return MailboxError("no_tls")
    return MailboxError("tls", detail=reason or _text(error))


def _os_error(error):
    return MailboxError("unreachable", detail=error.strerror or _text(error))


def _abort(error):
    """What imaplib calls abort: a broken line, or a server that speaks no IMAP."""
    talks = "unexpected response" in str(error)
    return MailboxError("no_mail_server" if talks else "lost")


def _protocol_error(error):
    return MailboxError("protocol", detail=_text(error))


def _text(error):
    """Return what an exception says, short and readable; poplib raises bytes."""
    parts = [
        part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part)
        for part in error.args
    ]
    text = " ".join(parts).strip() or type(error).__name__
    return text[:300]
