import os

from odoo import api, models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model
    def _compute_mimetype(self, values):
        """Return the kind of a file; a stored mail is a mail.

        Guessed from its content it is often a text, and Odoo would keep all words of it
        a second time, beside the file.
        """
        stored = values.get("res_model"), values.get("res_field")
        if stored == ("helpdesk.inbox.mail", "raw") and not values.get("mimetype"):
            return "message/rfc822"
        return super()._compute_mimetype(values)

    @api.model
    def _get_path(self, bin_data, sha):
        """Return where a file is kept; one that was cut off is not in its place (E05).

        A full disk, or a server that ends meanwhile, leaves the beginning of a file
        under the name of the whole. Odoo takes it for another file of that name, and
        refuses the mail for ever.
        """
        path = self._full_path(f"{sha[:2]}/{sha}")
        # The name says what is in it, so a shorter one is no whole file.
        if os.path.isfile(path) and os.path.getsize(path) < len(bin_data):
            os.unlink(path)
        return super()._get_path(bin_data, sha)
