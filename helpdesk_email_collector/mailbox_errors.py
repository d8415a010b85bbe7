"""The errors of mailboxes, and one sentence for each.

Used by the scheduled action and by the button *Test & Confirm*, so that each error is
worded once.
"""

import poplib
import ssl
from imaplib import IMAP4

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

MAX_MAIL_BYTES = 100 * 1024 * 1024  # no provider accepts larger mails

SENTENCES = {
    # one sentence for a closed port, a firewall and another protocol (rel-F2)
    "unreachable": _lt(
        "No mail server of this type could be reached at “%(host)s” on port %(port)s. "
        "Check the name, the port, the encryption and the firewall; the log of Odoo "
        "has the details."
    ),
    "port": _lt(
        "Port %(port)s is not allowed for mailboxes. Use 993 or 143 for IMAP, 995 or "
        "110 for POP3, or have it added to the system parameter "
        "helpdesk_email_collector.allowed_ports."
    ),
    "internal": _lt(
        "“%(host)s” is not a server on the internet. To read mailboxes on an internal "
        "network, have it added to the system parameter "
        "helpdesk_email_collector.allowed_networks."
    ),
    "certificate_expired": _lt(
        "The certificate of “%(host)s” has expired. Ask the administrator of the mail "
        "server to renew it, or trust it on this mailbox."
    ),
    "certificate_untrusted": _lt(
        "The certificate of “%(host)s” is self-signed or issued by an unknown "
        "authority. Install the certificate of the authority on this machine, or "
        "trust it on this mailbox."
    ),
    "certificate_host": _lt(
        "The certificate of “%(host)s” belongs to another server name. Enter the name "
        "it was issued for."
    ),
    "certificate": _lt(
        "The certificate of “%(host)s” is not valid: %(detail)s. Ask the "
        "administrator of the mail server."
    ),
    "no_starttls": _lt(
        "“%(host)s” offers no encryption (STARTTLS) on port %(port)s, so the password "
        "was not sent. Use SSL/TLS instead, or ask the administrator of the mail "
        "server."
    ),
    "login": _lt(
        "“%(host)s” refused the user name or the password of “%(user)s”. Enter them "
        "again."
    ),
    "login_characters": _lt(
        "The user name or the password contains characters that “%(host)s” does not "
        "accept. Use only letters, digits and common characters."
    ),
    "token": _lt(
        "The provider no longer accepts the access granted for “%(user)s”. Connect "
        "the account again. %(detail)s"
    ),
    "token_server": _lt(
        "The sign-in service of the provider for “%(user)s” does not respond. The "
        "helpdesk will try again."
    ),
    "no_password": _lt("The password of “%(user)s” is missing. Enter it."),
    "password_key": _lt(
        "The password of “%(user)s” was stored with a key that this Odoo no longer "
        "has. Enter the password again."
    ),
    "key_file": _lt(
        "The encryption key for the passwords cannot be read: %(detail)s. Ask your "
        "Odoo administrator to make the file helpdesk_mailbox.key in the data folder "
        "readable for Odoo."
    ),
    "key_option": _lt(
        "The option helpdesk_mailbox_key in the Odoo configuration is not a valid "
        "key. Ask your Odoo administrator to fix it as described in the documentation."
    ),
    "disk": _lt(
        "Mails cannot be stored on the disk of this Odoo: %(detail)s. They stay in "
        "the mailbox. Ask your Odoo administrator to free up disk space; collecting "
        "then resumes automatically."
    ),
    "password_host": _lt(
        "The password of “%(user)s” was entered for another server. Enter it again "
        "for “%(host)s”."
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
        "The folder “%(folder)s” of “%(user)s” is read-only. Give the user permission "
        "to change and move its mails."
    ),
    "folder_full": _lt(
        "The folder “%(folder)s” of “%(user)s” is full. Free up space in the mailbox; "
        "the mails are moved as soon as there is some."
    ),
    "lost": _lt(
        "“%(host)s” closed the connection or took too long to answer. The helpdesk "
        "will try again; if this persists, ask the administrator of the mail server."
    ),
    "too_much": _lt(
        "“%(host)s” sends more data than a mail can contain. Ask the administrator of "
        "the mail server."
    ),
    "too_big": _lt(
        "Too large to be collected: %(detail)s mails of “%(user)s” with more than "
        "%(limit)s MB each. Read them with a mail program; all others are collected."
    ),
    "protocol": _lt("“%(host)s” answered: %(detail)s"),
    "other": _lt("The mailbox cannot be read: %(detail)s"),
}

# Errors that only a person can fix: reported at once, retried less and less often.
SIGN_IN = {
    "login",
    "login_characters",
    "token",
    "no_password",
    "key_file",
    "password_key",
    "password_host",
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


class MailboxError(Exception):
    """An error of a mailbox whose cause was recognised.

    :param str kind: a key of `SENTENCES`
    :param str detail: what the server said, or another hint for the reader
    :param str folder: the folder in question
    """

    def __init__(self, kind, detail="", folder=""):
        super().__init__(kind, detail, folder)
        self.kind = kind
        self.detail = detail
        self.folder = folder


def recognise(error):
    """Return the error that an exception stands for.

    :param Exception error: raised by a connection or a command
    :rtype: MailboxError
    """
    if isinstance(error, MailboxError):
        return error
    # the order matters: certificate errors are OSErrors, imaplib's abort is its error
    for kind_of_error, make in (
        (ssl.SSLCertVerificationError, _certificate_error),
        ((OSError, EOFError, IMAP4.abort), lambda _error: MailboxError("lost")),
        ((IMAP4.error, poplib.error_proto), _protocol_error),
    ):
        if isinstance(error, kind_of_error):
            return make(error)
    return MailboxError("other", detail=_text(error))


def sentence(env, error, **names):
    """Return the sentence of an error in the language of `env`.

    :param env: `odoo.api.Environment`
    :param MailboxError error: the error
    :param names: `host`, `port`, `user` and `folder` of the mailbox
    :rtype: str
    """
    names = {"host": "", "port": "", "user": "", "folder": "", **names}
    names["detail"] = error.detail
    names["folder"] = error.folder or names["folder"]
    names["limit"] = MAX_MAIL_BYTES // (1024 * 1024)
    text = env._(SENTENCES.get(error.kind, SENTENCES["other"]))
    return text % names


def _certificate_error(error):
    kind = CERTIFICATE_CODES.get(error.verify_code, "certificate")
    return MailboxError(kind, detail=error.verify_message or _text(error))


def _protocol_error(error):
    text = _text(error)
    if text == "-ERR EOF":  # poplib's name for a broken connection
        return MailboxError("lost")
    return MailboxError("protocol", detail=text)


def _text(error):
    """Return the text of an exception, shortened; poplib raises bytes."""
    parts = [
        part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part)
        for part in error.args
    ]
    text = " ".join(parts).strip() or type(error).__name__
    return text[:300]
