"""``make audit``: which of the installed Python packages have known holes."""

import json
import os
import subprocess

from dev import demo, python_env, state
from dev.steps import Problem, run, say, step

REQUIREMENTS = state.REPO / "dev" / "requirements-audit.txt"
WIDTH = 26


def main():
    """Ask for the known holes of all installed packages and return the exit code: 1 when there are any.

    ``OSV=url`` asks a database in the protocol of OSV at that address instead of PyPI.

    :raises Problem: the answer is not to be had
    """
    with state.only_one():
        demo.prepare()
        prepare()
    return tell(ask(python_env.site_packages(), os.environ.get("OSV")))


def prepare():
    """Install pip-audit where its own packages are not among those that are looked at.

    :raises Problem: it cannot be installed
    """
    key = state.digest([REQUIREMENTS.read_text(), python_env.requirements_key("odoo")])
    if state.is_done("audit", key):
        return
    with step("Program that knows the holes"):
        log = state.log("setup")
        run([python_env.python(), "-m", "venv", folder()], "Its environment cannot be made.", log=log)
        command = [folder() / "bin/python", "-m", "pip", "install", "--disable-pip-version-check", "-r", REQUIREMENTS]
        run(command, "pip-audit cannot be installed.", log=log)
    state.mark_done("audit", key)


def folder():
    """Return the folder of pip-audit's own environment."""
    return state.folder() / "audit"


def ask(packages, osv_url=None):
    """Return what is known of the ``packages``: list of dicts with name, version, vulns or skip_reason.

    :param packages: folder with the installed packages
    :param osv_url: str, address of a database in the protocol of OSV; None: PyPI
    :raises Problem: nothing was answered
    """
    service = ["-s", "osv", "--osv-url", osv_url] if osv_url else ["-s", "pypi"]
    command = [folder() / "bin/pip-audit", "--path", packages, *service, "-f", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except ValueError:
        found = []
    if not any("vulns" in one for one in found):
        raise Problem(
            "Nothing is known of any package: check the connection, or name another database, as in make audit OSV=…"
            f" ({(done.stderr.strip().splitlines() or ['no answer'])[-1][:200]})"
        )
    return found


def tell(found):
    """Print the holes, and the packages of which nothing is known; return 1 when there are holes, else 0.

    :param found: list of dicts as `ask` returns it
    """
    holes = [(one, hole) for one in found for hole in one.get("vulns", ())]
    for one, hole in holes:
        better = ", ".join(hole["fix_versions"]) or "no version yet"
        names = " ".join([hole["id"], *hole.get("aliases", ())])
        say(f"  {one['name'] + ' ' + one['version']:{WIDTH}} {names}: fixed in {better}")
    unknown = [one["name"] for one in found if "vulns" not in one]
    if unknown:
        say(f"Not known there: {', '.join(sorted(unknown))}.")
    say(f"{len(holes)} known holes in {len(found) - len(unknown)} packages.")
    return 1 if holes else 0
