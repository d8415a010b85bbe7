"""What runs in Odoo's Python for the peer: every state of its database, what its screens cost there, and a file."""

import json
import sys
from pathlib import Path

# Completes the namespace package: only then can names be imported from odoo.
import odoo.init  # noqa: F401

from dev.bench import SIZES, rows, subject_mail, subject_portal, subject_views
from dev.bench.session import Database
from dev.steps import step

GROUPS = ("base.group_user", "helpdesk_mgmt.group_helpdesk_manager")


def main(config, size, results, *subjects):
    """Write lists of [rows, screen or page, Cost] and [rows, Cost of a mail, of what it sends] into ``results``."""
    database = Database(config, GROUPS)
    found = {"views": [], "portal": [], "mail": []}
    for count in SIZES[size]["rows"]:
        with step(f"{count:,} customers and tickets of the peer"):
            rows.load_peer(database, count)
        if "views" in subjects:
            with step(f"Screens of the peer, at {count:,} rows"):
                costs = subject_views.measure_models(database, [subject_views.OCA], count)
            found["views"] += [[count, screen, cost] for (_name, screen), cost in costs.items()]
        if "portal" in subjects:
            with step(f"Portal of the peer, at {count:,} rows"):
                costs = subject_portal.measure_site(database, subject_portal.OCA, count)
            found["portal"] += [[count, page, cost] for (_name, page), cost in costs.items()]
        if "mail" in subjects:
            with step(f"Mail of the peer, at {count:,} rows"):
                found["mail"].append([count, *subject_mail.measure_peer(database, SIZES[size])])
    Path(results).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
