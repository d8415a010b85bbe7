"""The rules of the house: what no ready-made tool checks.

It is run by the environment's Python, which has lxml and polib.
"""

import sys
from typing import NamedTuple

from dev import state
from dev.lint import house_addon, house_catalogue, house_python, house_text
from dev.lint.tools import files


class Finding(NamedTuple):
    """One line of the result; sorts by place."""

    path: str
    line: int
    text: str


def find(root, names):
    """Return what the rules find in the files ``names`` below the folder ``root``, sorted."""
    checks = (house_addon.check, house_catalogue.check, house_python.check, house_text.check)
    return sorted(Finding(*found) for check in checks for found in check(root, names))


def main():
    """Print what is found in the repository; return 1 if there is something."""
    found = find(state.REPO, files())
    for finding in found:
        print(f"{finding.path}:{finding.line}: {finding.text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
