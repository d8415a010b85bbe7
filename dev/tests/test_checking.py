"""What ``make check`` chooses of the tests, and what it leaves out."""

import os
import subprocess
import sys
import time

import pytest

from dev import changes, checking, odoo_server, state
from dev.instance import PREFERRED, Instance
from dev.lint import tools
from dev.reports import Result
from dev.steps import Problem

TESTS = [
    "helpdesk_contact/tests/test_number.py",
    "helpdesk_ticket/tests/test_access.py",
    "helpdesk_ticket/tests/test_number.py",
    "helpdesk_ticket/tests/test_number_pages.py",
    "helpdesk_ticket/tests/test_sla.py",
]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """An empty repository and a function that runs git in it."""
    monkeypatch.setattr(state, "REPO", tmp_path)
    names = {"GIT_AUTHOR_NAME": "a", "GIT_COMMITTER_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_EMAIL": "a"}

    def git(*words):
        subprocess.run(["git", *words], cwd=tmp_path, env={**os.environ, **names}, capture_output=True, check=True)

    git("init", "-b", "main")
    (tmp_path / ".gitignore").write_text("*.pyc\n")
    for name in ("kept.py", "changed.py", "staged.py", "gone.py"):
        (tmp_path / name).write_text("")
    git("add", ".")
    git("commit", "-m", "first")
    return git


def test_changes_since_the_last_commit(repository, tmp_path):
    (tmp_path / "changed.py").write_text("1")
    (tmp_path / "staged.py").write_text("1")
    repository("add", "staged.py")
    (tmp_path / "gone.py").unlink()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/new one.py").write_text("")
    (tmp_path / "ignored.pyc").write_text("")
    assert changes.changed_files() == ["changed.py", "folder/new one.py", "gone.py", "staged.py"]


def test_changes_since_the_work_of_others(repository, tmp_path):
    repository("update-ref", "refs/remotes/origin/main", "HEAD")
    assert changes.changed_files() == []
    (tmp_path / "changed.py").write_text("1")
    repository("commit", "-a", "-m", "second")
    assert changes.changed_files() == ["changed.py"]


def test_folder_without_git_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "REPO", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(Problem, match="git cannot say what was changed"):
        changes.changed_files()


@pytest.mark.parametrize(
    ("names", "near"),
    [
        ([], []),
        (["README.md", "dev/numbers.py"], []),
        (["helpdesk_ticket/models/helpdesk_number_mixin.py"], TESTS[2:4]),
        (["helpdesk_ticket/views/helpdesk_sla_views.xml"], TESTS[4:]),
        (["helpdesk_ticket/tests/test_access.py", "helpdesk_ticket/number_pages.py"], [TESTS[1], TESTS[3], TESTS[2]]),
        (["helpdesk_ticket/tests/common.py"], []),
        (["helpdesk_ticket/models/res_company.py"], []),
    ],
)
def test_nearest_tests(names, near):
    assert changes.near_tests(names, TESTS) == near


def test_addons_of_changed_files():
    names = ["helpdesk_ticket/models/a.py", "helpdesk_contact/b.xml", "dev/c.py", "README.md"]
    assert changes.addons_of(names) == ["helpdesk_contact", "helpdesk_ticket"]


def test_what_is_left_out_is_told(capsys):
    pages = "Test a skipped because it is an HttpCase and --odoo-http is not set"
    skipped = {
        "helpdesk_ticket/tests/test_sla.py::A::a": pages,
        "helpdesk_ticket/tests/test_sla.py::B::b": "no time left",
        "helpdesk_ticket/tests/test_sla.py::B::c": "no time left",
    }
    names = ["helpdesk_ticket/models/helpdesk_sla.py"]
    checking.tell_left_out(names, TESTS, TESTS[4:], [Result("near", 0, {}, 1.0, skipped=skipped)])
    assert capsys.readouterr().out.splitlines()[2:] == [
        "helpdesk_ticket/tests/test_sla.py: 2 tests (no time left)",
        "helpdesk_ticket/tests/test_sla.py: 1 test (opens pages)",
        "helpdesk_ticket: 3 other test files (make test ADDON=helpdesk_ticket)",
        "the end-to-end tests (make test FILE=tests)",
    ]


def run_pytest(folder, *words):
    env = {**os.environ, "PYTHONPATH": str(state.REPO), "PGHOST": "/nonexistent"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(("seconds", "text"), [(60, "1 passed"), (-60, "1 skipped")])
def test_no_test_begins_after_the_deadline(tmp_path, seconds, text):
    (tmp_path / "test_x.py").write_text("def test_a(): pass\n")
    words = ["-p", "no:odoo", "-p", "dev.pytest_deadline", f"--deadline={time.time() + seconds}"]
    assert text in run_pytest(tmp_path, *words, "test_x.py")


def test_tests_in_plain_python_need_no_database(folder):
    config = odoo_server.write_config(Instance("plain", "no_such_database", dict(PREFERRED)))
    words = ["-p", "no:odoo", "-p", "pytest_odoo", "-p", "dev.pytest_plain", f"--odoo-config={config}"]
    out = run_pytest(state.REPO, *words, "helpdesk_ticket/tests/test_number.py", "-rs")
    assert " passed, " in out
    assert "needs a database" in out
    assert "failed" not in out
    assert "error" not in out


def test_lint_of_some_files():
    found = {tool.name: tool.check for tool in tools.all_tools(["dev/state.py", "helpdesk_ticket/__init__.py"])}
    assert set(found) == {"pylint", "ruff", "format", "house", "pages"}
    assert found["ruff"][-2:] == ["dev/state.py", "helpdesk_ticket/__init__.py"]
    assert found["pylint"][-1:] == ["helpdesk_ticket/__init__.py"]
    assert "dev/state.py" not in found["pylint"]
    assert {tool.name for tool in tools.all_tools(["no_such_file.py"])} == {"house", "pages"}
    assert {tool.name for tool in tools.all_tools()} == set(tools.NAMES)
