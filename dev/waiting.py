"""Wait for something to become true, up to a deadline: the one place where this project waits."""

import threading
import time


def wait_until(found, timeout, what, interval=0.2):
    """Call ``found`` until it returns something true, and return that.

    :param found: function without arguments
    :param timeout: seconds to wait at most
    :param what: what is waited for, for the message
    :param interval: seconds between two calls
    :raises TimeoutError: ``found`` never returned anything true
    """
    never = threading.Event()
    deadline = time.monotonic() + timeout
    while True:
        result = found()
        if result:
            return result
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{what} did not happen within {timeout} s")
        never.wait(interval)
