"""What ``make test`` runs, and how it counts."""

import pytest

from dev import testing
from dev.steps import Problem
from dev.testing import Result

REPORT = """<testsuites><testsuite>
<testcase classname="a" name="good" /><testcase classname="b" name="good" />
<testcase classname="a" name="subtests" /><testcase classname="a" name="subtests"><failure>no</failure></testcase>
<testcase classname="a" name="later"><skipped /></testcase>
<testcase classname="a" name="broken"><error>no</error></testcase>
</testsuite></testsuites>"""


def test_everything_is_the_default():
    assert tuple(testing.choose({})) == testing.PARTS


def test_one_addon():
    assert testing.choose({"ADDON": "helpdesk_ticket"}) == {"addons": ["helpdesk_ticket"]}


def test_unknown_addon_is_one_sentence():
    with pytest.raises(Problem, match="There is no addon sale: choose one of helpdesk_contact"):
        testing.choose({"ADDON": "sale"})


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("dev/tests/test_testing.py::test_one_addon", "tool"),
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


def test_groups_hold_every_file_once():
    groups = testing.group_files(["helpdesk_contact", "helpdesk_ticket"], 2)
    files = [file for group in groups for file in group]
    assert len(groups) == 2
    assert len(files) == len(set(files))
    assert "helpdesk_contact/tests/test_identity.py" in files
    assert all("/tests/test_" in file for file in files)


def test_one_file_is_one_group():
    assert testing.group_files(["helpdesk_contact/tests/test_identity.py"], 2) == [
        ["helpdesk_contact/tests/test_identity.py"]
    ]


def test_count(tmp_path):
    path = tmp_path / "report.xml"
    path.write_text(REPORT)
    assert testing.count(path) == {"failed": 1, "errors": 1, "passed": 2, "skipped": 1}
    assert testing.count(tmp_path / "none") == {}


def test_summary_adds_up(capsys):
    good = [Result("tool", 0, {"passed": 3}, 1.0), Result("addons", 0, {"passed": 2, "skipped": 1}, 2.0)]
    assert testing.summary(good) == 0
    assert capsys.readouterr().out.splitlines()[-1].strip("= ") == "5 passed, 1 skipped in 3s"


def test_summary_fails_when_one_part_fails(capsys):
    results = [Result("tool", 1, {"failed": 1, "passed": 3}, 1.0), Result("addons", 0, {"passed": 2}, 2.0)]
    assert testing.summary(results) == 1
    assert "1 failed, 5 passed" in capsys.readouterr().out.splitlines()[-1]


def test_summary_fails_when_a_part_did_not_run(capsys):
    assert testing.summary([Result("tool", 0, {"passed": 3}, 1.0), Result("addons", 4, {}, 2.0)]) == 1
    assert "1 errors" in capsys.readouterr().out.splitlines()[-1]


def test_summary_fails_when_nothing_was_chosen(capsys):
    assert testing.summary([Result("tool", testing.NONE_COLLECTED, {}, 1.0)]) == 1
    assert "No test was chosen" in capsys.readouterr().out


def test_two_processes_are_one_part():
    good, none, bad = (Result("x", code, {"passed": 2}, 3.0) for code in (0, testing.NONE_COLLECTED, 1))
    assert testing.combine("end to end", [good, none]) == Result("end to end", 0, {"passed": 4}, 3.0)
    assert testing.combine("end to end", [bad, none]).code == 1
    assert testing.combine("end to end", [none, none]).code == testing.NONE_COLLECTED
