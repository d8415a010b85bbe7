"""Those who use the helpdesk at once in the load test: customers in the portal, an agent, and who writes mails."""

import http.client
import http.cookies
import itertools
import json
import random
import re
import smtplib
import threading
import time
import urllib.parse
import uuid
from concurrent.futures import ThreadPoolExecutor
from email.parser import BytesHeaderParser
from typing import NamedTuple

from dev import instance
from dev.bench.figures import Sample
from dev.browser import csrf_token

# Seconds after which a person has given up.
TIMEOUT = 60
# Seconds that a customer reads or writes, from and to: ten on average.
THINKING = (5, 15)
# Seconds between two looks of the agent at the list.
LOOKING = 1
FILE = random.Random("file").randbytes(100_000)
TICKET = re.compile(r'href="/my/tickets/(\d+)')
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
# Mails are handed over beside each other, so that one that takes long does not hold back the others.
POSTMEN = 4
# smtplib sends bytes as they are, and SMTP has lines of its own.
LINE_END = re.compile(rb"\r?\n")


class Fault(Exception):
    """An answer was not what somebody asked for; a Sample tells what it was."""


class Answer(NamedTuple):
    """What came back: status, text, and where it leads."""

    status: int
    text: str
    location: str


class Visitor:
    """Somebody with a browser.

    :param port: where Odoo listens
    :param login: also the password
    """

    def __init__(self, port, login):
        self.port = port
        self.login = login
        self.cookies = {}
        self.samples = []

    def log_in(self):
        """Log in on Odoo's page.

        :raises Fault: that fails
        """
        token = csrf_token(self.ask("login", "/web/login").text)
        form = {"csrf_token": token, "login": self.login, "password": self.login}
        self.send("login", "/web/login", form, lambda answer: "/web/login" not in answer.location)

    def send(self, kind, path, form, is_good):
        """Send a form: see `ask`."""
        return self.ask(kind, path, urllib.parse.urlencode(form).encode(), FORM, is_good)

    def call(self, kind, path, **params):
        """Call a JSON route as the pages' scripts do and return its result: see `ask`."""
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
        answer = self.ask(kind, path, body, JSON, lambda answer: "result" in json.loads(answer.text))
        return json.loads(answer.text)["result"]

    def ask(self, kind, path, body=None, content_type=None, is_good=bool):
        """Ask for something, keep a Sample of it, and return the Answer.

        :param is_good: function that looks at an Answer whose status is no error
        :raises Fault: no answer, an error, or something else than what was asked for
        """
        start = time.perf_counter()
        try:
            answer = self._exchange(path, body, content_type)
            is_fault = answer.status >= 400 or not is_good(answer)
            fault = f"{answer.status} {answer.location} {' '.join(answer.text.split())[:300]}" if is_fault else ""
        except (OSError, ValueError, http.client.HTTPException) as error:
            fault = repr(error)
        self.samples.append(Sample(kind, time.perf_counter() - start, fault))
        if fault:
            raise Fault(fault)
        return answer

    def _exchange(self, path, body, content_type):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            if content_type:
                headers["Content-Type"] = content_type
            connection.request("POST" if body else "GET", path, body, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            for header in response.headers.get_all("Set-Cookie") or ():
                cookies = http.cookies.SimpleCookie(header)
                self.cookies |= {name: cookie.value for name, cookie in cookies.items()}
            return Answer(response.status, text, response.headers.get("Location") or "")
        finally:
            connection.close()


class Customer(Visitor):
    """A customer who looks at the list and at a ticket, opens another one with a file, and adds something to it.

    :param word: the begin of all that this customer writes
    """

    def __init__(self, port, login, word):
        super().__init__(port, login)
        self.word = word
        self.random = random.Random(login)
        self.opened, self.answered = [], []

    def use(self, end):
        """Go round until the Event ``end``; who meets a fault begins anew."""
        end.wait(self.random.uniform(0, THINKING[1]))
        # Not all of them begin with the same.
        ways = self.random.sample((self._look, self._write), 2)
        for go_on in itertools.cycle(ways):
            if end.is_set():
                return
            try:
                for _pause in go_on():
                    if end.wait(self.random.uniform(*THINKING)):
                        return
            except Fault:
                # It is among the samples.
                end.wait(THINKING[0])

    def _look(self):
        text = self.ask("list", "/my/tickets", is_good=lambda answer: TICKET.search(answer.text)).text
        yield
        ticket = self.random.choice(TICKET.findall(text))
        self.ask("ticket", f"/my/tickets/{ticket}", is_good=lambda answer: answer.status == 200)
        yield

    def _write(self):
        token = csrf_token(self.ask("form", "/my/tickets/new", is_good=lambda answer: "csrf_token" in answer.text).text)
        yield
        file = json.loads(self._upload(token).text)
        yield
        page = self._open(token, file)
        self.ask("ticket", page, is_good=lambda answer: answer.status == 200)
        yield
        self._answer(int(re.search(r"/my/tickets/(\d+)", page)[1]))
        yield

    def _upload(self, token):
        line = uuid.uuid4().hex
        begin = f'--{line}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n--{line}\r\n'
        begin += 'Content-Disposition: form-data; name="ufile"; filename="log.bin"\r\n'
        begin += "Content-Type: application/octet-stream\r\n\r\n"
        body = begin.encode() + FILE + f"\r\n--{line}--\r\n".encode()
        kind = f"multipart/form-data; boundary={line}"
        return self.ask("upload", "/my/tickets/upload", body, kind, lambda answer: "id" in json.loads(answer.text))

    def _open(self, token, file):
        subject = f"{self.word} {uuid.uuid4().hex}"
        form = {"csrf_token": token, "name": subject, "description": "It prints nothing but empty pages."}
        form["attachment"] = f"{file['id']}:{file['token']}"
        answer = self.send("new ticket", "/my/tickets/new", form, lambda answer: "done=opened" in answer.location)
        self.opened.append(subject)
        return answer.location.removeprefix(f"http://127.0.0.1:{self.port}")

    def _answer(self, ticket):
        text = f"{self.word} answer {uuid.uuid4().hex}"
        data = {"body": text, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        self.call("answer", "/mail/message/post", thread_model="helpdesk.ticket", thread_id=ticket, post_data=data)
        self.answered.append(text)


class Agent(Visitor):
    """An agent who looks at the list of open tickets again and again.

    :param request: what the web client asks for then
    """

    def __init__(self, port, login, request):
        super().__init__(port, login)
        self.request = request

    def look(self, end):
        """Read the list, with a pause in between, until the Event ``end``."""
        while not end.wait(LOOKING):
            try:
                params = {"model": "helpdesk.ticket", "method": "web_search_read", "args": [], "kwargs": self.request}
                self.call("agents' list", "/web/dataset/call_kw/helpdesk.ticket/web_search_read", **params)
            except Fault:
                # It is among the samples.
                continue


class Mailer:
    """Those who write mails.

    :param port: of the SMTP server
    :param writer: of the mails
    :param per_second: how many are sent
    """

    def __init__(self, port, writer, per_second):
        self.port = port
        self.writer = writer
        self.per_second = per_second
        self.taken, self.faults = [], []

    def send(self, end):
        """Send mails until the Event ``end``, at a constant rate."""
        start, number, on_their_way = time.monotonic(), 0, {}
        with ThreadPoolExecutor(POSTMEN) as postmen:
            while self.per_second:
                for mail in self.writer.write(10):
                    if end.wait(max(start + number / self.per_second - time.monotonic(), 0)):
                        return
                    number += 1
                    headers = BytesHeaderParser().parsebytes(mail)
                    # Nobody replies to what has not arrived.
                    before = on_their_way.get(headers["In-Reply-To"])
                    sent = postmen.submit(self._hand_over, mail, headers, before)
                    on_their_way[headers["Message-ID"]] = sent

    def _hand_over(self, mail, headers, before):
        if before:
            before.result()
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=TIMEOUT) as server:
                server.sendmail("sender@customers.example", [instance.SUPPORT], LINE_END.sub(b"\r\n", mail))
        except (OSError, smtplib.SMTPException) as error:
            self.faults.append(repr(error))
            return
        self.taken.append((headers["Message-ID"], bool(headers["In-Reply-To"])))


def during(seconds, *actions):
    """Run each of ``actions``, functions of an Event that ends them, in a thread of its own for ``seconds``."""
    end = threading.Event()
    with ThreadPoolExecutor(len(actions)) as pool:
        running = [pool.submit(action, end) for action in actions]
        end.wait(seconds)
        end.set()
        for action in running:
            action.result()
