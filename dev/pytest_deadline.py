"""A plugin of pytest: no test begins after a certain moment."""

import time

import pytest


def pytest_addoption(parser):
    """Add the option."""
    parser.addoption("--deadline", type=float, metavar="SECONDS", help="skip tests from this moment on (Unix time)")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Leave out a test for which there is no time."""
    deadline = item.config.getoption("--deadline")
    if deadline and time.time() > deadline:
        pytest.skip("no time left")
