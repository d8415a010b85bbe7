"""The arithmetic of the load test: what happened, as figures."""

import math
import re
from collections import Counter
from typing import NamedTuple

# The first line of an entry in Odoo's log, and of one that tells of an error.
ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\d \S+ \d+ [A-Z]+ )", re.MULTILINE)
ERROR = re.compile(r"\S+ \S+ \d+ (?:ERROR|CRITICAL) ")
TRACEBACK = "Traceback (most recent call last)"
# Two requests changed one row at the same moment: Odoo lets the second begin anew, and nobody sees an error.
RETRIED = "could not serialize access"


class Sample(NamedTuple):
    """One request.

    :param kind: what was asked for
    :param seconds: how long the answer took
    :param fault: what was wrong with it; empty when it was good
    """

    kind: str
    seconds: float
    fault: str = ""


class Summary(NamedTuple):
    """The requests of one kind: their number, how many failed, and the times of all, in seconds."""

    number: int
    faults: int
    p50: float
    p95: float
    slowest: float


def percentile(values, percent):
    """Return the smallest of ``values`` that at least ``percent`` of a hundred of them do not exceed.

    :raises ValueError: there are no values
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("There is no percentile of nothing.")
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]


def summary(samples):
    """Return the Summary of ``samples``, of which there is one at least."""
    seconds = [sample.seconds for sample in samples]
    faults = sum(bool(sample.fault) for sample in samples)
    return Summary(len(samples), faults, percentile(seconds, 50), percentile(seconds, 95), max(seconds))


def by_kind(samples):
    """Return the Summary of each kind of ``samples``, in the order in which the kinds came first."""
    kinds = {}
    for sample in samples:
        kinds.setdefault(sample.kind, []).append(sample)
    return {kind: summary(found) for kind, found in kinds.items()}


def lost_and_doubled(accepted, stored):
    """Return how many of what was ``accepted`` are not ``stored``, and how many stand there too often.

    What is stored and was not accepted counts too: whoever sent it was told that it had failed, and sends it again.
    """
    missing, surplus = Counter(accepted), Counter(stored)
    return (missing - surplus).total(), (surplus - missing).total()


def log_entries(text):
    """Return the entries of Odoo's log that tell of an error, and how often Odoo tried a request again instead."""
    errors = [entry for entry in ENTRY.split(text) if ERROR.match(entry) or TRACEBACK in entry]
    faults = [entry for entry in errors if RETRIED not in entry]
    return faults, len(errors) - len(faults)
