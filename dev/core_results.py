"""What Odoo's test runner wrote into its log, test by test, and how two runs differ."""

import dataclasses
import re
from collections import Counter

# 2026-11-29 08:55:00,123 4711 INFO database odoo.addons.project.tests.test_x: Starting TestX.test_y ...
LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[\w.]+): (?P<text>.*)$")
MODULE = re.compile(r"^odoo\.addons\.(\w+)\.tests\.")
STARTING = re.compile(r"^Starting (\w+\.\w+) \.\.\.")
SKIPPED = re.compile(r"^skipped (\w+\.\w+) : ")
FAILED = re.compile(r"^(?:FAIL|ERROR): (?:Subtest )?(\w+\.\w+)(?: |$)")
# A class that cannot be set up starts no test.
CLASS_FAILED = re.compile(r"^ERROR: (?:setUpClass|tearDownClass) \(odoo\.addons\.(\w+)\.tests\.(?:\w+\.)*(\w+)\)")
# 2 failed, 0 error(s) of 558 tests when loading database 'helpdesk_core'
END = re.compile(r"^\d+ failed, \d+ error\(s\) of \d+ tests when loading database ")
# Of a failure, how much is printed.
LONGEST = 300


@dataclasses.dataclass
class Run:
    """One run of Odoo's tests.

    :param started: Counter of tests (``module/Class.method``): a test may run once for each user
    :param failed: the error of the first failure by test; of a class that cannot be set up by ``module/Class``
    :param skipped: set of tests
    :param is_whole: whether Odoo came to the end of the tests
    """

    started: Counter
    failed: dict
    skipped: set
    is_whole: bool


def read(lines):
    """Return the Run that the ``lines`` of Odoo's log tell of."""
    run = Run(Counter(), {}, set(), False)
    failing = None
    for line in lines:
        found = LINE.match(line)
        if not found:
            # Of a traceback the first line that is not indented names the error.
            if failing and not run.failed[failing] and re.match(r"(?!Traceback )\S", line):
                run.failed[failing] = line.strip()[:LONGEST]
            continue
        failing = _note(run, found["logger"], found["text"])
    return run


def _note(run, logger, text):
    """Note one entry of the log in ``run``; return the test whose failure it tells first, else None."""
    run.is_whole = run.is_whole or bool(END.match(text))
    if found := CLASS_FAILED.match(text):
        name = f"{found[1]}/{found[2]}"
    elif not (module := MODULE.match(logger)):
        return None
    elif found := STARTING.match(text):
        run.started[f"{module[1]}/{found[1]}"] += 1
        return None
    elif found := SKIPPED.match(text):
        run.skipped.add(f"{module[1]}/{found[1]}")
        return None
    elif found := FAILED.match(text):
        name = f"{module[1]}/{found[1]}"
    else:
        return None
    if name in run.failed:
        return None
    run.failed[name] = ""
    return name


def only_in(one, other):
    """Return what is wrong in the Run ``one`` alone: reason by test.

    A test that only the ``other`` ran is wrong, too: its class was not set up, or it was skipped.
    """
    wrong = {name: reason for name, reason in one.failed.items() if name not in other.failed}
    done = set(one.started) - one.skipped
    broken = tuple(f"{name}." for name in one.failed)
    for name in sorted(set(other.started) - other.skipped - done):
        # Said already of its class; a test that fails there is no difference either.
        if not name.startswith(broken) and name not in other.failed:
            wrong[name] = "it was not run"
    return wrong
