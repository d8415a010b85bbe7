"""``make bench``: how fast the helpdesk is, beside Odoo's own way of doing the same in the same run.

The times of two machines, or of two hours on one, cannot be compared; the ratios can.  Each subject is a file of this
package with a function ``measure(session, sizes)``; ``runner`` calls them in a process that has Odoo loaded.
"""

import argparse
import contextlib
import os
import subprocess

from dev import demo, instance, odoo_server, ports, postgres, python_env, state, templates
from dev.bench import peer
from dev.steps import Problem, say, step

DATABASE = "helpdesk_bench"
# Rows of each model in the states of the database, from small to big; rounds of mails and mails in a round; rows of
# the file that is imported in each state.
SIZES = {
    "quick": {"rows": [1_000, 100_000], "rounds": 5, "mails": 10, "import": [4_000, 4_000]},
    "full": {"rows": [1_000, 100_000, 1_000_000], "rounds": 9, "mails": 20, "import": [100_000, 10_000, 10_000]},
}
SUBJECTS = ("mail", "views", "portal", "search", "import", "deadlines")


def main(argv=()):
    """Measure, print the result and return 0.

    :param argv: the words after the command; from make, the variables SIZE and ONLY stand for them
    :raises Problem: there is no such size or subject, or something cannot be prepared
    """
    arguments = _parser().parse_args(argv)
    _check([arguments.size], SIZES, "SIZE")
    _check(arguments.only, SUBJECTS, "ONLY")
    with state.only_one():
        demo.prepare()
        target = instance.Instance("bench", DATABASE, {"http": ports.free_port()})
        odoo_server.write_config(target)
        template = templates.with_addons()
        with step("Database to measure in"):
            templates.clone(template, DATABASE)
        try:
            return _run(target, arguments)
        finally:
            for name in _databases(DATABASE, arguments.size):
                postgres.drop(name)
            templates.drop_files(DATABASE)


def _parser():
    parser = argparse.ArgumentParser(prog="python3 -m dev.bench", description=__doc__)
    parser.add_argument(
        "--size",
        default=os.environ.get("SIZE") or "quick",
        help=f"of {', '.join(SIZES)} (make bench SIZE=full)",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="SUBJECT",
        default=os.environ.get("ONLY", "").split(),
        help=f"of {', '.join(SUBJECTS)} (make bench ONLY=mail)",
    )
    return parser


def _check(given, known, name):
    for value in given:
        if value not in known:
            raise Problem(f"{name}={value} is not known: choose from {', '.join(known)}.")


def kept_name(name, count):
    """Return what the copy of the database ``name`` is called that has ``count`` rows."""
    return f"{name}_{count}"


def _databases(name, size):
    """Return the names of a database and of the copies of its states."""
    return [name, *(kept_name(name, count) for count in SIZES[size]["rows"])]


def _run(target, arguments):
    """Run the subjects in a process of their own, which prints the result."""
    say(f"Speed of the helpdesk, size {arguments.size}")
    subjects = arguments.only or SUBJECTS
    words = [python_env.python(), "-m", "dev.bench.runner", target.folder / "odoo.conf", arguments.size, *subjects]
    is_compared = any(name in peer.SUBJECTS for name in subjects)
    with peer.installed(_databases(peer.DATABASE, arguments.size)) if is_compared else contextlib.nullcontext():
        done = subprocess.run(
            [str(word) for word in words],
            cwd=state.REPO,
            env={**os.environ, **odoo_server.environment()},
            stdin=subprocess.DEVNULL,
            check=False,
        )
    if done.returncode:
        raise Problem("The measurement failed; what Odoo says is above.")
    return 0
