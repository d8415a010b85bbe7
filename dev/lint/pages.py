"""The page of each addon in *Apps*: ``static/description/index.html``, made of the fragments in ``readme/``.

The sections are those of OCA's generator, which is not on PyPI. The page says nothing but what is in the fragments and
in the manifest, so ``make lint`` can tell whether it is up to date, and ``make lint FIX=1`` writes it. It is run by the
environment's Python, which has markdown-it-py.
"""

import ast
import html
import sys

from markdown_it import MarkdownIt

from dev import state

PAGE = "static/description/index.html"
# How a fragment, which is read in the folder readme/, names a picture, and how the page does.
PICTURES = "../static/description/"
# fragment: heading of its section
SECTIONS = {
    "DESCRIPTION": None,
    "INSTALL": "Installation",
    "CONFIGURE": "Configuration",
    "USAGE": "Usage",
    "DEVELOP": "Development",
    "ROADMAP": "Known issues / Roadmap",
}
ATTRIBUTES = {
    "image": {"class": "img-fluid border rounded", "style": "max-width: 100%"},
    "table_open": {"class": "table table-sm"},
}


def find(root):
    """Yield ``(path, text)`` for each addon below ``root`` whose page is not that of its fragments, or lacks a picture.

    :param root: folder of the addons
    """
    for folder in addons(root):
        page = folder / PAGE
        if not page.exists() or page.read_text(encoding="utf-8") != render(folder):
            yield f"{folder.name}/{PAGE}", "is not what the fragments in readme/ say: make lint FIX=1 writes it"
        for name in pictures(folder):
            if not (page.parent / name).exists():
                yield f"{folder.name}/{PAGE}", f"shows {name}, which is not there"


def write(root):
    """Write the page of each addon below the folder ``root``."""
    for folder in addons(root):
        page = folder / PAGE
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(render(folder), encoding="utf-8")


def addons(root):
    """Return the folders of the addons below ``root``, sorted."""
    return sorted(path.parent for path in root.glob("*/__manifest__.py"))


def pictures(folder):
    """Return the names of the pictures that the page of the addon in ``folder`` shows."""
    return [
        child.attrs["src"]
        for _heading, tokens in _sections(folder)
        for token in tokens
        for child in token.children or ()
        if child.type == "image" and "/" not in child.attrs["src"]
    ]


def render(folder):
    """Return the page of the addon in ``folder`` as HTML.

    A part of a page alone: Odoo shows nothing at all of one that has a ``<head>``.
    """
    manifest = ast.literal_eval((folder / "__manifest__.py").read_text(encoding="utf-8"))
    lines = [f"<h1>{html.escape(manifest['name'])}</h1>"]
    for heading, tokens in _sections(folder):
        if heading:
            lines.append(f"<h2>{heading}</h2>")
        lines.append(_parser().renderer.render(tokens, _parser().options, {}).rstrip())
    author, site = html.escape(manifest.get("author", "")), html.escape(manifest.get("website", ""))
    lines.append("<h2>Credits</h2>")
    lines.append(f'<p>{author}, <a href="{site}">{site}</a>. Licence: {manifest.get("license", "")}.</p>')
    body = "\n".join(lines)
    return f'<section class="container py-3">\n{body}\n</section>\n'


def _parser():
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _sections(folder):
    """Yield the heading of each section and its Markdown as tokens of markdown-it."""
    for name, heading in SECTIONS.items():
        fragment = folder / "readme" / f"{name}.md"
        if not fragment.exists():
            continue
        tokens = _parser().parse(fragment.read_text(encoding="utf-8"))
        for token in tokens:
            if token.type in ("heading_open", "heading_close"):
                token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
            for one in [token, *(token.children or ())]:
                one.attrs.update(ATTRIBUTES.get(one.type, {}))
                if one.type == "image":
                    one.attrs["src"] = one.attrs["src"].removeprefix(PICTURES)
        yield heading, tokens


def main(arguments):
    """Print what is wrong with the pages and return 1 if there is something; with ``--write`` write them first."""
    if "--write" in arguments:
        write(state.REPO)
    found = list(find(state.REPO))
    for path, text in found:
        print(f"{path}: {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
