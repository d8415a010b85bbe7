from lxml import etree

from odoo import models, tools

from odoo.addons.helpdesk_contact.inside import inside


class IrQweb(models.AbstractModel):
    """The texts of automatic mails are compiled once, not for each mail."""

    _inherit = "ir.qweb"

    def _generate_code_uncached(self, template):
        """Compile a template; that of an automatic mail only when it is a new one.

        Odoo keeps what it made of a view, but not of a text: there nothing tells that
        it is the same as before. Here the text itself tells.
        """
        keeps = inside(self.env, "helpdesk_keep_code")
        if not keeps or not isinstance(template, etree._Element):
            return super()._generate_code_uncached(template)
        return self._generate_code_of_text(etree.tostring(template, encoding="unicode"))

    @tools.ormcache(
        "text",
        "tuple(self.env.context.get(key) for key in self._get_template_cache_keys())",
        cache="templates",
    )
    def _generate_code_of_text(self, text):
        compiler = self.with_context(helpdesk_keep_code=False)
        return compiler._generate_code_uncached(etree.fromstring(text))
