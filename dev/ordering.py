"""In which order the addons' test files begin: the longest first, so that no long one begins when the rest is done."""

import json
from pathlib import PurePosixPath

from dev import state

# What is supposed of a file that has not been measured: bytes in a second, and seconds for each tour of the browser.
BYTES, TOUR = 1500, 6


def files_of(paths):
    """Return the test files of ``paths`` (addons), those first that are supposed to take longest.

    A single file, or one of its tests, stays as it is.
    """
    folders = [state.REPO / path for path in paths]
    files = [file for folder in folders if folder.is_dir() for file in folder.glob("tests/**/test_*.py")]
    known = _known()
    seconds = {}
    for file in files:
        name = str(file.relative_to(state.REPO))
        seconds[name] = known.get(name) or _guess(file)
    return sorted(seconds, key=lambda name: (-seconds[name], name)) or paths


def _guess(file):
    text = file.read_text(encoding="utf-8")
    return len(text) / BYTES + text.count("start_tour(") * TOUR


def remember(result):
    """Keep how long each file took, for the next time.

    :param result: the Result of whole files
    """
    seconds = {}
    for test, _phase, duration in result.times:
        name = test.partition("::")[0]
        seconds[name] = seconds.get(name, 0) + duration
    # Others are forgotten when they are gone, and stay when only some addons were tested.
    kept = {name: value for name, value in _known().items() if (state.REPO / PurePosixPath(name)).exists()}
    state.write(_path(), json.dumps(kept | seconds, indent=1, sort_keys=True))


def _known():
    path = _path()
    return json.loads(path.read_text()) if path.exists() else {}


def _path():
    return state.folder() / "test-seconds.json"
