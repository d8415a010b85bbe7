"""The language a mail is written in (K06).

Plain Python: `dev/bench/language.py` measures it without a database. Why py3langid,
and what it costs, is in `readme/DEVELOP.md`.
"""

import os
import threading

from .own_words import own_words

# A mail may be in none of the support languages, and a detector that knows those alone
# would name one all the same. These are what customers of a European helpdesk write
# most; the smaller relatives (Galician, Luxembourgish, …) only make short mails of the
# large ones uncertain, and join when they are support languages themselves.
RIVAL_CODES = (
    "ar bg ca cs da de el en es et fa fi fr he hi hr hu id is it ja ko lt lv mk nl no"
    " pl pt ro ru sk sl sq sr sv th tr uk vi zh"
)
RIVALS = frozenset(RIVAL_CODES.split())
# How Odoo's languages are called in the model.
MODEL_NAMES = {"nb": "no", "iw": "he"}
# How much likelier a mail is in a support language than in any one of the others.
# Both numbers are the ones with the fewest mistakes over the samples.
WEIGHT = 10
CERTAINTY = 0.5
# Fewer bytes than in "VPN down" say nothing; a Chinese word has as many.
MIN_BYTES = 8

_lock = threading.Lock()
_identifier = None


def _load(languages):
    """Return an identifier of these languages, as far as it knows them, and these."""
    # Every thread of numpy's algebra reserves 40 MB of address space, one per core,
    # and Odoo ends a worker for its address space (limit_memory_*). One is enough.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Here, so that only a process that reads the mail of a new sender carries it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    full = LanguageIdentifier.from_model_file(MODEL_FILE)
    kept = [i for i, name in enumerate(full.nb_classes) if name in languages]
    # `set_languages` would keep the whole table beside the small one.
    return LanguageIdentifier(
        full.nb_ptc[:, kept],
        full.nb_pc[kept],
        [full.nb_classes[i] for i in kept],
        full.tk_nextmove,
        full.tk_output,
        norm_probs=True,
        tk_row=full.tk_row,
    ), languages


def get_identifier(languages):
    """Return the one identifier of this process, loaded when it is first asked for.

    :param languages: frozenset of names in the model that it has to know, if it can
    """
    global _identifier
    with _lock:
        if _identifier is None:
            _identifier = _load(RIVALS | languages)
        elif not languages <= _identifier[1]:
            _identifier = _load(_identifier[1] | languages)
        return _identifier[0]


def choose(probabilities, candidates, weight=WEIGHT, certainty=CERTAINTY):
    """Return the candidate that a text is in, None where that is uncertain.

    :param probabilities: dict of language to probability
    :param candidates: set of languages to choose from
    :param weight: how much likelier a candidate is than another language
    :param certainty: share of the whole that the choice must have, 0 to 1
    """
    weighted = {
        language: value * (weight if language in candidates else 1)
        for language, value in probabilities.items()
    }
    total = sum(weighted.values())
    if not total:
        return None
    best = max(weighted, key=weighted.get)
    sure = best in candidates and weighted[best] >= certainty * total
    return best if sure else None


def detect_language(text, candidates):
    """Return the language of a mail (K06), None when it is in none of the candidates.

    None is also the answer to a mail that tells too little ("ok") or that could be in
    two of them; the caller takes the configured fallback language then. Signature,
    quoted history and legal footers do not count.

    The first call in a process takes about three seconds to load the model.

    :param text: plain text of the mail; its subject, as the first line, helps
    :param candidates: ISO 639-1 codes of the support languages
    :return: one of ``candidates`` or None
    """
    words = own_words(text)
    wanted = {MODEL_NAMES.get(code, code): code for code in candidates}
    if not wanted or len(words.encode(errors="replace")) < MIN_BYTES:
        return None
    identifier = get_identifier(frozenset(wanted))
    relevant = RIVALS | wanted.keys()
    probabilities = {
        name: value for name, value in identifier.rank(words) if name in relevant
    }
    return wanted.get(choose(probabilities, wanted.keys()))
