"""The process that measures: ``python -m dev.bench.runner CONFIG SIZE SUBJECT…``, with the environment's Python."""

import contextlib
import importlib
import sys

# Completes the namespace package: only then can names be imported from odoo.
import odoo.init  # noqa: F401

from dev.bench import SIZES, peer, rows
from dev.bench.session import Session
from dev.steps import step

# Measured once, in copies of all states in turn; the others change the database, so they are measured on the way.
IN_TURN = "views"


def main(config, size, *subjects):
    """Bring the database into each of its states, measure all subjects there, and print what came out."""
    sizes = SIZES[size]
    modules = {name: importlib.import_module(f"dev.bench.subject_{name}") for name in subjects}
    results = {name: {} for name in subjects}
    is_compared = any(name in peer.SUBJECTS for name in subjects)
    with peer.Peer() if is_compared else contextlib.nullcontext() as other:
        session = Session(config, other)
        kept = {}
        for state, count in enumerate(sizes["rows"]):
            _load(session, count)
            if IN_TURN in modules:
                kept[count] = _keep(session, count, is_last=count == sizes["rows"][-1])
            for name, module in modules.items():
                if name == IN_TURN and len(kept) < len(sizes["rows"]):
                    continue
                with step(f"{module.TITLE}, at {count:,} rows" if name != IN_TURN else module.TITLE):
                    if name == IN_TURN:
                        results[name] = module.measure(kept)
                    else:
                        results[name][count] = module.measure(session, {**sizes, "state": state})
    for name, module in modules.items():
        module.show(results[name], sizes)


def _load(session, count):
    with step(f"{count:,} customers, tickets and tasks"):
        rows.load(session, count)
    if session.peer:
        with step(f"{count:,} customers and tickets of the peer"):
            session.peer.ask("load", count)


def _keep(session, count, is_last):
    """Return the state with ``count`` rows as a Session; the last one needs no copy."""
    session.peer.ask("keep", count, is_last)
    return session if is_last else session.keep(count)


if __name__ == "__main__":
    main(*sys.argv[1:])
