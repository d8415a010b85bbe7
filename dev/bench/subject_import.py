"""The import of contacts (C10) beside Odoo's own import of partners: same rows, same batches, same run."""

import itertools
import resource

from dev.bench import report
from dev.bench.session import cost_of, total

TITLE = "Import of contacts"
# As the web client cuts a file.
BATCH = 2_000
COLUMNS = ["firstname", "lastname", "email", "phone"]
OURS, AGAIN, THEIRS = "helpdesk, new rows", "helpdesk, the same rows again", "Odoo, new rows"
HELPDESK = {"helpdesk_import": "contact", "default_is_company": False}
# In this order: the rows that come again are those that were new just before.
CONTEXTS = {OURS: HELPDESK, THEIRS: {"default_is_company": False}, AGAIN: HELPDESK}
# Rows that are imported in all three ways; of a longer file the rest is imported in ours alone.
SAMPLE = 10_000
_file_numbers = itertools.count()


def measure(session, sizes):
    """Return (Cost of a row by kind, growth of the peak memory in MiB); the kinds take turns by batch."""
    count = sizes["import"][sizes["state"]]
    costs = {kind: [] for kind in (OURS, THEIRS, AGAIN)}
    file_number = next(_file_numbers)
    before = _peak()
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        for kind in CONTEXTS if start < SAMPLE else (OURS,):
            rows = _rows(kind, file_number, numbers)
            cost = cost_of(lambda kind=kind, rows=rows: _load(session, CONTEXTS[kind], rows))
            costs[kind].append(cost.per(len(rows)))
    growth = _peak() - before
    return {kind: total(parts).per(len(parts)) for kind, parts in costs.items()}, growth


def _rows(kind, file_number, numbers):
    domain = f"{'plain' if kind == THEIRS else 'ours'}{file_number}.example"
    return [["Person", f"Number {n}", f"p{n}@{domain}", f"+49 40 {n}"] for n in numbers]


def _load(session, context, rows):
    """Load a batch in a transaction of its own, as the web client does."""
    with session.environment() as env:
        partners = env["res.partner"].with_context(import_file=True, tracking_disable=True, **context)
        done = partners.load(COLUMNS, rows)
        if not done["ids"]:
            raise ValueError(f"The import was refused: {done['messages'][:1]}")


def _peak():
    """Return the peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def show(results, sizes):
    """Print rows per second and their ratio to Odoo's own import."""
    report.heading(f"{TITLE}: batches of {BATCH:,}")
    lines = []
    for (size, (costs, memory)), count in zip(results.items(), sizes["import"], strict=True):
        for kind, cost in costs.items():
            ratio = report.times(costs[THEIRS].seconds / cost.seconds)
            rows = count if kind == OURS else min(count, SAMPLE)
            rate = f"{1 / cost.seconds:,.0f}"
            lines.append((f"{kind}, {rows:,} into {size:,} partners", rate, ratio, f"{cost.queries:.2f}"))
        lines.append((f"peak memory grew by, at {size:,}", f"{memory:,.0f} MiB", "", ""))
    report.table(("", "rows/s", "of Odoo's own", "queries/row"), lines)
