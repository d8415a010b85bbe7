"""A plugin of pytest: what failed, what was skipped and what took how long, in the file that --notes names.

Lines that a test prints with "figure: " in front of them stand there too: what it measured.
"""

import json
from pathlib import Path

FIGURE = "figure: "


def pytest_addoption(parser):
    """Add the option."""
    parser.addoption("--notes", metavar="FILE", help="write what failed, was skipped and how long it took into FILE")


def pytest_configure(config):
    """Take notes when somebody asks for them."""
    if config.getoption("--notes"):
        config.pluginmanager.register(_Notes(Path(config.getoption("--notes"))))


class _Notes:
    def __init__(self, path):
        self.path = path
        self.failed = []
        self.skipped = {}
        self.times = []
        self.figures = []

    def pytest_collectreport(self, report):
        """Note a file that cannot be read."""
        if report.failed:
            self._fail(report)

    def pytest_runtest_logreport(self, report):
        """Note one phase of a test."""
        if report.failed:
            self._fail(report)
        elif report.skipped and isinstance(report.longrepr, tuple):
            # File, line, and the reason after a word of pytest's.
            self.skipped[report.nodeid] = report.longrepr[2].removeprefix("Skipped: ")
        # A subtest has a report of its own, and its time is in that of its test too.
        if not hasattr(report, "context"):
            self.times.append((report.nodeid, report.when, report.duration))
            if report.when == "call":
                lines = report.capstdout.splitlines()
                self.figures += [line.removeprefix(FIGURE) for line in lines if line.startswith(FIGURE)]

    def _fail(self, report):
        if report.nodeid not in self.failed:
            self.failed.append(report.nodeid)

    def pytest_sessionfinish(self):
        """Write the file."""
        notes = {"failed": self.failed, "skipped": self.skipped, "times": self.times, "figures": self.figures}
        self.path.write_text(json.dumps(notes))
