"""A plugin of pytest: of the addons' tests those in plain Python, without a database.

It comes after pytest-odoo on the command line, whose fixtures of the same names it replaces.
"""

from unittest.mock import patch

import pytest


@pytest.fixture(scope="session", autouse=True)
def load_registry():
    """Load nothing, and leave out a test that wants a database all the same."""
    with patch("odoo.sql_db.ConnectionPool.borrow", lambda *_arguments: pytest.skip("needs a database")):
        yield


@pytest.fixture(scope="session", autouse=True)
def load_http(load_registry):
    """Serve nothing."""


def pytest_collection_modifyitems(config, items):
    """Leave out what works on records."""
    from odoo.tests import TransactionCase  # by now pytest-odoo has set Odoo up

    records = [item for item in items if issubclass(item.cls, TransactionCase)]
    config.hook.pytest_deselected(items=records)
    items[:] = [item for item in items if item not in records]
