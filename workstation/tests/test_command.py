"""The command line: what the user can do something about is one sentence."""

import pytest

from helpdesk_workstation import __main__, config, hotkey, single
from helpdesk_workstation.errors import Trouble


def run(folder, *words):
    return __main__.main(["--folder", str(folder), "--language", "en", *words])


def test_enrol_and_send(tmp_path, server, capsys):
    device = {"name": "PC-1"}
    server.answers = [(201, {}, {"token": "hd_1", "device": device})]
    assert run(tmp_path, "enrol", server.url, "CODE") == 0
    assert "as PC-1." in capsys.readouterr().out
    assert config.load(tmp_path).token == "hd_1"
    assert run(tmp_path, "send") == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["enrol", "http://helpdesk.example", "CODE"], "must begin with https://"),
        (["enrol", "https://helpdesk.example", " "], "Enter the code"),
    ],
)
def test_trouble(tmp_path, capsys, words, sentence):
    assert run(tmp_path, *words) == 1
    shown = capsys.readouterr()
    assert sentence in shown.err
    assert len(shown.err.splitlines()) == 1


def test_only_one_program(tmp_path):
    first, second = single.OnlyOne(tmp_path), single.OnlyOne(tmp_path)
    with first, pytest.raises(Trouble, match="already running"):
        second.__enter__()
    with second:
        assert second.handle


def test_name_of_the_key():
    assert hotkey.name("<ctrl>+<f12>") == "Ctrl+F12"
