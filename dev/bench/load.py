"""A whole helpdesk under load: ``python -m dev.bench.load CUSTOMERS SECONDS MAILS``, with the environment's Python.

An Odoo with two workers for web pages and two for scheduled actions, a mail server and an SMTP server; customers use
the portal at once while mails come in.  All limits of the helpdesk are as they are by default: the customers keep to
them, as people do.  Nobody asks for pictures and scripts, which browsers keep and a web server in front of Odoo serves.
"""

import contextlib
import json
import re
import sys
import uuid

from dev import odoo_server, ports, services, state
from dev.bench import crowd, figures, report
from dev.bench.mails import DOMAIN, Writer
from dev.end_to_end import Helpdesk
from dev.instance import SUPPORT
from dev.steps import Problem, say, step
from dev.waiting import wait_until

WORKERS = 2
ROWS = 10_000
SCRIPT = state.REPO / "dev/bench/load_rows.py"
# Seconds in which the agent's list is read while nothing else happens.
QUIET = 60
# Seconds after the load in which all mails must have become tickets.
PATIENCE = 600
# How much slower than that the list may be under load.
TARGET = 2
# How many of the errors are printed.
SHOWN = 5
ANSWER = re.compile(r"Load \w+ answer \w+")


class BusyHelpdesk(Helpdesk):
    """A helpdesk as it is run for many people: worker processes, and mailboxes that are read by schedule only."""

    def start_mail(self):
        """Start the mail server; it does not tell Odoo of mails, which would cost a worker."""
        services.start_mail(self.instance, tells_odoo=False)

    def start_odoo(self, options=()):
        """Start Odoo with workers."""
        gevent = ports.free_port(taken=self.ports.values())
        super().start_odoo([f"--workers={WORKERS}", f"--gevent-port={gevent}", *options])

    def fill(self, customers):
        """Fill the database; return the log-ins of ``customers`` customers, and what an agent asks for."""
        file = self.instance.folder / "load.json"
        variables = {"HELPDESK_CUSTOMERS": str(customers), "HELPDESK_ROWS": str(ROWS), "HELPDESK_FILE": str(file)}
        odoo_server.run_script(self.instance, SCRIPT, variables, "The customers of the load test cannot be made.")
        found = json.loads(file.read_text())
        return found["logins"], found["request"]


class Result:
    """What came of the load.

    :param customers: who used the portal
    :param mailer: who sent the mails
    :param word: the begin of all that the customers wrote
    """

    def __init__(self, helpdesk, customers, mailer, word):
        self.helpdesk = helpdesk
        self.customers = customers
        self.mailer = mailer
        self.word = word
        self.problems = []

    def check(self, what, lost, doubled):
        """Print whether something was lost or doubled, and keep it as a problem."""
        self.note(f"{what}: {lost} lost, {doubled} doubled", is_problem=lost or doubled)

    def note(self, line, *, is_problem):
        """Print a line of the result; remember it when it tells of a problem."""
        say(line)
        if is_problem:
            self.problems.append(line)

    def check_portal(self):
        """Compare what customers were told with what is in the database."""
        opened = [subject for customer in self.customers for subject in customer.opened]
        answered = [text for customer in self.customers for text in customer.answered]
        tickets = f"FROM helpdesk_ticket t WHERE t.name LIKE '{self.word} %'"
        names = self._column(f"SELECT t.name {tickets}")
        files = self._column(
            f"""SELECT t.name FROM ir_attachment a JOIN helpdesk_ticket t
            ON a.res_model = 'helpdesk.ticket' AND a.res_id = t.id WHERE t.name LIKE '{self.word} %'"""
        )
        bodies = self._column(
            f"SELECT body FROM mail_message WHERE model = 'helpdesk.ticket' AND body LIKE '%{self.word} answer %'"
        )
        texts = [ANSWER.search(body)[0] for body in bodies]
        self.check(f"tickets opened in the portal: {len(opened)}", *figures.lost_and_doubled(opened, names))
        self.check(f"files of these: {len(opened)}", *figures.lost_and_doubled(opened, files))
        self.check(f"answers in the portal: {len(answered)}", *figures.lost_and_doubled(answered, texts))

    def check_mails(self):
        """Wait until all mails were dealt with, and compare what was sent with what is in the database."""
        sent = [message for message, _is_reply in self.mailer.taken]
        stored = (
            f"SELECT message_id FROM mail_message WHERE model = 'helpdesk.ticket' AND message_id LIKE '%@{DOMAIN}>'"
        )
        # What is missing in the end is counted below.
        with step("The last mails become tickets"), contextlib.suppress(TimeoutError):
            wait_until(lambda: len(self._column(stored)) >= len(sent), PATIENCE, "the last mail", interval=1)
        found = self._column(stored)
        self.check(f"mails sent: {len(sent)}, arrived: {len(found)}", *figures.lost_and_doubled(sent, found))
        first = sum(not is_reply for _message, is_reply in self.mailer.taken)
        ((made,),) = self.helpdesk.query(
            "SELECT count(*) FROM helpdesk_ticket WHERE name LIKE '%Printer % does not print'"
        )
        self.note(f"requests among them: {first}, tickets made of them: {made}", is_problem=first != made)
        self.note(f"mails not taken by the mail server: {len(self.mailer.faults)}", is_problem=self.mailer.faults)
        for fault in self.mailer.faults[:SHOWN]:
            say(f"  {fault}")

    def check_log(self, text):
        """Look for errors in what Odoo logged."""
        faults, retried = figures.log_entries(text)
        self.note(f"errors and tracebacks in Odoo's log: {len(faults)}", is_problem=faults)
        for entry in faults[:SHOWN]:
            say(entry)
        say(f"requests and mails that Odoo began anew because of another one: {retried}")

    def show_samples(self, samples):
        """Print the times of all kinds of requests, and the first errors."""
        lines = [
            (kind, one.number, one.faults, report.ms(one.p50), report.ms(one.p95), report.ms(one.slowest))
            for kind, one in figures.by_kind(samples).items()
        ]
        report.table(("requests", "number", "errors", "p50 ms", "p95 ms", "slowest ms"), lines)
        faults = [sample for sample in samples if sample.fault]
        say()
        self.note(f"requests: {len(samples)}, errors: {len(faults)}", is_problem=faults)
        for sample in faults[:SHOWN]:
            say(f"  {sample.kind}: {sample.fault}")

    def show_agent(self, quiet, loaded):
        """Print how much slower the agents' list is under load."""
        before, after = figures.summary(quiet).p95, figures.summary(loaded).p95
        ratio = report.times(after / before)
        line = f"agents' list, p95: quiet {report.ms(before)} ms, under load {report.ms(after)} ms, {ratio}"
        self.note(f"{line} (at most {TARGET}x is wanted)", is_problem=after / before > TARGET)

    def _column(self, sql):
        return [value for (value,) in self.helpdesk.query(sql)]


def main(customers, seconds, mails):
    """Run the load test and print what came of it.

    :raises Problem: there were errors, something was lost or doubled, or the agents' list got too slow
    """
    helpdesk = BusyHelpdesk()
    try:
        with step(f"A helpdesk with {WORKERS} workers"):
            helpdesk.start()
        with step(f"{ROWS:,} tickets, and {customers} customers with a log-in"):
            logins, request = helpdesk.fill(customers)
        result = _run(helpdesk, logins, request, seconds, mails)
    finally:
        helpdesk.stop()
    if result.problems:
        raise Problem("\n".join(["Not as it should be:", *result.problems]))


def _run(helpdesk, logins, request, seconds, mails):
    port, word = helpdesk.ports["http"], f"Load {uuid.uuid4().hex[:8]}"
    customers = [crowd.Customer(port, login, word) for login in logins]
    agent = crowd.Agent(port, "lena", request)
    mailer = crowd.Mailer(helpdesk.ports["smtp"], Writer(SUPPORT, ROWS), mails)
    with step("Log-ins"):
        for person in (*customers, agent):
            person.log_in()
            person.samples.clear()
    with step("The agents' list, quiet"):
        crowd.during(QUIET, agent.look)
    quiet = list(agent.samples)
    agent.samples.clear()
    log = odoo_server.process(helpdesk.instance).log
    begin = log.stat().st_size
    with step(f"{len(customers)} customers at once, and {mails} mails per second, for {seconds} s"):
        crowd.during(seconds, agent.look, mailer.send, *(customer.use for customer in customers))
    report.heading(f"Load: {len(customers)} customers at once and {mails} mails per second, for {seconds} s")
    result = Result(helpdesk, customers, mailer, word)
    result.show_samples([*agent.samples, *(sample for customer in customers for sample in customer.samples)])
    result.show_agent(quiet, agent.samples)
    result.check_portal()
    result.check_mails()
    result.check_log(log.read_bytes()[begin:].decode(errors="replace"))
    return result


if __name__ == "__main__":
    try:
        main(*map(int, sys.argv[1:]))
    except Problem as problem:
        sys.exit(str(problem))
