"""The state folder: where it is, stamps, the lock."""

import os
import subprocess
import sys

import pytest

from dev import state
from dev.steps import Problem


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """An empty repository, and /var/tmp's part in it replaced by a folder of the test."""
    repo = tmp_path / "repo"
    repo.mkdir()
    monkeypatch.setattr(state, "REPO", repo)
    monkeypatch.setattr(state, "LINK", repo / ".state")
    monkeypatch.setattr(state, "LONGEST", 1000)
    monkeypatch.setattr(state, "outside_folder", lambda: tmp_path / "outside")
    state.folder.cache_clear()
    yield repo
    state.folder.cache_clear()


def test_folder_in_the_repository(repository, monkeypatch):
    monkeypatch.setattr(state, "_others_can_enter", lambda path: True)
    assert state.folder() == repository / ".state"
    assert not state.folder().is_symlink()


def test_folder_outside_when_services_cannot_enter(repository, monkeypatch, tmp_path):
    monkeypatch.setattr(state, "_others_can_enter", lambda path: False)
    assert state.folder() == tmp_path / "outside"
    assert (repository / ".state").resolve() == tmp_path / "outside"


def test_folder_outside_when_sockets_need_a_shorter_path(repository, monkeypatch, tmp_path):
    monkeypatch.setattr(state, "_others_can_enter", lambda path: True)
    monkeypatch.setattr(state, "LONGEST", 5)
    assert state.folder() == tmp_path / "outside"


def test_folder_outside_comes_back_after_a_cleaning_of_var_tmp(repository, tmp_path):
    (repository / ".state").symlink_to(tmp_path / "outside")
    assert state.folder().is_dir()


def test_folder_outside_of_somebody_else_is_refused(repository, monkeypatch, tmp_path):
    (repository / ".state").symlink_to(tmp_path / "outside")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "outside").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Problem, match="belongs to another user"):
        state.folder()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes other users")
def test_root_finds_out_whether_others_can_enter(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert not state._others_can_enter(closed)
    assert state._others_can_enter("/usr/bin")


def test_write_is_whole_and_keeps_the_mode(tmp_path):
    path = tmp_path / "secret"
    state.write(path, "old", mode=0o600)
    state.write(path, "new", mode=0o600)
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]


def test_stamp(folder):
    assert not state.is_done("step", "a")
    state.mark_done("step", "a")
    assert state.is_done("step", "a")
    assert not state.is_done("step", "b")
    state.forget("step")
    assert not state.is_done("step", "a")


def test_only_one_command_at_a_time(folder):
    script = (
        "import sys, pathlib\nfrom dev import state\n"
        "state.folder = lambda: pathlib.Path(sys.argv[1])\nwith state.only_one(): pass\n"
    )
    command = [sys.executable, "-c", script, str(folder)]
    with state.only_one():
        busy = subprocess.run(command, cwd=os.getcwd(), capture_output=True, text=True, check=False)
    assert "Another make command is at work" in busy.stderr
    assert subprocess.run(command, cwd=os.getcwd(), check=False).returncode == 0


def test_little_disk_is_one_sentence(folder, monkeypatch):
    monkeypatch.setattr(state, "NEEDED_BYTES", 1 << 60)
    with pytest.raises(Problem, match="free some space"):
        state.check_disk()


def test_remove_takes_only_our_own_folder(repository, tmp_path):
    (repository / ".state").symlink_to(tmp_path / "outside")
    (tmp_path / "outside").mkdir()
    keep = tmp_path / "somewhere"
    keep.mkdir()
    state.remove()
    assert not (repository / ".state").is_symlink()
    assert keep.is_dir()
