"""What the tests of ``make test`` came to: read from pytest's reports, and printed."""

import dataclasses
import json
from xml.etree import ElementTree

from dev.steps import say

WORST_FIRST = ("failed", "errors", "passed", "skipped")
BAD = {"failed", "errors"}
OUTCOMES = {"failure": "failed", "error": "errors", "skipped": "skipped"}
# pytest's exit code for "there was no test to run".
NONE_COLLECTED = 5
# Seconds below which a test is not called slow.
SLOW = 0.1


@dataclasses.dataclass
class Result:
    """What one part came to.

    :param name: of the part
    :param code: pytest's exit code
    :param counts: number of tests by outcome
    :param seconds: how long it took
    :param failures: names of the tests that failed
    :param times: what took how long: name of the test, phase of it, seconds
    """

    name: str
    code: int
    counts: dict
    seconds: float
    failures: list = dataclasses.field(default_factory=list)
    times: list = dataclasses.field(default_factory=list)

    @property
    def is_good(self):
        """Whether no test of it failed."""
        return self.code in (0, NONE_COLLECTED)

    @property
    def is_broken(self):
        """Whether pytest ended badly without a test that says so."""
        return not self.is_good and not BAD & set(self.counts)


def read(name, code, seconds, report, times):
    """Return the Result of a pytest that has ended.

    :param report: path of the report that it wrote; when it is missing, there are no tests
    :param times: path of the file of the plugin dev.pytest_times, or missing too
    """
    outcomes = _outcomes(report)
    worst = [next(one for one in WORST_FIRST if one in found) for found in outcomes.values()]
    counts = {one: worst.count(one) for one in WORST_FIRST if one in worst}
    failures = [test for test, found in outcomes.items() if BAD & found]
    return Result(name, code, counts, seconds, failures, json.loads(times.read_text()) if times.exists() else [])


def _outcomes(report):
    """Return the outcomes by name of the test: one with subtests is in the report once for each of them."""
    found = {}
    if report.exists():
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            name = f"{case.get('classname', '').replace('.', '/')}::{case.get('name')}"
            outcome = next((OUTCOMES[part.tag] for part in case if part.tag in OUTCOMES), "passed")
            found.setdefault(name, set()).add(outcome)
    return found


def combine(name, results, seconds=None):
    """Return the Results of processes as one, of the part ``name``.

    :param seconds: how long they took; None when they ran at once
    """
    counts = {}
    for result in results:
        for outcome, number in result.counts.items():
            counts[outcome] = counts.get(outcome, 0) + number
    codes = [result.code for result in results if result.code != NONE_COLLECTED]
    bad = [code for code in codes if code]
    code = bad[0] if bad else 0 if codes else NONE_COLLECTED
    if seconds is None:
        seconds = max(result.seconds for result in results)
    failures = [test for result in results for test in result.failures]
    return Result(name, code, counts, seconds, failures, [row for result in results for row in result.times])


def slowest(results, number):
    """Print the ``number`` slowest tests of all parts, what prepares them and what ends them apart."""
    rows = [(seconds, result.name, phase, test) for result in results for test, phase, seconds in result.times]
    rows = sorted((row for row in rows if row[0] >= SLOW), reverse=True)[:number]
    if rows:
        say(f"\n{f' slowest {len(rows)} ':=^80}")
    for seconds, part, phase, test in rows:
        say(f"{seconds:7.1f} s  {part:12} {phase:9} {test}")


def repeats(seeds, results):
    """Print what became of each run of the same tests.

    :param seeds: of the orders of the runs
    :param results: the Result of each run that has ended
    """
    say(f"\n{' repeated tests ':=^80}")
    say(f"{'run':>4} {'seed':>8} {'result':40} {'seconds':>8}")
    for number, (seed, result) in enumerate(zip(seeds, results, strict=False), start=1):
        say(f"{number:4} {seed:8} {_text(result):40} {result.seconds:8.0f}")
        for name in result.failures:
            say(f"{'':13} {name}")


def summary(results):
    """Print the totals by part."""
    say(f"\n{' all tests ':=^80}")
    for result in results:
        say(f"{result.name:12} {_text(result):50} {result.seconds:6.0f} s")


def total(results):
    """Print the sum of ``results``, the last line in pytest's manner, and return the exit code."""
    totals = {}
    for result in results:
        for name, number in result.counts.items():
            totals[name] = totals.get(name, 0) + number
        if result.is_broken:
            totals["errors"] = totals.get("errors", 0) + 1
    last = f" {_counts(totals)} in {sum(result.seconds for result in results):.0f}s "
    say(f"{last:=^80}")
    if not totals:
        say("No test was chosen: check ADDON, FILE and TEST.")
    return 0 if totals and all(result.is_good for result in results) else 1


def _text(result):
    return _counts(result.counts) + (f" (pytest ended with code {result.code})" if result.is_broken else "")


def _counts(counts):
    return ", ".join(f"{counts[name]} {name}" for name in WORST_FIRST if counts.get(name)) or "no tests ran"
