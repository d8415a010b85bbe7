"""Steps with visible progress, commands with a log, and errors that are one sentence."""

import contextlib
import os
import pwd
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

# What a tool prints when the real cause is outside of it, and what to tell the user then.
CAUSES = (
    (
        re.compile(r"No space left on device|not have enough free space", re.IGNORECASE),
        "The disk is full: free at least 4 GB and run the same command again.",
    ),
    (
        re.compile(
            r"Could not resolve|Temporary failure (in name resolution|resolving)|Network is unreachable"
            r"|Name or service not known|NewConnectionError|ConnectTimeout|Could not connect to",
            re.IGNORECASE,
        ),
        "There is no network (or a proxy is needed): check the connection and run the same command again.",
    ),
    (
        re.compile(r"Could not get lock|Unable to acquire the dpkg frontend lock", re.IGNORECASE),
        "Another program is installing Debian packages: wait until it is done and run the same command again.",
    ),
)


class Problem(Exception):
    """Something the user can fix; its text is one sentence that names the way out."""


def say(text=""):
    """Print ``text`` at once, also when the output goes into a pipe."""
    print(text, flush=True)


@contextlib.contextmanager
def step(title):
    """Show that ``title`` is being done, and how long it took when it is done."""
    sys.stdout.write(f"  {title} … ")
    sys.stdout.flush()
    start = time.monotonic()
    try:
        yield
    except BaseException:
        say("not done")
        raise
    say(f"{time.monotonic() - start:.0f} s")


def run(command, problem, *, log, env=None, cwd=None, user=None, stdin=None):
    """Run ``command`` with its output at the end of the file ``log``.

    :param command: list of words
    :param problem: sentence to raise when the command fails and its output names no known cause
    :param env: variables to add to the environment
    :param user: name of the user to become first, or None
    :param stdin: text to write into the command, or None
    :raises Problem: the command failed or does not exist
    """
    log = Path(log)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        out.write(f"\n$ {shlex.join(map(str, command))}\n".encode())
        out.flush()
        start = out.tell()
        try:
            done = subprocess.run(
                [str(word) for word in command],
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                input=stdin.encode() if stdin is not None else None,
                stdin=subprocess.DEVNULL if stdin is None else None,
                check=False,
                **identity(user),
            )
        except OSError as error:
            raise Problem(f"{problem} ({error})") from error
    if done.returncode:
        raise Problem(explain(read_from(log, start), problem, log))


def read_from(path, offset):
    """Return the text of the file ``path`` from byte ``offset`` on."""
    with Path(path).open("rb") as file:
        file.seek(offset)
        return file.read().decode(errors="replace")


def explain(output, problem, log):
    """Return the sentence for a failed command: its known cause, or ``problem`` and where to read on."""
    for pattern, sentence in CAUSES:
        if pattern.search(output):
            return sentence
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    last = f" Its last line: {lines[-1][:300]}" if lines else ""
    return f"{problem} The details are in {log}.{last}"


def identity(user):
    """Return the arguments of ``subprocess`` that make a child run as ``user`` (None: as we are).

    The folder must be changed too: the child may not be allowed into ours.
    """
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
