"""``make test``: the tests of this tool, of the addons and of the whole, one after the other."""

import contextlib
import dataclasses
import os
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

from dev import addons, corpora, demo, odoo_server, python_env, services, state, templates
from dev.lint import node
from dev.steps import Problem, say, step

END_TO_END = "end to end"
PARTS = ("tool", "addons", END_TO_END)
# pytest-odoo would load Odoo; these tests see it from the outside only.
OUTSIDE = ("-p", "no:odoo")
WORST_FIRST = ("failed", "errors", "passed", "skipped")
OUTCOMES = {"failure": "failed", "error": "errors", "skipped": "skipped"}
# pytest's exit code for "there was no test to run".
NONE_COLLECTED = 5
# Groups of addon tests that run at once; more would fight for the same two processors.
GROUPS = 2
ASSETS = state.REPO / "dev/assets.py"


@dataclasses.dataclass
class Running:
    """A pytest that was started.

    :param process: its ``subprocess.Popen``
    :param report: path of the report that it writes
    :param log: path of its output, None when that goes to the terminal
    :param start: when it was started, of ``time.monotonic``
    """

    name: str
    process: subprocess.Popen
    report: Path
    log: Path | None
    start: float


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
    with state.only_one():
        say("Tests of the helpdesk")
        demo.prepare(tests=True)
        if "addons" in chosen:
            corpora.prepare()
        if END_TO_END in chosen:
            node.prepare()
        try:
            results = run_parts(chosen, words)
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
        part = {"dev": "tool", "tests": END_TO_END}.get(top, "addons")
        return {part: [file]}
    if addon:
        return {"addons": [addon]}
    return {"tool": ["dev"], "addons": list(addons.ADDONS), END_TO_END: ["tests"]}


def run_parts(chosen, words):
    """Run the chosen parts and return their Results.

    Those of the addons and of the whole run at once: the first need the processors, the second mostly wait. What
    disturbs others, as a restart of the database does, comes after them.
    """
    results = []
    if "tool" in chosen:
        say("\nTests: tool")
        results.append(wait_for(start_pytest("tool", OUTSIDE, [*words, *chosen["tool"]])))
    running = {}
    try:
        for name in PARTS[1:]:
            if name in chosen:
                say(f"\nTests: {name}")
                running[name] = start_part(name, chosen[name], words, is_first=not running)
        results += [combine(name, [wait_for(one) for one in started]) for name, started in running.items()]
    finally:
        for one in [one for started in running.values() for one in started]:
            one.process.terminate()
    if END_TO_END in running:
        say(f"\nTests: {END_TO_END}, one by one")
        last = wait_for(start_pytest(f"{END_TO_END} alone", [*OUTSIDE, "-m", "alone"], [*words, *chosen[END_TO_END]]))
        results.append(combine(END_TO_END, [results.pop(), last]))
    return results


def start_part(name, paths, words, is_first):
    """Start the pytests of a part and return them, each a Running.

    :param is_first: whether the terminal is free for its output
    """
    if name == "addons":
        return start_addons(paths, words)
    log = None if is_first else services.logs() / f"tests-{name.replace(' ', '-')}.log"
    return [start_pytest(name, [*OUTSIDE, "-m", "not alone"], [*words, *paths], log)]


def start_addons(paths, words):
    """Start tests of addons, on a machine with several processors in two groups at once; return each a Running.

    Each group has a database and an Odoo of its own. The second one's output follows that of the first.
    """
    groups = group_files(paths, min(GROUPS, os.cpu_count() or 1))
    source = templates.with_addons()
    running = []
    for number, target in enumerate(make_databases(source, len(groups), with_assets=not words), start=1):
        log = services.logs() / f"tests-addons-{number}.log" if number > 1 else None
        running.append(start_pytest(f"addons {number}", addons_options(target), [*words, *groups[number - 1]], log))
    return running


def combine(name, results):
    """Return the Results of processes as one, of the part ``name``."""
    counts = {}
    for result in results:
        for outcome, number in result.counts.items():
            counts[outcome] = counts.get(outcome, 0) + number
    codes = [result.code for result in results if result.code != NONE_COLLECTED]
    bad = [code for code in codes if code]
    code = bad[0] if bad else 0 if codes else NONE_COLLECTED
    return Result(name, code, counts, max(result.seconds for result in results))


def group_files(paths, number):
    """Return the test files of ``paths`` (addons) in up to ``number`` groups of about the same size.

    A single file, or one of its tests, stays alone.
    """
    folders = [state.REPO / path for path in paths]
    files = [file for folder in folders if folder.is_dir() for file in sorted(folder.glob("tests/test_*.py"))]
    if not files:
        return [paths]
    groups = [[] for _ in range(min(number, len(files)))]
    sizes = [0] * len(groups)
    for file in sorted(files, key=lambda file: file.stat().st_size, reverse=True):
        smallest = sizes.index(min(sizes))
        groups[smallest].append(str(file.relative_to(state.REPO)))
        sizes[smallest] += file.stat().st_size
    return [sorted(group) for group in groups]


def start_pytest(name, options, words, log=None):
    """Start pytest for the part ``name``, with its output in ``log`` when there is one."""
    slug = name.replace(" ", "-")
    report = services.logs() / f"tests-{slug}.xml"
    report.unlink(missing_ok=True)
    command = [python_env.python(), "-m", "pytest", f"--junitxml={report}", "-o", f"cache_dir={state.folder()}/pytest"]
    with open(log, "wb") if log else contextlib.nullcontext() as output:
        process = subprocess.Popen(
            [str(word) for word in [*command, *options, *words]],
            cwd=state.REPO,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output and subprocess.STDOUT,
        )
    return Running(name, process, report, log, time.monotonic())


def wait_for(running):
    """Wait for a started pytest, show what it wrote into its log, and return its Result."""
    code = running.process.wait()
    seconds = time.monotonic() - running.start
    if running.log:
        say(running.log.read_text(errors="replace"))
    return Result(running.name, code, count(running.report), seconds)


def make_databases(template, number, with_assets):
    """Return instances with copies of the database ``template``.

    :param with_assets: make the bundles of the web client first, for all browser tests at once
    """
    targets = [templates.instance_for_addons(one) for one in range(1, number + 1)]
    first = targets[0]
    with step("Database for the addon tests"):
        templates.clone(template, first.database)
    if with_assets and number > 1:
        with step("Bundles of the web client"):
            odoo_server.run_script(first, ASSETS, {}, "The bundles of the web client cannot be made.")
    for other in targets[1:]:
        with step("Another database for the addon tests"):
            templates.clone(first.database, other.database)
    return targets


def addons_options(target):
    """Return pytest-odoo's options for tests in the instance ``target``."""
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
