from lxml import etree

from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL
from odoo.tools.safe_eval import safe_eval

from .common import ContactCommon


@tagged("post_install", "-at_install")
class TestSearch(ContactCommon):
    """The search box finds who calls, and stays fast with a million partners."""

    def setUp(self):
        super().setUp()
        self.Partner = self.env["res.partner"].with_user(self.agent)

    def test_every_searched_column_has_a_trigram_index(self):
        if not self.env.registry.has_trigram:
            self.skipTest("The database has no pg_trgm")
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'res_partner'"
        )
        indexed = " ".join(row[0] for row in self.env.cr.fetchall() if "gin" in row[0])
        for column in (*self.env["res.partner"]._rec_names_search, "phone", "mobile"):
            self.assertRegex(indexed, rf"gin \((unaccent\()?\(?{column}\b")

    def _find(self, typed):
        """Return whom of the customer typing and Enter finds: the first field."""
        search = etree.fromstring(self.Partner.get_view(view_type="search")["arch"])
        made = search.find(".//field").get("filter_domain")
        domain = safe_eval(made.strip(), {"self": typed})
        return self.Partner.search(Domain(domain) & Domain("id", "in", self.people.ids))

    def test_typing_and_enter_finds_a_number_in_any_spelling(self):
        self.people = self.anna | self.bernd
        spellings = (
            "+49 (0)30 / 123-456",
            "030123456",
            "+4930123456",
            "0049 30 123 456",
            "030/12 34 56",
            "(030) 123.456",
        )
        for column in ("phone", "mobile"):
            for written in spellings:
                self.people.write({"phone": False, "mobile": False})
                self.anna[column] = written
                self.bernd[column] = "+49 30 123 457"
                for typed in (*spellings, "30 1234 56", " 123456 "):
                    with self.subTest(column=column, written=written, typed=typed):
                        self.assertEqual(self._find(typed), self.anna)

    def test_typing_and_enter_finds_names_and_addresses_still(self):
        self.people = self.anna | self.bernd
        self.anna.phone = "030 123456"
        for typed in ("Anna", "anna@huber", "Huber, Anna"):
            with self.subTest(typed=typed):
                self.assertEqual(self._find(typed), self.anna)
        for typed in ("12", "030", "Nobody 123456", "0049"):
            with self.subTest(typed=typed):
                self.assertFalse(self._find(typed))

    def test_numbers_are_looked_up_by_index(self):
        if not self.env.registry.has_trigram:
            self.skipTest("The database has no pg_trgm")
        # Odoo's own indexes on numbers look cheaper while there are a few partners
        self.env.cr.execute(
            "DROP INDEX IF EXISTS res_partner_phone_partial_tgm, "
            "res_partner_mobile_partial_tgm, res_partner_phone_partial_gin_idx, "
            "res_partner_mobile_partial_gin_idx"
        )
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        query = self.Partner._search([("helpdesk_phone", "ilike", "+49 30 123456")])
        self.env.cr.execute(SQL("EXPLAIN %s", query.select()))
        plan = " ".join(row[0] for row in self.env.cr.fetchall())
        for column in ("phone", "mobile"):
            self.assertIn(f"{column}_digits_trigram", plan)

    def test_sorting_by_name_keeps_its_index(self):
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'res_partner'"
        )
        definitions = [row[0] for row in self.env.cr.fetchall()]
        self.assertTrue([d for d in definitions if "btree (complete_name)" in d])
