"""Invented mails with their languages, for the tests and for the comparison in dev."""

from pathlib import Path

FOLDER = Path(__file__).parent / "samples"
SUPPORT_LANGUAGES = ("de", "fr", "es", "en")


def read_samples():
    """Return a list of ``(language, text)``; the language is "none" for no language."""
    samples = []
    for line in (FOLDER / "languages_short.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            language, _colon, text = line.partition(": ")
            samples.append((language, text))
    long = (FOLDER / "languages_long.txt").read_text("utf-8")
    for block in long.split("\n== ")[1:]:
        language, _end, text = block.partition("\n")
        samples.append((language, text))
    return samples


def score(samples, detect):
    """Return how the answers of ``detect`` compare with the samples.

    :param samples: what read_samples returns
    :param detect: function from a text to a support language or None
    :return: dict of lists of ``(language, text, answer)``: right, wrong (another
        support language) and missed (None) for mails in a support language, other and
        other_wrong for the rest
    """
    found = {name: [] for name in ("right", "wrong", "missed", "other", "other_wrong")}
    for language, text in samples:
        answer = detect(text)
        if language not in SUPPORT_LANGUAGES:
            kind = "other" if answer is None else "other_wrong"
        elif answer is None:
            kind = "missed"
        else:
            kind = "right" if answer == language else "wrong"
        found[kind].append((language, text, answer))
    return found
