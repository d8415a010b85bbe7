"""The order of the addons' test files."""

import pytest

from dev import ordering, state
from dev.reports import Result

BIG, SMALL, TOURS = (f"one/tests/test_{name}.py" for name in ("big", "small", "tours"))


@pytest.fixture
def addon(folder, tmp_path, monkeypatch):
    """An addon with three test files, of which none was measured."""
    monkeypatch.setattr(state, "REPO", tmp_path)
    (tmp_path / "one/tests").mkdir(parents=True)
    (tmp_path / BIG).write_text("#" * 6000)
    (tmp_path / SMALL).write_text("#" * 100)
    (tmp_path / TOURS).write_text("self.start_tour('/')\n" * 2)
    (tmp_path / "one/tests/common.py").write_text("#" * 9000)


def test_tours_are_supposed_to_take_longer_than_their_files_are_long(addon):
    assert ordering.files_of(["one"]) == [TOURS, BIG, SMALL]


def test_what_was_measured_counts(addon):
    times = [[f"{SMALL}::T::a", "setup", 20.0], [f"{SMALL}::T::a", "call", 20.0], [f"{TOURS}::T::b", "call", 30.0]]
    ordering.remember(Result("addons", 0, {}, 70.0, times=times))
    assert ordering.files_of(["one"]) == [SMALL, TOURS, BIG]
    ordering.remember(Result("addons", 0, {}, 70.0, times=[[f"{SMALL}::T::a", "call", 1.0]]))
    assert ordering.files_of(["one"]) == [TOURS, BIG, SMALL]


def test_file_that_is_gone_is_forgotten(addon, tmp_path):
    ordering.remember(Result("addons", 0, {}, 1.0, times=[[f"{SMALL}::T::a", "call", 20.0]]))
    (tmp_path / SMALL).unlink()
    ordering.remember(Result("addons", 0, {}, 1.0, times=[[f"{BIG}::T::a", "call", 20.0]]))
    assert "small" not in (tmp_path / "test-seconds.json").read_text()
    assert ordering.files_of(["one"]) == [BIG, TOURS]


def test_one_file_is_alone(addon):
    assert ordering.files_of([f"{BIG}::TestX"]) == [f"{BIG}::TestX"]


def test_every_file_of_our_addons_is_there_once():
    files = ordering.files_of(["helpdesk_contact", "helpdesk_ticket"])
    assert len(files) == len(set(files))
    assert "helpdesk_contact/tests/test_identity.py" in files
    assert all("/tests/test_" in file for file in files)
