"""What addons beside ours can add, shown by examples: a channel in fewer than 100 lines, and each other part."""

import uuid
from pathlib import Path

import pytest

from dev import end_to_end, instance, odoo_api
from dev.browser import Browser, csrf_token
from dev.steps import Problem

ADDONS = Path(__file__).parent / "addons"
CHANNEL = "helpdesk_phone_note"
EVERY_PART = "helpdesk_parcel"
MAX_LINES = 100


@pytest.fixture(scope="module")
def telephone():
    """The API of another Odoo, whose database of its own has the addons."""
    with end_to_end.another("telephone", [CHANNEL, EVERY_PART], [ADDONS]) as other:
        yield odoo_api.for_instance(other)


def note(api, caller, subject):
    """Note a call; return the ticket that it opened."""
    text = "It blinks <b>red</b>.\nSince Monday."
    number = api.call("helpdesk.phone.note", "take", caller=caller, subject=subject, note=text)
    fields = ["name", "channel_id", "partner_id", "partner_email", "partner_name", "description", "team_id", "user_id"]
    (ticket,) = api.search_read("helpdesk.ticket", [["number", "=", number]], fields)
    return ticket


def test_lines():
    """C03: a further channel costs little code."""
    files = [path for path in (ADDONS / CHANNEL).rglob("*") if path.suffix in (".py", ".xml")]
    lines = {path.name: len(path.read_text().splitlines()) for path in files}
    assert {"__manifest__.py", f"{CHANNEL}.py", "helpdesk_channel_data.xml"} <= lines.keys()
    assert sum(lines.values()) < MAX_LINES


def test_known_caller(telephone):
    """A known address is its contact's, and the text is no markup."""
    address = f"grete.{uuid.uuid4().hex[:8]}@kunde.example"
    contact = telephone.create("res.partner", name="Grete Kunde", email=address)
    ticket = note(telephone, f"Grete <{address}>", "Printer")
    assert ticket["channel_id"][1] == "Telephone note"
    assert (ticket["name"], ticket["partner_id"][0], ticket["partner_email"]) == ("Printer", contact, address)
    assert "&lt;b&gt;red&lt;/b&gt;" in ticket["description"]
    assert ticket["team_id"]
    assert not ticket["user_id"]
    said = [["model", "=", "helpdesk.ticket"], ["res_id", "=", ticket["id"]], ["author_id", "=", contact]]
    assert len(telephone.search_read("mail.message", said, ["body"])) == 1


def test_unknown_caller(telephone):
    """The contact of a new address is made by the door and not by the channel (C09)."""
    address = f"otto.{uuid.uuid4().hex[:8]}@kunde.example"
    first = note(telephone, f"Otto Neu <{address}>", "Mouse")
    second = note(telephone, address, "Keyboard")
    assert first["partner_name"] == "Otto Neu"
    assert first["partner_id"] == second["partner_id"]
    contacts = telephone.search_read("res.partner", [["email", "=", address]], ["name"])
    assert [contact["id"] for contact in contacts] == [first["partner_id"][0]]


@pytest.fixture(scope="module")
def carrier(telephone):
    """The carrier of the parcels whose numbers begin with PK; a rule notes both."""
    address = f"carrier.{uuid.uuid4().hex[:8]}@carrier.example"
    found = telephone.create("res.partner", name="Carrier", email=address)
    condition = {"source": "parcel", "operator": "starts", "value": "PK"}
    telephone.create(
        "helpdesk.email.collector",
        name="Parcels",
        active=True,
        parcel_carrier_id=found,
        filter_ids=[[0, 0, condition]],
        operation_ids=[[0, 0, {"code": "note_parcel"}]],
    )
    return found


@pytest.fixture
def reader(telephone):
    """A customer with access to the portal; the log-in is the password, too."""
    login = f"grete.{uuid.uuid4().hex[:8]}"
    named = [["module", "=", "base"], ["name", "=", "group_portal"]]
    (group,) = telephone.search_read("ir.model.data", named, ["res_id"])
    values = {"name": "Grete", "login": login, "password": login, "email": f"{login}@kunde.example"}
    telephone.create("res.users", **values, group_ids=[[6, 0, [group["res_id"]]]])
    return login


def call_kw(browser, model, method, arguments, **words):
    """Call a method as the pages' scripts do."""
    address = f"/web/dataset/call_kw/{model}/{method}"
    return browser.call(address, model=model, method=method, args=arguments, kwargs=words)


def deliver(api, subject, text):
    """Deliver a mail to the support; return its ticket."""
    sender = f"otto.{uuid.uuid4().hex[:8]}@kunde.example"
    head = f"From: {sender}\nTo: {instance.SUPPORT}\nSubject: {subject}\nMessage-ID: <{sender}>\n"
    server = Browser(api.url)
    server.log_in("admin", "admin")
    call_kw(server, "mail.thread", "message_process", ["helpdesk.ticket", f"{head}\n{text}\n"])
    (job,) = api.search_read("ir.cron", [["cron_name", "=", "Helpdesk: process received mails"]], ["id"])
    api.call("ir.cron", "method_direct_trigger", [job["id"]])
    fields = ["parcel_number", "parcel_carrier_id", "message_ids"]
    (ticket,) = api.search_read("helpdesk.ticket", [["partner_email", "=", sender]], fields)
    return ticket


def test_parts_of_a_mail(telephone, carrier):
    """A condition, an operation, a field of a rule, a step of `create`, who is told, a part of the mail."""
    ticket = deliver(telephone, "Where is it?", "My parcel pk 123 456 did not come.")
    assert ticket["parcel_number"] == "PK123456"
    assert ticket["parcel_carrier_id"][0] == carrier
    told = [["id", "in", ticket["message_ids"]], ["message_type", "=", "auto_comment"]]
    (notice,) = telephone.search_read("mail.message", told, ["partner_ids"])
    assert carrier in notice["partner_ids"]
    mails = telephone.search_read("mail.mail", [["mail_message_id", "=", notice["id"]]], ["body_html"])
    assert mails
    assert all("Parcel PK123456" in mail["body_html"] for mail in mails)


def test_mail_without_it(telephone, carrier):
    """The condition of the addon is one: without a parcel nothing is noted."""
    ticket = deliver(telephone, "Where is it?", "My invoice did not come.")
    assert not ticket["parcel_number"]
    assert not ticket["parcel_carrier_id"]


def test_field_of_the_portal(telephone, reader):
    """A customer fills in the field of an addon, and reads it; one without the parameter stays ours."""
    browser = Browser(telephone.url)
    browser.log_in(reader, reader)
    page = browser.get("/my/tickets/new")
    subject = f"Parcel {uuid.uuid4().hex[:8]}"
    values = {"name": subject, "description": "It is late.", "parcel_number": "pk 654 321"}
    page = browser.post("/my/tickets/new", {**values, "csrf_token": csrf_token(page)})
    assert "PK654321" in page
    asked = browser, "helpdesk.ticket", "search_read", [[["name", "=", subject]]]
    (ticket,) = call_kw(*asked, fields=["parcel_number"])
    assert ticket["parcel_number"] == "PK654321"
    with pytest.raises(Problem):
        call_kw(*asked, fields=["parcel_carrier_id"])


def test_promise(telephone):
    """A promise of an addon has deadlines, is searched, explained and kept like ours (T25)."""
    kind = telephone.create("helpdesk.ticket.type", name=f"Parcel {uuid.uuid4().hex[:8]}")
    telephone.create("helpdesk.sla", name="Parcels", sequence=0, parcel_hours=2, type_ids=[[6, 0, [kind]]])
    ticket = telephone.create("helpdesk.ticket", name="Where is it?", type_id=kind)
    mine = ["id", "=", ticket]

    def read(*fields):
        (values,) = telephone.search_read("helpdesk.ticket", [mine], list(fields))
        return values

    before = read("create_date", "parcel_deadline", "due_date", "due_promise")
    assert before["parcel_deadline"] == before["due_date"] > before["create_date"]
    assert before["due_promise"] == "parcel"
    condition = ["parcel_deadline", "=", before["parcel_deadline"]]
    assert telephone.search_read("helpdesk.ticket", [mine, condition], ["id"])
    said = telephone.call("helpdesk.ticket", "get_deadline_explanation", ids=[ticket], promise="parcel")
    assert said["title"] == "Parcel"
    telephone.call("helpdesk.ticket", "write", ids=[ticket], vals={"parcel_sent_date": before["create_date"]})
    assert not read("due_date")["due_date"]
    (row,) = telephone.search_read(
        "helpdesk.deadline", [["ticket_id", "=", ticket], ["promise", "=", "parcel"]], ["result"]
    )
    assert row["result"] == "kept"


def test_promise_that_was_broken(telephone):
    """Whoever is responsible is told of it by its name, in the mail about passed deadlines (T25)."""
    kind = telephone.create("helpdesk.ticket.type", name=f"Parcel {uuid.uuid4().hex[:8]}")
    telephone.create("helpdesk.sla", name="At once", sequence=0, parcel_hours=0.0001, type_ids=[[6, 0, [kind]]])
    (user,) = telephone.search_read("res.users", [["login", "=", "admin"]], ["id", "partner_id"])
    subject = f"Where is {uuid.uuid4().hex[:8]}?"
    telephone.create("helpdesk.ticket", name=subject, type_id=kind, user_id=user["id"])
    job = [["cron_name", "=", "Helpdesk: notify of passed deadlines"]]
    (job,) = telephone.search_read("ir.cron", job, ["id"])
    telephone.call("ir.cron", "method_direct_trigger", [job["id"]])
    mine = [["recipient_ids", "in", [user["partner_id"][0]]], ["body_html", "ilike", subject]]
    bodies = [mail["body_html"] for mail in telephone.search_read("mail.mail", mine, ["body_html"])]
    assert any("Parcel was due on" in " ".join(body.split()) for body in bodies)
    assert not any("First answer" in body for body in bodies)
