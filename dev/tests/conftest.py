"""Fixtures for the tests of the tool itself."""

import pytest

from dev import state


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A state folder of the test's own."""
    monkeypatch.setattr(state, "folder", lambda: tmp_path)
    return tmp_path
