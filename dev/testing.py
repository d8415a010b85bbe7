"""``make test``: the tests of this tool, of the addons and of the whole, one after the other."""

import contextlib
import dataclasses
import os
import shutil
import subprocess
import time
from pathlib import Path

from dev import addons, corpora, demo, ordering, python_env, repeating, reports, services, state, templates
from dev.lint import node
from dev.steps import Problem, say, step

END_TO_END = "end to end"
PARTS = ("tool", "addons", END_TO_END)
# Folders whose tests need no Odoo: the tool itself, and the program of a workstation.
PLAIN = ("dev", "workstation")
# pytest-odoo would load Odoo; these tests see it from the outside only.
OUTSIDE = ("-p", "no:odoo")
# In the order of the files; the plugin for other orders would say so in each report.
FIXED_ORDER = ("-p", "no:random_order")
# How many of the slowest tests are printed.
SLOWEST = "30"
# Processes that run addon tests at once; more would fight for the same two processors.
PROCESSES = 2


@dataclasses.dataclass
class Running:
    """A pytest that was started.

    :param process: its ``subprocess.Popen``
    :param report: path of the report that it writes
    :param notes: path of the file of the plugin dev.pytest_notes
    :param log: path of its output, None when that goes to the terminal
    :param start: when it was started, of ``time.monotonic``
    """

    name: str
    process: subprocess.Popen
    report: Path
    notes: Path
    log: Path | None
    start: float


def run():
    """Run the tests that ADDON, FILE and TEST choose, all by default; return the exit code.

    REPEAT and SEED run the end-to-end tests in random orders, DURATIONS tells how many slow tests are printed.

    :raises Problem: one of these variables makes no sense
    """
    seeds, chosen, number = repeating.seeds(os.environ), choose(os.environ), slow_ones(os.environ)
    words = ["-k", os.environ["TEST"]] if os.environ.get("TEST") else []
    with state.only_one():
        say("Tests of the helpdesk")
        demo.prepare(tests=True)
        if "addons" in chosen:
            corpora.prepare()
        if END_TO_END in chosen:
            node.prepare()
        try:
            if seeds:
                results = repeating.repeat(seeds, lambda order: run_parts(chosen, words, order)[0])
            else:
                results = run_parts(chosen, words)
        finally:
            services.stop("test")
    reports.slowest(results, number)
    if not seeds:
        reports.measured(results)
        reports.summary(results)
    return reports.total(results)


def slow_ones(values):
    """Return how many of the slowest tests are printed.

    :param values: dict with DURATIONS, empty for the usual number
    :raises Problem: DURATIONS is not a number
    """
    text = values.get("DURATIONS") or SLOWEST
    if not text.isdecimal():
        raise Problem(f"DURATIONS={text} is not a number of tests: choose one, 0 for none.")
    return int(text)


def choose(values):
    """Return the paths to test by part.

    :param values: dict with ADDON and FILE, each empty for all; with REPEAT or SEED the end-to-end tests are all
    :raises Problem: there is no such addon or file, or it has no tests that are repeated
    """
    found = _choose(values)
    if not (values.get("REPEAT") or values.get("SEED")):
        return found
    if END_TO_END not in found:
        raise Problem(
            "REPEAT and SEED are for the end-to-end tests: choose a FILE below tests, or leave ADDON and FILE out."
        )
    return {END_TO_END: found[END_TO_END]}


def _choose(values):
    addon, file = values.get("ADDON"), values.get("FILE")
    if addon and addon not in addons.ADDONS:
        raise Problem(f"There is no addon {addon}: choose one of {', '.join(addons.ADDONS)}.")
    if file:
        path = Path(file.partition("::")[0])
        full = path if path.is_absolute() else state.REPO / path
        if not full.exists() or not full.resolve().is_relative_to(state.REPO):
            raise Problem(f"There is no file {file}: FILE is a path below {state.REPO}.")
        top = full.resolve().relative_to(state.REPO).parts[0]
        part = {"dev": "tool", "workstation": "tool", "tests": END_TO_END}.get(top, "addons")
        return {part: [file]}
    if addon:
        return {"addons": [addon]}
    return {"tool": list(PLAIN), "addons": list(addons.ADDONS), END_TO_END: ["tests"]}


def run_parts(chosen, words, order=FIXED_ORDER):
    """Run the chosen parts and return their Results.

    Those of the addons and of the whole run at once: the first need the processors, the second mostly wait. What
    disturbs others, as a restart of the database does, comes after them.

    :param order: pytest's options for the order of the end-to-end tests
    """
    results = [run_tool(chosen["tool"], words, is_alone=len(chosen) == 1)] if "tool" in chosen else []
    running = {}
    try:
        for name in PARTS[1:]:
            if name in chosen:
                say(f"\nTests: {name}")
                running[name] = start_part(name, chosen[name], words, order, is_first=not running)
        results += [reports.combine(name, [wait_for(one) for one in started]) for name, started in running.items()]
        if "addons" in running and not words and set(chosen["addons"]) <= set(addons.ADDONS):
            ordering.remember(next(result for result in results if result.name == "addons"))
    finally:
        for one in [one for started in running.values() for one in started]:
            one.process.terminate()
    if END_TO_END in running:
        say(f"\nTests: {END_TO_END}, one by one")
        options = [*OUTSIDE, *order, "-m", "alone"]
        last = wait_for(start_pytest(f"{END_TO_END} alone", options, [*words, *chosen[END_TO_END]]))
        first = results.pop()
        results.append(reports.combine(END_TO_END, [first, last], first.seconds + last.seconds))
    return results


def run_tool(paths, words, is_alone):
    """Run the tests of the tool and return their Result.

    :param is_alone: whether nothing follows; else the database of the others is made meanwhile
    """
    say("\nTests: tool")
    log = None if is_alone else services.logs() / "tests-tool.log"
    tool = start_pytest("tool", [*OUTSIDE, *FIXED_ORDER], [*words, *paths], log)
    try:
        if not is_alone:
            templates.with_addons(bundles=not words)
        return wait_for(tool)
    finally:
        tool.process.terminate()


def start_part(name, paths, words, order, is_first):
    """Start the pytests of a part and return them, each a Running.

    :param order: pytest's options for the order of the end-to-end tests
    :param is_first: whether the terminal is free for its output
    """
    if name == "addons":
        return start_addons(paths, words)
    # One file may well open no page.
    templates.with_addons(bundles=not words and paths == ["tests"])
    log = None if is_first else services.logs() / f"tests-{name.replace(' ', '-')}.log"
    return [start_pytest(name, [*OUTSIDE, *order, "-m", "not alone"], [*words, *paths], log)]


def start_addons(paths, words):
    """Start tests of addons, on a machine with several processors two pytests at once; return each a Running.

    Each has a database and an Odoo of its own, and takes the next file when it is done with one. The second one's
    output follows that of the first.
    """
    files = ordering.files_of(paths)
    # TEST chooses few tests: a second database would cost more than it saves.
    number = 1 if words else min(PROCESSES, os.cpu_count() or 1, len(files))
    claims = state.folder() / "claims"
    shutil.rmtree(claims, ignore_errors=True)
    claims.mkdir()
    # Without the share of all tests, of which each runs about half.
    sharing = ["-p", "dev.pytest_claims", f"--claims={claims}", "-o", "console_output_style=classic"]
    source = templates.with_addons(bundles=number > 1)
    running = []
    for which, target in enumerate(make_databases(source, number), start=1):
        log = services.logs() / f"tests-addons-{which}.log" if which > 1 else None
        options = [*addons_options(target), *(sharing if number > 1 else ())]
        running.append(start_pytest(f"addons {which}", options, [*words, *files], log))
    return running


def start_pytest(name, options, words, log=None):
    """Start pytest for the part ``name``, with its output in ``log`` when there is one."""
    slug = name.replace(" ", "-")
    report, notes = (services.logs() / f"tests-{slug}.{kind}" for kind in ("xml", "json"))
    for path in (report, notes):
        path.unlink(missing_ok=True)
    command = [python_env.python(), "-m", "pytest", f"--junitxml={report}", "-o", f"cache_dir={state.folder()}/pytest"]
    command += ["-p", "dev.pytest_notes", f"--notes={notes}"]
    with open(log, "wb") if log else contextlib.nullcontext() as output:
        process = subprocess.Popen(
            [str(word) for word in [*command, *options, *words]],
            cwd=state.REPO,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output and subprocess.STDOUT,
        )
    return Running(name, process, report, notes, log, time.monotonic())


def wait_for(running):
    """Wait for a started pytest, show what it wrote into its log, and return its Result."""
    code = running.process.wait()
    seconds = time.monotonic() - running.start
    if running.log:
        say(running.log.read_text(errors="replace"))
    return reports.read(running.name, code, seconds, running.report, running.notes)


def make_databases(template, number):
    """Return ``number`` instances with copies of the database ``template``."""
    targets = [templates.instance_for_addons(one) for one in range(1, number + 1)]
    with step("Databases for the addon tests" if number > 1 else "Database for the addon tests"):
        for target in targets:
            templates.clone(template, target.database)
    return targets


def addons_options(target):
    """Return pytest-odoo's options for tests in the instance ``target``."""
    files = [f"--odoo-config={target.folder}/odoo.conf", f"--odoo-database={target.database}"]
    return [*FIXED_ORDER, *files, "--odoo-http"]
