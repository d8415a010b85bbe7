"""The other side of the child process: starts it, asks it, ends it in time.

One idle process a worker of Odoo is kept alive: starting one takes longer than reading
a mail. It has no environment, no open files but its two pipes and none of our memory.
"""

import atexit
import contextlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from .calendar import Invitation
from .fallback import plain_mail
from .frame import FRAME

_logger = logging.getLogger(__name__)

SECONDS = 6
MEGABYTES = 1024
# In which form the process answers: the text alone; text, html and files; a mail that
# any program can read.
LOOK, PARTS, MAIL = "look", "parts", "mail"
# The package is loaded under a name of its own: nothing of Odoo is imported.
START = """
import sys, importlib.util as util
folder, seconds, megabytes, *paths = sys.argv[1:]
sys.path[:] = paths
spec = util.spec_from_file_location(
    "reading", folder + "/__init__.py", submodule_search_locations=[folder]
)
module = util.module_from_spec(spec)
sys.modules["reading"] = module
spec.loader.exec_module(module)
from reading.child import main
main(int(seconds), int(megabytes))
"""


@dataclass
class Reading:
    """What came out of reading a mail.

    :param bytes data: the same mail in a form that every program understands
    :param list notes: of [code, parameters]
    :param Invitation calendar: what an invitation in it says, None without one
    :param str html: what the mail says, made harmless; empty for plain text
    :param str text: what the mail says as plain text
    :param list names: of its attachments, when only text and names were asked for
    :param list files: of (name, bytes, {"cid": …})
    :param str error: why it could not be read: `time`, `memory`, `crash`, `broken`
    """

    data: bytes = b""
    notes: list = field(default_factory=list)
    calendar: Invitation | None = None
    html: str = ""
    text: str = ""
    names: list = field(default_factory=list)
    files: list = field(default_factory=list)
    error: str = ""


class ReaderError(Exception):
    """The process did not answer; its argument is the kind of `Reading.error`."""


def read_mail(raw, message_id="", *, seconds=SECONDS, megabytes=MEGABYTES, **limits):
    """Return a mail as any program can read it; never raises, never takes long (E09).

    :param bytes raw: the mail
    :param str message_id: what it is known by
    :param int seconds: after which it gets a plain form: its sender, its subject and
        the mail itself as a file
    :param int megabytes: the memory that reading it may take
    :param limits: `max_count` and `max_bytes` of its attachments, and how to speak of
        an invitation, as of `content.Content`
    :rtype: Reading
    """
    request = _prepare_request(message_id, limits)
    try:
        answer, data = _ask(request, raw, seconds, megabytes)
        calendar = answer["calendar"] and Invitation(**answer["calendar"])
        return Reading(data, answer["notes"], calendar)
    except ReaderError as error:
        kind = error.args[0]
    # no text of the mail in the log (rel-I1)
    _logger.warning("A mail of %s bytes could not be read: %s", len(raw), kind)
    return Reading(plain_mail(raw, message_id), [["unreadable", {}]], error=kind)


def take_apart(raw, message_id="", *, seconds=SECONDS, megabytes=MEGABYTES, **limits):
    """Return what a mail says and its files; never raises, never takes long (E09).

    :param bytes raw: the mail
    :param str message_id: what it is known by
    :param limits: as of `read_mail`
    :return: `Reading` with calendar, html, text, files and notes; what cannot be read
        is one file, the mail itself
    """
    request = _prepare_request(message_id, limits, PARTS)
    try:
        answer, data = _ask(request, raw, seconds, megabytes)
    except ReaderError as error:
        # no text of the mail in the log (rel-I1)
        _logger.warning("A mail of %s bytes could not be read: %s", len(raw), error)
        return Reading(
            notes=[["unreadable", {}]],
            files=[("original.eml", raw, {})],
            error=error.args[0],
        )
    files, begin = [], 0
    for name, cid, size in answer["files"]:
        info = {"cid": cid} if cid else {}
        files.append((name, data[begin : begin + size], info))
        begin += size
    calendar = answer["calendar"] and Invitation(**answer["calendar"])
    return Reading(
        notes=answer["notes"],
        calendar=calendar,
        html=answer["html"],
        text=answer["text"],
        files=files,
    )


def read_ahead(raw, message_id="", *, seconds=SECONDS, megabytes=MEGABYTES, **limits):
    """Have a mail read that `take_apart` is asked for next, with the same parameters.

    The process reads it while the caller does something else. What goes wrong is dealt
    with there; when another mail is asked for instead, this was for nothing.
    """
    reader = _take((seconds, megabytes))
    request, deadline = (
        _prepare_request(message_id, limits, PARTS),
        time.monotonic() + seconds,
    )
    with contextlib.suppress(ReaderError):
        reader.begin(request, raw, deadline)
        _give_back(reader)


def _prepare_request(message_id, limits, form=MAIL):
    return {"message_id": message_id, "form": form, "limits": limits}


def look_at_mail(raw, *, seconds=SECONDS, megabytes=MEGABYTES):
    """Return what a mail says, for a person who looks into the inbox.

    :param bytes raw: the mail
    :rtype: Reading
    """
    request = _prepare_request("", {}, LOOK)
    try:
        answer, _data = _ask(request, raw, seconds, megabytes)
    except ReaderError as error:
        return Reading(error=error.args[0])
    return Reading(notes=answer["notes"], text=answer["text"], names=answer["names"])


def _ask(request, raw, seconds, megabytes):
    """Ask a process; a second one when the first was ended by somebody else."""
    deadline = time.monotonic() + seconds
    try:
        return _ask_once(request, raw, seconds, megabytes, deadline)
    except ReaderError as error:
        if error.args[0] != "crash":
            raise
    return _ask_once(request, raw, seconds, megabytes, deadline)


def _ask_once(request, raw, seconds, megabytes, deadline):
    reader = _take((seconds, megabytes), (request, raw))
    try:
        answer, data = reader.ask(request, raw, deadline)
    except BaseException:
        reader.end()
        raise
    if answer.pop("last"):
        reader.end()
    else:
        _give_back(reader)
    if "error" in answer:
        _logger.info("Reading a mail failed: %s", answer["error"])
        raise ReaderError(answer["error"])
    return answer, data


class Reader:
    """One child process."""

    def __init__(self, limits):
        self.limits = limits
        self.begun = None  # the request that it works on, and the mail
        paths = [path for path in sys.path if path]
        folder = str(Path(__file__).parent)
        self.process = subprocess.Popen(
            [_python(), "-I", "-c", START, folder, *map(str, limits), *paths],
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

    def ask(self, request, raw, deadline):
        """Send a request, unless it was begun already, and return the answer.

        :raises ReaderError: there is none in time, or no process any more
        """
        if not self.begun:
            self.begin(request, raw, deadline)
        with self._ending():
            first, second = FRAME.unpack(self._receive(FRAME.size, deadline))
            answer = json.loads(self._receive(first, deadline))
            data = self._receive(second, deadline)
            self.begun = None
            return answer, data

    def begin(self, request, raw, deadline):
        """Send a request; the next that is asked must be the same.

        :raises ReaderError: it is not taken in time, or there is no process any more
        """
        text = json.dumps(request).encode()
        with self._ending():
            self._send(FRAME.pack(len(text), len(raw)) + text, deadline)
            self._send(raw, deadline)
            self.begun = (request, raw)

    @contextlib.contextmanager
    def _ending(self):
        """End the process when it cannot be talked to."""
        try:
            yield
        except (OSError, EOFError):
            self.end()
            # SIGXCPU: the kernel's limit of computing time
            slow = self.process.returncode == -signal.SIGXCPU
            raise ReaderError("time" if slow else "crash") from None
        except ReaderError:
            self.end()
            raise

    def _send(self, data, deadline):
        pipe, view = self.process.stdin.fileno(), memoryview(data)
        while view:
            self._wait(pipe, select.POLLOUT, deadline)
            view = view[os.write(pipe, view[: 1024 * 1024]) :]

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


def _python():
    """Return the Python we run in, also when a server has us embedded."""
    name = os.path.basename(sys.executable or "")
    embedded = os.path.join(sys.prefix, "bin", "python3")
    return sys.executable if name.startswith("python") else embedded


_idle = []
_lock = threading.Lock()


def _take(limits, asked=None):
    """Return a process that is free for what is asked, or works on just that."""
    with _lock:
        reader = _idle.pop() if _idle else None
    if reader and (
        reader.limits != limits
        or reader.begun not in (None, asked)
        or reader.process.poll() is not None
    ):
        reader.end()
        reader = None
    return reader or Reader(limits)


def _give_back(reader):
    with _lock:
        if not _idle:
            _idle.append(reader)
            return
    reader.end()


def _forget_after_fork():
    """Let a forked process start readers of its own; these belong to its parent."""
    global _lock
    _lock = threading.Lock()
    for reader in _idle:
        reader.process.returncode = 0  # not our child: nothing to wait for
        for pipe in (reader.process.stdin, reader.process.stdout):
            with contextlib.suppress(OSError):
                os.close(pipe.detach().fileno())
    _idle.clear()


@atexit.register
def end_readers():
    """End the idle process; with Odoo itself it ends anyway, as its pipe closes."""
    while _idle:
        _idle.pop().end()


os.register_at_fork(after_in_child=_forget_after_fork)
