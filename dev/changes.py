"""What was changed in the repository since it was last shared, and which tests are about that."""

import re
import subprocess
from pathlib import PurePosixPath

from dev import addons, state
from dev.steps import Problem

# Where the others' work is; a clone without it compares with its own last commit alone.
SHARED = "origin/main"
# Words of file names that say nothing of what a file is about.
COMMON_WORDS = {"helpdesk", "test", "mixin", "view", "data", "demo", "res", "ir", "init", "main"}


def changed_files():
    """Return the names of the files that differ from what others have, sorted; also those that are gone.

    :raises Problem: this is no git repository
    """
    names = {*_git("diff", "--name-only", "-z", "HEAD"), *_git("ls-files", "-z", "--others", "--exclude-standard")}
    if _git("for-each-ref", "--format=%(refname)%00", f"refs/remotes/{SHARED}"):
        names |= set(_git("diff", "--name-only", "-z", f"{SHARED}...HEAD"))
    return sorted(names)


def _git(*words):
    """Return the names that a command of git prints."""
    done = subprocess.run(["git", *words], cwd=state.REPO, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem(f"git cannot say what was changed: {done.stderr.strip()}")
    return [name.strip() for name in done.stdout.split("\0") if name.strip()]


def addons_of(names):
    """Return those of our addons that ``names`` are files of, in the order of their dependencies."""
    tops = {PurePosixPath(name).parts[0] for name in names}
    return [addon for addon in addons.ADDONS if addon in tops]


def near_tests(names, files):
    """Return those of ``files`` that are about ``names``, the nearest first.

    These are changed tests themselves, then tests of the same addon whose file name has a word of a changed file's.

    :param names: changed files of addons
    :param files: test files of addons
    """
    found = [file for file in files if file in names]
    ranks = {}
    for file in files:
        addon = PurePosixPath(file).parts[0]
        others = [_words(name) for name in names if name.startswith(f"{addon}/") and "/tests/" not in name]
        ranks[file] = max((len(_words(file) & other) for other in others), default=0)
    ranked = sorted(files, key=lambda file: (-ranks[file], file))
    return found + [file for file in ranked if ranks[file] and file not in found]


def _words(name):
    """Return the words of a file's name, in the singular."""
    words = re.split(r"[^a-z0-9]+", PurePosixPath(name).stem.lower())
    return {word.removesuffix("s") for word in words} - COMMON_WORDS - {""}
