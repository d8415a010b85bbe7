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
