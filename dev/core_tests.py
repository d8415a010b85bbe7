"""``make test-core``: Odoo's own tests with our addons beside, compared with the same tests without them."""

import os
import re
import subprocess
import time

from dev import core_results, demo, odoo_server, state, templates
from dev.instance import Instance
from dev.ports import free_port
from dev.steps import Problem, say

MODULES = ("test_mail", "test_mail_full", "contract", "fieldservice", "project", "hr_timesheet", "portal", "rating")
LAUNCHER = state.REPO / "dev/launcher/odoo_tests.py"
NO_WRONG_ADDRESS = "As an employee it makes contacts whose addresses are none, which people may not (C04, K03)."
# What fails with our addons and may: reason by test (module/Class.method).
BY_DESIGN = {
    "test_mail/TestComposerResultsComment.test_mail_composer_wtpl_recipients_email_fields": NO_WRONG_ADDRESS,
    "test_mail/TestComposerResultsMass.test_mail_composer_wtpl_recipients": NO_WRONG_ADDRESS,
    "test_mail/TestComposerResultsMass.test_mail_composer_wtpl_recipients_email_fields": NO_WRONG_ADDRESS,
    "portal/TestPortalAddresses": "All its users have one e-mail address, which contacts may not (C04, K03).",
}


def main():
    """Run the tests of MODULES, all that we build on by default, with and without our addons; return the exit code.

    It is 1 when a test fails only with our addons, twice, and is not in BY_DESIGN.

    :raises Problem: MODULES makes no sense, or Odoo did not come to the end of the tests
    """
    modules = choose(os.environ.get("MODULES", ""))
    with state.only_one():
        say(f"Odoo's own tests: {', '.join(modules)}")
        demo.prepare(tests=True)
        runs = run_both(modules)
        code = tell(*runs)
        if code:
            say("Once more, what fails only with our addons: some of Odoo's tests fail by chance.")
            code = tell(*run_both([name.replace("/", ":") for name in wrong_in(*runs)]))
    return code


def choose(text):
    """Return what to test.

    :param text: names of modules with spaces or commas between, empty for all; ``module:Class`` and
        ``module:Class.method`` choose among the tests of a module
    :raises Problem: one of them is not among MODULES
    """
    names = [name for name in re.split(r"[\s,]+", text) if name] or list(MODULES)
    unknown = [name for name in names if name.partition(":")[0] not in MODULES]
    if unknown:
        raise Problem(f"MODULES={text} names {unknown[0]}: choose some of {', '.join(MODULES)}.")
    return names


def run_both(modules):
    """Run the tests of ``modules`` in two databases at once; return the Run without our addons and that with them.

    :raises Problem: an Odoo did not come to the end
    """
    sources = {"core-without": templates.of_core(), "core-with": templates.of_core(with_ours=True)}
    running = []
    try:
        for name, source in sources.items():
            target = Instance(name, f"helpdesk_{name.replace('-', '_')}", {"http": free_port()})
            templates.clone(source, target.database)
            odoo_server.write_config(target)
            running.append(start(target, modules))
        return [finish(*one) for one in running]
    finally:
        for process, _log, _start in running:
            process.terminate()


def start(target, modules):
    """Start Odoo's tests of ``modules`` in the instance ``target``; return the process, its log and the time."""
    log = state.log(target.name)
    tags = ",".join(f"/{name}" for name in modules)
    words = ["-d", target.database, f"--test-tags={tags}", "--stop-after-init", "--log-level=info"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in odoo_server.command(target, *words, program=LAUNCHER)],
            cwd=state.REPO,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **odoo_server.environment()},
        )
    return process, log, time.monotonic()


def finish(process, log, started):
    """Wait for the end of a started Odoo and return its Run.

    :raises Problem: it did not come to the end of the tests, or ran none
    """
    process.wait()
    with log.open(errors="replace") as lines:
        run = core_results.read(lines)
    # a class that cannot be set up runs none of its tests
    if not run.is_whole or not (run.started or run.failed):
        raise Problem(f"Odoo did not run all tests: look into {log}.")
    figures = f"{run.started.total()} tests, {len(run.failed)} failed, {len(run.skipped)} skipped"
    say(f"  {log.stem}: {figures}, {time.monotonic() - started:.0f} s ({log})")
    return run


def wrong_in(without, beside):
    """Return what fails with our addons alone and must not: reason by test."""
    ours = core_results.only_in(beside, without)
    return {name: reason for name, reason in ours.items() if name not in BY_DESIGN}


def tell(without, beside):
    """Print how the two Runs differ; return 1 when something is wrong only with our addons, else 0."""
    ours = core_results.only_in(beside, without)
    theirs = core_results.only_in(without, beside)
    wrong = wrong_in(without, beside)
    _list("fails with and without our addons", {name: without.failed[name] for name in without.failed.keys() - theirs})
    _list("fails only without our addons", theirs)
    _list("fails only with our addons, by design", {name: BY_DESIGN[name] for name in ours if name in BY_DESIGN})
    _list("fails only with our addons", wrong)
    for name in sorted(BY_DESIGN):
        if name in beside.started and name not in ours:
            say(f"{name} no longer differs: take it out of BY_DESIGN.")
    say(f"{len(wrong)} of {beside.started.total()} tests fail only with our addons.")
    return 1 if wrong else 0


def _list(title, found):
    if found:
        say(f"\n{title} ({len(found)})")
        for name, reason in sorted(found.items()):
            say(f"  {name}\n      {reason}")
        say()
