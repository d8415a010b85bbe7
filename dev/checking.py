"""``make check``: what can be said of a change within two minutes, and what was left out for that."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

from dev import addons, changes, demo, lint, ordering, reports, services, state, templates, testing
from dev.lint import node
from dev.steps import say

# Seconds after which no test begins; the last one has the rest of the two minutes.
ENOUGH = 100
PLAIN = re.compile(r"^class \w+\((BaseCase|TestCase)\)", re.MULTILINE)


def run():
    """Check what was changed and return the exit code.

    Lint and the tests without a database run side by side, and beside them those nearest to the change with one.
    """
    deadline = time.time() + ENOUGH
    names = changes.changed_files()
    with state.only_one():
        say(f"Check of {len(names)} changed files" if names else "Nothing was changed: plain-Python tests only.")
        demo.prepare()
        node.prepare()
        tests = ordering.files_of(list(addons.ADDONS))
        near = changes.near_tests(names, tests)
        told = []
        running = start_plain(tests)
        with ThreadPoolExecutor(max_workers=1) as pool:
            # Printed later: other lines appear meanwhile.
            linted = pool.submit(lint.check_files, names, told.append, deadline) if names else None
            try:
                running += start_near(near, deadline) if near else []
                results = [testing.wait_for(one) for one in running]
            finally:
                for one in running:
                    one.process.terminate()
            code = linted.result() if linted else 0
    say("\n".join(told))
    tell_left_out(names, tests, near, results)
    reports.summary(results)
    return reports.total(results) or code


def start_plain(tests):
    """Start the tests that need no database, and return each pytest as a Running.

    :param tests: test files of the addons, of which those in plain Python are chosen
    """
    plain = [file for file in tests if PLAIN.search((state.REPO / file).read_text(encoding="utf-8"))]
    config = templates.instance_for_addons().folder / "odoo.conf"
    options = ["-q", "-p", "no:odoo", "-p", "pytest_odoo", "-p", "dev.pytest_plain", f"--odoo-config={config}"]
    tool = testing.start_pytest("tool", [*testing.OUTSIDE, *testing.FIXED_ORDER, "-q"], testing.PLAIN, _log("tool"))
    return [tool, testing.start_pytest("plain", [*options, *testing.FIXED_ORDER], plain, _log("plain"))]


def start_near(near, deadline):
    """Start the tests ``near`` to the change in a database of their own; return the pytest as a Running.

    Without Odoo's web server, which leaves out what opens pages.

    :param deadline: moment from which on no test begins
    """
    (target,) = testing.make_databases(templates.with_addons(), 1)
    options = [word for word in testing.addons_options(target) if word != "--odoo-http"]
    options += ["-q", "-p", "dev.pytest_deadline", f"--deadline={deadline}"]
    return [testing.start_pytest("near", options, near, _log("near"))]


def _log(name):
    return services.logs() / f"check-{name}.log"


def tell_left_out(names, tests, near, results):
    """Say what was not looked at.

    :param names: changed files
    :param tests: all test files of the addons
    :param near: those that were chosen
    :param results: the Results, with the tests that were skipped
    """
    say(f"\n{' left out ':=^80}")
    skipped = {}
    for result in results:
        for test, reason in result.skipped.items():
            kind = "opens pages" if "HttpCase" in reason else reason
            skipped.setdefault((test.partition("::")[0], kind), []).append(test)
    for (file, kind), found in sorted(skipped.items()):
        say(f"{file}: {len(found)} test{'' if len(found) == 1 else 's'} ({kind})")
    for addon in changes.addons_of(names):
        others = [file for file in tests if file.startswith(f"{addon}/") and file not in near]
        say(f"{addon}: {len(others)} other test files (make test ADDON={addon})")
    say("the end-to-end tests (make test FILE=tests)")
