"""The programs behind ``make lint``: how each one checks, and how it fixes."""

import os
import subprocess
from dataclasses import dataclass

from dev import debian, odoo_source, python_env, state
from dev.lint import node

NAMES = ("ruff", "format", "pylint", "prettier", "eslint", "house", "pages")
PRETTIER = (".cjs", ".css", ".js", ".json", ".md", ".mjs", ".scss", ".xml", ".yaml", ".yml")
# Written by npm, kept as they were received, or not ours.
NOT_FORMATTED = ("package-lock.json", "/tests/samples/", "/static/lib/", "/static/src/lib/")


@dataclass(frozen=True)
class Tool:
    """One program: its words to check, and its words to fix (None: it cannot)."""

    name: str
    check: list
    fix: list | None = None


def prepare():
    """Make the Python environment and the Node tools, or bring them up to date.

    :raises Problem: something cannot be installed
    """
    with state.only_one():
        debian.install(own_postgres=False)
        odoo_source.prepare()
        python_env.prepare()
        node.prepare()


def environment():
    """Return the variables of the programs: Node finds its packages in the state folder."""
    return {**os.environ, "NODE_PATH": str(node.modules())}


def all_tools(names=None):
    """Return every check, the slow ones first.

    :param names: the files to look at, None for all; the rules of the house always look at all, and compare them
    """
    program = python_env.python().parent
    addons = sorted(path.parent.name for path in state.REPO.glob("*/__manifest__.py"))
    python, checked = ["."], addons
    formatted = [name for name in files(*PRETTIER) if not any(part in f"/{name}" for part in NOT_FORMATTED)]
    if names is not None:
        formatted = [name for name in formatted if name in names]
        python = [name for name in files(".py") if name in names]
        checked = [name for name in python if name.partition("/")[0] in addons]
    scripts = [name for name in formatted if name.endswith(".js")]
    prettier = [node.node(), node.modules() / "prettier/bin/prettier.cjs"]
    eslint = [node.node(), node.modules() / "eslint/bin/eslint.js", "--max-warnings=0", "--no-warn-ignored"]
    ruff = [program / "ruff", "check", "--quiet"]
    layout = [program / "ruff", "format", "--quiet"]
    pages = [program / "python", "-m", "dev.lint.pages"]
    found = [
        (checked, Tool("pylint", [program / "pylint", "--rcfile=.pylintrc", *checked])),
        (formatted, Tool("prettier", [*prettier, "--list-different", *formatted], [*prettier, "--write", *formatted])),
        (python, Tool("ruff", [*ruff, "--output-format=concise", *python], [*ruff, "--fix", *python])),
        (python, Tool("format", [*layout, "--check", "--output-format=concise", *python], [*layout, *python])),
        (True, Tool("house", [program / "python", "-m", "dev.lint.house"])),
        (True, Tool("pages", pages, [*pages, "--write"])),
        (scripts, Tool("eslint", [*eslint, *scripts], [*eslint, "--fix", *scripts])),
    ]
    return [tool for wanted, tool in found if wanted]


def files(*suffixes):
    """Return the names of the repository's files with these suffixes (none: all), also those not committed yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=state.REPO, capture_output=True, text=True, check=True).stdout.split("\0")
    return sorted(
        name
        for name in set(filter(None, names))
        if (not suffixes or name.endswith(suffixes)) and (state.REPO / name).is_file()
    )
