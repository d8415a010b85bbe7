"""Two Odoo processes on one database: both read mailboxes and make tickets of mails, and none twice (E01, E05)."""

import re
import uuid

import pytest

from customer import Customer
from dev import odoo_server
from dev.processes import Background
from dev.steps import read_from
from dev.waiting import PATIENCE, wait_until
from halt import halt_at_ticket

PROCESS = "helpdesk_email_collector.ir_cron_process"
# Less than the 20 mails of one sender at which the guard against loops steps in, and together a transaction for each
# of the workers.
MAILS_EACH, SENDERS = 15, 2
# One Odoo runs two scheduled actions at a time, so that a third one needs the other.
WORKERS = 3
LINE = re.compile(r"Mail (\d+) is done")


class Odoo(Background):
    """A running Odoo whose log is read from where it begins.

    :param name: of the process
    """

    def __init__(self, name):
        super().__init__(name)
        self.begin = self.log.stat().st_size if self.log.exists() else 0

    def said(self):
        """Return what it has logged."""
        return read_from(self.log, self.begin)

    def done(self):
        """Return the ids of the mails that it has processed."""
        return [int(found) for found in LINE.findall(self.said())]


@pytest.fixture
def first(helpdesk):
    """The usual Odoo."""
    return Odoo(odoo_server.process(helpdesk.instance).name)


@pytest.fixture(scope="module")
def second(helpdesk):
    """Another Odoo on the same database, as on another machine; only its scheduled actions."""
    other = Odoo("test-odoo-2")
    try:
        variables = {**odoo_server.environment(), **helpdesk.variables()}
        other.start(odoo_server.command(helpdesk.instance, "--no-http"), env=variables)
        wait_until(lambda: "Registry loaded" in other.said(), PATIENCE, "the second Odoo")
        yield other
    finally:
        other.stop()


@pytest.fixture
def copies(helpdesk):
    """Copies of the scheduled action that processes mails, all of which are switched off with it."""
    with (
        # Who comes second with the same new contact tries again, and not a minute later.
        helpdesk.parameters({"helpdesk_email_collector.retry_minutes": "0"}),
        helpdesk.copied(PROCESS, WORKERS - 1) as found,
    ):
        yield found


def test_two_processes_share_the_work(helpdesk, api, first, second, copies):
    word = uuid.uuid4().hex[:8]
    mails, sent = [], []
    with halt_at_ticket(helpdesk, f"Two machines {word}%") as halt:
        with helpdesk.switched_off(PROCESS):
            for sender in range(SENDERS):
                customer = Customer(helpdesk.instance, f"{word}.{sender}@kunde.example", f"Sender {sender}")
                new = [customer.compose(f"Two machines {word} {sender} {number}", "…") for number in range(MAILS_EACH)]
                sent += [customer.send(mail) for mail in new]
                mails += new
            stored = [["message_id", "in", sent]]
            count = len(mails)
            helpdesk.wait_for_work(
                lambda: api.call("helpdesk.inbox.mail", "search_count", domain=stored) == count, "all mails"
            )
            helpdesk.switch(copies, active=True)
        # Each worker has begun with some of the mails, and none can end before the others have begun.
        helpdesk.wait_for_work(lambda: halt.number() >= WORKERS, "the halt of all workers")
        halt.go_on()
    done = [*stored, ["state", "=", "done"]]
    helpdesk.wait_for_work(
        lambda: api.call("helpdesk.inbox.mail", "search_count", domain=done) == count, "the processing of all mails"
    )

    rows = api.search_read("helpdesk.inbox.mail", done, ["ticket_id"])
    ids = sorted(row["id"] for row in rows)
    here, there = first.done(), second.done()
    assert set(here) & set(ids)
    assert set(there) & set(ids)
    assert sorted(found for found in here + there if found in ids) == ids
    assert len({row["ticket_id"][0] for row in rows}) == count
    tickets = api.search_read("helpdesk.ticket", [["name", "like", f"Two machines {word}"]], ["name"])
    assert sorted(ticket["name"] for ticket in tickets) == sorted(mail["Subject"] for mail in mails)


def test_two_processes_read_one_mailbox(helpdesk, figures, second, make_mailbox):
    mailbox = make_mailbox(helpdesk_done_folder="Done")
    for part in range(3):
        mailbox.put([mailbox.compose(f"{part}-{number}", message_id=number % 3 != 0) for number in range(20)])
        helpdesk.wake()
        mailbox.fetch()
    count = len(mailbox.sent)
    helpdesk.wait_for_work(lambda: mailbox.rows(["state", "=", "done"]) == count, "all mails")
    helpdesk.wait_for_work(lambda: mailbox.count("INBOX", "Done") == [0, count], "the folder")
    figures.add(f"Two Odoo processes on one mailbox: {count} mails, lost, doubled {mailbox.balance()}")
    assert mailbox.balance() == (0, 0)


def test_an_answer_waits_for_the_other_process(helpdesk, api, first, second, copies):
    """E05, E06: while one process makes the ticket of a mail, another one looks at the answer to it."""
    word = uuid.uuid4().hex[:8]
    customer = Customer(helpdesk.instance, f"{word}@kunde.example", "Anna")
    request = customer.compose(f"Overtaken {word}", "…")
    answer = customer.compose(f"Re: Overtaken {word}", "…", In_Reply_To=request["Message-ID"])

    def rows(*domain):
        sent = [str(mail["Message-ID"]) for mail in (request, answer)]
        return api.search_read("helpdesk.inbox.mail", [["message_id", "in", sent], *domain], ["ticket_id"])

    helpdesk.switch(copies, active=True)
    with halt_at_ticket(helpdesk, f"Overtaken {word}") as halt:
        customer.send(request)
        helpdesk.wait_for_work(lambda: halt.number() >= 1, "the halt of the first mail")
        customer.send(answer)
        helpdesk.wait_for_work(lambda: rows(["waits_for_id", "!=", False]), "the answer that waits")
        halt.go_on()
    helpdesk.wait_for_work(lambda: len(rows(["state", "=", "done"])) == 2, "the processing of both")
    assert len({row["ticket_id"][0] for row in rows()}) == 1
