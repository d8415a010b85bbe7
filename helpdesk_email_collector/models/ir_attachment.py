from odoo import api, models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        """Create files; a stored mail is a mail.

        Guessed from its content it is often a text, and Odoo would keep all words of it
        a second time, beside the file.
        """
        mail = ("helpdesk.inbox.mail", "raw")
        return super().create(
            [
                {"mimetype": "message/rfc822", **vals}
                if (vals.get("res_model"), vals.get("res_field")) == mail
                else vals
                for vals in vals_list
            ]
        )
