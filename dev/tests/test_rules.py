"""docs/rules.md, code and tests agree on which numbers there are."""

import re

from dev import state

TABLE = state.REPO / "docs/rules.md"
ROW = re.compile(r"^\| +([A-Z]\d\d) +\| (.+?) +\| (.+?) +\| (.+?) +\|$", re.MULTILINE)
# "rel-C10" belongs to another list, "A27-0001" is a ticket's number.
NUMBER = re.compile(r"(?<![A-Za-z0-9-])([CKTNEAM]\d\d)(?![A-Za-z0-9-])")
QUOTED = re.compile(r"`([^`]+)`")
NOT_BUILT = "not built"
SAFETY_ROW = re.compile(r"^\| +(rel-[A-I]\d+) +\| (.+?) +\| (.+?) +\|$", re.MULTILINE)
SAFETY_NUMBER = re.compile(r"(?<![\w-])rel-[A-I]\d+(?!\d)")


def rows():
    return [found.groups() for found in ROW.finditer(TABLE.read_text())]


def numbers_of(path):
    """Return the numbers that a file of tests names, in names of tests and in words."""
    return set(NUMBER.findall(path.read_text().replace("_", " ")))


def files_of_tests():
    return [path for folder in ("helpdesk_*/tests", "tests") for path in state.REPO.glob(f"{folder}/test_*.py")]


def test_numbers_have_no_gap_and_no_double():
    numbers = [number for number, *_rest in rows()]
    assert len(numbers) == len(set(numbers))
    for letter in "CKTNEAM":
        own = [number for number in numbers if number[0] == letter]
        assert own == [f"{letter}{index:02}" for index in range(1, len(own) + 1)]
        assert own, f"no requirement {letter}"


def faults_of_tests(number, named, read):
    """Return what is wrong with the tests that the document names for a number.

    :param str named: the tests, as they stand in the table
    :param read: function that returns the numbers in a file
    """
    files = [state.REPO / name for name in QUOTED.findall(named)]
    missing = [path.name for path in files if not path.is_file() or number not in read(path)]
    return [f"{number}: not named in {name}" for name in missing] + [f"{number}: no test"] * (not files)


def test_what_is_built_is_tested_where_the_document_says():
    wrong = []
    for number, _what, where, named in rows():
        if where == NOT_BUILT:
            continue
        wrong += [f"{number}: no file {name}" for name in QUOTED.findall(where) if not (state.REPO / name).is_file()]
        wrong += faults_of_tests(number, named, numbers_of)
    assert wrong == []


def test_what_tests_name_is_built():
    built = {number for number, _what, where, _tests in rows() if where != NOT_BUILT}
    named = {number: path.name for path in files_of_tests() for number in numbers_of(path)}
    assert {number: name for number, name in named.items() if number not in built} == {}


def safety_rows():
    return [found.groups() for found in SAFETY_ROW.finditer(TABLE.read_text())]


def safety_numbers_of(path):
    return SAFETY_NUMBER.findall(path.read_text())


def test_each_rule_of_safety_is_tested_where_the_document_says():
    numbers = [number for number, *_rest in safety_rows()]
    assert len(numbers) == len(set(numbers)) > 0
    wrong = []
    for number, _what, named in safety_rows():
        wrong += faults_of_tests(number, named, safety_numbers_of)
    assert wrong == []


def test_each_number_of_safety_that_code_and_tests_name_is_in_the_document():
    known = {number for number, *_rest in safety_rows()}
    paths = [path for folder in ("helpdesk_*", "tests", "dev") for path in state.REPO.glob(f"{folder}/**/*.py")]
    named = {number: path.name for path in paths for number in safety_numbers_of(path)}
    assert {number: name for number, name in named.items() if number not in known} == {}
