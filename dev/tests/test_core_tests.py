"""What Odoo's test runner said with and without our addons, and the difference."""

import contextlib

import pytest

from dev import core_results, core_tests
from dev.steps import Problem

BEGIN = "2026-11-29 08:55:00,123 4711"
TRACEBACK = "Traceback (most recent call last):\n  File x, line 1, in y"
END = f"{BEGIN} INFO db odoo.service.server: 0 failed, 0 error(s) of 2 tests when loading database 'db'"


def log(*entries, module="test_mail", end=END):
    """Return the lines of a log: of each entry its level and text, from a test file of ``module``."""
    lines = []
    for level, text in entries:
        lines += f"{BEGIN} {level} db odoo.addons.{module}.tests.test_x: {text}".splitlines()
    return [*lines, end]


def started(*names):
    return [("INFO", f"Starting {name} ...") for name in names]


def failed(name, reason="AssertionError: 1 != 2"):
    return (
        "ERROR",
        f"FAIL: {name}\n{TRACEBACK}\n{reason}\n- 1\n+ 2\n : more words\n ",
    )


@pytest.fixture(autouse=True)
def by_design(monkeypatch):
    """What may differ; nothing at first."""
    found = {}
    monkeypatch.setattr(core_tests, "BY_DESIGN", found)
    return found


def run(*entries, **values):
    return core_results.read(log(*entries, **values))


def test_each_test_is_counted_and_failures_name_their_error():
    found = run(*started("TestA.test_one", "TestA.test_two"), failed("TestA.test_two"))
    assert set(found.started) == {"test_mail/TestA.test_one", "test_mail/TestA.test_two"}
    assert found.failed == {"test_mail/TestA.test_two": "AssertionError: 1 != 2"}
    assert found.is_whole


def test_a_test_that_runs_for_several_users_counts_each_time():
    assert run(*started("TestA.test_one", "TestA.test_one")).started.total() == 2


def test_a_subtest_is_a_failure_of_its_test_and_the_first_reason_is_told():
    found = run(failed("Subtest TestA.test_one (user='x')", "first"), failed("TestA.test_one", "second"))
    assert found.failed == {"test_mail/TestA.test_one": "first"}


def test_lines_after_another_entry_belong_to_no_failure():
    lines = log(failed("TestA.test_one"), ("INFO", "something\nof two lines"))
    assert core_results.read(lines).failed == {"test_mail/TestA.test_one": "AssertionError: 1 != 2"}


def test_what_the_addons_log_is_no_result():
    line = f"{BEGIN} ERROR db odoo.addons.mail.models.mail_mail: FAIL: TestA.test_one"
    assert core_results.read([line]).failed == {}


def test_an_odoo_that_ended_early_is_not_whole():
    assert not run(*started("TestA.test_one"), end="Killed").is_whole


def test_same_class_in_two_modules():
    both = log(*started("TestA.test_one")) + log(failed("TestA.test_one"), module="project")
    found = core_results.read(both)
    assert set(found.started) == {"test_mail/TestA.test_one"}
    assert set(found.failed) == {"project/TestA.test_one"}


def test_no_difference(capsys):
    entries = [*started("TestA.test_one", "TestA.test_two"), failed("TestA.test_two")]
    assert core_tests.tell(run(*entries), run(*entries)) == 0
    told = capsys.readouterr().out
    assert "fails with and without our addons (1)" in told
    assert "0 of 2 tests fail only with our addons." in told


def test_a_failure_only_with_our_addons_is_an_error(capsys):
    tests = started("TestA.test_one", "TestA.test_two")
    assert core_tests.tell(run(*tests), run(*tests, failed("TestA.test_two"))) == 1
    told = capsys.readouterr().out
    assert "fails only with our addons (1)\n  test_mail/TestA.test_two\n      AssertionError: 1 != 2" in told


def test_a_failure_only_without_our_addons_is_told_and_no_error(capsys):
    tests = started("TestA.test_one")
    assert core_tests.tell(run(*tests, failed("TestA.test_one")), run(*tests)) == 0
    assert "fails only without our addons (1)\n  test_mail/TestA.test_one" in capsys.readouterr().out


def test_what_is_by_design_is_no_error_and_has_its_reason(capsys, by_design):
    by_design["test_mail/TestA.test_one"] = "It asks once more."
    tests = started("TestA.test_one", "TestA.test_two")
    assert core_tests.tell(run(*tests), run(*tests, failed("TestA.test_one"))) == 0
    assert "by design (1)\n  test_mail/TestA.test_one\n      It asks once more." in capsys.readouterr().out
    assert core_tests.tell(run(*tests), run(*tests, failed("TestA.test_one"), failed("TestA.test_two"))) == 1


def test_what_is_by_design_and_no_longer_differs_is_told(capsys, by_design):
    by_design.update({"test_mail/TestA.test_one": "It asks once more.", "project/TestB.test_two": "Not run now."})
    tests = started("TestA.test_one")
    assert core_tests.tell(run(*tests), run(*tests)) == 0
    told = capsys.readouterr().out
    assert "test_mail/TestA.test_one no longer differs" in told
    assert "project/TestB" not in told


def test_a_class_that_cannot_be_set_up_is_one_failure():
    without = run(*started("TestA.test_one", "TestA.test_two"))
    text = f"ERROR: setUpClass (odoo.addons.test_mail.tests.test_x.TestA)\n{TRACEBACK}\nKeyError: 'x'"
    beside = core_results.read(
        [*f"{BEGIN} ERROR db odoo.tests.suite: {text}".splitlines(), *log(*started("TestB.test_three"))]
    )
    assert core_results.only_in(beside, without) == {"test_mail/TestA": "KeyError: 'x'"}


@pytest.mark.parametrize(
    "entries", [(), (*started("TestA.test_one"), ("INFO", "skipped TestA.test_one : no such module"))]
)
def test_a_test_that_runs_only_without_our_addons_is_an_error(entries):
    without, beside = run(*started("TestA.test_one")), run(*started("TestA.test_two"), *entries)
    assert core_results.only_in(beside, without) == {"test_mail/TestA.test_one": "it was not run"}
    assert core_tests.tell(without, beside) == 1


def test_modules_are_chosen():
    assert core_tests.choose("") == list(core_tests.MODULES)
    assert core_tests.choose("test_mail, project") == ["test_mail", "project"]
    assert core_tests.choose("test_mail:TestA.test_one") == ["test_mail:TestA.test_one"]
    with pytest.raises(Problem, match="MODULES=sale names sale"):
        core_tests.choose("sale")


@pytest.mark.parametrize("again", [True, False])
def test_what_fails_only_with_the_addons_is_tried_twice(monkeypatch, again):
    good, bad = run(*started("TestA.test_one")), run(*started("TestA.test_one"), failed("TestA.test_one"))
    asked, answers = [], [(good, bad), (good, bad if again else good)]

    def run_both(names):
        asked.append(names)
        return answers[len(asked) - 1]

    monkeypatch.setattr(core_tests, "run_both", run_both)
    monkeypatch.setattr(core_tests.demo, "prepare", lambda **_options: None)
    monkeypatch.setattr(core_tests.state, "only_one", contextlib.nullcontext)
    monkeypatch.setenv("MODULES", "test_mail")
    assert core_tests.main() == again
    assert asked == [["test_mail"], ["test_mail:TestA.test_one"]]
