"""Odoo is killed again and again while it works: each mail is one ticket, no more and no less (E05, rel 2)."""

import contextlib
import os
import signal
from pathlib import Path

import pytest

from dev import odoo_server
from dev.waiting import PATIENCE, wait_until

MAILS, KILLS = 1000, 20
# Every so many kills hit all of Odoo, as a power cut does; the others the processes that work, as the kernel does when
# the memory is full: what they had begun is lost as well, and new ones are there without the long start.
POWER_CUT = 5
# Seconds of computing after the first mail of a life that is collected or processed: a dozen mails' worth.
LONGEST = 0.5
TICKS = os.sysconf("SC_CLK_TCK")


class Life:
    """Odoo with its scheduled actions alone, between two of its deaths; it is seen through the database."""

    def __init__(self, helpdesk, mailbox):
        self.helpdesk, self.mailbox = helpdesk, mailbox
        self.server = odoo_server.process(helpdesk.instance)

    def begin(self):
        """Start Odoo when it does not run: one process that never works itself, and those that do."""
        if self.server.pid() is None:
            command = odoo_server.command(self.helpdesk.instance, "--no-http", "--workers=1")
            # Those that work give way to all others by ten, and would come to nothing beside them. Who may not have it
            # otherwise waits longer.
            command = ["nice", "--adjustment=-10", *command]
            self.server.start(command, env={**odoo_server.environment(), **self.helpdesk.variables()})

    def work(self, step, computing):
        """Wait until it collects (step 0) or processes (step 1) a mail, and then has computed for so many seconds.

        Seconds of computing and not of the clock: the moment lies somewhere in the work, however slow the machine is.
        """
        before = self.mailbox.progress()[step]
        self.helpdesk.wait_for_work(
            lambda: self.mailbox.progress()[step] != before, "a mail that is collected or processed"
        )
        end = self.computed() + computing
        wait_until(lambda: self.computed() >= end or not self.is_busy(), PATIENCE, "the work after it", interval=0.05)

    def workers(self):
        """Return the numbers of the processes that work."""
        pid = self.server.pid()
        return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def computed(self):
        """Return for how many seconds they have computed."""
        ticks = 0
        for pid in self.workers():
            # One that was killed before may go while it is looked at.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        return ticks / TICKS

    def is_busy(self):
        """Tell whether there is anything left to collect or to process."""
        return self.mailbox.progress() != (len(self.mailbox.sent),) * 2

    def end(self, *, power_cut):
        """Kill it, or the processes that work."""
        if power_cut:
            self.server.kill()
            return
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def life(helpdesk, make_mailbox):
    """The lives of an Odoo with two workers and without web pages, and their mailbox; in the end the usual one runs."""
    with helpdesk.nothing_sent(), helpdesk.copied("helpdesk_email_collector.ir_cron_process", 1) as second:
        helpdesk.switch(second, active=True)
        mailbox = make_mailbox(helpdesk_done_folder="Done")
        helpdesk.kill_odoo()
        try:
            yield Life(helpdesk, mailbox)
        finally:
            helpdesk.kill_odoo()
            helpdesk.start_odoo()


def test_kills_at_random_moments(life, figures, chance):
    mailbox, busy = life.mailbox, 0
    mails = [mailbox.compose(number, message_id=number % 3 != 0) for number in range(MAILS)]
    for kill in range(KILLS):
        # Each life has mails to collect beside those to process.
        mailbox.put(mails[kill::KILLS])
        life.begin()
        life.work(kill % 2, chance.uniform(0, LONGEST))
        busy += life.is_busy()
        life.end(power_cut=kill % POWER_CUT == 0)
    life.begin()
    life.work(1, 0)
    wait_until(lambda: not life.is_busy(), 600, f"all {MAILS} mails", interval=0.5)
    life.end(power_cut=True)
    life.helpdesk.start_odoo()
    lost, doubled = mailbox.balance()
    figures.add(
        f"SIGKILL: {KILLS} kills, {busy} of them in the middle of work, {MAILS} mails, a third without Message-ID:"
        f" {len(mailbox.sent) - lost + doubled} tickets, lost {lost}, doubled {doubled}"
    )
    mailbox.fetch()
    assert (lost, doubled) == (0, 0)
    assert busy == KILLS
    assert mailbox.rows(["state", "=", "done"]) == MAILS
    assert mailbox.count("INBOX", "Done") == [0, MAILS]
