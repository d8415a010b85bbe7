"""PostgreSQL: a private cluster of the project's own, or the server that PGHOST and its like name."""

import os
import shutil
import subprocess
from pathlib import Path

from dev import state
from dev.steps import Problem, identity, run, step

USER = "odoo"
# The cluster listens on a Unix socket only, so this number is a part of a file name and never taken.
PORT = "5432"
# The name of the file with our settings, which that of the cluster includes.
SETTINGS = "helpdesk.conf"
MARK = "helpdesk development database"
# More than one Odoo takes at most (dev/odoo_server.py): others are served beside it.
MAX_CONNECTIONS = 300


def is_own():
    """Tell whether we run a cluster of our own: not if the usual variables name a server."""
    return not any(os.environ.get(name) for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE"))


def _paths():
    base = state.folder() / "postgres"
    return base / "data", base / "socket"


def _owner():
    return state.service_user("postgres")


def environment():
    """Return the variables with which every client, Odoo too, finds the server."""
    if not is_own():
        return {}
    return {"PGHOST": str(_paths()[1]), "PGPORT": PORT, "PGUSER": USER}


def binaries():
    """Return the folder of the server's programs: those of the cluster's version, else the newest.

    :raises Problem: that version is not installed
    """
    version = _paths()[0] / "PG_VERSION"
    found = {path.parent.parent.name: path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")}
    if version.exists():
        name = version.read_text().strip()
        if name not in found:
            raise Problem(
                f"The databases were made by PostgreSQL {name}, which is gone: run make clean and begin again."
            )
        return found[name]
    return found[max(found, key=float)]


def start():
    """Make the private cluster when there is none, and start it when it is down or runs with old settings.

    :raises Problem: that failed, or the user's own server does not answer
    """
    if not is_own():
        query("SELECT 1", "postgres")
        return
    data, socket = _paths()
    is_running = not _control("status")
    if is_running and _is_configured(data, socket):
        return
    if not data.is_dir():
        with step("PostgreSQL cluster"):
            _create(data)
    with step("PostgreSQL, with new settings" if is_running else "PostgreSQL"):
        # Stopped before they are written: what is interrupted here is seen the next time.
        stop()
        _configure(data, socket)
        _start(data)


def stop():
    """Stop the private cluster, if it runs."""
    # Asked of the file and not of pg_ctl: the programs may be gone, and the folder must still be removable.
    if is_own() and (_paths()[0] / "postmaster.pid").exists():
        _control("stop", "-m", "fast", "-w")


def _control(*words):
    """Run pg_ctl and return its exit code; 0 from ``status`` means that the cluster runs."""
    if not _paths()[0].is_dir():
        return 4
    command = [binaries() / "pg_ctl", "-D", _paths()[0], *words]
    return subprocess.run(command, capture_output=True, cwd="/", check=False, **identity(_owner())).returncode


def _create(data):
    state.give(data.parent, _owner())
    new = data.with_name("data.new")
    shutil.rmtree(new, ignore_errors=True)
    command = [binaries() / "initdb", "-D", new, "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
    run(command, "initdb failed.", log=state.log("setup"), cwd="/", user=_owner())
    new.rename(data)


def _settings(socket):
    """Return the text of our settings, for a cluster with its socket in the folder ``socket``."""
    lines = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket).replace("'", "''"),
        # The folder of the socket keeps all other users out; that is what "trust" relies on.
        "unix_socket_permissions": "0700",
        "port": PORT,
        "max_connections": MAX_CONNECTIONS,
        # Sample data and test databases: a power cut may cost them, in exchange for speed.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        # A replica can be made of it, as large customers have one (dev/replica.py): one to copy, one to stream.
        "wal_level": "replica",
        "max_wal_senders": "2",
        "shared_buffers": "256MB",
        "max_wal_size": "2GB",
    }
    return "".join(f"{name} = '{value}'\n" for name, value in lines.items())


def _is_configured(data, socket):
    """Tell whether the cluster was started with our settings as they are now."""
    path = data / SETTINGS
    return path.exists() and path.read_text() == _settings(socket)


def _configure(data, socket):
    """Write our settings; the folder may have moved since the last start."""
    state.give(socket, _owner())
    settings = data / SETTINGS
    settings.write_text(_settings(socket))
    settings.chmod(0o644)
    main = data / "postgresql.conf"
    if f"include = '{SETTINGS}'" not in main.read_text():
        with main.open("a") as file:
            file.write(f"\ninclude = '{SETTINGS}'\n")


def _start(data):
    log = data.parent / "server.log"
    command = [binaries() / "pg_ctl", "-D", data, "-l", log, "-w", "-t", "60", "start"]
    run(command, f"PostgreSQL does not start (see {log}).", log=state.log("setup"), cwd="/", user=_owner())


def query(sql, database="postgres", server=None):
    """Run ``sql`` and return the rows as lists of strings.

    :param server: variables with which clients find another server than ours
    :raises Problem: the server does not answer or refuses
    """
    command = ["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-F", "\t", "-d", database, "-c", sql]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, **(server or environment())},
        check=False,
        timeout=600,
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines()[:1] or ["no reason given"]
        raise Problem(
            f"PostgreSQL says “{reason[0]}” (check PGHOST, PGPORT, PGUSER, or unset them for a private server)."
        )
    return [line.split("\t") for line in done.stdout.splitlines()]


def databases():
    """Return the names of the databases that we made."""
    rows = query(
        "SELECT datname FROM pg_database d JOIN pg_shdescription s ON s.objoid = d.oid"
        f" WHERE s.classoid = 'pg_database'::regclass AND s.description = '{MARK}'"
    )
    return {row[0] for row in rows}


def create(name, template=None):
    """Make the database ``name``, empty or as a copy of ``template``; one of ours by that name goes first.

    :raises Problem: there is a database of that name which we did not make
    """
    drop(name)
    source = f'TEMPLATE "{template}"' if template else "TEMPLATE template0 ENCODING 'UTF8'"
    if template and is_own():
        # Without the write-ahead log: three times as fast for a database of this size.
        source += " STRATEGY FILE_COPY"
    query(f'CREATE DATABASE "{name}" {source}')
    query(f"COMMENT ON DATABASE \"{name}\" IS '{MARK}'")
    if not template:
        # As Odoo does in the databases that it makes itself: searches of texts use its indexes.
        query("CREATE EXTENSION IF NOT EXISTS pg_trgm", name)


def drop(name):
    """Remove the database ``name`` with all its connections.

    :raises Problem: we did not make it
    """
    if query(f"SELECT 1 FROM pg_database WHERE datname = '{name}'") and name not in databases():
        raise Problem(f"There is already a database {name} that was not made here: rename it, or unset PGHOST.")
    query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def rename(old, new):
    """Give the database ``old`` the name ``new``."""
    drop(new)
    query(f'ALTER DATABASE "{old}" RENAME TO "{new}"')
