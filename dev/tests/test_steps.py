"""Commands, their logs, and errors in one sentence."""

import pytest

from dev import cli
from dev.steps import Problem, explain, run, step


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("dd: write error: No space left on device", "The disk is full"),
        ("E: Could not resolve 'mirror'", "There is no network"),
        ("urllib3 NewConnectionError: …", "There is no network"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend", "Another program is installing"),
        ("Temporary failure in name resolution", "There is no network"),
    ],
)
def test_known_causes(output, sentence):
    assert explain(output, "It failed.", "log").startswith(sentence)


def test_unknown_cause_names_the_log_and_the_last_line():
    text = explain("one\ntwo\n\n", "It failed.", "/the/log")
    assert text == "It failed. The details are in /the/log. Its last line: two"


def test_run_explains_this_run_only(tmp_path):
    log = tmp_path / "log"
    log.write_text("No space left on device\n")
    with pytest.raises(Problem, match=r"^It failed\. .* oops$"):
        run(["sh", "-c", "echo oops; exit 3"], "It failed.", log=log)


def test_run_passes_text_and_variables(tmp_path):
    log = tmp_path / "log"
    run(["sh", "-c", "cat; echo $A"], "It failed.", log=log, stdin="in\n", env={"A": "var"})
    assert log.read_text().endswith("in\nvar\n")


def test_run_of_a_missing_program(tmp_path):
    with pytest.raises(Problem, match="No such file"):
        run(["/no/such/program"], "It failed.", log=tmp_path / "log")


def test_step_shows_what_is_done(capsys):
    with step("Work"):
        assert capsys.readouterr().out == "  Work … "
    assert capsys.readouterr().out == "0 s\n"


def test_step_shows_what_is_not_done(capsys):
    with pytest.raises(Problem), step("Work"):
        raise Problem("no")
    assert "not done" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (Problem("One sentence."), 1, "\nOne sentence.\n"),
        (KeyboardInterrupt(), 130, "Interrupted; the same command goes on from here."),
        (PermissionError(13, "Permission denied", "/x"), 1, "/x cannot be written"),
        (OSError(28, "No space left on device", "/x"), 1, "No space left on device: /x"),
    ],
)
def test_errors_are_told_without_a_traceback(error, code, text, monkeypatch, capsys):
    def command():
        raise error

    monkeypatch.setattr("dev.demo.run", command)
    assert cli.main(["run"]) == code
    err = capsys.readouterr().err
    assert text in err
    assert "Traceback" not in err


def test_unknown_command(capsys):
    assert cli.main(["fly"]) == 2
    assert "make help" in capsys.readouterr().err


def test_help_names_every_command(capsys):
    assert cli.main([]) == 0
    out = capsys.readouterr().out
    assert all(f"make {name}" in out for name in cli.COMMANDS)
