"""Fixtures of the end-to-end tests: a running helpdesk, seen from the outside only."""

import uuid

import pytest
from playwright.sync_api import expect, sync_playwright

from customer import Customer
from dev import debian
from dev.end_to_end import Helpdesk

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
PAGE_TIMEOUT = 60_000
FIGURES = pytest.StashKey()


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


@pytest.fixture(scope="session")
def helpdesk():
    """A running helpdesk with a mailbox and without sample data."""
    found = Helpdesk()
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture
def api(helpdesk):
    """The administrator's access to the JSON-2 API."""
    return helpdesk.api


@pytest.fixture
def customer(helpdesk):
    """A customer that nobody has heard of, with a mailbox."""
    return Customer(helpdesk.instance, f"grete.{uuid.uuid4().hex[:8]}@kunde.example", "Grete Kunde")


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=debian.chromium(), args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def agent_page(chromium, helpdesk):
    """A page in which the agent Lena has logged in; its errors fail the test."""
    context = chromium.new_context(base_url=helpdesk.url, viewport={"width": 1400, "height": 1000}, locale="en-US")
    context.set_default_timeout(PAGE_TIMEOUT)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto("/web/login")
    page.locator("input[name=login]").fill("lena")
    page.locator("input[name=password]").fill("lena")
    page.locator("button[type=submit]").first.click()
    expect(page.locator(".o_main_navbar")).to_be_visible(timeout=PAGE_TIMEOUT)
    yield page
    context.close()
    assert not errors
