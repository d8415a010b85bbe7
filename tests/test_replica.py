"""A replica of the database serves the portal's pages that only read; what writes goes to the primary."""

import dataclasses
import uuid

import pytest

from dev import odoo_server, ports, postgres
from dev.browser import Browser
from dev.replica import Replica

pytestmark = pytest.mark.alone


@pytest.fixture
def customer_ticket(api):
    """A ticket of a customer with a log-in: its id, the log-in, which is the password too, and the subject."""
    login = f"portal.{uuid.uuid4().hex[:8]}@kunde.example"
    (group,) = api.search_read("ir.model.data", [["module", "=", "base"], ["name", "=", "group_portal"]], ["res_id"])
    values = {"name": "Grete Kunde", "login": login, "email": login, "password": login}
    values["group_ids"] = [[6, 0, [group["res_id"]]]]
    (user,) = api.call("res.users", "create", vals_list=[values], context={"no_reset_password": True})
    (found,) = api.search_read("res.users", [["id", "=", user]], ["partner_id"])
    subject = f"Before {uuid.uuid4().hex[:8]}"
    vals = [{"name": subject, "partner_id": found["partner_id"][0]}]
    (ticket,) = api.call("helpdesk.ticket", "create", vals_list=vals)
    return ticket, login, subject


@pytest.fixture
def replica(helpdesk, customer_ticket):
    """A streaming replica with the customer's ticket."""
    if not postgres.is_own():
        pytest.skip("A server of your own is not copied: unset PGHOST.")
    found = Replica()
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture
def reader(helpdesk, replica):
    """Another Odoo on the same database, which uses the replica for what only reads; the address of its pages."""
    taken = helpdesk.ports
    port = {"http": ports.free_port(taken=taken.values())}
    other = dataclasses.replace(helpdesk.instance, name="test-replica", ports={**taken, **port})
    odoo_server.write_config(other)
    try:
        odoo_server.start(other, helpdesk.variables(), [*replica.options, "--max-cron-threads=0"])
        yield other.url
    finally:
        odoo_server.process(other).stop()


def test_replica_serves_what_only_reads(helpdesk, api, replica, reader, customer_ticket):
    """While the replica stands still, list and page show what it knows, and the primary takes what is written."""
    ticket, login, before = customer_ticket
    replica.catch_up()
    browser = Browser(reader)
    browser.log_in(login, login)
    pages = ("/my/tickets", f"/my/tickets/{ticket}")
    assert all(before in browser.get(page) for page in pages)

    replica.pause()
    after, answer = f"After {uuid.uuid4().hex[:8]}", f"Answer {uuid.uuid4().hex[:8]}"
    api.write("helpdesk.ticket", [ticket], name=after)
    post_data = {"body": answer, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
    browser.call("/mail/message/post", thread_model="helpdesk.ticket", thread_id=ticket, post_data=post_data)

    for page in pages:
        text = browser.get(page)
        assert before in text
        assert after not in text
    written = f"""SELECT t.name, (SELECT count(*) FROM mail_message m WHERE m.model = 'helpdesk.ticket'
                  AND m.res_id = t.id AND m.body LIKE '%{answer}%') FROM helpdesk_ticket t WHERE t.id = {ticket}"""
    assert helpdesk.query(written) == [(after, 1)]
    assert replica.query(written, helpdesk.instance.database) == [[before, "0"]]

    replica.resume()
    assert all(after in browser.get(page) for page in pages)
