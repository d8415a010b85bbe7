"""All that can be asked of the server, by people who may not ask it: no secret comes out, nothing changes, no 500.

Models, fields, routes and keys of contexts are read from the registry and the source, so that a new one is tried too.
"""

import collections
import contextlib
import functools
import http.client
import itertools
import json
import re
import threading
import urllib.parse
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dev import end_to_end, odoo_server, postgres
from dev.browser import csrf_token
from dev.waiting import PATIENCE

SCRIPT = Path(__file__).parent / "break_in_script.py"
THREADS = 4
# A word for tickets, which none of these people may see, and one for persons, which other customers may not see.
SECRET, PERSON = (f"{name}{uuid.uuid4().hex[:8]}" for name in ("Zerberus", "Melusine"))
HIDDEN = {
    "customer": (SECRET, PERSON),
    "newcomer": (SECRET, PERSON),
    "employee": (SECRET,),
    "colleague": (SECRET,),
    "stranger": (SECRET, PERSON),
}
# Those with an account in the portal: one of another customer, and one who has signed up with a victim's address.
CUSTOMERS = ("customer", "newcomer")
STAFF = ("employee", "colleague")
# People are no secret among colleagues.
SHARED = ("res.partner", "res.users")
TEXTS = ("char", "text", "html")
LINKS = ("many2one", "one2many", "many2many")
ABSURD = ("0", "-1", "99999999999999999999", "%ff%fe", "..%2f..%2fetc%2fpasswd", "1'--", "x" * 2000)
LONG = "5" * 1_000_000
# How often a request is sent again when the line is cut.
ATTEMPTS = 5
# What pages read of their addresses, with what no page has a use for.
QUERIES = (
    "",
    "?page=x&error=x&message=x&sortby=x&filterby=x&search_in=x&groupby=x&access_token=x&debug=1",
    "?partner_id=x&use_delivery_as_billing=x&redirect=//x&callback=%00&date_begin=x&date_end=x&search=%00",
)
URLENCODED = "application/x-www-form-urlencoded"
BOUNDARY = "break-in"
PARTS = f"multipart/form-data; boundary={BOUNDARY}"


class Person:
    """One of those who try: at most one connection for each thread.

    :param name: login and password; "stranger" has no account
    """

    def __init__(self, target, name, key=None):
        self.target = target
        self.name = name
        self.key = key
        self.local = threading.local()
        self.cookie = ""
        self.csrf = ""

    def ask(self, method, path, body=None, headers=None):
        """Return status, headers and text of an answer."""
        for attempt in itertools.count():
            connection = getattr(self.local, "connection", None)
            try:
                if connection is None:
                    port = self.target.ports["http"]
                    connection = self.local.connection = http.client.HTTPConnection("127.0.0.1", port, PATIENCE)
                # Who refuses a long form answers before it has read it, and stops to listen.
                with contextlib.suppress(BrokenPipeError):
                    connection.request(method, path, body, {"Cookie": self.cookie, **(headers or {})})
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read().decode(errors="replace")
            except (http.client.HTTPException, ConnectionError):
                # The server closes connections that it has not read to the end, sometimes before its answer is here.
                self.local.connection = None
                if attempt == ATTEMPTS:
                    raise

    def log_in(self):
        """Log in by the page and keep the session."""
        _status, headers, page = self.ask("GET", "/web/login")
        self._keep(headers)
        if self.key:
            values = {"csrf_token": csrf_token(page), "login": self.name, "password": self.name}
            _status, headers, _page = self.send_form("/web/login", values)
            self._keep(headers)
            _status, _headers, page = self.ask("GET", "/my")
        self.csrf = csrf_token(self.ask("GET", "/web/login")[2]) if not self.key else csrf_of(page)
        return self

    def _keep(self, headers):
        for cookie in headers.get_all("Set-Cookie") or []:
            if cookie.startswith("session_id="):
                self.cookie = cookie.partition(";")[0]

    def send_form(self, path, values):
        """Send a form; return status, headers and text."""
        return self.ask("POST", path, urllib.parse.urlencode(values), {"Content-Type": URLENCODED})

    def call(self, model, method, **arguments):
        """Call a method over JSON-2; return status and text."""
        headers = {"Authorization": f"bearer {self.key}", "Content-Type": "application/json"}
        status, _headers, text = self.ask("POST", f"/json/2/{model}/{method}", json.dumps(arguments), headers)
        return status, text


def csrf_of(page):
    """Return the token that the scripts of a page have."""
    found = re.search(r"csrf_token: \"([^\"]+)\"", page)
    return found.group(1) if found else ""


class World:
    """A server with victims, attackers, and a count of what they tried."""

    def __init__(self, target, known):
        self.target = target
        self.known = known
        self.people = {name: Person(target, name, key).log_in() for name, key in known["keys"].items()}
        self.people["stranger"] = Person(target, "stranger").log_in()
        self.probes = collections.Counter()
        self.leaks = set()

    def try_all(self, probes):
        """Run all ``probes`` (functions that return a leak or None), some at once."""
        with ThreadPoolExecutor(THREADS) as pool:
            for leak in pool.map(lambda probe: probe(), probes):
                if leak:
                    self.leaks.add(leak)

    def told(self, person, text):
        """Return the secret word in ``text`` that ``person`` must not see."""
        return next((word for word in HIDDEN[person.name] if word in text), None)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An Odoo of its own, in which the victims' tickets are."""
    path = tmp_path_factory.mktemp("break_in") / "known.json"
    variables = {"BREAK_IN_SECRET": SECRET, "BREAK_IN_PERSON": PERSON, "BREAK_IN_FILE": str(path)}
    with end_to_end.another("break_in") as target:
        odoo_server.run_script(target, SCRIPT, variables, "The victims cannot be made.")
        yield World(target, json.loads(path.read_text()))


def checksum(target, tickets):
    """Return a value that changes when a victim's ticket, message, file or person changes."""
    ids = ",".join(map(str, tickets))
    about = f"model = 'helpdesk.ticket' AND res_id IN ({ids})"
    return postgres.query(
        f"""SELECT md5(string_agg(line, '|' ORDER BY line)) FROM (
            SELECT ticket::text AS line FROM helpdesk_ticket ticket WHERE id IN ({ids})
            UNION ALL SELECT message::text FROM mail_message message WHERE {about}
            UNION ALL SELECT file::text FROM ir_attachment file
                WHERE res_model = 'helpdesk.ticket' AND res_id IN ({ids})
            UNION ALL SELECT person::text FROM res_partner person WHERE name LIKE '%{PERSON}%'
            UNION ALL SELECT request::text FROM helpdesk_ticket_request request
        ) lines""",
        target.database,
    )


@pytest.fixture(autouse=True)
def untouched(world, figures):
    """Nobody changes what is not theirs, and no secret came out."""
    before, world.leaks = checksum(world.target, world.known["tickets"]), set()
    world.probes.clear()
    yield
    figures.add(f"Break-in: {sum(world.probes.values())} probes: {dict(world.probes)}")
    assert not world.leaks, "\n".join(sorted(world.leaks))
    assert checksum(world.target, world.known["tickets"]) == before
    log = odoo_server.process(world.target).log.read_text(errors="replace")
    assert not re.findall(r"^\S+ \S+ \d+ CRITICAL .*", log, re.MULTILINE)


def answers(world, person, model, what, **arguments):
    """Return a probe: a call whose answer tells a secret, or the id of a record that holds one, is a leak."""
    method, label = what
    secrets = [] if model in SHARED and person.name not in CUSTOMERS else world.known["models"][model]["secrets"]

    def probe():
        world.probes[f"{person.name} {method}"] += 1
        status, text = person.call(model, method, **arguments)
        if status != 200:
            # Messages of errors name what was asked for; that is what the asker knows.
            return None
        word = world.told(person, text)
        found = json.loads(text)
        if method in ("search", "web_search_read", "search_read") and not word:
            rows = found.get("records", []) if isinstance(found, dict) else found
            ids = {row["id"] if isinstance(row, dict) else row for row in rows}
            word = sorted(ids & set(secrets))
        if method == "search_count" and found:
            word = f"{found} found"
        return f"{person.name}: {model}.{method} {label}: {word}" if word else None

    return probe


@functools.cache
def is_open(person, model):
    """Tell whether ``person`` may ask ``model`` at all."""
    return person.call(model, "search_count", domain=[["id", "=", 0]])[0] == 200


def probes_of(world, person, model):
    """Yield what ``person`` tries with ``model``."""
    known = world.known["models"][model]
    ids, fields = known["secrets"], known["fields"]
    all_fields = {name: {} for name in fields}
    yield answers(world, person, model, ("search_read", "all"), domain=[], context={"active_test": False})
    yield answers(world, person, model, ("search", "ids"), domain=[["id", "in", ids]])
    yield answers(world, person, model, ("read", "ids"), ids=ids, fields=["display_name", "create_uid"])
    yield answers(world, person, model, ("web_read", "ids"), ids=ids, specification=all_fields)
    yield answers(world, person, model, ("name_search", "word"), name=SECRET)
    yield answers(world, person, model, ("export_data", "ids"), ids=ids, fields_to_export=["display_name"])
    for name, kind in fields.items():
        # A model that is closed as a whole is closed for each of its fields.
        if kind in (*TEXTS, *LINKS) and is_open(person, model):
            yield answers(world, person, model, ("search_count", name), domain=[[name, "ilike", SECRET]])
            group = {"domain": [], "groupby": [name], "aggregates": ["__count"]}
            yield answers(world, person, model, ("formatted_read_group", name), **group)
    yield from probes_of_secrets(world, person, model)
    for name, ticket in itertools.product(known["named"], world.known["tickets"]):
        named = {name: {"fields": {"display_name": {}}}}
        label = f"names {name}"
        yield answers(
            world,
            person,
            model,
            ("onchange", label),
            ids=[],
            values={name: ticket},
            field_names=[name],
            fields_spec=named,
        )
        domain = [[name, "=", ticket]]
        yield answers(world, person, model, ("web_search_read", label), domain=domain, specification=named)


def probes_of_secrets(world, person, model):
    """Yield what ``person`` tries with the records of ``model`` that hold secrets."""
    known = world.known["models"][model]
    ids, fields = known["secrets"], known["fields"]
    if not ids or (model in SHARED and person.name not in CUSTOMERS):
        return
    for key, value in itertools.product(world.known["context"], (True, ids, model)):
        label, context = f"context {key}={value}", {key: value}
        yield answers(world, person, model, ("search", label), domain=[["id", "in", ids]], context=context)
        yield answers(world, person, model, ("read", label), ids=ids, fields=["display_name"], context=context)
    for name in fields:
        yield answers(world, person, model, ("search", f"by {name}"), domain=[["id", "in", ids]], order=name)
    text = next((name for name, kind in fields.items() if kind in TEXTS and name != "display_name"), "id")
    yield answers(world, person, model, ("write", text), ids=ids, vals={text: "changed"})
    yield answers(world, person, model, ("copy", "ids"), ids=ids)
    yield answers(world, person, model, ("unlink", "ids"), ids=ids)


@pytest.mark.parametrize("name", ["customer", "newcomer", "employee", "colleague"])
def test_models(world, name):
    """rel-A6, rel-A7: every model and field that holds or names tickets, over the API."""
    person = world.people[name]
    world.try_all(itertools.chain.from_iterable(probes_of(world, person, model) for model in world.known["models"]))


def addresses(world, route):
    """Yield the addresses that a route is tried with: of the victims, and nonsense."""
    values = [str(ticket) for ticket in world.known["tickets"]] + [*ABSURD, "1%00"]
    if not route["kinds"]:
        values = values[:1]
    for value in values:
        yield "".join(value if is_name else part for is_name, part in route["parts"])


def pages_of(world, person):
    """Yield a probe for each route, address and way to misuse it."""
    forms = {
        "no csrf": {"name": "x", "message": "x"},
        "unknown": {"csrf_token": person.csrf, "nonsense": "x", "error": "x", "name": ["a", "b"], "page": "x"},
        "long": {"csrf_token": person.csrf, "name": LONG, "message": LONG, "email": LONG, "company_id": LONG},
        "many": {"csrf_token": person.csrf, **{f"part{number}": "x" for number in range(2000)}},
        "odd": {"csrf_token": person.csrf, "name": "\0\ud7ff", "message": "\x1b[0m", "ticket_id": "x", "rating": "99"},
    }
    bodies = {label: urllib.parse.urlencode(form, doseq=True) for label, form in forms.items()}
    for route in world.known["routes"]:
        if person.name in STAFF and not route["is_ours"]:
            continue  # Odoo tells them what is wrong inside
        for path in addresses(world, route):
            if "GET" in route["methods"]:
                for query in QUERIES:
                    yield page(world, person, route, ("GET", path + query))
            if route["type"] != "http":
                continue
            if "POST" not in route["methods"]:
                yield page(world, person, route, ("POST", path, "no such"), bodies["no csrf"])
                continue
            for label, body in bodies.items():
                yield page(world, person, route, ("POST", path, label), body)
            yield page(world, person, route, ("POST", path, "parts"), many_parts(person), PARTS)


def many_parts(person):
    """Return a form of many files, each of which a server has to keep apart."""
    names = [("csrf_token", person.csrf), *((f"part{number}", "x") for number in range(2000))]
    lines = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}' for name, text in names]
    return "\r\n".join([*lines, f"--{BOUNDARY}--", ""])


def page(world, person, route, what, body=None, kind=URLENCODED):
    """Return a probe: an answer of 500 and more, with a secret or with the insides of the program is a leak; so is a
    refusal without a page of ours.

    :param what: method, path, and what is sent
    """
    method, path, *label = what
    headers = {"Content-Type": kind} if body else {}

    def probe():
        world.probes[f"{person.name} page"] += 1
        status, answer, text = person.ask(method, path, body, headers)
        word = world.told(person, text) or ("Traceback" in text and "Traceback") or (status >= 500 and status)
        # What is no page is for programs.
        is_html = route["is_page"] and "html" in answer.get("Content-Type", "")
        if not word and is_html and status >= 400 and person.name not in STAFF:
            word = "<main" not in text and f"a bare {status}"
        return f"{person.name}: {method} {path[:90]} {label}: {word}" if word else None

    return probe


@pytest.mark.parametrize("name", [*HIDDEN])
def test_routes(world, name):
    """rel-A6, rel-C11: every page and address of ours, with what is not one's own and with nonsense."""
    world.try_all(pages_of(world, world.people[name]))
