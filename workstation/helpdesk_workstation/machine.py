"""What this computer is, for the helpdesk."""

import getpass
import os
import platform
import shutil
import socket
import urllib.parse
from pathlib import Path

from . import VERSION

MAX_NAME = 100


def describe(server):
    """Return name, operating system and details, as the API wants them.

    :param str server: address of the helpdesk, to find the address of this computer
    """
    system = " ".join(filter(None, (platform.system(), platform.release())))
    name = platform.node() or socket.gethostname() or "?"
    return {"name": name[:MAX_NAME], "os": system[:MAX_NAME], "facts": facts(server)}


def user():
    """Return the name of who is logged in, empty where nobody is."""
    try:
        return getpass.getuser()[:MAX_NAME]
    except (OSError, KeyError, ImportError):
        return ""


def facts(server):
    """Return the details of this moment by their customary names."""
    found = {
        "user": user(),
        "domain": os.environ.get("USERDOMAIN", ""),
        "ip": _own_address(server),
        "cpu": platform.processor() or platform.machine(),
        "disk_free": _free_space(),
        "program": f"helpdesk-workstation {VERSION}",
    }
    return {name: value for name, value in found.items() if value}


def _own_address(server):
    """Return the address of this computer that faces the server; sends nothing."""
    parts = urllib.parse.urlsplit(server)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((parts.hostname or "", parts.port or 443))
            return probe.getsockname()[0]
    except OSError:
        return ""


def _free_space():
    try:
        return f"{shutil.disk_usage(Path.home()).free / 1024**3:.1f} GB"
    except OSError:
        return ""
