"""Two people at once, on two real connections: one primary contact (C02), one address (K03)."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from dev.odoo_api import ApiError

ROUNDS = 10
PEOPLE = 4
# So many rounds run beside each other, each with a customer of its own: Odoo lets who comes second wait for seconds.
CUSTOMERS = 5


@pytest.fixture
def companies(api):
    """Customers with four contacts each: their ids, those of the contacts, and a word that no other test uses."""
    words = [uuid.uuid4().hex[:8] for _customer in range(CUSTOMERS)]
    vals_list = [{"name": f"Customer {word}", "is_company": True} for word in words]
    customers = api.call("res.partner", "create", vals_list=vals_list)
    contacts = api.call(
        "res.partner",
        "create",
        vals_list=[
            {"name": f"Person {number}", "email": f"p{number}@{word}.example", "parent_id": customer}
            for customer, word in zip(customers, words, strict=True)
            for number in range(PEOPLE)
        ],
    )
    groups = [contacts[first : first + PEOPLE] for first in range(0, len(contacts), PEOPLE)]
    return list(zip(customers, groups, words, strict=True))


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


def beside_each_other(action, companies):
    """Call ``action`` for each of the customers at the same time."""
    with ThreadPoolExecutor(len(companies)) as pool:
        list(pool.map(action, companies))


def test_primary_contact_chosen_by_several_at_once(api, companies):
    """C02: two can never exist, also under concurrent writes; the last one wins."""

    def choose(contact):
        api.call("res.partner", "write", ids=[contact], vals={"is_primary_contact": True})

    def check(company):
        customer, contacts, _word = company
        for _round in range(ROUNDS // CUSTOMERS):
            assert at_once(choose, contacts) == [None] * PEOPLE
            domain = [["id", "in", contacts], ["is_primary_contact", "=", True]]
            (primary,) = api.search_read("res.partner", domain, ["id"])
            (row,) = api.search_read("res.partner", [["id", "=", customer]], ["primary_contact_id"])
            assert row["primary_contact_id"][0] == primary["id"]

    beside_each_other(check, companies)


def test_one_address_saved_by_several_at_once(api, companies):
    """K03: of several who save the same address at once, one succeeds and the others are told why."""

    def check(company):
        customer, _contacts, word = company
        for number in range(ROUNDS // CUSTOMERS):
            address = f"twin{number}@{word}.example"
            vals = {"name": "Twin", "email": address, "parent_id": customer}

            errors = at_once(lambda vals: api.call("res.partner", "create", vals_list=[vals]), [vals] * PEOPLE)

            refused = [str(error) for error in errors if error]
            assert len(refused) == PEOPLE - 1
            assert all("already has th" in text for text in refused), refused
            assert len(api.search_read("res.partner", [["email", "=", address]], ["id"])) == 1

    beside_each_other(check, companies)
