"""The search box over customers and contacts: by name, e-mail address and telephone number."""

from lxml import etree

from odoo.tools import SQL
from odoo.tools.safe_eval import safe_eval

from dev.bench import report
from dev.bench.session import cost_of, median

TITLE = "Search of customers and contacts"
REPEATS = 9
PAGE, COUNT_LIMIT = 80, 10_001
# The field of the search view that is used, and what is typed; each finds few rows.
SEARCHES = {
    "name": ("name", "omer 777"),
    "e-mail address": ("email", "mer777@cust"),
    "telephone number": ("phone_mobile_search", "30 777"),
}
FIELDS = {name: {} for name in ("name", "email", "phone", "function", "is_primary_contact")}


def measure(session, _sizes):
    """Return (median Cost, whether the plan uses an index) by kind of search."""
    results = {}
    for kind, (field, text) in SEARCHES.items():
        with session.environment(session.agent_id) as env:
            domain = _domain(env, field, text)
            plan = _plan(env, domain)

        def ask(domain=domain):
            with session.environment(session.agent_id) as fresh:
                found = fresh["res.partner"].web_search_read(domain, FIELDS, limit=PAGE, count_limit=COUNT_LIMIT)
                if not found["records"]:
                    raise ValueError(f"{domain} finds nothing: there is nothing to measure.")

        costs = [cost_of(ask) for _number in range(REPEATS + 1)]
        # The first time fills caches that a running server has filled.
        results[kind] = median(costs[1:]), "Seq Scan on" not in plan
    return results


def _domain(env, field, text):
    """Return the domain that the search view makes of ``text`` typed for ``field``."""
    search = etree.fromstring(env["res.partner"].get_view(view_type="search")["arch"])
    node = search.find(f".//field[@name='{field}']")
    made = node.get("filter_domain")
    return safe_eval(made, {"self": text}) if made else [(field, "ilike", text)]


def _plan(env, domain):
    """Return PostgreSQL's plan of the query that reads the first page."""
    query = env["res.partner"]._search(domain, limit=PAGE)
    return "\n".join(line for (line,) in env.execute_query(SQL("EXPLAIN %s", query.select())))


def show(results, _sizes):
    """Print times, their growth, and whether the plans use an index."""
    small, large = min(results), max(results)
    report.heading(f"{TITLE}: as the web client searches, median of {REPEATS}")
    lines = []
    for kind in SEARCHES:
        (at_small, _index), (at_large, indexed) = results[small][kind], results[large][kind]
        growth = report.times(at_large.seconds / at_small.seconds)
        times = report.ms(at_small.seconds), report.ms(at_large.seconds)
        lines.append((kind, *times, growth, "index" if indexed else "WHOLE TABLE"))
    report.table(("ms", f"{small:,} rows", f"{large:,} rows", "growth", f"plan at {large:,}"), lines)
