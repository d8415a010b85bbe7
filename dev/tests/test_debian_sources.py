"""Source packages of Debian, fetched for the test mails in them."""

import subprocess

import pytest

from dev import debian_sources, state
from dev.steps import Problem

TARGETS = "Debian|http://archive.example/debian/|stable|main\nOther|http://other.example/|stable|main\n"


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """Let apt-get fetch an archive of each package that it is asked for; return what it was asked."""
    asked = []

    def run(command, problem, *, cwd=None, **_options):
        asked.append(command)
        if "source" not in command:
            return
        (cwd / "some_1.orig.tar.xz").write_bytes(b"")
        if command[-1] == "gone":
            raise Problem(problem)

    def targets(*_arguments, **_options):
        return subprocess.CompletedProcess([], 0, stdout=TARGETS)

    monkeypatch.setattr(state, "folder", lambda: tmp_path)
    monkeypatch.setattr(debian_sources, "run", run)
    monkeypatch.setattr(debian_sources.shutil, "which", lambda _name: "/usr/bin/apt-get")
    monkeypatch.setattr(debian_sources.subprocess, "run", targets)
    return asked


def test_archives_come_from_where_the_machine_has_its_packages(apt, tmp_path):
    debian_sources.fetch(["some"])
    assert [path.name for path in debian_sources.archives("some")] == ["some_1.orig.tar.xz"]
    sources = (tmp_path / "packages/apt/sources.list").read_text()
    assert sources == "deb-src http://archive.example/debian/ stable main\n"
    assert all(f"Dir::Etc::sourcelist={tmp_path}/packages/apt/sources.list" in command for command in apt)


def test_what_was_fetched_is_not_asked_for_again(apt):
    debian_sources.fetch(["some"])
    apt.clear()
    debian_sources.fetch(["some"])
    assert not apt


def test_what_was_cut_counts_as_missing(apt):
    with pytest.raises(Problem, match="package gone of Debian"):
        debian_sources.fetch(["some", "gone"])
    assert debian_sources.archives("some")
    assert not debian_sources.archives("gone")


def test_machine_without_an_archive(apt, monkeypatch):
    monkeypatch.setattr(
        debian_sources.subprocess, "run", lambda *_a, **_o: subprocess.CompletedProcess([], 0, stdout="")
    )
    with pytest.raises(Problem, match="apt-get update as root once"):
        debian_sources.fetch(["some"])
    assert not apt


def test_machine_without_apt(apt, monkeypatch):
    monkeypatch.setattr(debian_sources.shutil, "which", lambda _name: None)
    with pytest.raises(Problem, match="no apt-get"):
        debian_sources.fetch(["some"])
    assert not apt
