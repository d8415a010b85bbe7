"""TCP ports on loopback."""

import random
import socket

# Below the range from which Linux takes the ports of outgoing connections (32768 and up), so that a
# port that is free now is not taken by a passing connection a moment later.
FREE_RANGE = range(20000, 32000)


def is_free(port):
    """Tell whether a server could listen on ``port`` of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port, host="127.0.0.1"):
    """Tell whether a server listens on ``port``."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def free_port(preferred=None, taken=()):
    """Return ``preferred`` when it is free, else any free port that is not among ``taken``."""
    if preferred and preferred not in taken and is_free(preferred):
        return preferred
    while True:
        port = random.choice(FREE_RANGE)
        if port not in taken and is_free(port):
            return port
