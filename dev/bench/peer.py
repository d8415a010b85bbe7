"""The peer that the helpdesk is compared with: OCA's helpdesk, in a folder, a process and a database of its own.

It uses the same model names, so that one database cannot hold both.  Beside it are the same apps as beside ours: the
question is what one helpdesk or the other costs a company, not what the rest of its Odoo costs.
"""

import contextlib
import shutil

from dev import instance, odoo_server, ports, postgres, python_env, state, templates
from dev.bench.asking import Asked
from dev.steps import run, step

NAME = "peer"
DATABASE = "helpdesk_peer"
SUBJECTS = ("mail", "views", "portal")
MODULES = ("helpdesk_mgmt",)


@contextlib.contextmanager
def installed(names):
    """Have the peer in a database while it is measured.

    :param names: of the databases that there are in the end, its copies included
    :raises Problem: it cannot be installed
    """
    target = instance.Instance(NAME, DATABASE, {"http": ports.free_port()})
    addons = _fetch()
    template = templates.with_dependencies()
    odoo_server.write_config(target)
    try:
        with step("Database of the peer"):
            templates.clone(template, DATABASE)
            odoo_server.install(target, MODULES, env={"PYTHONPATH": str(addons)})
        yield
    finally:
        for name in names:
            postgres.drop(name)
        templates.drop_files(DATABASE)


class Peer(Asked):
    """The process that measures the peer when it is asked to: ``with Peer() as peer: peer.ask("load", 1000)``."""

    def __init__(self):
        config = state.folder() / NAME / "odoo.conf"
        super().__init__("dev.bench.peer_runner", config, name="the peer", variables={"PYTHONPATH": str(_folder())})


def _folder():
    return state.folder() / "peer-addons"


def _fetch():
    """Return the folder that the peer's addons are installed in, filled when it is not."""
    folder = _folder()
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
