from odoo import api, models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model
    def _compute_mimetype(self, values):
        """Set the MIME type of a stored mail.

        Guessed from the content, it would often be plain text, and Odoo would store all
        words of the mail a second time, beside the file.
        """
        stored = values.get("res_model"), values.get("res_field")
        if stored == ("helpdesk.inbox.mail", "raw") and not values.get("mimetype"):
            return "message/rfc822"
        return super()._compute_mimetype(values)
