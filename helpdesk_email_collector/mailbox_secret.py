"""The passwords of mailboxes: encrypted, the key outside the database. Plain Python.

The key is the option `helpdesk_mailbox_key` of Odoo's configuration or, without one, a
file in Odoo's data folder, beside the filestore and not in it, so that neither a dump
of the database nor a backup of its files contains it. Both may hold several keys (in
the option with commas, in the file one a line): the first encrypts, the others still
decrypt.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from odoo.tools import config

from .mailbox_errors import MailboxError

OPTION = "helpdesk_mailbox_key"
FILE = "helpdesk_mailbox.key"


def protect(password, host):
    """Return a password as the database may hold it.

    :param str password: what a person entered
    :param str host: the only server that it may be sent to
    """
    secret = json.dumps({"password": password, "host": host or ""})
    return MultiFernet(_keys(make=True)).encrypt(secret.encode()).decode()


def reveal(token, host):
    """Return the password of a mailbox.

    :param str token: as `protect` gave it
    :param str host: the server that it will be sent to
    :raises MailboxError: `no_password`, `key_file`, `password_key`, `password_host`
    """
    if not token:
        raise MailboxError("no_password")
    secret = _decrypt(token)
    if secret["host"] != (host or ""):
        raise MailboxError("password_host")
    return secret["password"]


def renew(token):
    """Return a token that the first key made, or None when it did.

    None, too, without a key that fits or can be read: there is nothing to renew then,
    and `reveal` says so for mailboxes that need the password.

    :param str token: as `protect` gave it, with any of the keys
    """
    try:
        keys = _keys()
        with contextlib.suppress(InvalidToken):
            keys[0].decrypt(token.encode())
            return None
        return MultiFernet(keys).rotate(token.encode()).decode()
    except (InvalidToken, IndexError, ValueError, OSError):
        return None


def _decrypt(token):
    try:
        return json.loads(MultiFernet(_keys()).decrypt(token.encode()))
    except OSError as error:
        raise MailboxError("key_file", detail=error.strerror or str(error)) from None
    except (InvalidToken, ValueError):
        raise MailboxError("password_key") from None


def _keys(make=False):
    """Return the keys, the one that encrypts first.

    :param bool make: make one when there is none
    """
    text = config.get(OPTION) or ""
    path = Path(config["data_dir"]) / FILE
    if not text and make:
        _make_file(path)
    if not text and path.exists():
        text = path.read_text()
    return [Fernet(word.encode()) for word in text.replace(",", " ").split()]


def _make_file(path):
    """Write a key into a file that only Odoo's own user reads, unless there is one.

    Written whole under another name first: two workers may come here at once.
    """
    if path.exists():
        return
    descriptor, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)
