"""The same work by one worker and by two at once: copies of the scheduled action, and jobs of OCA's `queue_job`.

Two workers on two cores cannot do twice as much: one worker has its database and the process that reads mails work
beside it already.
"""

import contextlib
import select
import statistics
from unittest.mock import patch

from dev.bench import figures, report
from dev.bench.asking import Asked
from dev.bench.mails import Writer
from dev.steps import Problem

WORKERS, WANTED = 2, 1.7
ROUNDS = 3
CRON, JOBS = "scheduled action and its copy", "jobs of OCA's queue_job"


@contextlib.contextmanager
def running(session):
    """Have the processes of `WORKERS` workers, which wait until they are asked."""
    config = session.folder / "odoo.conf"
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(Asked("dev.bench.worker_runner", config, name="the workers"))
            for _number in range(WORKERS)
        ]


def measure(session, address, customers, first, number):
    """Return the seconds of a mail by kind and number of workers.

    :param address: that mails are written to, by ``customers`` known senders and as many unknown ones
    :param first: number of the first mail
    :param number: of mails that are processed at once
    :raises Problem: a mail was lost, or is there twice
    """
    writer, found = Writer(address, customers, first, apart=True), {}
    with running(session) as workers:
        for kind in (CRON, JOBS):
            # Fills the caches of both, and is what the first replies answer.
            for some in (*([one] for one in workers), workers):
                process(session, some, kind, writer.write(number // 4))
            for _round in range(ROUNDS):
                for some in (workers[:1], workers):
                    seconds = process(session, some, kind, writer.write(number))
                    found.setdefault((kind, len(some)), []).append(seconds)
    return {key: statistics.median(seconds) for key, seconds in found.items()}


def process(session, workers, kind, mails):
    """Have ``mails`` processed by ``workers`` at once, and return the seconds of each mail on average.

    :param kind: CRON or JOBS
    :raises Problem: a mail was lost, or is there twice
    """
    with _runner(session, kind == JOBS), session.environment() as env:
        inbox = env["helpdesk.inbox.mail"]
        values = inbox._prepare_values([(mail, False) for mail in mails], company=env.company)
        rows = inbox._store(values)
        if kind == JOBS:
            rows._make_jobs()
        sent, row_ids = rows.mapped("message_id"), rows.ids
        jobs = env["queue.job"].search([("state", "=", "pending")], order="id") if kind == JOBS else env["queue.job"]
        jobs.state = "enqueued"
        uuids = jobs.mapped("uuid")
    times = _by_jobs(workers, uuids) if kind == JOBS else _by_cron(workers)
    _check(session, sent, row_ids)
    return (max(end for _start, end in times) - min(start for start, _end in times)) / len(mails)


def _runner(session, active):
    """Make jobs of mails as an Odoo does whose job runner is switched on."""
    return patch.object(session.registry["helpdesk.inbox.mail"], "_has_job_runner", lambda _inbox: active)


def _by_cron(workers):
    for worker in workers:
        worker.tell("cron")
    return [worker.hear() for worker in workers]


def _by_jobs(workers, uuids):
    """Give each worker that is free the next job, as the runner does with a channel for so many."""
    times, todo, busy = [], list(reversed(uuids)), {}
    free = list(workers)
    while todo or busy:
        while todo and free:
            worker = free.pop()
            worker.tell("job", todo.pop())
            busy[worker.process.stdout.fileno()] = worker
        for descriptor in select.select(list(busy), [], [])[0]:
            worker = busy.pop(descriptor)
            times.append(worker.hear())
            free.append(worker)
    return times


def _check(session, sent, row_ids):
    """See that each mail is done and stands once on a ticket.

    :raises Problem: it does not
    """
    with session.environment() as env:
        rows = env["helpdesk.inbox.mail"].browse(row_ids)
        undone = rows.filtered(lambda row: row.state != "done" or not row.ticket_id)
        messages = env["mail.message"].search([("message_id", "in", sent), ("model", "=", "helpdesk.ticket")])
        lost, doubled = figures.lost_and_doubled(sent, messages.mapped("message_id"))
        opened = messages.filtered(lambda one: one.subtype_id == env.ref("helpdesk_ticket.mt_ticket_new"))
        tickets = env["helpdesk.ticket"].search_count([("name", "in", opened.mapped("subject"))])
    if undone or lost or doubled or tickets != len(opened):
        reason = undone[:1].error or undone[:1].reason or ""
        raise Problem(
            f"Of {len(sent)} mails of two workers {len(undone)} are not done, {lost} lost, {doubled} doubled; "
            f"{tickets} tickets for {len(opened)} requests. {reason}"
        )


def show(results):
    """Print what one worker and two did per second, and the ratio.

    :param results: what `measure` returned, by number of rows
    """
    lines = []
    for size, found in results.items():
        for kind in (CRON, JOBS):
            one, two = found[kind, 1], found[kind, WORKERS]
            ratio, wanted = report.times(one / two), report.times(WANTED)
            lines.append((f"{kind}, at {size:,} rows", f"{1 / one:.1f}", f"{1 / two:.1f}", ratio, wanted))
    report.table(("mails/s with 50 rules, none lost or doubled", "1 worker", f"{WORKERS} workers", "", "wanted"), lines)
