"""Wait for something to become true, up to a deadline: the one place where this project waits."""

import threading
import time

# Seconds for one step of a test. It ends when the thing has happened; so long takes only what never happens, also on a
# machine that is busy with much else.
PATIENCE = 120
# The first pause is short, so that what happens soon is seen soon.
FIRST_PAUSE = 0.01


def wait_until(found, timeout, what, interval=0.2):
    """Call ``found`` until it returns something true, and return that.

    :param found: function without arguments
    :param timeout: seconds to wait at most
    :param what: what is waited for, for the message
    :param interval: seconds between two calls at most; it begins with less
    :raises TimeoutError: ``found`` never returned anything true
    """
    never = threading.Event()
    deadline = time.monotonic() + timeout
    pause = min(FIRST_PAUSE, interval)
    while True:
        result = found()
        if result:
            return result
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{what} did not happen within {timeout} s")
        never.wait(pause)
        pause = min(2 * pause, interval)
