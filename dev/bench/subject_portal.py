"""The customer portal over HTTP, in ours and in OCA's helpdesk: a customer with one percent of all tickets."""

import re
import time
import urllib.parse
from typing import NamedTuple

from odoo import tools

from dev import instance, odoo_server
from dev.bench import report, rows
from dev.bench.session import Cost, median
from dev.browser import Browser
from dev.steps import Problem, say

TITLE = "Customer portal"
REPEATS = 9
LOGIN = "bench_customer"
LIST = "/my/tickets"


class Site(NamedTuple):
    """A portal.

    :param name: how the result calls it
    :param every: query of the list that asks for open and closed tickets alike
    :param ticket: begin of the address of a ticket's page
    """

    name: str
    every: dict
    ticket: str


OURS = Site("helpdesk", {"filterby": "all"}, "/my/tickets/")
OCA = Site("OCA", {}, "/my/ticket/")
# So many answers are on a ticket's page, and so much longer than the list's it may take.
ANSWERS, LIMIT = 10, 1.3
PAGES = ("list as it opens", "list of all", "search by subject", "search by number", "ticket")


def measure(session, sizes):
    """Return the median Cost by name and page, with those of the peer."""
    count = sizes["rows"][sizes["state"]]
    of_peer = {(OCA.name, page): Cost(*cost) for page, cost in session.peer.ask("portal", count)}
    return {**measure_site(session, OURS, count), **of_peer}


def measure_site(database, site, count):
    """Return the median Cost of the pages of ``site`` by name and page; an Odoo runs meanwhile and serves them."""
    with database.environment() as env:
        ticket = _prepare(env, count)
    config = tools.config
    server = instance.Instance(database.folder.name, config["db_name"][0], {"http": config["http_port"]})
    # Scheduled actions would take their part of the time.
    odoo_server.start(server, options=["--max-cron-threads=0"])
    try:
        return _measure_pages(Browser(server.url), site, ticket, count)
    finally:
        odoo_server.process(server).stop()


def _prepare(env, count):
    """Give the big customer a log-in, once, and return the id of one of its tickets, the oldest, with answers."""
    partner = env["res.partner"].search([("ref", "=", "bench")], order="id", limit=1)
    if not env["res.users"].search([("login", "=", LOGIN)]):
        group = env.ref("base.group_portal")
        values = {"partner_id": partner.id, "login": LOGIN, "password": LOGIN, "group_ids": [(6, 0, group.ids)]}
        env["res.users"].with_context(no_reset_password=True).create(values)
    ticket = env["helpdesk.ticket"].search([("number", "=", f"bench-{_oldest(count)}")])
    ticket = ticket.with_context(mail_notify_force_send=False)
    for number in range(ANSWERS):
        ticket.message_post(body=f"Answer {number}", message_type="comment", subtype_xmlid="mail.mt_comment")
    return ticket.id


def _oldest(count):
    """Return the number of the big customer's last copy among ``count``."""
    return count - 100


def _measure_pages(browser, site, ticket, count):
    browser.log_in(LOGIN, LOGIN)
    number = _oldest(count)
    addresses = {
        "list as it opens": LIST,
        "list of all": _address(site.every),
        "search by subject": _address({**site.every, "search": rows.word("t", number)}),
        "search by number": _address({**site.every, "search": f"bench-{number}"}),
        "ticket": f"{site.ticket}{ticket}",
    }
    costs = {page: [] for page in addresses}
    for _number in range(REPEATS + 1):
        for page, address in addresses.items():
            start = time.perf_counter()
            text = browser.get(address)
            costs[page].append(Cost(time.perf_counter() - start, 0, 0))
            _check(site, page, text, number)
    # The first time fills caches that a running server has filled.
    return {(site.name, page): median(found[1:]) for page, found in costs.items()}


def _address(query):
    return f"{LIST}?{urllib.parse.urlencode(query)}" if query else LIST


def _check(site, page, text, number):
    """See that a page shows what it is measured for.

    :raises Problem: it does not
    """
    found = len(set(re.findall(rf'href="{site.ticket}(\d+)', text)))
    is_good = found == 1 if page.startswith("search") else found >= 20
    if page == "ticket":
        is_good = rows.word("t", number) in text
    if not is_good:
        raise Problem(f"The portal of {site.name} does not show what was asked for ({page}, {found} tickets).")


def show(results, _sizes):
    """Print times at the smallest and the largest size, their growth, and the ratio of the two portals."""
    sizes = sorted(results)
    report.heading(f"{TITLE}: pages over HTTP for a customer with a hundredth of all, median of {REPEATS}")
    for page in PAGES:
        ours = results[sizes[-1]][OURS.name, page].seconds
        lines = []
        for site in (OURS, OCA):
            seconds = [results[size][site.name, page].seconds for size in sizes]
            growth, ratio = seconds[-1] / seconds[0], seconds[-1] / ours
            lines.append((f"  {site.name}", *map(report.ms, seconds), report.times(growth), report.times(ratio)))
        report.table((f"{page} (ms)", *(f"{size:,} rows" for size in sizes), "growth", "of ours"), lines)
    largest = results[sizes[-1]]
    ratio = largest[OURS.name, "ticket"].seconds / largest[OURS.name, PAGES[0]].seconds
    wanted = report.times(LIMIT)
    say(f"\nTicket with {ANSWERS} answers, of the {PAGES[0]}: {report.times(ratio)}, wanted at most {wanted}")
