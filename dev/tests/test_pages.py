"""The page of an addon in Apps is what its fragments say."""

import pytest

from dev import state
from dev.lint import pages

MANIFEST = {"name": "Things & more", "author": "Ann", "license": "AGPL-3", "website": "w"}
PICTURE = "![A list](../static/description/list.png)"


@pytest.fixture
def addon(tmp_path):
    """Return the folder of an addon with fragments and no page yet."""
    folder = tmp_path / "thing"
    (folder / "readme").mkdir(parents=True)
    (folder / "__manifest__.py").write_text(repr(MANIFEST), encoding="utf-8")
    (folder / "readme/DESCRIPTION.md").write_text(f"It _keeps_ things.\n\n{PICTURE}\n", encoding="utf-8")
    (folder / "readme/CONFIGURE.md").write_text("## A box\n\n| a | b |\n| - | - |\n| 1 | 2 |\n", encoding="utf-8")
    return folder


def test_a_page_has_text_tables_and_pictures(addon):
    page = pages.render(addon)
    assert "<h1>Things &amp; more</h1>" in page
    assert "It <em>keeps</em> things." in page
    assert "<h2>Configuration</h2>\n<h3>A box</h3>" in page
    assert '<table class="table table-sm">' in page
    assert 'src="list.png" alt="A list"' in page
    # Odoo's cleaner of HTML leaves nothing of a whole document.
    assert page.startswith("<section")


def test_a_page_that_is_missing_or_old_is_found_and_written(addon):
    (old,) = [text for _path, text in pages.find(addon.parent) if "fragments" in text]
    pages.write(addon.parent)
    assert [text for _path, text in pages.find(addon.parent)] == ["shows list.png, which is not there"]
    (addon / "static/description/list.png").write_bytes(b"PNG")
    assert not list(pages.find(addon.parent))
    (addon / "readme/USAGE.md").write_text("Open it.\n", encoding="utf-8")
    assert [text for _path, text in pages.find(addon.parent)] == [old]


@pytest.mark.parametrize("folder", pages.addons(state.REPO), ids=lambda folder: folder.name)
def test_each_addon_shows_a_picture_that_is_not_heavy(folder):
    names = pages.pictures(folder)
    assert 1 <= len(names) <= 3
    assert all((folder / "static/description" / name).stat().st_size < 150_000 for name in names)
