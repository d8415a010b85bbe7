"""The end-to-end tests in random orders."""

import os
import re
import subprocess
import sys

import pytest

from dev import repeating, reports, testing
from dev.reports import Result
from dev.state import REPO
from dev.steps import Problem

MODULE = "import random\n" + "".join(f"def test_{name}(): random.random()\n" for name in "abcdef")


def test_nothing_is_repeated_by_default():
    assert repeating.seeds({}) == []


def test_each_run_has_an_order_of_its_own():
    assert len(set(repeating.seeds({"REPEAT": "20"}))) > 1
    assert len(repeating.seeds({"REPEAT": "20"})) == 20


def test_an_order_comes_back():
    assert repeating.seeds({"SEED": "7"}) == [7]
    assert repeating.seeds({"SEED": "7", "REPEAT": "3"}) == [7, 7, 7]


@pytest.mark.parametrize("values", [{"REPEAT": "0"}, {"REPEAT": "x"}, {"REPEAT": "-1"}, {"SEED": "x"}])
def test_what_is_no_number_is_one_sentence(values):
    with pytest.raises(Problem, match="is not a "):
        repeating.seeds(values)


@pytest.fixture
def collect(tmp_path):
    """Return a function that collects the tests of some modules with options, and returns them in their order."""
    for name in "xyz":
        (tmp_path / f"test_{name}.py").write_text(MODULE)

    def collected(options):
        command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:odoo", *options]
        env = {**os.environ, "PYTHONPATH": str(REPO)}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        return re.findall(r"^test_(.)\.py::test_(.)$", done.stdout, re.MULTILINE)

    return collected


def test_tests_of_a_module_stay_together(collect):
    first, again, other = (collect(repeating.order(seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert sorted(first) == sorted(other) == [(module, test) for module in "xyz" for test in "abcdef"]
    for found in (first, other):
        modules = [module for module, _test in found]
        assert [modules[index] for index in (0, 6, 12)] == list(dict.fromkeys(modules))


def test_order_is_that_of_the_files_otherwise(collect):
    assert collect(testing.FIXED_ORDER) == [(module, test) for module in "xyz" for test in "abcdef"]


def test_table_of_all_runs(capsys):
    outcomes = iter([Result("x", 0, {"passed": 4}, 61.0), Result("x", 1, {"failed": 1, "passed": 3}, 62.0, ["a::b"])])
    options = []
    results = repeating.repeat([5, 17], lambda order: options.append(order) or next(outcomes))
    assert options == [repeating.order(5), repeating.order(17)]
    assert [result.name for result in results] == ["run 1", "run 2"]
    assert reports.total(results) == 1
    out = capsys.readouterr().out
    assert "Run 2 of 2, in the order of SEED=17" in out
    lines = [line.split() for line in out.splitlines()]
    table = lines[lines.index(["run", "seed", "result", "seconds"]) + 1 :][:3]
    assert table == [["1", "5", "4", "passed", "61"], ["2", "17", "1", "failed,", "3", "passed", "62"], ["a::b"]]


def test_table_is_printed_after_an_interruption(capsys):
    outcomes = iter([Result("x", 0, {"passed": 4}, 61.0)])

    def run(_order):
        try:
            return next(outcomes)
        except StopIteration:
            raise KeyboardInterrupt from None

    with pytest.raises(KeyboardInterrupt):
        repeating.repeat([5, 17], run)
    assert "4 passed" in capsys.readouterr().out
