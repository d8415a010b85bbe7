"""Fixtures for the tests of the tool itself."""

import pytest

from dev import odoo_source, state


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A state folder of the test's own."""
    monkeypatch.setattr(state, "folder", lambda: tmp_path)
    odoo_source.source.cache_clear()
    yield tmp_path
    # Where Odoo is follows from the folder.
    odoo_source.source.cache_clear()
