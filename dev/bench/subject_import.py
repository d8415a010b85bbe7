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
CONTEXTS = {
    OURS: {"helpdesk_import": "contact", "default_is_company": False},
    THEIRS: {"default_is_company": False},
}
_file_numbers = itertools.count()


def measure(session, sizes):
    """Return (Cost of all rows, growth of the peak memory in MiB) by kind; the kinds take turns by batch."""
    count = sizes["import"]
    costs = {kind: [] for kind in (OURS, THEIRS, AGAIN)}
    file_number = next(_file_numbers)
    before = _peak()
    for start in range(0, count, BATCH):
        for kind in (OURS, THEIRS):
            rows = _rows(kind, file_number, range(start, min(start + BATCH, count)))
            costs[kind].append(cost_of(lambda kind=kind, rows=rows: _load(session, CONTEXTS[kind], rows)))
    for start in range(0, count, BATCH):
        rows = _rows(OURS, file_number, range(start, min(start + BATCH, count)))
        costs[AGAIN].append(cost_of(lambda rows=rows: _load(session, CONTEXTS[OURS], rows)))
    return {kind: total(all_costs) for kind, all_costs in costs.items()}, _peak() - before


def _rows(kind, file_number, numbers):
    domain = f"{'ours' if kind == OURS else 'plain'}{file_number}.example"
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
    count = sizes["import"]
    report.heading(f"{TITLE}: {count:,} rows in batches of {BATCH:,}")
    lines = []
    for size, (costs, memory) in results.items():
        for kind, cost in costs.items():
            ratio = report.times(costs[THEIRS].seconds / cost.seconds)
            rate = f"{count / cost.seconds:,.0f}"
            lines.append((f"{kind}, into {size:,} partners", rate, ratio, f"{cost.queries / count:.2f}"))
        lines.append((f"peak memory grew by, at {size:,}", f"{memory:,.0f} MiB", "", ""))
    report.table(("", "rows/s", "of Odoo's own", "queries/row"), lines)
