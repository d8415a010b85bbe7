"""Encryption of passwords and tokens, with the key outside the database. Plain Python.

The passwords of mailboxes came first, hence the names of the option and of the file.

The key is the option `helpdesk_mailbox_key` of Odoo's configuration or, without it, a
file in Odoo's data folder, beside the filestore, so that neither a dump of the database
nor a backup of its files contains it. Both may contain several keys (in the option
separated by commas, in the file one per line): the first one encrypts, the others only
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
    """A secret that cannot be stored or decrypted.

    :param str kind: `no_password`: there is none; `password_key`: no key decrypts it;
        `password_host`: it was entered for another server; `key_file`: the key file
        cannot be read or created; `key_option`: the configured key is invalid
    :param str detail: the message of the system
    """

    def __init__(self, kind, detail=""):
        super().__init__(kind)
        self.kind = kind
        self.detail = detail


def protect(password, host):
    """Encrypt a password for storage in the database.

    :param str password: as entered
    :param str host: the only server that it may be sent to
    :rtype: str
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
    """Decrypt a password.

    :param str token: of `protect`
    :param str host: the server that it will be sent to
    :rtype: str
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
    """Encrypt a password again with the first key; return None if it is already.

    Also None if no key decrypts it or the keys cannot be read: `reveal` reports this to
    whoever needs the password.

    :param str token: of `protect`, with any of the keys
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

    :param bool make: create a key if there is none
    """
    text = config.get(OPTION) or ""
    path = Path(config["data_dir"]) / FILE
    if not text and make:
        _make_file(path)
    if not text and path.exists():
        text = path.read_text()
    return [Fernet(word.encode()) for word in text.replace(",", " ").split()]


def _make_file(path):
    """Create a key file that only Odoo's user can read, unless there is one.

    Written completely under another name first, because two workers may do this at
    once.
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
