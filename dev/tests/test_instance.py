"""Ports of an instance."""

import socket

import pytest

from dev import instance, ports
from dev.steps import Problem


@pytest.fixture
def taken():
    """A port that another program uses."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def nothing_runs(_service):
    return False


def test_used_web_port_is_one_sentence_with_the_way_out(folder, taken, monkeypatch):
    monkeypatch.setenv("HTTP_PORT", str(taken))
    with pytest.raises(Problem, match=f"Port {taken} is used by another program: .* HTTP_PORT={taken + 1}"):
        instance.demo(nothing_runs)


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1"])
def test_web_port_that_is_none(folder, monkeypatch, text):
    monkeypatch.setenv("HTTP_PORT", text)
    with pytest.raises(Problem, match="is not a port"):
        instance.demo(nothing_runs)


def test_used_mail_port_moves(folder, taken, monkeypatch):
    monkeypatch.setenv("HTTP_PORT", str(ports.free_port()))
    monkeypatch.setitem(instance.PREFERRED, "imap", taken)
    chosen = instance.demo(nothing_runs).ports
    assert chosen["imap"] != taken
    assert len(set(chosen.values())) == len(instance.PREFERRED)


def test_ports_of_running_services_stay(folder, taken, monkeypatch):
    monkeypatch.delenv("HTTP_PORT", raising=False)
    running = instance.Instance("demo", "helpdesk", dict.fromkeys(instance.PREFERRED, taken))
    running.save()
    assert instance.demo(lambda service: True).ports == running.ports


def test_instance_is_saved_and_loaded(folder):
    made = instance.test()
    made.save()
    assert instance.load("test") == made
    assert instance.load("other") is None


def test_ports_of_a_test_differ():
    # and one for the tests alone
    assert len(set(instance.test().ports.values())) == len(instance.PREFERRED) + 1
