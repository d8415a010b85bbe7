"""Parsed mails, and Odoo's side of the child process that parses them: starting it,
asking it, ending it in time.

Each worker of Odoo keeps one idle process, because starting one takes longer than
parsing a mail. It has no environment, no open files except its two pipes, and none of
our memory.
"""

import atexit
import contextlib
import functools
import hashlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
import types
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

from markupsafe import Markup

from odoo.addons.helpdesk_ticket import automatic_mail

from .calendar import Invitation
from .facts import MAX_KEY, Facts, read_facts
from .fallback import plain_mail
from .frame import FRAME

_logger = logging.getLogger(__name__)

SECONDS = 6
MEGABYTES = 1024
COLLECTOR = "odoo.addons.helpdesk_email_collector"
TICKETS = "odoo.addons.helpdesk_ticket"
# Errors of `thaw` and `json` for an invalid answer.
NO_ANSWER = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
# For mails with unreadable headers, which get no answer: programs may have sent them.
UNANSWERED = "X-Auto-Response-Suppress: All"
# In which form the process answers: what the head says; the text alone; text, html and
# files; a mail that any program can read.
HEAD, LOOK, PARTS, MAIL = "head", "look", "parts", "mail"
# Headers take milliseconds; on a busy machine the sender must not be lost.
HEAD_REQUEST = {"form": HEAD, "seconds": 60, "megabytes": MEGABYTES}
# What the two addons have of plain Python is loaded under its own name, in packages
# that are empty otherwise: nothing of Odoo is imported.
START = """
import json, sys, types
packages, megabytes, *paths = sys.argv[1:]
sys.path[:] = paths
for name, folders in json.loads(packages).items():
    sys.modules[name] = module = types.ModuleType(name)
    module.__path__ = folders
from odoo.addons.helpdesk_email_collector.reading.child import main
main(int(megabytes))
"""


@dataclass
class Reading:
    """The result of parsing a mail.

    :param bytes data: the same mail in a form that every program understands, or the
        contents of its files
    :param tuple notes: of (code, parameters)
    :param Invitation calendar: of the invitation in it, or None
    :param str html: sanitized; empty for plain text
    :param str text: the plain text
    :param tuple names: of its attachments, if only text and names were asked for
    :param tuple sizes: (name, Content-ID, size) of its attachments
    :param Facts facts: what the mail says about itself, None if it could not be parsed
    :param list files: of (name, bytes, {"cid": …})
    :param str error: why it could not be parsed: `time`, `memory`, `crash`, `broken`
    """

    notes: tuple[tuple[str, dict[str, str]], ...] = ()
    calendar: Invitation | None = None
    html: str = ""
    text: str = ""
    names: tuple[str, ...] = ()
    sizes: tuple[tuple[str, str, int], ...] = ()
    facts: Facts | None = None
    error: str = ""
    last: bool = False
    # not what the process says of them
    data: bytes = field(default=b"", init=False)
    files: list = field(default_factory=list, init=False)


@dataclass(frozen=True, eq=False, kw_only=True)
class Mail(Facts):
    """One parsed mail, in addition to the `Facts` about it: frozen, and nothing in it
    is from the database.

    :param bytes raw: unchanged
    :param str message_id: its identifier
    :param Markup body: sanitized html
    :param str text: plain text
    :param tuple files: of (name, bytes, {"cid": …}), as `message_post` expects them
    :param tuple notes: what was unusual about it, as (code, parameters)
    :param Invitation calendar: of the invitation in it
    :param dict known: cache of values computed from the mail
    """

    raw: bytes
    message_id: str
    body: Markup = field(default_factory=Markup)
    text: str = ""
    files: tuple = ()
    notes: tuple = ()
    calendar: Invitation | None = None
    known: dict = field(default_factory=dict)

    def source(self, key, compute):
        """Return the result of `compute`, computed once for this mail and `key`."""
        if key not in self.known:
            self.known[key] = compute()
        return self.known[key]


class ReaderError(Exception):
    """The process did not answer; the argument is the kind, see `Reading.error`."""


def read_all(mails):
    """Parse mails one by one while the process works ahead; never raises, always ends
    in time (E09).

    :param list mails: of (bytes, Message-ID to use instead of its own, header values to
        use if not even the headers can be parsed: dict of texts by name, limits of
        `take_apart`)
    :return: iterator of `Mail`
    """
    readings = take_apart([(raw, limits) for raw, _id, _told, limits in mails])
    for (raw, message_id, told, _limits), reading in zip(mails, readings, strict=True):
        facts = vars(reading.facts or _believe(raw, told))
        message_id = message_id or facts["own_id"]
        conversation = facts["conversation"] or message_id[:MAX_KEY]
        yield Mail(
            **{**facts, "conversation": conversation},
            raw=raw,
            message_id=message_id,
            body=Markup(reading.html),
            text=reading.text,
            files=tuple(reading.files),
            notes=reading.notes,
            calendar=reading.calendar,
        )


def read(raw, message_id="", **limits):
    """Parse one mail like `read_all`.

    :rtype: Mail
    """
    return next(read_all([(raw, message_id, {}, limits)]))


def unread(raw, message_id=""):
    """Return a mail of which only the headers are parsed.

    :rtype: Mail
    """
    return next(read_all([(raw, message_id, {}, None)]))


def _believe(raw, told):
    """Return the given header values as the facts about a mail whose headers cannot be
    parsed. They are parsed as a few header lines, which no stranger wrote.

    :rtype: Facts
    """
    own_id = f"<{hashlib.sha256(raw).hexdigest()}@no-message-id.invalid>"
    lines = [UNANSWERED]
    for name, text in {"Message-ID": own_id, **told}.items():
        if text:
            lines.append(f"{name}: {' '.join(text.split())}")
    return read_facts("\r\n".join([*lines, "", ""]).encode("utf-8", "replace"))


def read_mail(raw, message_id="", **limits):
    """Return a mail in a form that any program can read; never raises, always ends in
    time (E09).

    :param bytes raw: the mail
    :param str message_id: its identifier
    :param limits: `seconds`, after which it gets a plain form (its sender, its subject
        and the mail as a file), and `megabytes` of memory; `max_count` and `max_bytes`
        of its attachments, and how to describe an invitation, see `content.Content`
    :rtype: Reading
    """
    request = {**_request(MAIL, **limits), "message_id": message_id}
    reading = next(_ask([(request, raw)]))
    if reading.error:
        reading.data = plain_mail(raw, message_id)
    return reading


def take_apart(mails):
    """Return the content and the files of mails one by one, while the process works
    ahead; never raises, always ends in time (E09).

    :param list mails: of (bytes, limits of `read_mail`); with None as limits only the
        headers of a mail are parsed
    :return: iterator of `Reading` without `names`; a mail that cannot be parsed is
        returned as one file
    """
    asked = [
        (HEAD_REQUEST if limits is None else _request(PARTS, **limits), raw)
        for raw, limits in mails
    ]
    for (request, raw), reading in zip(asked, _ask(asked), strict=True):
        if reading.error and request["form"] == PARTS:
            reading.files = [("original.eml", raw, {})]
            reading.facts = next(_ask([(HEAD_REQUEST, raw)])).facts
        begin = 0
        for name, cid, size in reading.sizes:
            info = {"cid": cid} if cid else {}
            reading.files.append((name, reading.data[begin : begin + size], info))
            begin += size
        yield reading


def look_at_mail(raw):
    """Return the content of a mail, for a person who looks into the inbox.

    :param bytes raw: the mail
    :return: `Reading` with text and names
    """
    return next(_ask([(_request(LOOK), raw)]))


def _request(form, *, seconds=SECONDS, megabytes=MEGABYTES, **limits):
    """Return the request for a form of a mail, within limits."""
    return {
        "form": form,
        "seconds": seconds,
        "megabytes": megabytes,
        "limits": limits,
    }


def _ask(asked):
    """Yield the process's answers about mails, or why it does not answer.

    What ends the process does not affect the other mails: a new process is asked about
    those that are left, and about the same mail alone, unless the time was over.

    :param list asked: of (request, bytes)
    :return: iterator of `Reading`
    """
    reader, end = None, 0
    try:
        for number, (request, raw) in enumerate(asked):
            deadline = time.monotonic() + request["seconds"]
            for last in (len(asked), number + 1):
                try:
                    if not reader:
                        reader, end = _take(request["megabytes"]), last
                        reader.begin(asked[number:end], deadline)
                    reading = reader.receive(deadline)
                except (ReaderError, OSError, EOFError, *NO_ANSWER) as error:
                    if not reader:
                        raise  # no process can be started
                    reading = Reading(error=reader.explain(error))
                if reading.last or reading.error:
                    reader.end()
                    reader = None
                if reading.error != "crash":
                    break
            if reader and number + 1 == end:
                _give_back(reader)
                reader = None
            if request["form"] in (HEAD, PARTS) and not reading.facts:
                reading = Reading(error=reading.error or "broken")
            if reading.error:
                # no text of the mail in the log (rel-I1)
                kind, size = reading.error, len(raw)
                _logger.warning("A mail of %s bytes could not be read: %s", size, kind)
                reading = Reading(notes=(("unreadable", {}),), error=kind)
            yield reading
    finally:
        if reader:  # the other answers are not needed
            reader.end()


class Reader:
    """A child process."""

    def __init__(self, megabytes):
        self.megabytes = megabytes
        paths = [path for path in sys.path if path]
        self.process = subprocess.Popen(
            [_python(), "-I", "-c", START, _packages(), str(megabytes), *paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # no password of the database or of anything else
            env={
                name: os.environ[name]
                for name in ("PATH", "LD_LIBRARY_PATH")
                if name in os.environ
            },
            cwd="/",
            # Ctrl-C in a terminal lets Odoo finish the mail it is working on
            start_new_session=True,
        )
        for pipe in (self.process.stdin, self.process.stdout):
            os.set_blocking(pipe.fileno(), False)

    def receive(self, deadline):
        """Return the next answer.

        :rtype: Reading
        :raises ReaderError: if it is late, or too long
        :raises OSError: or EOFError, if there is no process any more
        :raises NO_ANSWER: if it is no valid answer
        """
        first, second = FRAME.unpack(self._receive(FRAME.size, deadline))
        if first + second > self.megabytes * 1024 * 1024:
            raise ReaderError("memory")
        answer = json.loads(self._receive(first, deadline))
        data = self._receive(second, deadline)
        reading = thaw(answer, Reading)
        reading.data = data
        return reading

    def begin(self, asked, deadline):
        """Send requests, each of which gets an answer.

        :param list asked: of (request, bytes)
        :raises ReaderError: if they are not read in time
        :raises OSError: if there is no process any more
        """
        requests = [{**request, "size": len(raw)} for request, raw in asked]
        text, raws = json.dumps(requests).encode(), [raw for _request, raw in asked]
        pipe, size = self.process.stdin.fileno(), sum(map(len, raws))
        for data in (FRAME.pack(len(text), size) + text, *raws):
            view = memoryview(data)
            while view:
                self._wait(pipe, select.POLLOUT, deadline)
                view = view[os.write(pipe, view[: 1024 * 1024]) :]

    def explain(self, error):
        """End the process, and return why it does not answer.

        :param Exception error: of `begin` or `receive`
        :return: the kind of `Reading.error`
        :rtype: str
        """
        self.end()
        if isinstance(error, ReaderError):
            return error.args[0]
        if isinstance(error, OSError | EOFError):
            # SIGXCPU: the kernel's limit of computing time
            slow = self.process.returncode == -signal.SIGXCPU
            return "time" if slow else "crash"
        return "broken"

    def _receive(self, size, deadline):
        pipe, data = self.process.stdout.fileno(), bytearray()
        while len(data) < size:
            self._wait(pipe, select.POLLIN, deadline)
            piece = os.read(pipe, min(size - len(data), 1024 * 1024))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)

    def _wait(self, pipe, event, deadline):
        poll = select.poll()
        poll.register(pipe, event)
        if not poll.poll(max(0, deadline - time.monotonic()) * 1000):
            raise ReaderError("time")

    def end(self):
        """End the process, whatever it is doing, and leave no zombie."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        self.process.wait()


# -- through the pipe ------------------------------------------------------------------


def thaw(value, kind):
    """Convert JSON values to a declared type, and refuse everything else, so that a
    child process under foreign control cannot make Odoo accept other values.

    :param value: of dicts, lists, strings and numbers
    :param kind: a dataclass, or the type of one of its fields
    :raises TypeError: and ValueError, LookupError, RecursionError
    """
    if is_dataclass(kind):
        hints = _get_hints(kind)
        return kind(**{name: thaw(one, hints[name]) for name, one in value.items()})
    origin, inner = get_origin(kind), get_args(kind)
    if origin is types.UnionType:
        return None if value is None else thaw(value, inner[0])
    if origin is tuple and type(value) is list:
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(thaw(one, own) for one, own in zip(value, kinds, strict=True))
    if origin is dict and type(value) is dict:
        return {name: thaw(one, inner[1]) for name, one in value.items()}
    if kind is datetime:
        return datetime.fromisoformat(value)
    if type(value) is not kind:
        raise TypeError
    return value


@functools.cache
def _get_hints(kind):
    """Return the types of the fields of a dataclass."""
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind) if one.init}


# -- which processes there are ---------------------------------------------------------


def _packages():
    """Return the folders that the process may import from, by package, as JSON."""
    addons = "odoo.addons"
    packages = {"odoo": [], addons: [], COLLECTOR: [str(Path(__file__).parents[1])]}
    packages[TICKETS] = [str(Path(automatic_mail.__file__).parent)]
    return json.dumps(packages)


def _python():
    """Return the Python interpreter we run in, also when it is embedded in a server."""
    name = os.path.basename(sys.executable or "")
    embedded = os.path.join(sys.prefix, "bin", "python3")
    return sys.executable if name.startswith("python") else embedded


_idle = []
_lock = threading.Lock()


def _take(megabytes):
    """Return a free process that may use this much memory."""
    with _lock:
        reader = _idle.pop() if _idle else None
    if reader and (reader.megabytes != megabytes or reader.process.poll() is not None):
        reader.end()
        reader = None
    return reader or Reader(megabytes)


def _give_back(reader):
    with _lock:
        if not _idle:
            _idle.append(reader)
            return
    reader.end()


def _forget_after_fork():
    """Let a forked process start its own readers; the others belong to its parent."""
    global _lock
    _lock = threading.Lock()
    for reader in _idle:
        reader.process.returncode = 0  # not our child, so we cannot wait for it
        for pipe in (reader.process.stdin, reader.process.stdout):
            with contextlib.suppress(OSError):
                os.close(pipe.detach().fileno())
    _idle.clear()


@atexit.register
def end_readers():
    """End the idle process; without this it ends with Odoo, as its pipe closes."""
    while _idle:
        _idle.pop().end()


os.register_at_fork(after_in_child=_forget_after_fork)
