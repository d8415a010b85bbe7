"""Waiting with a deadline."""

import pytest

from dev.waiting import wait_until


def test_returns_what_was_found():
    answers = iter([None, 0, "found"])
    assert wait_until(lambda: next(answers), 5, "it", interval=0.001) == "found"


def test_tells_what_did_not_happen():
    with pytest.raises(TimeoutError, match=r"the ticket did not happen within 0\.01 s"):
        wait_until(lambda: False, 0.01, "the ticket", interval=0.001)
