"""Rules for every text file: nothing of one machine, no package registry, no left-overs."""

import re

RULES = (
    (
        re.compile(r"(?<![\w.:/-])/(home|root|Users|work|workspace)/\w"),
        "an absolute path of one machine",
    ),
    (
        re.compile(
            r"\b((deb|security|snapshot|ftp[\w.]*)\.debian\.org|(archive|security|ports)\.ubuntu\.com"
            r"|(files\.)?pythonhosted\.org|([\w-]+\.)?pypi\.(python\.)?org|registry\.(npmjs\.org|yarnpkg\.com)"
            r"|proxy\.golang\.org)\b"
        ),
        "the host of a package registry: take it from the machine's own settings",
    ),
    (
        re.compile(r'"resolved": *"\w+:'),
        "an address in the lock file: npm --omit-lockfile-registry-resolved leaves it out",
    ),
    (re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b"), "a left-over: do it, or write an issue"),
    (re.compile(r"\bNotImplemented[E]rror\b"), "a stub"),
    (re.compile(r"\btime\.slee[p]\("), "a sleep: wait for what is expected to happen"),
    (re.compile(r"pytest\.mark\.ski[p]\b"), "a test that does not run"),
)
# The licence is nobody's to change; catalogues and received mails may hold any word.
FREE = re.compile(r"^LICENSE$|\.(po|pot|eml)$|/tests/samples/|/static/(src/)?lib/")


def check(root, names):
    """Yield ``(path, line, text)`` for every finding in the text files among ``names``."""
    for name in names:
        content = (root / name).read_bytes()
        if b"\0" in content or FREE.search(name):
            continue
        for number, line in enumerate(content.decode("utf-8", errors="replace").splitlines(), 1):
            for pattern, text in RULES:
                if pattern.search(line):
                    yield name, number, text
