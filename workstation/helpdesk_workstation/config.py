"""What the program remembers: the server, its token, and some settings."""

import dataclasses
import json
import os
import sys
import tempfile
from pathlib import Path

from .errors import Trouble
from .texts import translate as _

NAME = "helpdesk-workstation"
FILE = "config.json"


@dataclasses.dataclass(frozen=True)
class Settings:
    """The content of the file.

    :param str server: address of Odoo
    :param str database: its name, where the server has several
    :param str token: the password of this device
    :param str device: how the helpdesk calls this device
    :param str customer: whose device it is
    :param str helpdesk: the name of the helpdesk
    :param int heartbeat_seconds: how often the helpdesk wants to hear of this device
    :param float retry_seconds: after how long unsent tickets are tried again
    :param str hotkey: in the words of pynput
    :param str language: empty for that of the system
    """

    server: str = ""
    database: str = ""
    token: str = ""
    device: str = ""
    customer: str = ""
    helpdesk: str = ""
    heartbeat_seconds: int = 3600
    retry_seconds: float = 30
    hotkey: str = "<ctrl>+<f12>"
    language: str = ""

    @property
    def is_connected(self):
        """Whether there is a helpdesk that knows this device."""
        return bool(self.server and self.token)

    def save(self, folder):
        """Write the file, whole or not at all, for the user's own eyes.

        :raises OSError: it cannot be written
        """
        text = json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False)
        write_private(folder / FILE, text)


def usual_folder():
    """Return where programs of this system keep what is one user's own."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or home / "AppData/Roaming") / NAME
    if sys.platform == "darwin":
        return home / "Library/Application Support" / NAME
    return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / NAME


def load(folder):
    """Return the Settings of ``folder``, the usual ones where there is no file.

    :raises Trouble: the file cannot be read
    """
    path = folder / FILE
    try:
        if sys.platform != "win32" and path.stat().st_mode & 0o077:
            # Copied or restored by somebody: the token is a password.
            path.chmod(0o600)
        found = json.loads(path.read_text(encoding="utf-8"))
        return _settings(found)
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, TypeError) as error:
        message = _("The file {path} cannot be read. Connect again.", path=path)
        raise Trouble(message) from error


def _settings(found):
    """Return Settings of what the file holds; members of a newer program don't matter.

    :raises TypeError: a member is of another type
    """
    if not isinstance(found, dict):
        raise TypeError(FILE)
    values = {}
    for field in dataclasses.fields(Settings):
        value = found.get(field.name, field.default)
        kinds = str if isinstance(field.default, str) else (int, float)
        if not isinstance(value, kinds):
            raise TypeError(field.name)
        values[field.name] = value
    return Settings(**values)


def write_private(path, text):
    """Write ``text`` into ``path``, whole or not at all; only the user may read it.

    :raises OSError: it cannot be written
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # mkstemp makes a file of mode 0600.
    handle, new = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        os.unlink(new)
        raise
