from odoo import SUPERUSER_ID, models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _is_of_helpdesk_colleague(self):
        """Say whether one of us put a file where it is: no customer, and no program
        that keeps what customers send (T07).

        :rtype: bool
        """
        self.ensure_one()
        # sudo: only who it was
        author = self.sudo().create_uid
        return author.id != SUPERUSER_ID and not author.share
