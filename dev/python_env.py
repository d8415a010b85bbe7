"""The Python environment that Odoo, its addons and the tools run in."""

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

from dev import odoo_source, state
from dev.steps import Problem, run, step

OLDEST, NEWEST = (3, 10), (3, 13)
REQUIREMENTS = state.REPO / "dev"
SCRIPT = "import sys, ensurepip; print(*sys.version_info[:2]); print(sys.base_prefix)"


def python():
    """Return the path of the environment's Python."""
    return state.folder() / "venv/bin/python"


def requirements_key(*names):
    """Return a hash of the requirement files ``names``, by default of all."""
    paths = [REQUIREMENTS / f"requirements-{name}.txt" for name in names] or REQUIREMENTS.glob("requirements-*.txt")
    return state.digest({path.name: path.read_text() for path in sorted(paths)})


def prepare():
    """Make the environment, or bring it up to date.

    :raises Problem: there is no suitable Python, or a package cannot be installed
    """
    base, about = suitable_python()
    venv = state.folder() / "venv"
    if not (state.is_done("venv", state.digest(about)) and python().exists()):
        with step("Python environment"):
            shutil.rmtree(venv, ignore_errors=True)
            run([base, "-m", "venv", venv], "The Python environment cannot be made.", log=state.log("setup"))
        state.mark_done("venv", state.digest(about))
        state.forget("pip")
    key = state.digest([requirements_key(), str(odoo_source.source())])
    if state.is_done("pip", key):
        return
    with step("Python packages of Odoo and the tools"):
        _pip("-r", REQUIREMENTS / "requirements-odoo.txt", "-r", REQUIREMENTS / "requirements-tools.txt")
        _put_odoo_on_path()
    with step("OCA addons"):
        # After Odoo is on the path: they depend on "odoo", which is not on PyPI.
        _pip("-r", REQUIREMENTS / "requirements-addons.txt")
    state.mark_done("pip", key)


def suitable_python():
    """Return a Python that can make the environment, and its version and place.

    :raises Problem: there is none
    """
    for candidate in (sys.executable, "/usr/bin/python3"):
        if not Path(candidate).exists():
            continue
        done = subprocess.run([candidate, "-c", SCRIPT], capture_output=True, text=True, check=False)
        lines = done.stdout.splitlines()
        if not done.returncode and OLDEST <= tuple(map(int, lines[0].split())) <= NEWEST:
            return candidate, lines
    raise Problem(
        "Odoo 19 needs Python 3.10 to 3.13 with its venv module: install one and name it, as in"
        " make PYTHON=python3.12 run."
    )


def _pip(*arguments):
    run(
        [python(), "-m", "pip", "install", "--disable-pip-version-check", *arguments],
        "A Python package cannot be installed.",
        log=state.log("setup"),
    )


def site_packages():
    """Return the folder of the environment's packages."""
    return next((state.folder() / "venv/lib").glob("python3.*/site-packages"))


def _put_odoo_on_path():
    """Make Odoo importable, and known to pip as installed, so that addons from PyPI accept it."""
    source = odoo_source.source()
    state.write(site_packages() / "odoo-source.pth", f"{source}\n")
    known = [found.version for found in importlib.metadata.distributions(name="odoo", path=[str(source)])]
    info = site_packages() / "odoo-19.0.dist-info"
    if known:
        shutil.rmtree(info, ignore_errors=True)
        return
    info.mkdir(exist_ok=True)
    state.write(info / "METADATA", "Metadata-Version: 2.1\nName: odoo\nVersion: 19.0\n")
