"""Rules for the translations: German, French and Spanish, whole, with the placeholders of the original."""

import re

import polib

LANGUAGES = ("de", "fr", "es")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sdif]|\{\{.*?\}\}|\$\{.*?\}")

# What Odoo can read of where a text is: a file of ours, or a field of a record.
PLACE = re.compile(r"code:addons/([\w/.]+)|(?:model|model_terms):[\w.]+,\w+:\w+\.\S+")


def check(root, names):
    """Yield ``(path, line, text)`` for every finding in the catalogues among ``names``."""
    for name in names:
        if not name.endswith(".pot"):
            continue
        for language in LANGUAGES:
            translated = f"{name.rpartition('/')[0]}/{language}.po"
            if translated not in names:
                yield name, 1, f"{translated} is missing"
                continue
            try:
                template, catalogue = (polib.pofile(str(root / one)) for one in (name, translated))
                yield from _find_places(root, template, name)
                yield from _find_places(root, catalogue, translated)
                yield from _compare(template, name, catalogue, translated)
            except OSError as error:
                yield translated, 1, str(error).replace(f"{root}/", "")


def _find_places(root, catalogue, name):
    for entry in catalogue:
        for place, _line in entry.occurrences:
            found = PLACE.fullmatch(place)
            if not found:
                yield name, entry.linenum, f"Odoo cannot read where this text is ({place}): {_short(entry.msgid)}"
            elif found[1] and not (root / found[1]).exists():
                yield name, entry.linenum, f"there is no file {found[1]}: {_short(entry.msgid)}"


def _compare(template, template_name, catalogue, name):
    for entry in catalogue:
        if entry.obsolete:
            yield name, entry.linenum, f"is no longer in the addon: {_short(entry.msgid)}"
        elif entry.fuzzy:
            yield name, entry.linenum, f"marked as uncertain (fuzzy): {_short(entry.msgid)}"
        elif not entry.translated():
            yield name, entry.linenum, f"not translated: {_short(entry.msgid)}"
        elif sorted(PLACEHOLDER.findall(entry.msgid)) != sorted(PLACEHOLDER.findall(entry.msgstr)):
            yield name, entry.linenum, f"other placeholders than in: {_short(entry.msgid)}"
    known = {entry.msgid for entry in catalogue if not entry.obsolete}
    wanted = {entry.msgid for entry in template}
    for text in sorted(wanted - known):
        yield name, 1, f"not in the catalogue, but in {template_name}: {_short(text)}"
    for text in sorted(known - wanted):
        yield name, 1, f"not in {template_name}: {_short(text)}"


def _short(text):
    return text.replace("\n", " ")[:60]
