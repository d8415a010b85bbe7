"""The child process that parses mails, one after the other, within limits.

It is started with the folders of two addons and its memory limit as arguments, has no
environment, and communicates in frames over standard input and output: two lengths, a
JSON text and bytes. A frame may contain requests for several mails; each is answered in
a separate frame.
"""

import json
import resource
import sys
import time
from dataclasses import is_dataclass

from .content import read_content
from .facts import read_facts
from .frame import FRAME
from .html_body import html_to_text
from .text_body import text_to_html
from .write import write_mail

# How deep a mail may be nested: an attached mail in a multipart in a multipart …
RECURSION = 12_000
# A process that has grown is replaced by a fresh one.
MAX_KEPT = 256 * 1024 * 1024


def main(megabytes):
    """Answer requests until the other side closes the pipe.

    :param int megabytes: memory that this process may use
    """
    sys.setrecursionlimit(RECURSION)
    _limit(resource.RLIMIT_AS, megabytes * 1024 * 1024)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    source = sys.stdin.buffer
    while len(frame := source.read(FRAME.size)) == FRAME.size:
        requests = json.loads(source.read(FRAME.unpack(frame)[0]))
        # read all requests first, because writing an answer may have to wait
        asked = [(request, source.read(request["size"])) for request in requests]
        asked.reverse()
        while asked:
            if _work(*asked.pop()):
                return


def _work(request, raw):
    """Answer one request; return whether this process should end after it.

    :return: whether it was the last one of this process
    """
    # the kernel kills a process that exceeds it, even within C code
    _limit(resource.RLIMIT_CPU, int(time.process_time()) + request["seconds"] + 1)
    answer, data = _answer(request, raw)
    answer["last"] = "error" in answer or _memory() > MAX_KEPT
    text, target = json.dumps(answer, default=_plain).encode(), sys.stdout.buffer
    target.write(FRAME.pack(len(text), len(data)) + text)
    target.write(data)
    target.flush()
    return answer["last"]


def _plain(value):
    """Return a datetime or a dataclass in a form that JSON can represent."""
    return vars(value) if is_dataclass(value) else str(value)


def _limit(kind, value):
    _soft, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, hard))


def _memory():
    """Return the memory of this process in bytes (proc(5))."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def _answer(request, raw):
    """Return the answer to a request; any error becomes its kind."""
    try:
        if request["form"] == "head":
            return {"facts": read_facts(raw)}, b""
        content = read_content(raw, **request["limits"])
        answer = {
            # all parameters are strings or numbers
            "notes": [
                [code, {name: str(value) for name, value in params.items()}]
                for code, params in content.notes
            ],
            "calendar": content.calendar,
        }
        if request["form"] == "mail":
            return answer, write_mail(content, request["message_id"])
        text = html_to_text(content.html) if content.html else content.text
        answer["text"] = text
        if request["form"] == "look":
            answer["names"] = [file.name for file in content.attachments]
            return answer, b""
        html = content.html or text_to_html(content.text, forward=content.is_forward)
        files = [file.data for file in content.attachments]
        facts = read_facts(raw, text, html, files, content.calendar, whole=True)
        answer |= {"html": html, "facts": facts}
        answer["sizes"] = [
            [file.name, file.cid, len(file.data)] for file in content.attachments
        ]
        return answer, b"".join(files)
    except MemoryError:
        return {"error": "memory"}, b""
    # Every mail gets a ticket: Odoo creates it without what failed here.
    except Exception:  # noqa: BLE001
        return {"error": "broken"}, b""
