from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def unlink(self):
        """Delete the original mails of deleted contacts too (K12, reliability I2)."""
        addresses = self._get_helpdesk_own_addresses()
        res = super().unlink()
        if addresses:
            self.env["helpdesk.inbox.mail"]._clear_of_addresses(addresses)
        return res

    def _get_helpdesk_own_addresses(self):
        """Return the normalised addresses of these contacts that no other contact has.

        :return: a set of normalized addresses
        """
        # sudo: users who may delete a contact need not be helpdesk users, and a
        # contact of another company may have the same address
        everybody = self.sudo().with_context(active_test=False)
        mine = set(everybody.mapped("email_normalized")) | set(
            everybody.helpdesk_address_ids.mapped("email_normalized")
        )
        mine.discard(False)
        domain = [("email_normalized", "in", list(mine)), ("id", "not in", self.ids)]
        return mine - set(everybody.search(domain).mapped("email_normalized"))
