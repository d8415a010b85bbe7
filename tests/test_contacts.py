"""Two people at once, on two real connections: one primary contact (C02), one address (K03)."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from dev.odoo_api import ApiError

ROUNDS = 10
PEOPLE = 4


@pytest.fixture
def company(api):
    """A customer with four contacts: its id, theirs and a word that no other test uses."""
    word = uuid.uuid4().hex[:8]
    (customer,) = api.call("res.partner", "create", vals_list=[{"name": f"Customer {word}", "is_company": True}])
    contacts = api.call(
        "res.partner",
        "create",
        vals_list=[
            {"name": f"Person {number}", "email": f"p{number}@{word}.example", "parent_id": customer}
            for number in range(PEOPLE)
        ],
    )
    return customer, contacts, word


def at_once(action, arguments):
    """Call ``action`` with each of the arguments at the same time; return what Odoo refused, None for what it did."""

    def attempt(argument):
        try:
            action(argument)
        except ApiError as error:
            return error
        return None

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(attempt, arguments))


def test_primary_contact_chosen_by_several_at_once(api, company):
    """C02: two can never exist, also under concurrent writes; the last one wins."""
    customer, contacts, _word = company

    def choose(contact):
        api.call("res.partner", "write", ids=[contact], vals={"is_primary_contact": True})

    for _round in range(ROUNDS):
        assert at_once(choose, contacts) == [None] * PEOPLE
        domain = [["id", "in", contacts], ["is_primary_contact", "=", True]]
        (primary,) = api.search_read("res.partner", domain, ["id"])
        (row,) = api.search_read("res.partner", [["id", "=", customer]], ["primary_contact_id"])
        assert row["primary_contact_id"][0] == primary["id"]


def test_one_address_saved_by_several_at_once(api, company):
    """K03: of several who save the same address at once, one succeeds and the others are told why."""
    customer, _contacts, word = company
    for number in range(ROUNDS):
        address = f"twin{number}@{word}.example"
        vals = {"name": "Twin", "email": address, "parent_id": customer}

        errors = at_once(lambda vals: api.call("res.partner", "create", vals_list=[vals]), [vals] * PEOPLE)

        refused = [str(error) for error in errors if error]
        assert len(refused) == PEOPLE - 1
        assert all("already has th" in text for text in refused), refused
        assert len(api.search_read("res.partner", [["email", "=", address]], ["id"])) == 1
