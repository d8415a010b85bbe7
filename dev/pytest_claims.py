"""A plugin of pytest: several pytests with the same modules share them, each runs the next that no other has begun.

The folder that --claims names has a file for each module that was begun.
"""

import hashlib
import itertools
from pathlib import Path


def pytest_addoption(parser):
    """Add the option."""
    parser.addoption("--claims", metavar="FOLDER", help="run the modules that no other pytest with FOLDER has begun")


def pytest_configure(config):
    """Share when somebody asks for it."""
    if config.getoption("--claims") and not config.option.collectonly:
        config.pluginmanager.register(_Claims(Path(config.getoption("--claims"))))


class _Claims:
    def __init__(self, folder):
        self.folder = folder

    def pytest_runtestloop(self, session):
        """Run tests as pytest does, of our modules only.

        The next one is asked for before a test runs: pytest ends the fixtures that it does not need.
        """
        if session.testsfailed:
            # Modules that cannot be read: pytest says so, and runs nothing.
            return None
        items = self._ours(session.items)
        item = next(items, None)
        while item is not None:
            after = next(items, None)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
            item = after
        return True

    def _ours(self, items):
        for path, tests in itertools.groupby(items, key=lambda item: item.path):
            if self._claim(path):
                yield from tests

    def _claim(self, path):
        claim = self.folder / hashlib.sha256(str(path).encode()).hexdigest()
        try:
            claim.touch(exist_ok=False)
        except FileExistsError:
            return False
        return True
