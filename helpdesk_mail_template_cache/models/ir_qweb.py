from lxml import etree

from odoo import models, tools


class KeepCode:
    """Says in the context that the text of a template is compiled once and kept.

    An object, so that nobody from outside can fill the cache with texts.
    """


KEEP_CODE = KeepCode()


class IrQweb(models.AbstractModel):
    _inherit = "ir.qweb"

    def _generate_code_uncached(self, template):
        """Compile a template; the text of a mail template only when it is a new one.

        Odoo keeps what it made of a view, but not of a text: there nothing tells that
        it is the same as before. Here the text itself tells.
        """
        keeps = isinstance(self.env.context.get("helpdesk_keep_code"), KeepCode)
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
