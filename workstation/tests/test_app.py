"""The thread of the windows, without a display."""

import queue
from unittest.mock import Mock

import pytest

pytest.importorskip("tkinter")

from helpdesk_workstation.app import App


@pytest.fixture
def app():
    found = App.__new__(App)
    found._calls = queue.SimpleQueue()
    found.root = Mock()
    return found


def fail():
    raise ValueError("A file holds nonsense")


def test_hears_the_key_after_a_fault(app):
    heard = []
    app.post(fail)
    app.post(heard.append, "key")
    with pytest.raises(ValueError, match="nonsense"):
        app._look()
    app.root.after.assert_called_once()
    app._look()
    assert heard == ["key"]


def test_tells_the_window_of_any_fault(app):
    told = []
    app._in_background(fail, told.append, told.append)
    function, arguments = app._calls.get(timeout=30)
    function(*arguments)
    assert told == ["A file holds nonsense"]
