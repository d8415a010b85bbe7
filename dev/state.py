"""The state folder: where everything that is fetched, built or run is kept, outside of version control."""

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from dev.steps import Problem, identity

REPO = Path(__file__).resolve().parent.parent
LINK = REPO / ".state"
# Unix sockets take paths of at most 107 bytes (unix(7)); Dovecot's need about 45 below the state folder.
LONGEST = 60
# A full set-up with Odoo, its Python packages, Chromium and three databases needs less than this.
NEEDED_BYTES = 4 * 1024**3


def is_root():
    """Tell whether we may become other users."""
    return os.geteuid() == 0


@functools.cache
def folder():
    """Return the real path of the state folder, made when it was missing.

    It is ``.state`` in the repository.  PostgreSQL and Dovecot refuse to run as root; when the user
    that runs them cannot enter the repository (or its path is too long for a socket), ``.state``
    becomes a link to a folder below /var/tmp.

    :raises Problem: the folder cannot be made, or is not ours
    """
    try:
        if LINK.is_symlink():
            target = Path(os.readlink(LINK))
            _make_outside(target)
            return target
        if not LINK.exists():
            if len(str(LINK)) > LONGEST or not _others_can_enter(REPO):
                target = outside_folder()
                _make_outside(target)
                LINK.symlink_to(target)
                return target
            LINK.mkdir()
    except OSError as error:
        raise Problem(f"The folder {LINK} cannot be made: {error.strerror}.") from error
    return LINK


def outside_folder():
    """Return the folder below /var/tmp that belongs to this repository's path."""
    return Path("/var/tmp") / f"helpdesk-{digest(str(REPO))[:12]}"


def _make_outside(target):
    """Make ``target``, and refuse one that somebody else has put there (/var/tmp is open to all)."""
    target.mkdir(mode=0o755, exist_ok=True)
    found = target.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Problem(f"{target} belongs to another user: remove it and run the same command again.")


def _others_can_enter(path):
    """Tell whether an unprivileged user may enter ``path``; as a plain user nobody else has to."""
    if not is_root():
        return True
    return not subprocess.run(["test", "-x", path], cwd="/", check=False, **identity("nobody")).returncode


def service_user(preferred):
    """Return the user that runs a service: ``preferred`` when we are root, else None (ourselves)."""
    return preferred if is_root() else None


def give(path, user):
    """Make ``user`` (None: leave it ours) the owner of ``path`` and let no other user in."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    if user:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def log(name):
    """Return the path of the log file ``name``."""
    path = folder() / "log" / f"{name}.log"
    path.parent.mkdir(exist_ok=True)
    return path


def digest(value):
    """Return a hexadecimal hash of ``value`` (anything JSON can hold)."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def write(path, text, mode=0o644):
    """Write ``text`` into ``path`` whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    new.chmod(mode)
    new.replace(path)


def is_done(name, key):
    """Tell whether the step ``name`` was completed with inputs that hash to ``key``."""
    path = folder() / "stamps" / name
    return path.is_file() and path.read_text() == key


def mark_done(name, key):
    """Write down that the step ``name`` is complete; always the last thing that a step does."""
    path = folder() / "stamps" / name
    path.parent.mkdir(exist_ok=True)
    write(path, key)


def forget(name):
    """Make the step ``name`` run again next time."""
    (folder() / "stamps" / name).unlink(missing_ok=True)


@contextlib.contextmanager
def only_one():
    """Let one command at a time change the state folder.

    :raises Problem: another one is at work
    """
    with (folder() / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Problem("Another make command is at work in this repository: wait until it has ended.") from error
        yield


def check_disk():
    """Refuse to begin a set-up on a disk that it would fill.

    :raises Problem: less than 4 GB are free
    """
    free = shutil.disk_usage(folder()).free
    if free < NEEDED_BYTES:
        raise Problem(
            f"Only {free / 1024**3:.1f} GB are free below {folder()}, and the set-up needs 4 GB: free some space"
            " and run the same command again."
        )


def remove():
    """Remove the state folder and what a link stands for; nothing may run in it any more."""
    for path in {LINK, outside_folder()}:
        if path.is_symlink():
            target = Path(os.readlink(path))
            # Only a folder that we named ourselves: the link could have been put there by hand.
            if target.parent == Path("/var/tmp") and target.name.startswith("helpdesk-"):
                shutil.rmtree(target, ignore_errors=True)
            path.unlink()
        elif path.exists() and path.stat().st_uid == os.geteuid():
            shutil.rmtree(path)
