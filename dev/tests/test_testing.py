"""What ``make test`` runs."""

import pytest

from dev import testing
from dev.steps import Problem


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
