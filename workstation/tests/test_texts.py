"""Every text that a user reads is there in every language."""

import ast
import json
import string
from pathlib import Path

import pytest

from helpdesk_workstation import texts

SOURCE = Path(texts.__file__).parent


def called_texts():
    """Return the texts that the program translates."""
    found = set()
    for path in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_":
                found.add(node.args[0].value)
    return found


def placeholders(text):
    return {name for _text, name, *_rest in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", texts.LANGUAGES[1:])
def test_catalogues_are_complete(language):
    content = (texts.FOLDER / f"{language}.json").read_text(encoding="utf-8")
    catalogue = json.loads(content)
    assert catalogue.keys() == called_texts()
    for text, translation in catalogue.items():
        assert translation.strip()
        assert placeholders(text) == placeholders(translation)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [("de_AT", "de"), ("fr", "fr"), ("es_MX.UTF-8", "es"), ("C", "en"), ("pt", "en")],
)
def test_language(monkeypatch, chosen, expected):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGUAGE", chosen)
    texts.use()
    assert texts.language() == expected
    texts.use("en")
    assert texts.translate("Send") == "Send"
