"""Odoo 19 itself: a checkout that the user names, or Debian's package, unpacked and not installed.

The package is in Debian's unstable suite only and its dependencies there need that suite's Python, so an apt
with settings of its own fetches it from the machine's own mirror; the machine's apt stays as it is.
"""

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from dev import state
from dev.steps import Problem, run, step

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
FROM_SID = (
    "odoo-19",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-ocr-b",
)
# Odoo links to files that only the stable versions of these still have.
FROM_OWN_SUITE = ("fonts-font-awesome", "fonts-inconsolata")
# Not in the package; its absence is an error in the browser's console, which fails every tour.
LEFT_OUT = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
WAY_OUT = "set ODOO_SRC=/path/to/odoo to a checkout of Odoo 19 and run the same command again."


@functools.cache
def source():
    """Return the folder that holds the package ``odoo``; it goes on the path of the Python environment.

    :raises Problem: ODOO_SRC is not an Odoo 19
    """
    chosen = os.environ.get("ODOO_SRC")
    if not chosen:
        return state.folder() / "odoo/usr/lib/python3/dist-packages"
    path = Path(chosen).expanduser().resolve()
    release = path / "odoo/release.py"
    if not release.is_file() or not re.search(r"^version_info = \(19, 0", release.read_text(), re.MULTILINE):
        raise Problem(
            f"ODOO_SRC={chosen} is not a checkout of Odoo 19: it needs a file odoo/release.py of that version."
        )
    return path


def addons_paths():
    """Return the folders of addons that a checkout keeps beside its package ``odoo``."""
    return [source() / "addons"] if (source() / "addons/web/__manifest__.py").is_file() else []


def version_key():
    """Return what tells one version of Odoo from another, for everything that is built from it."""
    if not os.environ.get("ODOO_SRC"):
        return sorted(path.name for path in (state.folder() / "debs").glob("odoo-19_*.deb"))
    head = subprocess.run(
        ["git", "-C", source(), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return [str(source()), head, (source() / "odoo/release.py").read_text()]


def prepare():
    """Make Odoo's source available.

    :raises Problem: it cannot be had; the sentence says what to do instead
    """
    key = state.digest([FROM_SID, FROM_OWN_SUITE, LEFT_OUT])
    if os.environ.get("ODOO_SRC") or (state.is_done("odoo", key) and source().is_dir()):
        source()
        return
    with step("Odoo 19 from Debian's unstable suite"):
        _download()
        _unpack()
    state.mark_done("odoo", key)


def _download():
    mirror, suite = own_mirror()
    if not KEYRING.exists():
        raise Problem(f"{KEYRING} is missing: install debian-archive-keyring, or {WAY_OUT}")
    apt = state.folder() / "apt"
    for name in ("lists/partial", "cache/archives/partial"):
        (apt / name).mkdir(parents=True, exist_ok=True)
    lines = [f"deb [signed-by={KEYRING}] {mirror} {name} main" for name in ("sid", suite)]
    state.write(apt / "sources.list", "\n".join(lines) + "\n")
    options = [
        f"Dir::Etc::SourceList={apt}/sources.list",
        "Dir::Etc::SourceParts=/dev/null",
        "Dir::Etc::Preferences=/dev/null",
        "Dir::Etc::PreferencesParts=/dev/null",
        f"Dir::State::Lists={apt}/lists",
        f"Dir::Cache={apt}/cache",
        # The unprivileged user of apt cannot enter our folders; the files are checked by signature anyway.
        "APT::Sandbox::User=root",
    ]
    command = ["apt-get", *(word for option in options for word in ("-o", option))]
    log = state.log("setup")
    debs = state.folder() / "debs.new"
    shutil.rmtree(debs, ignore_errors=True)
    debs.mkdir()
    run([*command, "update"], f"Debian's archive at {mirror} cannot be read; {WAY_OUT}", log=log)
    packages = [f"{name}/sid" for name in FROM_SID] + [f"{name}/{suite}" for name in FROM_OWN_SUITE]
    run(
        [*command, "download", *packages],
        f"Debian's unstable suite no longer has what this set-up takes from it; {WAY_OUT}",
        log=log,
        cwd=debs,
    )
    old = state.folder() / "debs"
    shutil.rmtree(old, ignore_errors=True)
    debs.rename(old)
    shutil.rmtree(apt)


def own_mirror():
    """Return address and suite of the Debian archive that this machine's own apt uses.

    :raises Problem: it uses none
    """
    suite = _release().get("VERSION_CODENAME", "")
    listed = _targets() if shutil.which("apt-get") and _release().get("ID") == "debian" else ""
    for line in listed.splitlines():
        mirror, *names, component = line.split()
        if component == "main" and suite in names and mirror.startswith(("http", "https", "file", "mirror")):
            return mirror, suite
    raise Problem(f"This system has no Debian archive among its apt sources; {WAY_OUT}")


def _targets():
    """Return address, names and component of the package lists that this machine's apt reads."""
    text = "$(REPO_URI) $(RELEASE) $(CODENAME) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", text, "Created-By: Packages"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _release():
    """Return os-release(5) as a dict."""
    path = Path("/etc/os-release")
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: value.strip("\"'") for name, found, value in (line.partition("=") for line in lines) if found}


def _unpack():
    """Unpack all packages into one prefix: Odoo's has relative links into the others."""
    new, final = state.folder() / "odoo.new", state.folder() / "odoo"
    shutil.rmtree(new, ignore_errors=True)
    log = state.log("setup")
    for deb in sorted((state.folder() / "debs").glob("*.deb")):
        run(["dpkg-deb", "-x", deb, new], f"{deb.name} cannot be unpacked.", log=log)
    packages = new / "usr/lib/python3/dist-packages"
    dangling = [path for path in new.rglob("*") if path.is_symlink() and not path.exists()]
    if dangling or not (packages / "odoo/release.py").is_file():
        example = dangling[0].name if dangling else "odoo/release.py"
        raise Problem(f"Debian's package of Odoo has changed ({example} is missing); {WAY_OUT}")
    left_out = packages / LEFT_OUT
    left_out.parent.mkdir(parents=True, exist_ok=True)
    left_out.touch()
    shutil.rmtree(final, ignore_errors=True)
    new.rename(final)
