"""Deadlines of tickets: counting them in batches, and raising those that have passed (T25, T26)."""

from datetime import datetime, timedelta

from odoo.tools import SQL

from dev.bench import report, rows
from dev.bench.session import cost_of, median

TITLE = "Deadlines"
REPEATS = 3
BATCH = 1000
# Of all tickets, each of which has a deadline as if it was open.
DUE = 1000


def measure(session, _sizes):
    """Return what is shown, by name."""
    with session.environment() as env:
        _make_policy(env)
    few = _measure_few(session)
    return {"batch": _measure_batch(session), **few, **_measure_all(session)}


def _make_policy(env):
    """Make a policy for all tickets, in working hours with holidays, unless there is one."""
    policies = env["helpdesk.sla"]
    if policies.search_count([("name", "=", "Bench")]):
        return
    calendar = env["resource.calendar"].search([("attendance_ids", "!=", False)], limit=1)
    for number in range(20):
        day = datetime.now() + timedelta(days=17 * number - 170)
        values = {"calendar_id": calendar.id, "date_from": day, "date_to": day + timedelta(days=1)}
        env["resource.calendar.leaves"].create({**values, "name": f"Holiday {number}"})
    hours = {"answer_hours": 4, "action_hours": 8, "solution_hours": 40}
    policies.create({"name": "Bench", "calendar_id": calendar.id, **hours})


def _measure_batch(session):
    """Return how many open tickets, and for one the median Costs of counting new deadlines and of writing them."""
    counted, written = [], []
    for _number in range(REPEATS + 1):
        with session.registry.cursor() as cr:
            tickets = _environment(session, cr)["helpdesk.ticket"].search([("is_open", "=", True)], limit=BATCH)
            counted.append(cost_of(lambda tickets=tickets: _count(tickets)))
            if not tickets[:1].solution_deadline:
                raise ValueError("The tickets have no deadline: there is nothing to measure.")
            written.append(cost_of(tickets.env.flush_all))
            cr.rollback()
    costs = (median(costs[1:]).per(len(tickets)) for costs in (counted, written))
    return len(tickets), *costs


def _count(tickets):
    """Choose the policies of tickets and count their deadlines anew, in memory."""
    tickets.env.add_to_compute(tickets._fields["sla_id"], tickets)
    tickets.modified(["sla_id"])
    for name in ("sla_id", "deadline_ids", "due_date"):
        tickets.mapped(name)


def _environment(session, cr):
    with session.environment() as env:
        return env(cr=cr)


def _measure_few(session):
    """Return the median Cost of one run with few deadlines passed, and of the marking in it."""
    runs, marks = [], []
    for _number in range(REPEATS + 1):
        with session.environment() as env:
            number = _let_pass(env, SQL("ticket_id %% %s = 0", DUE))
            env.cr.execute("DELETE FROM mail_activity WHERE res_model = 'helpdesk.ticket'")
            env.cr.execute("DELETE FROM mail_mail")
        with session.registry.cursor() as cr:
            env = _environment(session, cr)
            marks.append(cost_of(lambda env=env: env["helpdesk.deadline"]._mark_due(datetime.now())))
            cr.rollback()
        with session.environment() as env:
            runs.append(cost_of(env["helpdesk.deadline"]._cron_escalate))
            mails = env["mail.mail"].search_count([])
        if not number or not mails:
            raise ValueError("No deadline has been raised: there is nothing to measure.")
    return {"due": number, "run": median(runs[1:]), "mark": median(marks[1:]), "mails": mails}


def _let_pass(env, which):
    """Let the next actions ``which`` be due in the past, with a plain UPDATE.

    :return: how many
    """
    past = datetime.now() - timedelta(minutes=5)
    env.cr.execute(
        SQL(
            "UPDATE helpdesk_deadline SET due = %s, raised = NULL, alarm = %s WHERE promise = 'action' AND %s",
            past,
            past,
            which,
        )
    )
    return env.cr.rowcount


def _measure_all(session):
    """Return the Cost of marking all tickets at once, and of the plain UPDATE of the same columns before."""
    with session.environment() as env:
        bare = cost_of(lambda: _let_pass(env, SQL("TRUE")) and env.cr.commit())
    rows.vacuum(session, "helpdesk_deadline")

    def mark():
        while env["helpdesk.deadline"]._mark_due(datetime.now()):
            env.cr.commit()

    with session.environment() as env:
        marked = cost_of(mark)
        # As it was: the other subjects, and the next state of the database, start from there.
        due = SQL(rows.DEADLINE.replace("i)", "ticket_id)").replace("%", "%%"))
        env.cr.execute(
            SQL("UPDATE helpdesk_deadline SET raised = NULL, due = %s, alarm = %s WHERE promise = 'action'", *[due] * 2)
        )
    rows.vacuum(session, "helpdesk_deadline")
    return {"bare": bare, "all": marked}


def show(results, _sizes):
    """Print speeds, times, their growth, and the ratio to the plain UPDATE."""
    small, large = min(results), max(results)
    report.heading(f"{TITLE}: counted in working hours with holidays, raised by the scheduled action")
    lines = []
    for size, result in results.items():
        number, counted, written = result["batch"]
        speeds = (f"{1 / seconds:,.0f}" for seconds in (counted.seconds, counted.seconds + written.seconds))
        queries = f"{(counted.queries + written.queries) * number:.0f}"
        lines.append((f"{size:,} rows, batch of {number:,}", *speeds, queries))
    report.table(("new deadlines for open tickets, tickets/s", "counted", "and written", "queries"), lines)
    lines = []
    for size, result in results.items():
        run, mark = result["run"], result["mark"]
        lines.append(
            (
                f"{size:,} tickets with a deadline, {result['due']:,} passed",
                report.ms(run.seconds),
                f"{run.queries:.0f}",
                report.ms(mark.seconds),
                f"{mark.queries:.0f}",
                result["mails"],
            )
        )
    report.table(("ms", "whole run", "queries", "find and mark", "queries", "mails"), lines)
    lines = [
        (
            f"all {size:,} passed",
            report.ms(result["bare"].seconds),
            report.ms(result["all"].seconds),
            report.times(result["all"].seconds / result["bare"].seconds),
        )
        for size, result in results.items()
        if size in (small, large)
    ]
    report.table(("ms", "plain UPDATE", "marked in batches", "ratio"), lines)
