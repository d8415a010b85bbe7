"""Odoo is killed again and again while it works: each mail is one ticket, no more and no less (E05, rel 2)."""

import random
import threading
import time

import pytest

from dev import odoo_server, postgres
from dev.odoo_api import ApiError
from dev.waiting import wait_until
from mailboxes import Mailbox

MAILS, KILLS = 1000, 20
# The same moments each time, so that what is found can be found again.
SEED = 20


class Life:
    """Odoo between two of its deaths, seen through the database; its pages are not waited for."""

    def __init__(self, helpdesk, mailbox):
        self.helpdesk, self.mailbox = helpdesk, mailbox
        self.instance = helpdesk.instance

    def begin(self):
        """Start Odoo with its scheduled actions alone."""
        variables = {**odoo_server.environment(), "ODOO_NOTIFY_CRON_CHANGES": "1"}
        server = odoo_server.process(self.instance)
        server.start(odoo_server.command(self.instance, "--no-http"), env=variables)

    def work(self, step):
        """Wait until it collects (step 0) or processes (step 1) a mail, waking its scheduled actions."""
        before = self.progress()[step]

        def moved():
            self.helpdesk.wake()
            return self.progress()[step] != before

        wait_until(moved, 120, "a mail that is collected or processed", interval=0.1)

    def progress(self):
        """Return how many mails are stored, and how many of them are done."""
        query = f"""SELECT count(*), count(*) FILTER (WHERE state <> 'waiting')
            FROM helpdesk_inbox_mail WHERE server_id = {self.mailbox.id}"""
        return [int(number) for number in postgres.query(query, self.instance.database)[0]]

    def end(self):
        """Kill it."""
        odoo_server.kill(self.instance)


@pytest.fixture
def no_outgoing(helpdesk, api):
    """The acknowledgements wait, and are thrown away: they are not what is looked at."""
    domain = [["module", "=", "mail"], ["name", "=", "ir_cron_mail_scheduler_action"]]
    (found,) = api.search_read("ir.model.data", domain, ["res_id"])
    _set_active(api, found["res_id"], False)
    yield
    ids = [mail["id"] for mail in api.search_read("mail.mail", [["state", "=", "outgoing"]], ["id"])]
    api.call("mail.mail", "unlink", ids, timeout=120)
    _set_active(api, found["res_id"], True)


def _set_active(api, cron, active):
    """Odoo refuses to change a scheduled action while it runs: tried until it does not."""

    def change():
        try:
            return api.write("ir.cron", [cron], active=active)
        except ApiError as error:
            if "currently being executed" not in str(error):
                raise
            return False

    wait_until(change, 120, "the queue of mails to be idle")


def test_kills_at_random_moments(helpdesk, api, figures, no_outgoing):
    moments = random.Random(SEED)
    mailbox = Mailbox(helpdesk, helpdesk_done_folder="Done")
    mailbox.put([], "Done")
    mails = [mailbox.compose(number, message_id=number % 3 != 0) for number in range(MAILS)]
    life = Life(helpdesk, mailbox)
    started = time.monotonic()
    life.end()
    busy = 0
    for kill in range(KILLS):
        # Each life has mails to collect beside those to process.
        mailbox.put(mails[kill::KILLS])
        life.begin()
        life.work(kill % 2)
        threading.Event().wait(moments.uniform(0, 2))
        stored, done = life.progress()
        busy += done < stored or stored < len(mailbox.sent)
        life.end()
    killed = time.monotonic() - started
    helpdesk.start_odoo()
    life.work(1)
    wait_until(lambda: life.progress() == [MAILS, MAILS], 600, f"all {MAILS} mails", interval=0.5)
    lost, doubled = mailbox.balance()
    figures.add(
        f"SIGKILL: {KILLS} kills, {busy} of them in the middle of work, {MAILS} mails, a third without Message-ID:"
        f" {len(mailbox.subjects())} tickets, lost {lost}, doubled {doubled}"
        f" ({killed:.0f} s with kills, {time.monotonic() - started:.0f} s in all)"
    )
    mailbox.fetch()
    assert (lost, doubled) == (0, 0)
    assert busy == KILLS
    assert mailbox.rows(["state", "!=", "done"]) == 0
    assert (mailbox.count(), mailbox.count("Done")) == (0, MAILS)
    mailbox.archive()
