"""Background processes and the pid files that remember them."""

import json
import os
import signal
import sys

import pytest

from dev.processes import Background, started
from dev.steps import Problem
from dev.waiting import wait_until

SERVE = [sys.executable, "-c", "import signal; print('ready', flush=True); signal.pause()"]
DEAF = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True)\nwhile 1: signal.pause()"
)


@pytest.fixture
def service(folder):
    """A background process that is ended with the test."""
    found = Background("service")
    yield found
    found.kill(signal.SIGKILL)


def ready(service):
    wait_until(lambda: service.last_line() == "ready", 10, "the service")


def test_start_and_stop(service):
    service.start(SERVE)
    ready(service)
    pid = service.pid()
    assert pid
    assert os.getsid(pid) != os.getsid(0)
    service.stop()
    assert service.pid() is None
    assert not service.pid_file.exists()


def test_number_used_again_by_another_program_is_not_ours(service):
    service.pid_file.parent.mkdir()
    service.pid_file.write_text(json.dumps({"pid": os.getpid(), "started": 1}))
    assert service.pid() is None
    service.stop()


def test_pid_file_cut_short_is_no_process(service):
    service.pid_file.parent.mkdir()
    service.pid_file.write_text("{")
    assert service.pid() is None


def test_killed_process_is_seen_as_gone(service):
    service.start(SERVE)
    ready(service)
    service.kill(signal.SIGKILL)
    assert service.pid() is None


def test_stop_insists(service, monkeypatch):
    service.start([sys.executable, "-c", DEAF])
    ready(service)
    monkeypatch.setattr("dev.processes.PATIENCE", 0.5)
    service.stop()
    assert service.pid() is None


def test_unknown_program_is_one_sentence(service):
    with pytest.raises(Problem, match="cannot be started: No such file"):
        service.start(["/no/such/program"])


def test_started_of_ourselves_and_of_nobody():
    assert started(os.getpid()) > 0
    # Linux numbers processes up to 2**22 (proc(5)).
    assert started(2**22 + 1) is None
