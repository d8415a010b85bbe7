"""What ``make test`` runs."""

import os
import re
import subprocess
import sys

import pytest

from dev import state, testing
from dev.steps import Problem


def test_everything_is_the_default():
    assert tuple(testing.choose({})) == testing.PARTS


def test_one_addon():
    assert testing.choose({"ADDON": "helpdesk_ticket"}) == {"addons": ["helpdesk_ticket"]}


def test_unknown_addon_is_one_sentence():
    with pytest.raises(Problem, match="There is no addon sale: choose one of helpdesk_attachment_repair"):
        testing.choose({"ADDON": "sale"})


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("dev/tests/test_testing.py::test_one_addon", "tool"),
        ("workstation/tests/test_api.py", "tool"),
        ("helpdesk_contact/__manifest__.py", "addons"),
        ("tests", "end to end"),
    ],
)
def test_file_finds_its_part(file, part):
    assert testing.choose({"FILE": file}) == {part: [file]}


@pytest.mark.parametrize("file", ["tests/no_such_file.py", "/etc/passwd"])
def test_unknown_file_is_one_sentence(file):
    with pytest.raises(Problem, match="FILE is a path below"):
        testing.choose({"FILE": file})


MODULE = """
import pytest

@pytest.fixture(scope="session", autouse=True)
def session():
    print("session begins")
    yield
    print("session ends")

def test_1(): print("{name} 1")
def test_2(): print("{name} 2")
"""


@pytest.fixture
def share(tmp_path):
    """Return a function that runs four modules of tests with the claims of the test, and returns what they print."""
    for name in "abcd":
        (tmp_path / f"test_{name}.py").write_text(MODULE.format(name=name))
    (tmp_path / "claims").mkdir()

    def run():
        command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:odoo", "-p", "dev.pytest_claims"]
        env = {**os.environ, "PYTHONPATH": str(state.REPO)}
        return subprocess.Popen([*command, "--claims=claims"], cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True)

    return run


def printed(process):
    return re.findall(r"([abcd] [12]|session \w+)", process.communicate()[0])


def test_two_pytests_share_the_modules(share):
    both = [printed(process) for process in [share(), share()]]
    for lines in both:
        assert lines[:1] == ["session begins"][: len(lines)]
        assert lines.count("session begins") == lines.count("session ends")
    tests = [line for lines in both for line in lines if not line.startswith("session")]
    assert sorted(tests) == [f"{name} {number}" for name in "abcd" for number in "12"]
    for lines in both:
        assert [line[0] for line in lines if line.endswith("1")] == [line[0] for line in lines if line.endswith("2")]


def test_what_was_begun_is_left_to_the_other(share, tmp_path):
    assert len([line for line in printed(share()) if line[0] in "abcd"]) == 8
    assert printed(share()) == []


@pytest.mark.parametrize("values", [{"REPEAT": "3"}, {"SEED": "5"}, {"REPEAT": "3", "FILE": "tests/test_crash.py"}])
def test_repeated_are_the_end_to_end_tests(values):
    assert testing.choose(values) == {"end to end": [values.get("FILE", "tests")]}


@pytest.mark.parametrize("values", [{"ADDON": "helpdesk_ticket"}, {"FILE": "dev/tests/test_testing.py"}])
def test_other_tests_are_not_repeated(values):
    with pytest.raises(Problem, match="are for the end-to-end tests"):
        testing.choose({"REPEAT": "2", **values})


def test_number_of_slow_tests():
    assert [testing.slow_ones({"DURATIONS": text}) for text in ("", "5", "0")] == [30, 5, 0]
    with pytest.raises(Problem, match="DURATIONS=all is not a number of tests"):
        testing.slow_ones({"DURATIONS": "all"})
