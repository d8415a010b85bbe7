"""Two Odoo processes on one database: both make tickets of mails, and none twice (E05)."""

import dataclasses
import re
import uuid

import pytest

from customer import Customer, wait_for_rows
from dev import odoo_server, ports
from dev.odoo_api import ApiError
from dev.waiting import wait_until

PROCESS = "ir_cron_process"
# Less than the 20 mails of one sender at which the guard against loops steps in.
MAILS_EACH, SENDERS = 15, 2
# One Odoo runs two scheduled actions at a time, so that a third one needs the other.
COPIES = 2
LINE = re.compile(r"Mail (\d+) is done")


@pytest.fixture
def second(helpdesk):
    """Another Odoo on the same database, as on another machine."""
    taken = helpdesk.instance.ports
    other = dataclasses.replace(
        helpdesk.instance, name="test2", ports={**taken, "http": ports.free_port(taken=taken.values())}
    )
    odoo_server.write_config(other)
    odoo_server.start(other, env={"ODOO_NOTIFY_CRON_CHANGES": "1"})
    yield other
    odoo_server.process(other).stop()


@pytest.fixture
def workers(helpdesk, api):
    """Copies of the scheduled action, which is how an administrator adds workers."""
    domain = [["module", "=", "helpdesk_email_collector"], ["name", "=", PROCESS]]
    (found,) = api.search_read("ir.model.data", domain, ["res_id"])
    helpdesk.cron(PROCESS, active=False)
    made = []
    for _number in range(COPIES):
        made += api.call("ir.cron", "copy", [found["res_id"]], default={"active": False})
    yield made
    wait_until(lambda: _unlink(api, made), 30, "the removal of the workers")


def _unlink(api, crons):
    try:
        api.write("ir.cron", crons, active=False)
        return api.call("ir.cron", "unlink", crons)
    except ApiError:  # Odoo refuses while one of them runs
        return False


def done_by(instance, ids):
    """Return which of these mails the process of ``instance`` has processed, from its log."""
    text = odoo_server.process(instance).log.read_text(errors="replace")
    return [int(found) for found in LINE.findall(text) if int(found) in ids]


def test_two_processes_share_the_work(helpdesk, api, second, workers):
    word = uuid.uuid4().hex[:8]
    mails, sent = [], []
    for sender in range(SENDERS):
        customer = Customer(helpdesk.instance, f"{word}.{sender}@kunde.example", f"Sender {sender}")
        mails += [customer.compose(f"Two machines {word} {sender} {number}", "…") for number in range(MAILS_EACH)]
        sent += [customer.send(mail) for mail in mails[-MAILS_EACH:]]
    for message_id in sent:
        wait_for_rows(api, message_id, ["waiting"])

    api.write("ir.cron", workers, active=True)
    helpdesk.cron(PROCESS, active=True)
    done = [["message_id", "in", sent], ["state", "=", "done"]]
    count = MAILS_EACH * SENDERS

    def processed():
        helpdesk.wake()
        return api.call("helpdesk.inbox.mail", "search_count", domain=done) == count

    wait_until(processed, 90, "the processing of all mails", interval=0.5)

    rows = api.search_read("helpdesk.inbox.mail", done, ["attempts", "ticket_id"])
    ids = {row["id"] for row in rows}
    here, there = done_by(helpdesk.instance, ids), done_by(second, ids)
    print(f"\nTwo processes: {len(here)} mails by the first, {len(there)} by the second")
    assert here
    assert there
    assert sorted(here + there) == sorted(ids)
    assert len({row["ticket_id"] and str(row["ticket_id"]) for row in rows}) == count
    tickets = api.search_read("helpdesk.ticket", [["name", "like", f"Two machines {word}"]], ["name"])
    assert sorted(ticket["name"] for ticket in tickets) == sorted(mail["Subject"] for mail in mails)
