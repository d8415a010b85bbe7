"""A plugin of pytest: how long each test took, its preparation and its end apart, in the file that --times names."""

import json
from pathlib import Path


def pytest_addoption(parser):
    """Add the option."""
    parser.addoption("--times", metavar="FILE", help="write how long each test took into FILE")


def pytest_configure(config):
    """Measure when somebody asks for it."""
    if config.getoption("--times"):
        config.pluginmanager.register(_Times(Path(config.getoption("--times"))))


class _Times:
    def __init__(self, path):
        self.path = path
        self.rows = []

    def pytest_runtest_logreport(self, report):
        """Keep the time of one phase of a test."""
        # A subtest has a report of its own, and its time is in that of its test too.
        if not hasattr(report, "context"):
            self.rows.append((report.nodeid, report.when, report.duration))

    def pytest_sessionfinish(self):
        """Write the file."""
        self.path.write_text(json.dumps(self.rows))
