"""``make test REPEAT=n``: the end-to-end tests again and again, in another random order each time."""

import random

from dev import reports
from dev.steps import Problem, say

# Long enough for an order of its own each time, short enough to be typed.
LARGEST_SEED = 999_999


def seeds(values):
    """Return the seed of each run, none when nothing is to be repeated.

    :param values: dict with REPEAT, the number of runs, and SEED, the order of all (empty: one by chance for each)
    :raises Problem: one of them is not a number
    """
    repeat, seed = values.get("REPEAT"), values.get("SEED")
    if not repeat and not seed:
        return []
    if repeat and not (repeat.isdecimal() and int(repeat)):
        raise Problem(f"REPEAT={repeat} is not a number of runs: choose one from 1.")
    if seed and not seed.isdecimal():
        raise Problem(f"SEED={seed} is not a seed: choose a number, as an earlier run has printed it.")
    return [int(seed) if seed else random.randint(1, LARGEST_SEED) for _run in range(int(repeat or 1))]


def order(seed):
    """Return pytest's options for a random order of the modules, and of the tests in each."""
    return ["--random-order-bucket=module", f"--random-order-seed={seed}"]


def repeat(chosen_seeds, run):
    """Run the tests once for each seed, print a table of all runs, and return their Results.

    :param run: function that runs the tests with more options of pytest, and returns the Result
    """
    results = []
    try:
        for number, seed in enumerate(chosen_seeds, start=1):
            say(f"\nRun {number} of {len(chosen_seeds)}, in the order of SEED={seed}")
            result = run(order(seed))
            result.name = f"run {number}"
            results.append(result)
    finally:
        # Also of the runs before an interruption.
        reports.repeats(chosen_seeds, results)
    return results
