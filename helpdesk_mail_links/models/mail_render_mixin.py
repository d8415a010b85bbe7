import re

from odoo import models

TAG = re.compile(r"<[^>]+>")
# Where an address in a tag begins that names no protocol: one of another server ("//")
# or one of ours ("/").
ADDRESS = re.compile(
    r"""((?:\s(?:src|href|background)="|\burl\((?:&\#34;|&quot;|&\#39;|')?))(?=(//?))"""
)


class MailRenderMixin(models.AbstractModel):
    _inherit = "mail.render.mixin"

    def _replace_local_links(self, html, base_url=None):
        """Complete the addresses of a text also where Odoo fails, which takes those of
        styles that begin with "//" for ours, and refuses what climbs up ("/a/../b").

        One such address in a header, an answer or a solution kept the whole mail from
        being sent (N03, T15).
        """
        try:
            return super()._replace_local_links(html, base_url)
        except ValueError:
            base = (base_url or self.get_base_url()).rstrip("/")
            starts = {"/": base, "//": "https:"}

            def complete(tag):
                return ADDRESS.sub(lambda found: found[1] + starts[found[2]], tag[0])

            return type(html)(TAG.sub(complete, str(html)))
