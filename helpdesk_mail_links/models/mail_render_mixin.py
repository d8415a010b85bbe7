import re

from odoo import models

TAG = re.compile(r"<[^>]+>")
# The beginning of a URL without a protocol within a tag: of another server ("//")
# or one of ours ("/").
ADDRESS = re.compile(
    r"""((?:\s(?:src|href|background)="|\burl\((?:&\#34;|&quot;|&\#39;|')?))(?=(//?))"""
)


class MailRenderMixin(models.AbstractModel):
    _inherit = "mail.render.mixin"

    def _replace_local_links(self, html, base_url=None):
        """Complete the URLs in a text also where Odoo raises an error: Odoo takes those
        in styles that begin with "//" for local ones, and rejects paths that go up
        ("/a/../b").

        A single such URL in a header, an answer or a solution prevented the whole mail
        from being sent (N03, T15).
        """
        try:
            return super()._replace_local_links(html, base_url)
        except ValueError:
            base = (base_url or self.get_base_url()).rstrip("/")
            starts = {"/": base, "//": "https:"}

            def complete(tag):
                return ADDRESS.sub(lambda found: found[1] + starts[found[2]], tag[0])

            return type(html)(TAG.sub(complete, str(html)))
