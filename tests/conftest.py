"""Fixtures of the end-to-end tests: a running helpdesk, seen from the outside only."""

import random
import uuid

import pytest
from playwright.sync_api import expect, sync_playwright

from customer import Customer
from dev import debian
from dev.end_to_end import Helpdesk
from dev.waiting import PATIENCE
from guard import Guard
from mailboxes import Mailbox

# Chromium would otherwise talk to servers of its maker while it is being driven.
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Milliseconds for one step in the browser, as generous as elsewhere.
PAGE_TIMEOUT = PATIENCE * 1000
FIGURES = pytest.StashKey()
expect.set_options(timeout=PAGE_TIMEOUT)


class Figures:
    """What tests measured and counted; pytest prints it at the end."""

    def __init__(self):
        self.lines = []

    def add(self, line):
        """Keep a line for the report."""
        self.lines.append(line)


def pytest_configure(config):
    """Begin a report."""
    config.addinivalue_line("markers", "alone: disturbs other tests on this machine, so that none may run beside it")
    config.stash[FIGURES] = Figures()


def pytest_terminal_summary(terminalreporter, config):
    """Print the report."""
    lines = config.stash[FIGURES].lines
    if lines:
        terminalreporter.section("faults: mails lost and doubled")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def figures(request):
    """The report of this run."""
    return request.config.stash[FIGURES]


@pytest.fixture
def chance(request):
    """Random numbers that can be had again: by the SEED that `make test REPEAT=n` prints, else always the same."""
    return random.Random(f"{request.config.getoption('random_order_seed', 0)} {request.node.nodeid}")


@pytest.fixture(scope="session")
def helpdesk():
    """A running helpdesk with a mailbox and without sample data."""
    found = Helpdesk()
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="session")
def guard(helpdesk):
    """What knows how the helpdesk was in the beginning."""
    return Guard(helpdesk)


@pytest.fixture(autouse=True)
def as_it_was(request):
    """No test depends on another: what it leaves behind fails it, and is put right before the next one."""
    if "helpdesk" not in request.fixturenames:
        yield
        return
    guard = request.getfixturevalue("guard")
    before = guard.put_right()
    assert not before, f"Something was wrong before {request.node.nodeid} began:\n" + "\n".join(before)
    yield
    left = guard.put_right()
    assert not left, f"{request.node.nodeid} left behind:\n" + "\n".join(left)


@pytest.fixture
def api(helpdesk):
    """The administrator's access to the JSON-2 API."""
    return helpdesk.api


@pytest.fixture
def customer(helpdesk):
    """A customer that nobody has heard of, with a mailbox."""
    return Customer(helpdesk.instance, f"grete.{uuid.uuid4().hex[:8]}@kunde.example", "Grete Kunde")


@pytest.fixture
def make_mailboxes(helpdesk):
    """A function that makes mailboxes which Odoo reads while the test runs: how many, and what differs in them."""
    made = []

    def make(number, **changes):
        new = Mailbox.make(helpdesk, number, **changes)
        made.extend(new)
        return new

    yield make
    helpdesk.start_odoo()
    helpdesk.api.write("fetchmail.server", [mailbox.id for mailbox in made], active=False)


@pytest.fixture
def make_mailbox(make_mailboxes):
    """A function that makes one mailbox, with what differs in it."""

    def make(**changes):
        (mailbox,) = make_mailboxes(1, **changes)
        return mailbox

    return make


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=debian.chromium(), args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sign_in(chromium, helpdesk):
    """A function that returns the cookies of somebody who has logged in, with the log-in as password."""
    states = {}

    def get(login):
        if login not in states:
            context = chromium.new_context(base_url=helpdesk.url)
            context.set_default_timeout(PAGE_TIMEOUT)
            page = context.new_page()
            page.goto("/web/login")
            page.locator("input[name=login]").fill(login)
            page.locator("input[name=password]").fill(login)
            page.locator("button[type=submit]").first.click()
            page.wait_for_url(lambda url: "/web/login" not in url)
            states[login] = context.storage_state()
            context.close()
        return states[login]

    return get


@pytest.fixture
def agent_page(chromium, helpdesk, sign_in):
    """A page of the agent Lena, who has logged in; its errors fail the test."""
    context = chromium.new_context(
        base_url=helpdesk.url,
        viewport={"width": 1400, "height": 1000},
        locale="en-US",
        storage_state=sign_in("lena"),
    )
    context.set_default_timeout(PAGE_TIMEOUT)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    yield page
    context.close()
    assert not errors
