"""Rules for the folder of an addon: what it must hold, what its manifest and its data files say."""

import ast
import csv
import io
import re

from lxml import etree

REQUIRED = ("readme/DESCRIPTION.md", "readme/CONFIGURE.md", "readme/USAGE.md", "static/description/icon.png")
LOADED = ("data", "demo", "report", "security", "views", "wizards")
OLD_VIEW = re.compile(r"^(attrs|states)$")


def check(root, names):
    """Yield ``(path, line, text)`` for every finding in the addons among ``names``."""
    for manifest in [name for name in names if name.count("/") == 1 and name.endswith("/__manifest__.py")]:
        addon = manifest.partition("/")[0]
        content = {name.partition("/")[2] for name in names if name.startswith(f"{addon}/")}
        yield from _missing(root, addon, content)
        try:
            yield from _not_loaded(root, addon, content)
        except (SyntaxError, ValueError) as error:
            yield manifest, 1, f"is not a manifest: {error}"
        yield from _records(root, addon, content)


def _missing(root, addon, content):
    for name in REQUIRED:
        if name not in content or not (root / addon / name).read_bytes().strip():
            yield f"{addon}/__manifest__.py", 1, f"{addon}/{name} is missing or empty"


def _not_loaded(root, addon, content):
    """Find data files that the manifest does not name: they would never reach a database."""
    manifest = ast.literal_eval((root / addon / "__manifest__.py").read_text(encoding="utf-8"))
    named = {*manifest.get("data", ()), *manifest.get("demo", ())}
    for name in sorted(content - named):
        if name.partition("/")[0] in LOADED and name.endswith((".xml", ".csv")):
            yield f"{addon}/{name}", 1, "is not named in the manifest"


def _records(root, addon, content):
    """Look into the data files: identifiers given twice, forms that Odoo 19 no longer knows."""
    seen = {}
    for name in sorted(content):
        folder = name.partition("/")[0]
        if folder not in LOADED or not name.endswith((".xml", ".csv")):
            continue
        path = f"{addon}/{name}"
        try:
            identifiers = _from_csv(root / path) if name.endswith(".csv") else _from_xml(root / path)
            for identifier, line, text in identifiers:
                if text:
                    yield path, line, text
                elif (identifier, folder == "demo") in seen:
                    yield path, line, f"{identifier} is already in {seen[identifier, folder == 'demo']}"
                else:
                    # A demo record may say more about one of the data, so the two are kept apart.
                    seen[identifier, folder == "demo"] = f"{path}:{line}"
        except etree.XMLSyntaxError as error:
            yield path, error.lineno or 1, f"is not XML: {error.msg}"


def _from_csv(path):
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    for number, row in enumerate(rows, 2):
        yield row.get("id"), number, None


def _from_xml(path):
    """Yield ``(identifier, line, None)`` for each record and ``(None, line, text)`` for each finding."""
    tree = etree.parse(str(path))
    for node in tree.iter(etree.Element):
        line = node.sourceline
        if node.tag in ("record", "template", "menuitem") and node.get("id"):
            yield node.get("id"), line, None
        if node.tag == "tree":
            yield None, line, "<tree> is <list> in Odoo 19"
        if any(OLD_VIEW.match(name) for name in node.attrib):
            yield None, line, "attrs and states are expressions on invisible, readonly and required in Odoo 19"
        if node.tag == "field" and node.get("name") == "view_mode" and "tree" in (node.text or ""):
            yield None, line, "the view mode tree is list in Odoo 19"
        if node.tag == "record" and node.get("model") == "ir.ui.view" and "_view_" not in node.get("id", ""):
            yield None, line, f"the view {node.get('id')} is not named <model>_view_<type>"
