"""Debian packages: find out what is missing, and install it without starting or changing any service."""

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

from dev import state
from dev.steps import Problem, explain, read_from, run, step

POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = "#!/bin/sh\n# Written for one apt-get run by the helpdesk's make; may be removed.\nexit 101\n"
CLUSTER_DEFAULTS = Path("/etc/postgresql-common/createcluster.conf")
NO_CLUSTER = "\ncreate_main_cluster = false  # written for one apt-get run by the helpdesk's make\n"
NEEDS = {
    "postgresql": lambda: any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
    "postgresql-client": lambda: shutil.which("psql"),
    "libpq-dev": lambda: shutil.which("pg_config"),
    "gcc": lambda: shutil.which("gcc"),
    "libc6-dev": lambda: Path("/usr/include/stdlib.h").exists(),
    "dovecot-imapd": lambda: Path("/usr/lib/dovecot/imap-login").exists(),
    "dovecot-pop3d": lambda: Path("/usr/lib/dovecot/pop3-login").exists(),
    "dovecot-lmtpd": lambda: Path("/usr/lib/dovecot/lmtp").exists(),
    "openssl": lambda: shutil.which("openssl"),
    "chromium": lambda: chromium(),
    "fonts-liberation": lambda: any(Path("/usr/share/fonts").rglob("Liberation*.ttf")),
    "xvfb": lambda: shutil.which("Xvfb"),
    "xdotool": lambda: shutil.which("xdotool"),
    "python3-tk": lambda: has_tk(),
    "wkhtmltopdf": lambda: shutil.which("wkhtmltopdf"),
}
TO_RUN = (
    "postgresql-client",
    "libpq-dev",
    "gcc",
    "libc6-dev",
    "dovecot-imapd",
    "dovecot-pop3d",
    "dovecot-lmtpd",
    "openssl",
)
TO_TEST = ("chromium", "fonts-liberation", "xvfb", "xdotool", "python3-tk")
# Debian 13 no longer has it; everything but printing works without it.
OPTIONAL = ("wkhtmltopdf",)


def chromium():
    """Return the path of a Chromium or Chrome, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


def has_tk():
    """Tell whether a Python that the environment may be made of has Tk, for the program of a workstation."""
    pythons = [python for python in (sys.executable, "/usr/bin/python3") if Path(python).exists()]
    probe = [subprocess.run([python, "-c", "import tkinter"], capture_output=True, check=False) for python in pythons]
    return not all(done.returncode for done in probe)


def install(*, own_postgres, tests=False):
    """Install the Debian packages that are missing.

    :param own_postgres: whether a private PostgreSQL cluster is wanted too
    :param tests: whether the browser is wanted too
    :raises Problem: they cannot be installed; the sentence says what to do
    """
    wanted = [*TO_RUN, *(["postgresql"] if own_postgres else []), *(TO_TEST if tests else [])]
    missing = [name for name in wanted if not NEEDS[name]()] + missing_for_python()
    optional = [name for name in OPTIONAL if not NEEDS[name]() and not state.is_done(f"without-{name}", name)]
    # Nobody is asked for a password because of something that is not needed.
    if not missing and not (optional and state.is_root()):
        return
    if not shutil.which("apt-get"):
        raise Problem(
            f"This system has no apt-get: install what Debian calls {', '.join(missing)} by its own means"
            " and run the same command again."
        )
    with step(f"Debian packages: {', '.join(missing + optional)}"):
        available = _install_all(missing, optional)
    for name in set(optional) - set(available):
        state.mark_done(f"without-{name}", name)
    still = [name for name in wanted if not NEEDS[name]()]
    if still:
        raise Problem(f"{', '.join(still)} is still missing after apt-get install: install it by hand.")


def missing_for_python():
    """Return the packages that Debian's own Python lacks for a virtual environment with compiled parts."""
    probe = "import ensurepip, sysconfig, os; assert os.path.exists(sysconfig.get_path('include') + '/Python.h')"
    for python in (sys.executable, "/usr/bin/python3"):
        if (
            Path(python).exists()
            and not subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode
        ):
            return []
    return ["python3-venv", "python3-dev"]


def become_root():
    """Return the words to put before a command that needs root.

    :raises Problem: we are not root and there is no sudo
    """
    if state.is_root():
        return []
    if not shutil.which("sudo"):
        raise Problem("Debian packages are missing: run the same command as root once, or install sudo.")
    # Without a terminal nobody could type the password.
    return ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]


def _install_all(missing, optional):
    """Install ``missing``, and those of ``optional`` that the archive has; return the latter."""
    root = become_root()
    log = state.log("setup")
    if not _candidates(missing + optional) >= set(missing):
        run([*root, "apt-get", "update"], "apt-get update failed.", log=log)
    known = _candidates(missing + optional)
    unknown = sorted(set(missing) - known)
    if unknown:
        raise Problem(
            f"This system's archive has no package {', '.join(unknown)}: install what it contains by hand"
            " and run the same command again."
        )
    available = sorted(known & set(optional))
    with _services_kept_off(root):
        # First what reads the cluster defaults, so that the file exists when it is changed.
        if "postgresql" in missing:
            _apt_install(root, ["postgresql-common"], log)
        with _no_system_cluster(root):
            _apt_install(root, [*missing, *available], log)
    return available


def _apt_install(root, packages, log):
    """Install ``packages``; the second try is for package lists that were too old."""
    command = [
        *root,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "install",
        "--yes",
        "--no-install-recommends",
        "-o",
        "DPkg::Lock::Timeout=60",
        *packages,
    ]
    offset = log.stat().st_size if log.exists() else 0
    try:
        run(command, "apt-get install failed.", log=log)
    except Problem:
        if "404" not in read_from(log, offset) and "Unable to fetch" not in read_from(log, offset):
            raise Problem(explain(read_from(log, offset), "apt-get install failed.", log)) from None
        run([*root, "apt-get", "update"], "apt-get update failed.", log=log)
        run(command, "apt-get install failed.", log=log)


def _candidates(packages):
    """Return those of ``packages`` that apt-get could install."""
    found = set()
    for name in packages:
        answer = subprocess.run(["apt-cache", "policy", name], capture_output=True, text=True, check=False).stdout
        if "Candidate:" in answer and "Candidate: (none)" not in answer:
            found.add(name)
    return found


@contextlib.contextmanager
def _services_kept_off(root):
    """Keep newly installed services from starting, now (policy-rc.d) and at the next boot.

    A machine's own services stay as they are: only one that was not there before is disabled.
    """
    ours = not POLICY.exists() or POLICY.read_text() == POLICY_TEXT
    units = [name for name in ("dovecot.service", "dovecot.socket") if not _unit_exists(name)]
    if ours:
        _put(root, POLICY, POLICY_TEXT, "0755")
    try:
        yield
    finally:
        if ours:
            subprocess.run([*root, "rm", "-f", POLICY], check=False)
        new = [name for name in units if _unit_exists(name)]
        if new and shutil.which("systemctl"):
            subprocess.run([*root, "systemctl", "--quiet", "disable", *new], capture_output=True, check=False)


def _unit_exists(name):
    return any((Path(folder) / name).exists() for folder in ("/lib/systemd/system", "/usr/lib/systemd/system"))


@contextlib.contextmanager
def _no_system_cluster(root):
    """Keep a new PostgreSQL from making a cluster of its own while it is installed."""
    if not CLUSTER_DEFAULTS.exists():
        yield
        return
    before = CLUSTER_DEFAULTS.read_text().replace(NO_CLUSTER, "")
    _put(root, CLUSTER_DEFAULTS, before + NO_CLUSTER, "0644")
    try:
        yield
    finally:
        _put(root, CLUSTER_DEFAULTS, before, "0644")


def _put(root, path, text, mode):
    """Write ``text`` into the system file ``path`` as root."""
    subprocess.run([*root, "tee", path], input=text, text=True, stdout=subprocess.DEVNULL, check=True)
    subprocess.run([*root, "chmod", mode, path], check=True)
