"""Mail becomes a ticket: our store and process, beside Odoo's own gateway making tasks of the same kind of mail."""

from odoo.addons.mail.models.mail_thread import MailThread

from dev.bench import report
from dev.bench.mails import Writer
from dev.bench.session import DOMAIN, cost_of, median, total, without_smtp
from dev.steps import Problem, say

TITLE = "Mail becomes a ticket"
STORE, PROCESS, STOCK = "store", "process", "project.task"


def measure(session, sizes):
    """Return the median Cost of a mail by step, in rounds in which the two gateways take turns."""
    with session.environment() as env:
        customers = env["res.partner"].search_count([("ref", "=", "bench")])
    ours, theirs = Writer(f"support@{DOMAIN}", customers), Writer(f"tasks@{DOMAIN}", customers)
    costs = {STORE: [], PROCESS: [], STOCK: []}
    with without_smtp():
        for number in range(sizes["rounds"] + 1):
            found = {**_helpdesk(session, ours.write(sizes["mails"])), **_stock(session, theirs.write(sizes["mails"]))}
            # The first round fills caches that a running server has filled, and gives the replies something to answer.
            if number:
                for step, cost in found.items():
                    costs[step].append(cost.per(sizes["mails"]))
    return {step: median(values) for step, values in costs.items()}


def _helpdesk(session, mails):
    """Store ``mails`` in the durable inbox and process them, as the two crons do."""

    def store():
        with session.environment() as env:
            inbox = env["helpdesk.inbox.mail"]
            inbox._store([inbox._prepare_values(mail, company=env.company) for mail in mails])

    def process():
        with session.environment() as env:
            env["helpdesk.inbox.mail"]._cron_process()

    costs = {STORE: cost_of(store), PROCESS: cost_of(process)}
    with session.environment() as env:
        rows = env["helpdesk.inbox.mail"].search([], limit=len(mails))
        failed = rows.filtered(lambda row: row.state != "done" or not row.ticket_id)
        if failed or len(rows) != len(mails):
            raise Problem(f"A mail became no ticket: {failed[:1].error or failed[:1].reason or 'it was not stored'}")
    return costs


def _stock(session, mails):
    """Let Odoo's gateway make tasks of ``mails``, with a transaction for each as its fetching has."""

    def process():
        with session.environment() as env:
            for mail in mails:
                # Core's own method: the collector's keeps what arrives, which would slow the baseline down.
                if not MailThread.message_process(env["mail.thread"], None, mail):
                    raise Problem("A mail became no task.")
                env.cr.commit()

    return {STOCK: cost_of(process)}


def show(results, sizes):
    """Print time and queries per mail, and the ratios."""
    report.heading(f"{TITLE}: medians of {sizes['rounds']} rounds of {sizes['mails']} mails each")
    ratios = {"mails/s, helpdesk / project.task": [], "mails/s, storing alone / processing": []}
    both = {size: total([costs[STORE], costs[PROCESS]]) for size, costs in results.items()}
    for size, costs in results.items():
        named = {
            "helpdesk, stored and processed": both[size],
            "  of that, stored": costs[STORE],
            "  of that, processed": costs[PROCESS],
            "Odoo's gateway into project.task": costs[STOCK],
        }
        lines = [
            (name, report.ms(cost.seconds), f"{1 / cost.seconds:.1f}", f"{cost.queries:.1f}", f"{cost.sent:.1f}")
            for name, cost in named.items()
        ]
        report.table((f"per mail, at {size:,} rows", "ms", "mails/s", "SQL queries", "mails out"), lines)
        both_ratio, store_ratio = ratios.values()
        both_ratio.append(report.times(costs[STOCK].seconds / both[size].seconds))
        store_ratio.append(report.times(costs[PROCESS].seconds / costs[STORE].seconds))
    sizes_shown = [f"{size:,} rows" for size in results]
    report.table(("ratio", *sizes_shown), [(name, *values) for name, values in ratios.items()])
    for name, costs in (("helpdesk", both), ("project.task", {size: found[STOCK] for size, found in results.items()})):
        growth = report.times(costs[max(costs)].seconds / costs[min(costs)].seconds)
        say(f"ms per mail, {name}: {growth} at {max(costs):,} rows of what it is at {min(costs):,}")
