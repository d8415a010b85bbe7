import os

from odoo import api, models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model
    def _get_path(self, bin_data, sha):
        """Return where a file is kept; one that was cut off is not in its place (E05).

        A full disk, or a server that ends meanwhile, leaves the beginning of a file
        under the name of the whole. Odoo takes it for another file of that name, and
        refuses the whole one for ever.
        """
        path = self._full_path(f"{sha[:2]}/{sha}")
        # The name says what is in it, so a shorter one is no whole file.
        if os.path.isfile(path) and os.path.getsize(path) < len(bin_data):
            os.unlink(path)
        return super()._get_path(bin_data, sha)
