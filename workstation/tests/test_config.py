"""The file of settings holds a password, and survives whatever is in it."""

import json
import stat

import pytest

from helpdesk_workstation import config
from helpdesk_workstation.errors import Trouble


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_round_trip(tmp_path, settings):
    folder = tmp_path / "new"
    assert config.load(folder) == config.Settings()
    settings.save(folder)
    assert config.load(folder) == settings
    assert (mode(folder), mode(folder / config.FILE)) == (0o700, 0o600)
    assert [path.name for path in folder.iterdir()] == [config.FILE]


def test_open_file_is_closed(tmp_path, settings):
    settings.save(tmp_path)
    path = tmp_path / config.FILE
    path.chmod(0o644)
    config.load(tmp_path)
    assert mode(path) == 0o600


def test_member_of_a_newer_program(tmp_path, settings):
    path = tmp_path / config.FILE
    path.write_text(json.dumps({"server": "https://x.example", "colour": 1}))
    assert config.load(tmp_path).server == "https://x.example"


@pytest.mark.parametrize(
    "content", ["", "[]", '{"token": 5}', '{"server": null}', "\0"]
)
def test_unreadable(tmp_path, content):
    (tmp_path / config.FILE).write_text(content)
    with pytest.raises(Trouble, match="Connect again"):
        config.load(tmp_path)
