"""Two worker processes and strangers who ask them all at once: the limits hold, and nothing is lost (rel-H4)."""

import dataclasses
import http.client
import http.cookies
import itertools
import re
import urllib.parse
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from dev import mailing, odoo_server, ports
from dev.browser import csrf_token
from dev.waiting import PATIENCE, wait_until
from halt import halt_at_table

WORKERS = 2
ALLOWED = 3
MANY = 10
STRANGERS = 2
PID = re.compile(r"^\S+ \S+ (\d+) INFO .* werkzeug: (127\.0\.0\.\d+) ", re.MULTILINE)
ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\d )", re.MULTILINE)
FAULT = re.compile(r"\S+ \S+ \d+ (?:ERROR|CRITICAL) ")
# Two requests changed one row at the same moment; Odoo lets the second begin anew.
RETRIED = "could not serialize access"
LINK = re.compile(r"/helpdesk/link/[^\s\"'<>)\]]+")
BOUNDARY = "limits"
# So many files of a customer belong to nothing yet, at most.
PENDING = 60
# Each stranger has an address of its own, so that no test counts for another one.
ADDRESSES = (f"127.0.0.{number}" for number in itertools.count(20))


class Stranger:
    """Somebody without an account: an address on the network, and a browser that keeps its first cookies.

    :param port: where Odoo listens
    """

    def __init__(self, port):
        self.port = port
        self.address = next(ADDRESSES)
        self.cookie = ""

    def ask(self, path, form=None, file=None):
        """Get a page, or send a form, with a file when ``file`` names one; return the status and the text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, PATIENCE, source_address=(self.address, 0))
        headers = {"Cookie": self.cookie}
        if form is None:
            connection.request("GET", path, headers=headers)
        elif file:
            headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
            connection.request("POST", path, multipart(form, file), headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", path, urllib.parse.urlencode(form), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        new = answer.headers.get_all("Set-Cookie") or []
        self.cookie = self.cookie or "; ".join(cookie.partition(";")[0] for cookie in new)
        connection.close()
        return answer.status, text

    def log_in(self, login):
        """Log in with ``login`` as the password too, and keep the session's cookie."""
        form = {"csrf_token": csrf_token(self.ask("/web/login")[1]), "login": login, "password": login}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, 120, source_address=(self.address, 0))
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/web/login", urllib.parse.urlencode(form), headers)
        answer = connection.getresponse()
        answer.read()
        cookies = http.cookies.SimpleCookie("; ".join(answer.headers.get_all("Set-Cookie")))
        self.cookie = f"session_id={cookies['session_id'].value}"
        connection.close()

    def ask_at_once(self, requests, meanwhile=lambda: None):
        """Send all ``requests`` (path and form) together; return the statuses, in their order.

        :param meanwhile: function that is called while they are on their way
        """
        with ThreadPoolExecutor(len(requests)) as pool:
            answers = [pool.submit(self.ask, *request) for request in requests]
            meanwhile()
            return [answer.result()[0] for answer in answers]


@pytest.fixture(scope="session")
def prefork(helpdesk):
    """Another Odoo on the same database, with worker processes, as most people run it."""
    taken = dict(helpdesk.instance.ports)
    for name in ("http", "gevent"):
        taken[name] = ports.free_port(taken=taken.values())
    other = dataclasses.replace(helpdesk.instance, name="prefork", ports=taken)
    odoo_server.write_config(other)
    options = [f"--workers={WORKERS}", f"--gevent-port={taken['gevent']}", "--max-cron-threads=0"]
    try:
        odoo_server.start(other, helpdesk.variables(), options)
        yield other
    finally:
        odoo_server.process(other).stop()


@pytest.fixture
def log(prefork):
    """A function that returns what was logged since; each test fails when there is an error in it."""
    path = odoo_server.process(prefork).log
    begin = path.stat().st_size

    def read():
        return path.read_bytes()[begin:].decode(errors="replace")

    yield read
    assert not [entry for entry in ENTRY.split(read()) if FAULT.match(entry) and RETRIED not in entry]


@pytest.fixture
def form(helpdesk):
    """The public form of the company, open for everybody; the path of its page."""
    with helpdesk.company(helpdesk_form=True) as company:
        yield f"/helpdesk/form/{company}"


def multipart(form, file):
    """Return the body of a form with one small file, in a field of the name that Odoo's uploads have."""
    head = 'Content-Disposition: form-data; name="{}"'
    parts = [f"{head.format(name)}\r\n\r\n{value}" for name, value in form.items()]
    parts.append(f'{head.format("ufile")}; filename="{file}"\r\nContent-Type: text/plain\r\n\r\nx')
    return "".join(f"--{BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{BOUNDARY}--\r\n"


def ask_around_limit(helpdesk, stranger, requests):
    """Send ``requests``: those before the last one that the limit allows alone, the others at once.

    :return: the statuses, in their order
    """
    first, others = requests[: ALLOWED - 1], requests[ALLOWED - 1 :]
    statuses = [stranger.ask(*request)[0] for request in first]
    # Nobody counts any more, until each worker has looked at the counters and waits.
    with halt_at_table(helpdesk, "helpdesk_throttle") as halt:

        def go_on():
            halt.wait_for(WORKERS)
            halt.go_on()

        return statuses + stranger.ask_at_once(others, go_on)


def workers_of(text, strangers):
    """Return which processes have answered ``strangers``, from the log."""
    addresses = {stranger.address for stranger in strangers}
    return {pid for pid, address in PID.findall(text) if address in addresses}


def test_public_form(helpdesk, api, prefork, form, log):
    """Of many entries at once as many pass as the limit says, and each of them becomes a ticket."""
    word = uuid.uuid4().hex[:8]
    strangers = [Stranger(prefork.ports["http"]) for _number in range(STRANGERS)]
    sent = {}
    with helpdesk.parameters({"helpdesk_ticket.limit_form": str(ALLOWED)}):
        for stranger in strangers:
            token = csrf_token(stranger.ask(form)[1])
            entries = [
                {
                    "csrf_token": token,
                    "name": "Grete",
                    "email": f"grete.{word}.{stranger.address}.{number}@kunde.example",
                    "subject": f"At once {word} {stranger.address} {number}",
                    "text": "It blinks.",
                }
                for number in range(MANY)
            ]
            statuses = ask_around_limit(helpdesk, stranger, [(form, entry) for entry in entries])
            sent |= {entry["subject"]: status for entry, status in zip(entries, statuses, strict=True)}
            assert sorted(statuses) == [303] * ALLOWED + [429] * (MANY - ALLOWED)
    assert len(workers_of(log(), strangers)) == WORKERS

    passed = sorted(subject for subject, status in sent.items() if status == 303)
    stored = api.search_read("helpdesk.ticket.request", [["name", "like", f"At once {word}"]], ["name"])
    assert sorted(entry["name"] for entry in stored) == passed

    def tickets():
        found = api.search_read("helpdesk.ticket", [["name", "like", f"At once {word}"]], ["name"])
        return found if len(found) >= len(passed) else None

    found = wait_until(tickets, PATIENCE, "the tickets of the entries")
    assert sorted(ticket["name"] for ticket in found) == passed


def make_customer(api, prefork):
    """Return a `Stranger` who is logged in to the portal."""
    login = f"portal.{uuid.uuid4().hex[:8]}@kunde.example"
    (group,) = api.search_read("ir.model.data", [["module", "=", "base"], ["name", "=", "group_portal"]], ["res_id"])
    values = {"name": "Grete Kunde", "login": login, "email": login, "password": login}
    values["group_ids"] = [[6, 0, [group["res_id"]]]]
    api.call("res.users", "create", vals_list=[values], context={"no_reset_password": True})
    stranger = Stranger(prefork.ports["http"])
    stranger.log_in(login)
    return stranger


def test_tickets_in_the_portal(helpdesk, api, prefork, log):
    """Of many tickets that a customer opens at once as many are opened as the limit says."""
    stranger = make_customer(api, prefork)
    page = "/my/tickets/new"
    token = csrf_token(stranger.ask(page)[1])
    word = uuid.uuid4().hex[:8]
    posts = [
        (page, {"csrf_token": token, "name": f"Portal {word} {number}", "description": "It blinks."})
        for number in range(MANY)
    ]
    with helpdesk.parameters({"helpdesk_ticket.limit_portal_ticket": str(ALLOWED)}):
        statuses = ask_around_limit(helpdesk, stranger, posts)
    assert sorted(statuses) == [303] * ALLOWED + [429] * (MANY - ALLOWED)
    assert len(workers_of(log(), [stranger])) == WORKERS
    passed = sorted(form["name"] for (_page, form), status in zip(posts, statuses, strict=True) if status == 303)
    tickets = api.search_read("helpdesk.ticket", [["name", "like", f"Portal {word}"]], ["name"])
    assert sorted(ticket["name"] for ticket in tickets) == passed


def test_files_of_the_portal(helpdesk, api, prefork, log):
    """Of many files that a customer uploads at once as many are kept as there is room for."""
    stranger = make_customer(api, prefork)
    token, word = csrf_token(stranger.ask("/my/tickets/new")[1]), uuid.uuid4().hex[:8]
    uploads = [
        ("/my/tickets/upload", {"csrf_token": token}, f"{word}.{number}.txt") for number in range(PENDING + MANY)
    ]
    first, others = uploads[: PENDING - 1], uploads[PENDING - 1 :]
    assert [stranger.ask(*upload)[0] for upload in first] == [200] * len(first)
    # None of them is kept, until each worker has counted those that are there, or waits for another one that has.
    with halt_at_table(helpdesk, "ir_attachment") as halt:

        def go_on():
            halt.wait_for(WORKERS)
            halt.go_on()

        stranger.ask_at_once(others, go_on)
    assert len(workers_of(log(), [stranger])) == WORKERS
    kept = helpdesk.query(f"SELECT count(*) FROM ir_attachment WHERE name LIKE '{word}.%'")
    assert kept[0][0] == PENDING


def test_guessed_link(helpdesk, prefork, log):
    """Of many guesses at once as many are looked at as the limit says."""
    strangers = [Stranger(prefork.ports["http"]) for _number in range(STRANGERS)]
    with helpdesk.parameters({"helpdesk_ticket.limit_link_wrong": str(ALLOWED)}):
        for stranger in strangers:
            guesses = [(f"/helpdesk/link/1/1/{uuid.uuid4().hex * 2}", None) for _number in range(MANY)]
            assert sorted(ask_around_limit(helpdesk, stranger, guesses)) == [404] * ALLOWED + [429] * (MANY - ALLOWED)
    assert len(workers_of(log(), strangers)) == WORKERS


def test_answers_by_link(api, prefork, customer, log):
    """Answers at the same moment, which change the same ticket, all arrive."""
    customer.send(customer.compose(f"Printer {uuid.uuid4().hex[:8]}", "It only blinks."))
    link = LINK.search(mailing.text_of(customer.received("/helpdesk/link/")))[0]
    stranger = Stranger(prefork.ports["http"])
    token = csrf_token(stranger.ask(link)[1])
    texts = [f"Answer {uuid.uuid4().hex}" for _number in range(WORKERS * 2)]
    answers = [(f"{link}/answer", {"csrf_token": token, "text": text}) for text in texts]

    assert stranger.ask_at_once(answers) == [303] * len(texts)

    said = [["model", "=", "helpdesk.ticket"], ["body", "like", "Answer "], ["author_id.email", "=", customer.address]]
    bodies = [message["body"] for message in api.search_read("mail.message", said, ["body"])]
    assert sorted(re.findall(r"Answer \w+", " ".join(bodies))) == sorted(texts)


def test_form_that_is_sent_twice(api, prefork, customer, log):
    """The same answer many times at the same moment, as when a button is pressed again and again, is one answer."""
    customer.send(customer.compose(f"Scanner {uuid.uuid4().hex[:8]}", "It only blinks."))
    link = LINK.search(mailing.text_of(customer.received("/helpdesk/link/")))[0]
    stranger = Stranger(prefork.ports["http"])
    form = {"csrf_token": csrf_token(stranger.ask(link)[1]), "text": f"Once {uuid.uuid4().hex}"}

    assert stranger.ask_at_once([(f"{link}/answer", form)] * WORKERS * 2) == [303] * WORKERS * 2

    said = [["model", "=", "helpdesk.ticket"], ["body", "like", form["text"]]]
    assert len(api.search_read("mail.message", said, ["body"])) == 1
