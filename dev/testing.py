"""``make test``: the tests of this tool, of the addons and of the whole, one after the other."""

import dataclasses
import os
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

from dev import addons, demo, python_env, services, state, templates
from dev.steps import Problem, say, step

PARTS = ("tool", "addons", "end to end")
WORST_FIRST = ("failed", "errors", "passed", "skipped")
OUTCOMES = {"failure": "failed", "error": "errors", "skipped": "skipped"}
# pytest's exit code for "there was no test to run".
NONE_COLLECTED = 5


@dataclasses.dataclass
class Result:
    """What one part came to.

    :param name: one of PARTS
    :param code: pytest's exit code
    :param counts: number of tests by outcome
    :param seconds: how long it took
    """

    name: str
    code: int
    counts: dict
    seconds: float

    @property
    def is_good(self):
        """Whether no test of it failed."""
        return self.code in (0, NONE_COLLECTED)


def run():
    """Run the tests that ADDON, FILE and TEST choose, all by default; return the exit code."""
    chosen = choose(os.environ)
    words = ["-k", os.environ["TEST"]] if os.environ.get("TEST") else []
    results = []
    with state.only_one():
        say("Tests of the helpdesk")
        demo.prepare(tests=True)
        try:
            for name, paths in chosen.items():
                results.append(run_part(name, paths, words))
        finally:
            services.stop("test")
    return summary(results)


def choose(values):
    """Return the paths to test by part.

    :param values: dict with ADDON and FILE, each empty for all
    :raises Problem: there is no such addon or file
    """
    addon, file = values.get("ADDON"), values.get("FILE")
    if addon and addon not in addons.ADDONS:
        raise Problem(f"There is no addon {addon}: choose one of {', '.join(addons.ADDONS)}.")
    if file:
        path = Path(file.partition("::")[0])
        full = path if path.is_absolute() else state.REPO / path
        if not full.exists() or not full.resolve().is_relative_to(state.REPO):
            raise Problem(f"There is no file {file}: FILE is a path below {state.REPO}.")
        top = full.resolve().relative_to(state.REPO).parts[0]
        part = {"dev": "tool", "tests": "end to end"}.get(top, "addons")
        return {part: [file]}
    if addon:
        return {"addons": [addon]}
    return {"tool": ["dev"], "addons": list(addons.ADDONS), "end to end": ["tests"]}


def run_part(name, paths, words):
    """Run one part and return its Result."""
    report = services.logs() / f"tests-{name.replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    command = [python_env.python(), "-m", "pytest", f"--junitxml={report}", "-o", f"cache_dir={state.folder()}/pytest"]
    if name == "addons":
        command += addons_options()
    else:
        # pytest-odoo would load Odoo; these tests see it from the outside only.
        command += ["-p", "no:odoo"]
    say(f"\nTests: {name}")
    start = time.monotonic()
    done = subprocess.run(
        [str(word) for word in [*command, *words, *paths]],
        cwd=state.REPO,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Result(name, done.returncode, count(report), time.monotonic() - start)


def addons_options():
    """Make a fresh database with the addons and return pytest-odoo's options for it."""
    template = templates.with_addons()
    target = templates.instance_for_addons()
    with step("Database for the addon tests"):
        templates.clone(template, target.database)
    return [f"--odoo-config={target.folder}/odoo.conf", f"--odoo-database={target.database}", "--odoo-http"]


def count(report):
    """Return the number of tests by outcome in pytest's report, nothing when there is none."""
    if not report.exists():
        return {}
    outcomes = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        # A test with subtests is in the report once for each; it counts once, with the worst outcome.
        name = (case.get("classname"), case.get("name"))
        outcomes.setdefault(name, set()).add(
            next((OUTCOMES[part.tag] for part in case if part.tag in OUTCOMES), "passed")
        )
    worst = [next(name for name in WORST_FIRST if name in found) for found in outcomes.values()]
    return {name: worst.count(name) for name in WORST_FIRST if name in worst}


def summary(results):
    """Print the totals, the last line in pytest's manner, and return the exit code."""
    say(f"\n{' all tests ':=^80}")
    totals = {}
    for result in results:
        text = _counts(result.counts)
        if not result.is_good and not {"failed", "errors"} & set(result.counts):
            text += f" (pytest ended with code {result.code})"
            totals["errors"] = totals.get("errors", 0) + 1
        say(f"{result.name:12} {text:50} {result.seconds:6.0f} s")
        for name, number in result.counts.items():
            totals[name] = totals.get(name, 0) + number
    last = f" {_counts(totals)} in {sum(result.seconds for result in results):.0f}s "
    say(f"{last:=^80}")
    if not totals:
        say("No test was chosen: check ADDON, FILE and TEST.")
    return 0 if totals and all(result.is_good for result in results) else 1


def _counts(counts):
    return ", ".join(f"{counts[name]} {name}" for name in WORST_FIRST if counts.get(name)) or ("no tests ran")
