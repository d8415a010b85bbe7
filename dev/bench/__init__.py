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
# Beside these, and last: a whole helpdesk under load, which is seen from the outside only.
LOAD = "load"
LOAD_OPTIONS = {
    "customers": (50, "customers who use the portal at once"),
    "duration": (300, "seconds of load"),
    "mails": (5, "mails per second meanwhile"),
}


def main(argv=()):
    """Measure, print the result and return 0.

    :param argv: the words after the command; from make, the variables SIZE and ONLY stand for them
    :raises Problem: there is no such size or subject, or something cannot be prepared
    """
    arguments = _parser().parse_args(argv)
    _check([arguments.size], SIZES, "SIZE")
    _check(arguments.only, (*SUBJECTS, LOAD), "ONLY")
    chosen = arguments.only or (*SUBJECTS, LOAD)
    subjects = [name for name in chosen if name != LOAD]
    with state.only_one():
        demo.prepare()
        if subjects:
            _measure(arguments.size, subjects)
        if LOAD in chosen:
            _load(arguments)
    return 0


def _measure(size, subjects):
    """Measure the subjects in a database of their own."""
    target = instance.Instance("bench", DATABASE, {"http": ports.free_port()})
    odoo_server.write_config(target)
    template = templates.with_addons()
    with step("Database to measure in"):
        templates.clone(template, DATABASE)
    try:
        _run(target, size, subjects)
    finally:
        for name in _databases(DATABASE, size):
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
        help=f"of {', '.join((*SUBJECTS, LOAD))} (make bench ONLY=mail)",
    )
    for name, (usual, meaning) in LOAD_OPTIONS.items():
        value = os.environ.get(name.upper()) or usual
        parser.add_argument(f"--{name}", type=int, default=value, help=f"{meaning} (make bench {name.upper()}={usual})")
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


def _run(target, size, subjects):
    """Run the subjects in a process of their own, which prints the result."""
    say(f"Speed of the helpdesk, size {size}")
    words = ["dev.bench.runner", target.folder / "odoo.conf", size, *subjects]
    is_compared = any(name in peer.SUBJECTS for name in subjects)
    with peer.installed(_databases(peer.DATABASE, size)) if is_compared else contextlib.nullcontext():
        _run_module(words, "The measurement failed; what Odoo says is above.")


def _load(arguments):
    """Put a whole helpdesk under load, in a process that has the environment's Python."""
    words = [getattr(arguments, name) for name in LOAD_OPTIONS]
    _run_module(["dev.bench.load", *words], "The helpdesk did not bear the load; what went wrong is above.")


def _run_module(words, problem):
    done = subprocess.run(
        [str(word) for word in (python_env.python(), "-m", *words)],
        cwd=state.REPO,
        env={**os.environ, **odoo_server.environment()},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise Problem(problem)
