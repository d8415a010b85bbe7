"""What the tests of ``make test`` came to: read from pytest's reports, and printed."""

import dataclasses
import json
from xml.etree import ElementTree

from dev.steps import say

WORST_FIRST = ("failed", "errors", "passed", "skipped")
BAD = {"failed", "errors"}
NOTES = ("failed", "skipped", "times", "figures")
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
    :param skipped: why the tests that were skipped were so, by name
    :param times: what took how long: name of the test, phase of it, seconds
    :param figures: what tests measured, as lines
    """

    name: str
    code: int
    counts: dict
    seconds: float
    failures: list = dataclasses.field(default_factory=list)
    skipped: dict = dataclasses.field(default_factory=dict)
    times: list = dataclasses.field(default_factory=list)
    figures: list = dataclasses.field(default_factory=list)

    @property
    def is_good(self):
        """Whether no test of it failed."""
        return self.code in (0, NONE_COLLECTED)

    @property
    def is_broken(self):
        """Whether pytest ended badly without a test that says so."""
        return not self.is_good and not BAD & set(self.counts)


def read(name, code, seconds, report, notes):
    """Return the Result of a pytest that has ended.

    :param report: path of the report that it wrote; when it is missing, there are no tests
    :param notes: path of the file of the plugin dev.pytest_notes, or missing too
    """
    outcomes = {}
    for test, outcome in _cases(report):
        # A test with subtests is in the report once for each; it counts once, with the worst outcome.
        outcomes.setdefault(test, set()).add(outcome)
    worst = [next(one for one in WORST_FIRST if one in found) for found in outcomes.values()]
    counts = {one: worst.count(one) for one in WORST_FIRST if one in worst}
    found = json.loads(notes.read_text()) if notes.exists() else dict.fromkeys(NOTES, ())
    failures, skipped, times, figures = (found[one] for one in NOTES)
    return Result(name, code, counts, seconds, list(failures), dict(skipped), list(times), list(figures))


def _cases(report):
    if report.exists():
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            outcome = next((OUTCOMES[part.tag] for part in case if part.tag in OUTCOMES), "passed")
            yield (case.get("classname"), case.get("name")), outcome


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
    skipped = {test: why for result in results for test, why in result.skipped.items()}
    times, figures = ([row for result in results for row in getattr(result, one)] for one in ("times", "figures"))
    return Result(name, code, counts, seconds, failures, skipped, times, figures)


def slowest(results, number):
    """Print the ``number`` slowest tests of all parts, what prepares them and what ends them apart."""
    rows = [(seconds, result.name, phase, test) for result in results for test, phase, seconds in result.times]
    rows = sorted((row for row in rows if row[0] >= SLOW), reverse=True)[:number]
    if rows:
        say(f"\n{f' slowest {len(rows)} ':=^80}")
    for seconds, part, phase, test in rows:
        say(f"{seconds:7.1f} s  {part:12} {phase:9} {test}")


def measured(results):
    """Print what tests measured."""
    lines = [line for result in results for line in result.figures]
    if lines:
        say(f"\n{' figures ':=^80}")
        say("\n".join(lines))


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
