"""The process that reads mails, one after the other, within limits.

It is started with the addon's folder as its only argument beside the limits, has no
environment, and talks in frames over its standard input and output: two lengths, a JSON
text and bytes.
"""

import dataclasses
import json
import resource
import sys
import time

from .content import read_content
from .frame import FRAME
from .html_body import html_to_text
from .text_body import text_to_html
from .write import write_mail

# An attached mail in a multipart in a multipart … is followed that deep.
RECURSION = 12_000
# A process that has grown is replaced by a fresh one.
MAX_KEPT = 256 * 1024 * 1024


def main(seconds, megabytes):
    """Answer until the other side closes the pipe.

    :param int seconds: of computing that one mail may take
    :param int megabytes: of memory that this process may take
    """
    sys.setrecursionlimit(RECURSION)
    _limit(resource.RLIMIT_AS, megabytes * 1024 * 1024)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while len(frame := source.read(FRAME.size)) == FRAME.size:
        first, second = FRAME.unpack(frame)
        request = json.loads(source.read(first))
        raw = source.read(second)
        # the kernel ends a process that goes beyond, also in the middle of C code
        _limit(resource.RLIMIT_CPU, int(time.process_time()) + seconds + 1)
        answer, data = _answer(request, raw)
        answer["last"] = "error" in answer or _memory() > MAX_KEPT
        text = json.dumps(answer).encode()
        target.write(FRAME.pack(len(text), len(data)) + text)
        target.write(data)
        target.flush()
        if answer["last"]:
            return
        raw = data = request = None


def _limit(kind, value):
    _soft, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, hard))


def _memory():
    """Return the bytes that this process occupies (proc(5))."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def _answer(request, raw):
    """Return what was asked for; an error by its kind, whatever it is."""
    try:
        content = read_content(raw, **request["limits"])
        calendar = content.calendar and dataclasses.asdict(content.calendar)
        answer = {"notes": content.notes, "calendar": calendar}
        if request["form"] == "mail":
            return answer, write_mail(content, request["message_id"])
        answer["text"] = html_to_text(content.html) if content.html else content.text
        if request["form"] == "look":
            answer["names"] = [file.name for file in content.attachments]
            return answer, b""
        answer["html"] = content.html or text_to_html(
            content.text, forward=content.is_forward
        )
        answer["files"] = [
            [file.name, file.cid, len(file.data)] for file in content.attachments
        ]
        return answer, b"".join(file.data for file in content.attachments)
    except MemoryError:
        return {"error": "memory"}, b""
    # Any mail gets a ticket: the other side makes one without what failed here.
    except Exception as error:  # noqa: BLE001
        return {"error": "broken", "detail": f"{type(error).__name__}: {error}"}, b""
