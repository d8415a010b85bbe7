"""What the user reads, in the user's language: a plain catalogue for each."""

import json
import locale
import os
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "locale"
# English is what stands in the code.
LANGUAGES = ("en", "de", "fr", "es")
_chosen = {"language": "en", "catalogue": {}}


def translate(text, /, **values):
    """Return ``text`` in the chosen language, with ``values`` in its {placeholders}."""
    found = _chosen["catalogue"].get(text, text)
    return found.format(**values) if values else found


def use(language=""):
    """Choose a language.

    :param str language: as in ``de`` or ``de_AT``; empty for that of the system
    """
    code = (language or _system_language())[:2].lower()
    code = code if code in LANGUAGES else "en"
    path = FOLDER / f"{code}.json"
    found = json.loads(path.read_text(encoding="utf-8")) if code != "en" else {}
    _chosen.update(language=code, catalogue=found)


def language():
    """Return the code of the chosen language, which the helpdesk answers in too."""
    return _chosen["language"]


def _system_language():
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return os.environ[name]
    if sys.platform == "win32":
        import ctypes

        number = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        return locale.windows_locale.get(number, "")
    return locale.getlocale()[0] or ""
