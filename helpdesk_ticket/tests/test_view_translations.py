from collections import defaultdict

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path

PREFIX = "model_terms:ir.ui.view,arch_db:"


@tagged("post_install", "-at_install")
class TestViewTranslations(TransactionCase):
    """A view is translated by what the .pot file says of that very view."""

    def _terms_of_views(self):
        """Return, by module, the pairs of a view's name and a text in it."""
        entries = self.env["ir.model.data"].search(
            [("model", "=", "ir.ui.view"), ("module", "=like", r"helpdesk\_%")]
        )
        views = self.env["ir.ui.view"].browse(entries.mapped("res_id"))
        arch = {view.id: view.arch_db for view in views.with_context(lang=None)}
        field = views._fields["arch_db"]
        terms = defaultdict(set)
        for entry in entries:
            for term in field.get_trans_terms(arch[entry.res_id]):
                # signs alone are the same in every language
                if any(letter.isalpha() for letter in term):
                    terms[entry.module].add((entry.complete_name, term))
        return terms

    def test_no_text_of_a_view_stays_english(self):
        missing = []
        for module, terms in self._terms_of_views().items():
            template = polib.pofile(file_path(f"{module}/i18n/{module}.pot"))
            listed = {
                (place.removeprefix(PREFIX), entry.msgid)
                for entry in template
                for place, _line in entry.occurrences
            }
            missing += sorted(terms - listed)
        self.assertFalse(missing)
