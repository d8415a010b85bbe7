"""The rules of the house find what they are for, and nothing else."""

import pytest

from dev.lint import house

MANIFEST = """{
    "name": "Thing",
    "version": "19.0.1.0.0",
    "data": ["views/thing_views.xml"],
    "demo": ["demo/thing_views.xml"],
}
"""
VIEW = '<odoo><record id="thing_view_list" model="ir.ui.view"><field name="name">thing</field></record></odoo>\n'
TEMPLATE = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "%(name)s is late"\nmsgstr "{}"\n'
)
PLACED = TEMPLATE.format("%(name)s ist zu spät").replace('msgid "%', '#: {}\nmsgid "%')


@pytest.fixture
def addon(tmp_path):
    """Return a function that writes a sound addon, changed by ``changes`` ({path: content, None: left out})."""
    sound = {
        "__init__.py": "",
        "__manifest__.py": MANIFEST,
        "readme/DESCRIPTION.md": "What it is.\n",
        "readme/CONFIGURE.md": "How it is set up.\n",
        "readme/USAGE.md": "How it is used.\n",
        "static/description/icon.png": "PNG\0",
        "views/thing_views.xml": VIEW,
        "i18n/thing.pot": TEMPLATE.format(""),
        "i18n/de.po": TEMPLATE.format("%(name)s ist zu spät"),
        "i18n/fr.po": TEMPLATE.format("%(name)s est en retard"),
        "i18n/es.po": TEMPLATE.format("%(name)s va con retraso"),
    }

    def make(changes=()):
        names = []
        for name, content in {**sound, **dict(changes)}.items():
            if content is not None:
                path = tmp_path / "thing" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
                names.append(f"thing/{name}")
        return [(f.path.removeprefix("thing/"), f.line, f.text) for f in house.find(tmp_path, names)]

    return make


def test_a_sound_addon_passes(addon):
    assert addon() == []


LONG_METHOD = "class Thing:\n    def _go(self):\n" + "        self.a = 1\n" * 40
MANY_LINES = "A = 1\n" * 601
TWICE = VIEW.replace("</odoo>", VIEW[6:])


@pytest.mark.parametrize(
    ("name", "content", "line", "part"),
    [
        ("readme/USAGE.md", None, 1, "readme/USAGE.md is missing or empty"),
        ("readme/CONFIGURE.md", " \n", 1, "readme/CONFIGURE.md is missing or empty"),
        ("static/description/icon.png", None, 1, "icon.png is missing"),
        ("data/forgotten.xml", "<odoo/>", 1, "not named in the manifest"),
        ("views/thing_views.xml", "<odoo>\n<record>\n</odoo>\n", 3, "is not XML"),
        ("views/thing_views.xml", TWICE, 1, "thing_view_list is already in"),
        ("views/thing_views.xml", "<odoo>\n<tree/>\n</odoo>", 2, "<tree> is <list>"),
        ("views/thing_views.xml", "<odoo>\n<field name='a' attrs='{}'/>\n</odoo>", 2, "attrs and states"),
        ("views/thing_views.xml", VIEW.replace("thing_view_list", "list_of_things"), 1, "<model>_view_<type>"),
        ("models/thing.py", MANY_LINES, 601, "601 lines"),
        ("models/thing.py", LONG_METHOD, 2, "_go has 41 lines"),
        ("models/thing.py", "class Thing:\n    def go(self):\n        return 1\n", 2, "go has no docstring"),
        ("models/thing.py", "A = 1\nB = A.sudo()\n", 2, "sudo() without a comment"),
        ("models/thing.py", "# TO" + "DO later\n", 1, "left-over"),
        ("models/thing.py", "raise NotImplemented" + "Error\n", 1, "a stub"),
        ("models/thing.py", "HOME = '/ho" + "me/ann/odoo'\n", 1, "path of one machine"),
        ("readme/USAGE.md", "See https://py" + "pi.org/simple\n", 1, "package registry"),
        ("tests/test_thing.py", "time.sle" + "ep(1)\n", 1, "a sleep"),
        ("i18n/es.po", None, 1, "es.po is missing"),
        ("i18n/fr.po", TEMPLATE.format(""), 5, "not translated"),
        ("i18n/fr.po", TEMPLATE.format("%(name)s").replace('msgid "%', '#, fuzzy\nmsgid "%'), 5, "uncertain"),
        ("i18n/fr.po", 'msgid "x"\nbroken "y"\n', 1, "Syntax error"),
        ("__manifest__.py", "{", 1, "is not a manifest"),
        ("models/thing.py", "def", 1, "is not Python"),
        ("i18n/de.po", TEMPLATE.format("%(nom)s"), 5, "other placeholders"),
        ("i18n/de.po", TEMPLATE.format("%(name)s") + '\nmsgid "x"\nmsgstr "y"\n', 1, "not in thing/i18n/thing.pot: x"),
        ("i18n/de.po", PLACED.format("addons/thing/__init__.py:0"), 5, "Odoo cannot read where"),
        ("i18n/de.po", PLACED.format("code:addons/thing/gone.py:0"), 5, "there is no file thing/gone.py"),
    ],
)
def test_each_rule_finds_its_offence(addon, name, content, line, part):
    found = addon({name: content})
    assert any(part in text and number == line for _path, number, text in found), found


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("models/thing.py", "# the counter holds no personal data\nB = A.sudo()\n"),
        ("models/thing.py", "B = A.sudo()  # the counter holds no personal data\n"),
        ("models/thing.py", "class A:\n    def write(self, vals):\n        return super().write(vals)\n"),
        ("tests/test_thing.py", "A = 1\n" * 500 + "B = A.sudo()\n"),
        ("models/thing.py", "URL = '/my/home/1'\nLINK = 'https://host/home/x'\n"),
        ("demo/thing_views.xml", VIEW),
        ("readme/USAGE.md", "The method and the todos of a project.\n"),
    ],
)
def test_what_is_allowed_is_not_found(addon, name, content):
    assert addon({name: content}) == []
