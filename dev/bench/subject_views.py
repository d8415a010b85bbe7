"""The screens of a day's work, in ours, in Odoo's project.task and in OCA's helpdesk: what the web client asks for."""

from typing import NamedTuple

from dev.bench import questions, report, rows
from dev.bench.session import Cost, cost_of, median

TITLE = "Screens"
REPEATS = 9
# Seconds after which a screen is asked for no more: some of the peers take minutes.
LONG_ENOUGH = 20


class Asked(NamedTuple):
    """A model whose screens are measured.

    :param name: how the result calls it
    :param action: XML id of the action that lists all its records
    :param searches: field of the search view by what is looked for
    :param counter: the field of ``res.partner`` that counts a customer's records
    """

    name: str
    model: str
    action: str
    searches: dict
    counter: str


OURS = Asked(
    "helpdesk",
    "helpdesk.ticket",
    "helpdesk_ticket.action_helpdesk_ticket",
    {
        "subject": "name",
        "number": "name",
        "customer": "customer_id",
        "e-mail": "requester_email",
        "part of the number": "name",
        "part of the e-mail": "requester_email",
        "content": "description",
    },
    "helpdesk_ticket_count",
)
TASK = Asked(
    "project.task",
    "project.task",
    "project.action_view_all_task",
    {"subject": "name", "customer": "partner_id"},
    "task_count",
)
OCA = Asked(
    "OCA",
    "helpdesk.ticket",
    "helpdesk_mgmt.helpdesk_ticket_action",
    {
        "subject": "number",
        "number": "number",
        "customer": "partner_id",
        "e-mail": "partner_email",
        "part of the number": "number",
        "part of the e-mail": "partner_email",
        "content": "description",
    },
    "helpdesk_ticket_count",
)
SCREENS = ("list", "list without filter", "kanban", "form", "counters of 80 customers")
SEARCHES = ("subject", "number", "part of the number", "customer", "e-mail", "part of the e-mail", "content")


def measure(sessions):
    """Return the median Cost by name and screen, by size.

    Every screen is asked in turn of all models in all sizes, and that several times: whatever else the machine
    does meanwhile slows all of them down alike.

    :param sessions: Session by number of rows
    """
    asks = {}
    for count, session in sessions.items():
        for asked in (OURS, TASK):
            for screen, ask in asks_of(session, asked, count).items():
                asks[screen, count, asked.name] = ask
        for screen in session.peer.ask("prepare_views", count):
            asks[screen, count, OCA.name] = _of_peer(session.peer, count, screen)
    asks = dict(sorted(asks.items()))
    costs = {key: [] for key in asks}
    for _number in range(REPEATS + 1):
        for key, ask in asks.items():
            if sum(cost.seconds for cost in costs[key]) < LONG_ENOUGH:
                costs[key].append(ask())
    results = {count: {} for count in sessions}
    for (screen, count, name), found in costs.items():
        # The first time fills caches that a running server has filled.
        results[count][name, screen] = median(found[1:] or found)
    return results


def _of_peer(peer, count, screen):
    return lambda: Cost(*peer.ask("view", count, screen))


def asks_of(session, asked, count):
    """Return by screen a function that asks for it as the web client does, and returns its Cost.

    :param count: rows that the database has
    """
    return {screen: _asking(session, screen, read) for screen, read in _screens(session, asked, count).items()}


def _asking(session, screen, read):
    def ask():
        with session.client() as env:
            if not read(env):
                raise ValueError(f"{screen}: nothing was found, so there is nothing to measure.")

    return lambda: cost_of(ask)


def _screens(session, asked, count):
    """Return a function of an environment by screen, which gives back what it has read."""
    model = asked.model
    with session.client() as env:
        domain = questions.default_domain(env, model, asked.action)
        one = env[model].search(domain, limit=1, offset=count // 100).id
        customers = env["res.partner"].search([("ref", "=", "bench")], order="id", limit=80).ids
        typed = _typed(env, asked, count)
        return {
            "list": questions.page(env, model, domain),
            "list without filter": questions.page(env, model, []),
            "kanban": questions.columns(env, model, domain),
            "form": questions.form(env, model, one),
            "counters of 80 customers": lambda env: env["res.partner"].browse(customers).read([asked.counter]),
            **{
                f"search by {kind}": questions.page(
                    env, model, questions.search_domain(env, model, asked.searches[kind], text)
                )
                for kind, text in typed.items()
            },
        }


def _typed(env, asked, count):
    """Return what is typed by kind of search; each finds few records.

    The record that is looked for is one of the last, of an ordinary customer.
    """
    number = count - 3
    words = {
        "subject": rows.word("t", number),
        "number": f"bench-{number}",
        "part of the number": f"nch-{number}",
        "content": rows.word("d", number),
    }
    record = env[asked.model].search([("name", "like", words["subject"])], limit=1)
    words["customer"] = record.partner_id.name.removeprefix("Cus")
    words["e-mail"] = record.partner_id.email
    words["part of the e-mail"] = record.partner_id.email.removeprefix("cus")
    return {kind: words[kind] for kind in asked.searches}


def show(results, _sizes):
    """Print times at the smallest and the largest size, their growth, and the ratios of the models."""
    sizes = sorted(results)
    report.heading(f"{TITLE}: as the web client asks, median of up to {REPEATS}")
    names = [asked.name for asked in (OURS, TASK, OCA)]
    for screen in (*SCREENS, *(f"search by {kind}" for kind in SEARCHES)):
        lines = []
        for name in names:
            if any((name, screen) not in results[size] for size in sizes):
                continue
            seconds = [results[size][name, screen].seconds for size in sizes]
            ours = results[sizes[-1]][OURS.name, screen].seconds
            lines.append(
                (
                    f"  {name}",
                    *map(report.ms, seconds),
                    report.times(seconds[-1] / seconds[0]),
                    report.times(seconds[-1] / ours),
                    f"{results[sizes[-1]][name, screen].queries:.0f}",
                )
            )
        heads = [f"{size:,} rows" for size in sizes]
        report.table((f"{screen} (ms)", *heads, "growth", "of ours", "queries"), lines)
