from unittest.mock import patch

from lxml import etree

from odoo.tests import TransactionCase, tagged

QWEB = "odoo.addons.base.models.ir_qweb.IrQweb"


@tagged("post_install", "-at_install")
class TestTemplate(TransactionCase):
    """A text is compiled once, and a changed one anew."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"].create([{"name": "Anna"}, {"name": "Bo"}])
        cls.template = cls.env["mail.template"].create(
            {
                "name": "Cache",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "body_html": '<p t-if="object">First <t t-out="object.name"/></p>',
            }
        )

    def _write(self):
        """Return the texts for all partners, and what was compiled for them. Odoo
        compiles a text once more to look for what people may not write."""
        self.env.flush_all()
        qweb = self.registry["ir.qweb"]
        original, compiled = qweb._generate_code, []

        def generate(model, template):
            if not model.env.context.get("raise_on_forbidden_code_for_model"):
                compiled.append(template)
            return original(model, template)

        with patch(f"{QWEB}._generate_code", generate):
            found = self.template._generate_template(self.partners.ids, ("body_html",))
        return [str(found[one]["body_html"]) for one in self.partners.ids], compiled

    def test_text_is_compiled_once(self):
        (anna, bo), compiled = self._write()
        self.assertEqual(len(compiled), 1)
        self.assertIn("First Anna", anna)
        self.assertIn("First Bo", bo)
        self.assertEqual(len(self._write()[1]), 0)

    def test_changed_text_is_compiled(self):
        self._write()
        self.template.body_html = '<p t-if="object">Second <t t-out="object.name"/></p>'
        (anna, _bo), compiled = self._write()
        self.assertEqual(len(compiled), 1)
        self.assertIn("Second Anna", anna)

    def test_other_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        french = '<p t-if="object">Premier <t t-out="object.name"/></p>'
        self.template.with_context(lang="fr_FR").body_html = french
        self.template.lang = "{{ object.lang }}"
        self.partners.lang = "en_US"
        self.assertIn("First Anna", self._write()[0][0])
        self.partners.lang = "fr_FR"
        self.assertIn("Premier Anna", self._write()[0][0])

    def test_what_was_not_asked_for_is_not_kept(self):
        """A text that is no template's is compiled each time, whatever the context."""
        text = etree.fromstring('<p t-if="1">Any</p>')
        qweb = self.env["ir.qweb"].with_context(helpdesk_keep_code=True)
        with patch.object(self.registry["ir.qweb"], "_generate_code_of_text") as kept:
            self.assertIn("Any", qweb._render(text))
        kept.assert_not_called()
