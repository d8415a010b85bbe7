from lxml import etree

from odoo import models, tools


class KeepCode:
    """Context value saying that the compiled text of a template is cached.

    A class of its own, so that RPC clients cannot fill the cache with texts.
    """


KEEP_CODE = KeepCode()


class IrQweb(models.AbstractModel):
    _inherit = "ir.qweb"

    def _generate_code_uncached(self, template):
        """Compile a template; the text of a mail template only once.

        Odoo caches compiled views by id, but does not cache compiled texts. Here the
        text itself is the key, together with the part of the context that Odoo uses for
        views.
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
