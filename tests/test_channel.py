"""A channel is an addon of fewer than 100 lines: it hands over what came, and the one door does the rest."""

import uuid
from pathlib import Path

import pytest

from dev import end_to_end, odoo_api

ADDONS = Path(__file__).parent / "addons"
CHANNEL = "helpdesk_phone_note"
MAX_LINES = 100


@pytest.fixture(scope="module")
def telephone():
    """The API of another Odoo, whose database of its own has the channel."""
    with end_to_end.another("telephone", [CHANNEL], [ADDONS]) as other:
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
