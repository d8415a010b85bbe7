"""Pages for customers and dialogs of agents, looked at by axe-core: nothing serious for people who use aids."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from conftest import PAGE_TIMEOUT
from dev import mailing
from dev.lint import node

# The names of axe-core for what keeps people out.
BAD = ("serious", "critical")
ASK = """async ([part, without]) => {
    const found = await axe.run({include: [[part]], exclude: without}, {resultTypes: ["violations"]});
    return found.violations.map((one) => [
        one.impact, `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`,
    ]);
}"""
OPEN = """([name, button]) => {
    const {action} = odoo.__WOWL_DEBUG__.root.env.services;
    // Nobody waits for what comes of it: that is when the dialog is closed.
    void (name.includes(".") ? action.doAction(name) : action.doActionButton(button));
}"""
LINK = re.compile(r"/helpdesk/link/[^\s\"'<>)\]]+")
# The whole page, and the whole dialog with its frame; not the screen behind it.
PAGE, DIALOG = "#wrapwrap", ".modal"
# What is Odoo's and stands wherever it is used: the orange of the languages in the foot, the colours of badges, the
# button without a name that chooses columns, and what fields for records say of themselves.
NOT_OURS = [[".js_language_selector"], [".o_field_badge"], [".o_optional_columns_dropdown"], [".o-autocomplete--input"]]


def look(page, name, part):
    """Return what axe-core finds in ``part`` of ``page`` that keeps people out."""
    expect(page.locator(part).first).to_be_visible()
    page.evaluate((node.modules() / "axe-core/axe.min.js").read_text())
    return [f"{name}: {text}" for impact, text in page.evaluate(ASK, [part, NOT_OURS]) if impact in BAD]


@pytest.fixture(scope="module")
def tickets(helpdesk):
    """A customer's person who sees all of its tickets: its log-in, and an open and a closed ticket of it."""
    api = helpdesk.api
    word = uuid.uuid4().hex[:8]
    login = f"axe.{word}@kunde.example"
    (customer,) = api.call("res.partner", "create", vals_list=[{"name": f"Customer {word}", "is_company": True}])
    vals = [{"name": "Grete Kunde", "email": login, "parent_id": customer, "is_primary_contact": True}]
    (person,) = api.call("res.partner", "create", vals_list=vals)
    (group,) = api.search_read("ir.model.data", [["module", "=", "base"], ["name", "=", "group_portal"]], ["res_id"])
    user = {"partner_id": person, "login": login, "password": login, "group_ids": [[6, 0, [group["res_id"]]]]}
    api.call("res.users", "create", vals_list=[user], context={"no_reset_password": True})
    vals = [{"name": f"Printer {word} {number}", "partner_id": person, "description": "<p>x</p>"} for number in (1, 2)]
    found = api.call("helpdesk.ticket", "create", vals_list=vals)
    api.call("helpdesk.ticket", "message_post", ids=found[:1], body="Is it on?", subtype_xmlid="mail.mt_comment")
    api.call("helpdesk.ticket", "action_close", ids=found[1:])
    vals = [{"name": "Otto Kunde", "email": f"otto.{word}@kunde.example", "parent_id": customer}]
    (colleague,) = api.call("res.partner", "create", vals_list=vals)
    # nobody writes requests but the ways by which they come
    helpdesk.query(
        "INSERT INTO helpdesk_ticket_request (name, text, partner_id, company_id, state) "
        f"SELECT 'Toner {word}', 'Black', {colleague}, min(id), 'held' FROM res_company"
    )
    return login, found


@pytest.fixture
def visitor(chromium, helpdesk, sign_in):
    """Make a page for somebody, who has logged in when there is a name."""
    contexts = []

    def visit(login=None):
        cookies = sign_in(login) if login else None
        size = {"width": 1280, "height": 900}
        contexts.append(chromium.new_context(base_url=helpdesk.url, viewport=size, storage_state=cookies))
        page = contexts[-1].new_page()
        page.set_default_timeout(PAGE_TIMEOUT)
        return page

    yield visit
    for context in contexts:
        context.close()


def test_pages_for_customers(tickets, visitor):
    """Pages of the portal, with a log-in."""
    login, (opened, closed) = tickets
    page = visitor(login)
    findings = []
    for address in (
        "/my",
        "/my/tickets",
        "/my/tickets?filterby=all&groupby=status",
        "/my/tickets?search=nothing-like-this",
        "/my/tickets/new",
        "/my/ticket-requests",
        f"/my/tickets/{opened}",
        f"/my/tickets/{closed}",
    ):
        assert page.goto(address).ok
        findings += look(page, address, PAGE)
    assert not findings, "\n".join(findings)


def test_pages_without_an_account(helpdesk, customer, visitor):
    """The public form, and the page that a mail leads to."""
    customer.send(customer.compose("Printer", "It only blinks."))
    text = mailing.text_of(customer.received("/helpdesk/link/"))
    page = visitor()
    findings = []
    with helpdesk.company(helpdesk_form=True):
        for address in ("/helpdesk/form", LINK.search(text)[0], "/helpdesk/link/1/1/0"):
            page.goto(address)
            findings += look(page, address, PAGE)
    assert not findings, "\n".join(findings)


DIALOGS = (
    "action_close_dialog",
    "action_cancel_dialog",
    "action_merge_dialog",
    "action_split_dialog",
    "action_private_message",
    "action_misfiled_dialog",
    "helpdesk_email_collector.action_helpdesk_email_tryout",
)


def test_dialogs(tickets, visitor):
    """Each dialog of a ticket, and the one in which managers try out a mail."""
    page = visitor("martin")
    (opened, closed) = tickets[1]
    findings = []
    page.goto("/odoo/tickets")
    expect(page.locator(".o_list_view")).to_be_visible()
    for name in DIALOGS:
        button = {"type": "object", "name": name, "resModel": "helpdesk.ticket"}
        button["resIds"] = [opened, closed] if "merge" in name else [opened]
        page.evaluate(OPEN, [name, button])
        expect(page.locator(f"{DIALOG} .o_form_view, {DIALOG} form").first).to_be_visible()
        findings += look(page, name, DIALOG)
        page.locator(f"{DIALOG} .btn-close").first.click()
        expect(page.locator(DIALOG)).to_have_count(0)
    assert not findings, "\n".join(findings)
