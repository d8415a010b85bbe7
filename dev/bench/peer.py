"""The peer that the helpdesk is compared with: OCA's helpdesk, in a folder and a database of its own.

It uses the same model names, so that one database cannot hold both.
"""

import os
import shutil
import subprocess

from dev import instance, odoo_server, ports, postgres, python_env, state, templates
from dev.steps import Problem, run, step

DATABASE = "helpdesk_peer"
SUBJECTS = ("mail", "views", "portal")
MODULES = ("helpdesk_mgmt",)
# The file in the folder of our own instance that the peer's process leaves its figures in.
RESULTS = "peer.json"


def measure(size, results, subjects):
    """Measure the peer in the states of ``size``.

    :param results: path of the file to write
    :param subjects: names of what is measured, those of ``SUBJECTS`` that compare with it
    :raises Problem: it cannot be installed or measured
    """
    target = instance.Instance("peer", DATABASE, {"http": ports.free_port()})
    path = {"PYTHONPATH": str(_addons())}
    odoo_server.write_config(target)
    try:
        with step("Database of the peer"):
            postgres.create(DATABASE)
            odoo_server.install(target, MODULES, env=path)
        words = [
            python_env.python(),
            "-m",
            "dev.bench.peer_runner",
            target.folder / "odoo.conf",
            size,
            results,
            *subjects,
        ]
        done = subprocess.run(
            [str(word) for word in words],
            cwd=state.REPO,
            env={**os.environ, **odoo_server.environment(), **path},
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise Problem("The measurement of the peer failed; what Odoo says is above.")
    finally:
        postgres.drop(DATABASE)
        templates.drop_files(DATABASE)


def _addons():
    """Return the folder that the peer's addons are installed in, filled when it is not."""
    folder = state.folder() / "peer-addons"
    requirements = python_env.REQUIREMENTS / "requirements-peer.txt"
    key = state.digest([requirements.read_text(), python_env.requirements_key()])
    if not (state.is_done("peer", key) and folder.is_dir()):
        shutil.rmtree(folder, ignore_errors=True)
        with step("OCA's helpdesk"):
            # Its dependencies are Odoo itself, which pip does not find.
            words = ["install", "--disable-pip-version-check", "--no-deps", "--target", folder, "-r", requirements]
            run(
                [python_env.python(), "-m", "pip", *words],
                "The peer cannot be fetched.",
                log=state.log("setup"),
            )
        state.mark_done("peer", key)
    return folder
