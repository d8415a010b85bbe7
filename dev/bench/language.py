"""``python -m dev.bench.language``: which library tells the language of a support mail best, and at what cost.

Prints the table of helpdesk_contact/readme/DEVELOP.md. Each library has a process of its own, so that memory can be
told apart; each is asked about the same mails and gets the weight and the certainty that suit it best.
"""

import gc
import importlib
import importlib.util
import itertools
import json
import subprocess
import sys
import time
import types
from pathlib import Path

from dev import state
from dev.steps import Problem, say

ADDON = state.REPO / "helpdesk_contact"
WEIGHTS = (1, 3, 10, 30, 100)
CERTAINTIES = (0.4, 0.5, 0.6, 0.7, 0.8)
HEAD = (
    "Library", "Right", "Wrong", "No answer", "Others right", "The same, whole text",
    "Memory MB", "Address space MB", "Load s", "Per mail ms",
)  # fmt: skip


def main(argv=()):
    """Print the table, or with the name of a library what was measured of it, as JSON.

    :raises Problem: a library is not installed
    """
    if argv:
        print(json.dumps(measure(argv[0])))
        return 0
    rows = []
    for name in LIBRARIES:
        done = subprocess.run(
            [sys.executable, "-m", "dev.bench.language", name],
            cwd=state.REPO,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Problem(
                f"{name} cannot be measured: run pip install -r dev/requirements-addons.txt"
                f" -r dev/requirements-bench.txt first.\n{done.stderr.strip()[-500:]}"
            )
        rows.append(json.loads(done.stdout))
    say("| " + " | ".join(HEAD) + " |")
    say("|" + " --- |" * len(HEAD))
    for row in rows:
        say("| " + " | ".join(row) + " |")
    return 0


def load_addon():
    """Return the addon's modules ``language`` and ``language_samples`` without loading Odoo."""
    package = types.ModuleType(ADDON.name)
    package.__path__ = [str(ADDON)]
    sys.modules[ADDON.name] = package
    language = importlib.import_module(f"{ADDON.name}.language")
    spec = importlib.util.spec_from_file_location("language_samples", ADDON / "tests/language_samples.py")
    samples = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(samples)
    return language, samples


def measure(name):
    """Return the cells of one library's row."""
    language, samples_module = load_addon()
    samples = samples_module.read_samples()
    languages = sorted(language.RIVALS)
    before, start = memory(), time.perf_counter()
    probabilities = LIBRARIES[name](language, languages)
    probabilities("Der Drucker im Empfang zieht kein Papier mehr ein.")
    loading = time.perf_counter() - start
    gc.collect()
    after = memory()
    own = [(wanted, language.own_words(text)) for wanted, text in samples]
    start = time.perf_counter()
    asked = ask(probabilities, own, language.MIN_BYTES)
    per_mail = (time.perf_counter() - start) / len(own)
    found = best(language, samples_module, asked)
    whole = best(language, samples_module, ask(probabilities, samples, language.MIN_BYTES))
    supported = sum(len(found[kind]) for kind in ("right", "wrong", "missed"))
    others = len(found["other"]) + len(found["other_wrong"])
    return [
        name,
        f"{len(found['right'])} of {supported}",
        str(len(found["wrong"])),
        str(len(found["missed"])),
        f"{len(found['other'])} of {others}",
        f"{len(whole['right'])}, {len(whole['wrong'])} wrong",
        f"{(after['VmRSS'] - before['VmRSS']) / 1024:.0f}",
        f"{(after['VmSize'] - before['VmSize']) / 1024:.0f}",
        f"{loading:.1f}",
        f"{per_mail * 1000:.2f}",
    ]


def ask(probabilities, samples, min_bytes):
    """Return ``[(language, probabilities of its text)]``, none for a text that is too short."""
    return [(wanted, probabilities(text) if len(text.encode()) >= min_bytes else {}) for wanted, text in samples]


def best(language, samples_module, asked):
    """Return the score with the weight and the certainty that suit these answers best.

    A wrong language is worse than none, for which there is the fallback language.
    """
    candidates = set(samples_module.SUPPORT_LANGUAGES)

    def scored(weight, certainty):
        return samples_module.score(
            asked, lambda values: language.choose(values, candidates, weight=weight, certainty=certainty)
        )

    found = [scored(*pair) for pair in itertools.product(WEIGHTS, CERTAINTIES)]
    return max(found, key=lambda f: len(f["right"]) + len(f["other"]) - 2 * (len(f["wrong"]) + len(f["other_wrong"])))


def memory():
    """Return this process's memory in kB: VmRSS in use, VmSize of address space."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmRSS", "VmSize"))}


def py3langid(language, languages):
    """Return a function from a text to the probabilities of its languages, as the addon has it."""
    identifier = language.get_identifier(frozenset(languages))
    return lambda text: dict(identifier.rank(text))


def _lingua(languages, low_accuracy):
    lingua = importlib.import_module("lingua")
    names = {"NB" if name == "no" else name.upper() for name in languages}
    codes = [getattr(lingua.IsoCode639_1, name) for name in sorted(names) if hasattr(lingua.IsoCode639_1, name)]
    builder = lingua.LanguageDetectorBuilder.from_iso_codes_639_1(*codes)
    detector = (builder.with_low_accuracy_mode() if low_accuracy else builder).build()
    return lambda text: {
        value.language.iso_code_639_1.name.lower(): value.value
        for value in detector.compute_language_confidence_values(text)
    }


def lingua_low(_language, languages):
    """Return the function of lingua with trigrams only."""
    return _lingua(languages, low_accuracy=True)


def lingua_high(_language, languages):
    """Return the function of lingua with all its tables."""
    return _lingua(languages, low_accuracy=False)


def langdetect(_language, _languages):
    """Return the function of langdetect, which always asks for all its languages."""
    library = importlib.import_module("langdetect")
    # It guesses, and differently each time, unless it is told where to begin.
    library.DetectorFactory.seed = 0

    def probabilities(text):
        try:
            return {value.lang: value.prob for value in library.detect_langs(text)}
        except library.LangDetectException:
            return {}

    return probabilities


LIBRARIES = {
    "py3langid": py3langid,
    "lingua, low accuracy": lingua_low,
    "lingua, high accuracy": lingua_high,
    "langdetect": langdetect,
}


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        sys.exit(str(problem))
