"""``make lint``: the checks of OCA's template and the rules of the house, each a command of its own."""

import argparse
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from dev import state
from dev.lint import tools
from dev.steps import Problem, say


def main(argv=()):
    """Run the checks and return 0 when nothing was found, 1 when something was.

    :param argv: the words after the command; from make, the variables FIX and ONLY stand for them
    :raises Problem: there is no such check, or a tool cannot be installed
    """
    arguments = _parser().parse_args(argv)
    unknown = set(arguments.only) - set(tools.NAMES)
    if unknown:
        raise Problem(f"There is no check {', '.join(sorted(unknown))}: choose from {', '.join(tools.NAMES)}.")
    tools.prepare()
    chosen = [tool for tool in tools.all_tools() if not arguments.only or tool.name in arguments.only]
    if arguments.fix:
        _fix(chosen)
    return _check(chosen)


def _parser():
    parser = argparse.ArgumentParser(prog="python3 -m dev.lint", description=__doc__)
    parser.add_argument(
        "--fix",
        action="store_true",
        default=bool(os.environ.get("FIX")),
        help="first fix what needs no thinking (make lint FIX=1)",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        default=os.environ.get("ONLY", "").split(),
        metavar="CHECK",
        help=f"run these alone, of {', '.join(tools.NAMES)} (make lint ONLY=ruff)",
    )
    return parser


def _fix(chosen):
    """Let the tools that can fix do so, one after the other: they write the same files."""
    for tool in chosen:
        if tool.fix:
            _run(tool.fix)
            say(f"  {tool.name}: fixed what it could")


def check_files(names, tell, deadline):
    """Run the checks of the files ``names``, and the rules of the house, which compare files; return 1 or 0 as main().

    :param tell: function that is called with each line of the result
    :param deadline: moment at which a check that is not done is given up, of ``time.time``
    """
    return _check(tools.all_tools(names), tell, deadline)


def _check(chosen, tell=say, deadline=None):
    """Run the tools side by side and tell what each has found."""
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting = {pool.submit(_timed, tool, deadline): tool for tool in chosen}
        for future in as_completed(waiting):
            tool, (done, seconds) = waiting[future], future.result()
            if done is None:
                tell(f"  {tool.name} … left out, no time")
                continue
            tell(f"  {tool.name} … {'nothing found' if not done.returncode else 'FOUND'}, {seconds:.0f} s")
            if done.returncode:
                failed.append(tool.name)
                tell(done.stdout.rstrip())
    if failed:
        tell(f"\nTo be fixed: {', '.join(sorted(failed))}. make lint FIX=1 does what needs no thinking.")
    return 1 if failed else 0


def _timed(tool, deadline):
    """Return what ``tool`` came to and how long it took; None when there was no time for it."""
    start = time.monotonic()
    try:
        done = _run(tool.check, None if deadline is None else max(deadline - time.time(), 0))
    except subprocess.TimeoutExpired:
        done = None
    return done, time.monotonic() - start


def _run(command, timeout=None):
    """Run ``command`` in the repository with everything it prints in one text."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=state.REPO,
        env=tools.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=timeout,
    )
