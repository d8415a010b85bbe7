"""The process that measures: ``python -m dev.bench.runner CONFIG SIZE SUBJECT…``, with the environment's Python."""

import importlib
import sys

# Completes the namespace package: only then can names be imported from odoo.
import odoo.init  # noqa: F401

from dev.bench import SIZES, rows
from dev.bench.session import Session
from dev.steps import step


def main(config, size, *subjects):
    """Bring the database into each of its states, measure all subjects there, and print what came out."""
    session = Session(config)
    sizes = SIZES[size]
    modules = {name: importlib.import_module(f"dev.bench.subject_{name}") for name in subjects}
    results = {name: {} for name in subjects}
    for state, count in enumerate(sizes["rows"]):
        with step(f"{count:,} customers, tickets and tasks"):
            rows.load(session, count)
        for name, module in modules.items():
            with step(f"{module.TITLE}, at {count:,} rows"):
                results[name][count] = module.measure(session, {**sizes, "state": state})
    for name, module in modules.items():
        module.show(results[name], sizes)


if __name__ == "__main__":
    main(*sys.argv[1:])
