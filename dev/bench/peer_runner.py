"""What runs in Odoo's Python for the peer: every state of its database, what its screens cost there, and a file."""

import json
import sys
from pathlib import Path

# Completes the namespace package: only then can names be imported from odoo.
import odoo.init  # noqa: F401

from dev.bench import SIZES, rows, subject_views
from dev.bench.session import Database
from dev.steps import step

GROUPS = ("base.group_user", "helpdesk_mgmt.group_helpdesk_manager")


def main(config, size, results):
    """Write a list of [rows, screen, Cost] into the file ``results``."""
    database = Database(config, GROUPS)
    found = []
    for count in SIZES[size]["rows"]:
        with step(f"{count:,} customers and tickets of the peer"):
            rows.load_peer(database, count)
        with step(f"Screens of the peer, at {count:,} rows"):
            costs = subject_views.measure_models(database, [subject_views.OCA], count)
        found += [[count, screen, cost] for (_name, screen), cost in costs.items()]
    Path(results).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
