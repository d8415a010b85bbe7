from lxml import etree

from odoo.tests import TransactionCase, tagged
from odoo.tools.safe_eval import safe_eval

DELETED_OFTEN = (
    "helpdesk.ticket",
    "ir.attachment",
    "mail.mail",
    "mail.message",
    "res.partner",
)


@tagged("post_install", "-at_install")
class TestIndexes(TransactionCase):
    """What people and rules search by has an index: no screen may slow down as the
    tickets grow. It is found by introspection, so that new fields are covered too."""

    def setUp(self):
        super().setUp()
        self.env.cr.execute(
            """SELECT t.relname, a.attname FROM pg_index i
               JOIN pg_class t ON t.oid = i.indrelid
               JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]"""
        )
        self.indexed = set(self.env.cr.fetchall())

    def _our_many2ones(self):
        """Yield the stored many2one fields that the helpdesk defines."""
        for model in self.env.values():
            if model._abstract or model._transient or not model._auto:
                continue
            for field in model._fields.values():
                ours = any(name.startswith("helpdesk_") for name in field._modules)
                if field.type == "many2one" and field.store and ours:
                    yield model, field

    def _searched(self, model):
        """Return the names of fields that rules, filters and actions search by."""
        texts = self.env["ir.rule"].search([("model_id.model", "=", model._name)])
        domains = texts.mapped("domain_force")
        actions = self.env["ir.actions.act_window"].search(
            [("res_model", "=", model._name)]
        )
        domains += actions.mapped("domain")
        names = set()
        for view in self.env["ir.ui.view"].search(
            [("model", "=", model._name), ("type", "=", "search")]
        ):
            arch = etree.fromstring(view.arch)
            names |= {node.get("name") for node in arch.iter("field")}
            domains += [node.get("domain") for node in arch.iter("filter")]
            for node in arch.iter("filter"):
                context = safe_eval(node.get("context") or "{}", {"uid": 1})
                names.add(str(context.get("group_by", "")).split(":")[0])
        quoted = [f"{quote}{name}" for name in model._fields for quote in "'\""]
        text = " ".join(domain for domain in domains if domain)
        return names | {word[1:] for word in quoted if f"({word}" in text}

    def test_many2one_fields_that_are_searched_have_an_index(self):
        inverses = {
            (field.comodel_name, field.inverse_name)
            for model in self.env.values()
            for field in model._fields.values()
            if field.type == "one2many"
        }
        searched = {}
        missing = []
        checked = 0
        for model, field in self._our_many2ones():
            if model._name not in searched:
                searched[model._name] = self._searched(model)
            wanted = (model._name, field.name) in inverses
            if wanted or field.name in searched[model._name]:
                checked += 1
                if (model._table, field.name) not in self.indexed:
                    missing.append(f"{model._name}.{field.name}")
        self.assertGreater(checked, 15, "the introspection finds the fields")
        self.assertFalse(missing, "these have no index")

    def test_many2one_fields_to_what_is_deleted_often_have_an_index(self):
        """Deleting a row makes PostgreSQL look into each table that points to it."""
        missing = [
            f"{model._name}.{field.name}"
            for model, field in self._our_many2ones()
            if field.comodel_name in DELETED_OFTEN
            and (model._table, field.name) not in self.indexed
        ]
        self.assertFalse(missing, "these have no index")

    def test_texts_of_the_search_box_have_a_trigram_index(self):
        if not self.env.registry.has_trigram:
            self.skipTest("The database has no pg_trgm")
        self.env.cr.execute(
            """SELECT indexdef FROM pg_indexes
               WHERE tablename = 'helpdesk_ticket' AND indexdef LIKE '%gin_trgm_ops%'"""
        )
        definitions = " ".join(row[0] for row in self.env.cr.fetchall())
        for name in ("name", "number", "partner_email", "description"):
            with self.subTest(name=name):
                self.assertRegex(definitions, rf"\(\W*(unaccent\W+)?{name}\W")
