"""What ``make test`` prints, and what it counts."""

import json
import os
import subprocess
import sys

import pytest

from dev import reports
from dev.reports import Result
from dev.state import REPO

REPORT = """<testsuites><testsuite>
<testcase classname="a" name="good" /><testcase classname="b" name="good" />
<testcase classname="a" name="subtests" /><testcase classname="a" name="subtests"><failure>no</failure></testcase>
<testcase classname="a" name="later"><skipped /></testcase>
<testcase classname="a.b" name="broken"><error>no</error></testcase>
</testsuite></testsuites>"""
PHASES = ("setup", "call", "teardown")
TESTS = """
import pytest

@pytest.fixture(scope="session")
def thing():
    {prepare}

def test_a(thing): {work}
def test_b(thing, subtests):
    with subtests.test("x"): pass
def test_c():
    pytest.skip("no moon")
"""


def test_read(tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)
    notes = {"failed": ["a"], "skipped": {"b": "why"}, "times": [["c", "call", 1.5]], "figures": ["d: 7"]}
    (tmp_path / "notes.json").write_text(json.dumps(notes))
    found = reports.read("x", 1, 2.0, tmp_path / "report.xml", tmp_path / "notes.json")
    assert found.counts == {"failed": 1, "errors": 1, "passed": 2, "skipped": 1}
    assert (found.failures, found.skipped) == (["a"], {"b": "why"})
    assert (found.times, found.figures) == ([["c", "call", 1.5]], ["d: 7"])


def test_read_of_what_ended_without_a_report(tmp_path):
    found = reports.read("x", 3, 2.0, tmp_path / "none.xml", tmp_path / "none.json")
    assert found == Result("x", 3, {}, 2.0)
    assert found.is_broken


@pytest.fixture
def notes(tmp_path):
    """Return a function that runs modules of tests, and returns what is noted of them."""

    def run(**modules):
        for name, text in modules.items():
            (tmp_path / f"test_{name}.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-p", "dev.pytest_notes", "-p", "no:odoo", "--notes=notes.json"]
        env = {**os.environ, "PYTHONPATH": str(REPO)}
        subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False)
        return reports.read("x", 1, 2.0, tmp_path / "none.xml", tmp_path / "notes.json")

    return run


def test_notes_of_each_phase(notes):
    found = notes(x=TESTS.format(prepare="pass", work="pass"))
    assert [(test, phase) for test, phase, _seconds in found.times] == [
        (f"test_x.py::{name}", phase) for name in ("test_a", "test_b", "test_c") for phase in PHASES
    ]
    assert all(seconds >= 0 for _test, _phase, seconds in found.times)
    assert (found.failures, found.skipped) == ([], {"test_x.py::test_c": "no moon"})


@pytest.mark.parametrize(
    ("prepare", "work", "failed"),
    [("pass", "assert 0", ["test_a"]), ("assert 0", "pass", ["test_a", "test_b"])],
)
def test_notes_of_what_fails(notes, prepare, work, failed):
    assert notes(x=TESTS.format(prepare=prepare, work=work)).failures == [f"test_x.py::{name}" for name in failed]


def test_notes_of_a_module_that_cannot_be_read(notes):
    assert notes(x="def", y="def test_a(): pass").failures == ["test_x.py"]


def test_figures(notes, capsys):
    found = notes(x="def test_a(): print('talk\\nfigure: steps: 7')", y="def test_b(): print('figure: turns: 8')")
    assert found.figures == ["steps: 7", "turns: 8"]
    reports.measured([reports.combine("x", [found, Result("y", 0, {}, 1.0, figures=["files: 9"])])])
    assert capsys.readouterr().out.splitlines()[-3:] == ["steps: 7", "turns: 8", "files: 9"]


def test_no_figures(capsys):
    reports.measured([Result("x", 0, {}, 1.0)])
    assert capsys.readouterr().out == ""


def test_slowest_of_all_parts(capsys):
    tool = Result("tool", 0, {}, 1.0, times=[["a", "call", 0.5], ["a", "setup", 0.01], ["b", "call", 0.2]])
    addons = Result("addons", 0, {}, 1.0, times=[["c", "setup", 12.25], ["d", "call", 0.3]])
    reports.slowest([tool, addons], 3)
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.endswith(("a", "b", "c", "d"))]
    assert lines == [
        ["12.2", "s", "addons", "setup", "c"],
        ["0.5", "s", "tool", "call", "a"],
        ["0.3", "s", "addons", "call", "d"],
    ]


def test_no_slow_tests_are_wanted(capsys):
    reports.slowest([Result("tool", 0, {}, 1.0, times=[["a", "call", 5.0]])], 0)
    assert capsys.readouterr().out == ""


def test_sum(capsys):
    good = [Result("tool", 0, {"passed": 3}, 1.0), Result("addons", 0, {"passed": 2, "skipped": 1}, 2.0)]
    assert reports.total(good) == 0
    assert capsys.readouterr().out.splitlines()[-1].strip("= ") == "5 passed, 1 skipped in 3s"


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (Result("addons", 1, {"failed": 1, "passed": 2}, 2.0), "1 failed, 5 passed"),
        (Result("addons", 4, {}, 2.0), "1 errors, 3 passed"),
    ],
)
def test_sum_with_a_part_that_failed(capsys, bad, text):
    assert reports.total([Result("tool", 0, {"passed": 3}, 1.0), bad]) == 1
    assert text in capsys.readouterr().out.splitlines()[-1]


def test_nothing_was_chosen(capsys):
    assert reports.total([Result("tool", reports.NONE_COLLECTED, {}, 1.0)]) == 1
    assert "No test was chosen" in capsys.readouterr().out


def test_part_that_ended_without_a_test_is_named(capsys):
    reports.summary([Result("tool", 0, {"passed": 3}, 1.0), Result("addons", 4, {}, 2.0)])
    tool, addons = capsys.readouterr().out.splitlines()[-2:]
    assert tool.split() == ["tool", "3", "passed", "1", "s"]
    assert "pytest ended with code 4" in addons


def test_two_processes_are_one_part():
    good, none, bad = (Result("x", code, {"passed": 2}, 3.0) for code in (0, reports.NONE_COLLECTED, 1))
    assert reports.combine("end to end", [good, none]) == Result("end to end", 0, {"passed": 4}, 3.0)
    assert reports.combine("end to end", [good, none], 6.0).seconds == 6.0
    assert reports.combine("end to end", [bad, none]).code == 1
    assert reports.combine("end to end", [none, none]).code == reports.NONE_COLLECTED
