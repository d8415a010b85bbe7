"""The list that an agent sees first, in both models: what the web client asks the server for."""

from lxml import etree

from odoo.tools.safe_eval import safe_eval

from dev.bench import report
from dev.bench.session import cost_of, median

TITLE = "Default list"
# What the web client asks for: one page, and the total up to this number.
PAGE, COUNT_LIMIT = 80, 10_001
REPEATS = 9
OURS, THEIRS = "helpdesk.ticket", "project.task"
ACTIONS = {OURS: "helpdesk_ticket.action_helpdesk_ticket", THEIRS: "project.action_view_all_task"}
# With the filters that the action switches on, and with none.
VARIANTS = {"open, as it comes up": True, "all, no filter": False}


def measure(session, _sizes):
    """Return the median Cost by (variant, model); the models take turns."""
    results = {}
    for variant, filtered in VARIANTS.items():
        asks = {model: _prepare(session, model, filtered) for model in ACTIONS}
        costs = {model: [] for model in ACTIONS}
        for number in range(REPEATS + 1):
            for model, ask in asks.items():
                cost = cost_of(ask)
                # The first time fills caches that a running server has filled.
                if number:
                    costs[model].append(cost)
        results |= {(variant, model): median(costs[model]) for model in ACTIONS}
    return results


def _prepare(session, model, filtered):
    """Return a function that reads the first page of the list of ``model`` as the agent."""
    with session.environment(session.agent_id) as env:
        action = env["ir.actions.actions"]._for_xml_id(ACTIONS[model])
        domain = safe_eval(action.get("domain") or "[]", {"uid": env.uid})
        if filtered:
            domain += _default_filters(env, model, action)
        fields = _list_fields(env, model)

    def ask():
        with session.environment(session.agent_id) as fresh:
            found = fresh[model].web_search_read(domain, fields, limit=PAGE, count_limit=COUNT_LIMIT)
            if not found["records"]:
                raise ValueError(f"The list of {model} is empty: there is nothing to measure.")

    return ask


def _default_filters(env, model, action):
    """Return the domains of the filters that the action switches on."""
    context = safe_eval(action.get("context") or "{}", {"uid": env.uid})
    chosen = {key.removeprefix("search_default_") for key, value in context.items() if value}
    view = action["search_view_id"] and action["search_view_id"][0]
    search = etree.fromstring(env[model].get_view(view, "search")["arch"])
    domains = [node.get("domain") for node in search.iter("filter") if node.get("name") in chosen]
    return [leaf for domain in domains for leaf in safe_eval(domain, {"uid": env.uid})]


def _list_fields(env, model):
    """Return the specification that the web client makes of the list's columns."""
    arch = etree.fromstring(env[model].get_view(view_type="list")["arch"])
    names = {node.get("name") for node in arch.iterfind("field")}
    named = {"fields": {"display_name": {}}}
    return {name: named if env[model]._fields[name].relational else {} for name in sorted(names)}


def show(results, _sizes):
    """Print times, their growth, and the ratio of the two models."""
    small, large = min(results), max(results)
    report.heading(f"{TITLE}: {PAGE} rows as the web client reads them, median of {REPEATS}")
    lines = []
    for variant in VARIANTS:
        for model in ACTIONS:
            at_small, at_large = results[small][variant, model], results[large][variant, model]
            growth = report.times(at_large.seconds / at_small.seconds)
            times = report.ms(at_small.seconds), report.ms(at_large.seconds)
            lines.append((f"{model}: {variant}", *times, growth, f"{at_large.queries:.0f}"))
    report.table(("ms", f"{small:,} rows", f"{large:,} rows", "growth", "queries"), lines)
    lines = []
    for variant in VARIANTS:
        ratios = [
            results[size][variant, THEIRS].seconds / results[size][variant, OURS].seconds for size in (small, large)
        ]
        lines.append((f"{THEIRS} / {OURS}: {variant}", *map(report.times, ratios)))
    report.table(("ratio (more than 1: ours is faster)", f"{small:,} rows", f"{large:,} rows"), lines)
