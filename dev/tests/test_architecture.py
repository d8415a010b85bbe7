"""docs/architecture.md names files and methods that exist."""

import ast
import re

from dev import state

TEXT = (state.REPO / "docs/architecture.md").read_text()
WAYS = ("A mail comes in", "An answer goes out", "A deadline", "A request in the portal")
STEP = re.compile(r"^\| .+? +\| `([^`]+\.py)` +\| `(\w+)` +\|$", re.MULTILINE)


def steps_of(way):
    """Return the steps of a way as (file, method)."""
    _before, _title, after = TEXT.partition(f"### {way}\n")
    section = re.split(r"^##", after, maxsplit=1, flags=re.MULTILINE)[0]
    steps = STEP.findall(section)
    # the title and the line below it are rows, too: no step is written in another way
    assert len(steps) == len(re.findall(r"^\|", section, re.MULTILINE)) - 2, way
    return steps


def functions_of(path):
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def test_each_step_exists():
    missing = []
    for way in WAYS:
        steps = steps_of(way)
        assert steps, way
        for name, method in steps:
            path = state.REPO / name
            if not path.is_file() or method not in functions_of(path):
                missing.append(f"{way}: {name} {method}")
    assert missing == []
