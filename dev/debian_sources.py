"""Source packages of Debian, for the test mails in them; nothing is installed, and nobody needs to be root.

They are had through apt-get, from the archive that this machine has its packages from. Its own package lists and its
configuration stay as they are: ours are in the folder of the state.
"""

import shutil
import subprocess

from dev import state
from dev.steps import Problem, run

FORMAT = "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
UNREACHABLE = (
    "The source packages of Debian, whose mails the tests need, cannot be had: run apt-get update as root once, and see"
    " that this machine may fetch from the archive in /etc/apt/sources.list.d."
)
KEYS = "/usr/share/keyrings"
WANTED = ("Debian", "main")


def fetch(packages):
    """Fetch the source packages that are not there yet.

    :param packages: their names
    :raises Problem: one of them cannot be had; the sentence says what to do
    """
    missing = [name for name in packages if not archives(name)]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise Problem(
            f"This system has no apt-get: the source packages of Debian with test mails cannot be had ({missing[0]} …)."
        )
    options = _prepare()
    log = state.log("setup")
    run(["apt-get", *options, "update"], UNREACHABLE, log=log)
    for name in missing:
        folder = _folder(name)
        shutil.rmtree(folder, ignore_errors=True)
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        run(
            ["apt-get", *options, "source", "--download-only", "--tar-only", "--only-source", name],
            f"The source package {name} of Debian, whose mails the tests need, cannot be had.",
            log=log,
            cwd=part,
        )
        part.rename(folder)  # a download that was cut is never taken for a whole one


def archives(name):
    """Return the archives of a source package, none when it was not fetched."""
    return sorted(_folder(name).glob("*.tar.*"))


def _folder(name):
    return state.folder() / "packages" / f"source-{name}"


def _prepare():
    """Return the options with which apt-get works in our own folder."""
    root = state.folder() / "packages/apt"
    for folder in ("lists/partial", "cache/archives/partial"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    answer = subprocess.run(
        ["apt-get", "indextargets", "--format", FORMAT, "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [line.split("|") for line in dict.fromkeys(answer.stdout.splitlines())]
    wanted = [f"deb-src {where} {suite} {part}" for origin, where, suite, part in rows if (origin, part) == WANTED]
    if not wanted:
        raise Problem(UNREACHABLE)
    (root / "sources.list").write_text("".join(f"{line}\n" for line in wanted))
    options = {
        "Dir::State::lists": root / "lists",
        "Dir::Cache": root / "cache",
        "Dir::Etc::sourcelist": root / "sources.list",
        "Dir::Etc::sourceparts": "-",
        # whoever names the key of each archive in its configuration has no other place for it
        "Dir::Etc::trustedparts": KEYS,
        # as root, apt-get would become another user, who may not write here
        "APT::Sandbox::User": "root",
    }
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
