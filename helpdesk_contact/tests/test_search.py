from odoo.tests import tagged

from .common import ContactCommon


@tagged("post_install", "-at_install")
class TestSearch(ContactCommon):
    """The search box stays fast with a million partners."""

    def test_every_searched_column_has_a_trigram_index(self):
        if not self.env.registry.has_trigram:
            self.skipTest("The database has no pg_trgm")
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'res_partner'"
        )
        indexed = " ".join(row[0] for row in self.env.cr.fetchall() if "gin" in row[0])
        for column in (*self.env["res.partner"]._rec_names_search, "phone", "mobile"):
            self.assertRegex(indexed, rf"gin \((unaccent\()?\(?{column}\b")

    def test_sorting_by_name_keeps_its_index(self):
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'res_partner'"
        )
        definitions = [row[0] for row in self.env.cr.fetchall()]
        self.assertTrue([d for d in definitions if "btree (complete_name)" in d])
