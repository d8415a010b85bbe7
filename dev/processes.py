"""Background processes: start, look, stop, with pid files that survive a reused process number."""

import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path

from dev import state
from dev.steps import Problem, identity
from dev.waiting import wait_until

# Seconds that a program may take to end.
PATIENCE = 30


class Background:
    """One long-running program with a pid file and a log.

    :param name: also the name of its log and of its pid file
    """

    def __init__(self, name):
        self.name = name
        self.pid_file = state.folder() / "run" / f"{name}.json"
        self.log = state.log(name)

    def start(self, command, *, env=None, user=None, cwd=None):
        """Start ``command`` in a session of its own, so that it outlives us.

        :raises Problem: the program cannot be started
        """
        self.pid_file.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as out:
            try:
                process = subprocess.Popen(
                    [str(word) for word in command],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    env={**os.environ, **(env or {})},
                    cwd=cwd or state.REPO,
                    **identity(user),
                )
            except OSError as error:
                raise Problem(f"{command[0]} cannot be started: {error.strerror}.") from error
        entry = {"pid": process.pid, "started": started(process.pid)}
        state.write(self.pid_file, json.dumps(entry))

    def pid(self):
        """Return the number of the running process, or None.

        The start time is compared too: the kernel gives the numbers of dead processes to new ones.
        """
        try:
            entry = json.loads(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        now = started(entry["pid"])
        return entry["pid"] if now and now == entry["started"] else None

    def kill(self, number=signal.SIGKILL):
        """Send the signal ``number`` to the process and its children, and wait until it is gone."""
        pid = self.pid()
        if pid is None:
            return
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            return
        wait_until(lambda: self.pid() is None, PATIENCE, f"the end of {self.name}", interval=0.05)

    def stop(self):
        """Ask the process to end; insist when it does not."""
        try:
            self.kill(signal.SIGTERM)
        except TimeoutError:
            self.kill(signal.SIGKILL)
        self.pid_file.unlink(missing_ok=True)

    def last_line(self):
        """Return the last line that the program wrote, for an error message."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")


def started(pid):
    """Return the start time of the living process ``pid`` in clock ticks since boot, or None."""
    with contextlib.suppress(ChildProcessError):
        # A child of ours that has ended stays a zombie until somebody asks for it.
        os.waitpid(pid, os.WNOHANG)
    try:
        # Field 2 is the program's name in brackets and may hold spaces (proc(5)).
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])
