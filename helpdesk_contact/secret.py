"""Passwords and tokens: encrypted, the key outside the database. Plain Python.

Those of mailboxes were the first, hence the names of the option and of the file.

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

OPTION = "helpdesk_mailbox_key"
FILE = "helpdesk_mailbox.key"


class SecretError(Exception):
    """Why a secret cannot be kept or revealed.

    :param str kind: `no_password`: there is none; `password_key`: no key opens it;
        `password_host`: it was entered for another server; `key_file`: the file of the
        key cannot be read or made; `key_option`: what the configuration has is no key
    :param str detail: what the system says
    """

    def __init__(self, kind, detail=""):
        super().__init__(kind)
        self.kind = kind
        self.detail = detail


def protect(password, host):
    """Return a password as the database may hold it.

    :param str password: what a person entered
    :param str host: the only server that it may be sent to
    :raises SecretError: `key_file`, `key_option`
    """
    secret = json.dumps({"password": password, "host": host or ""})
    try:
        return MultiFernet(_keys(make=True)).encrypt(secret.encode()).decode()
    except ValueError as error:
        raise SecretError("key_option") from error
    except OSError as error:
        raise SecretError("key_file", error.strerror or str(error)) from error


def reveal(token, host):
    """Return a password.

    :param str token: as `protect` gave it
    :param str host: the server that it will be sent to
    :raises SecretError: `no_password`, `key_file`, `password_key`, `password_host`
    """
    if not token:
        raise SecretError("no_password")
    try:
        secret = json.loads(MultiFernet(_keys()).decrypt(token.encode()))
    except OSError as error:
        raise SecretError("key_file", error.strerror or str(error)) from None
    except (InvalidToken, ValueError):
        raise SecretError("password_key") from None
    if secret["host"] != (host or ""):
        raise SecretError("password_host")
    return secret["password"]


def renew(token):
    """Return a token that the first key made, or None when it did.

    None, too, without a key that fits or can be read: there is nothing to renew then,
    and `reveal` says so for those who need the password.

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
