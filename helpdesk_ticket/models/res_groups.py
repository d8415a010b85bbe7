from odoo import models


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        """Unassign open tickets from users who leave the helpdesk by a change of the
        group (T10), like a change in the user's form does."""
        people = self.env["res.users"]
        if {"user_ids", "all_user_ids", "implied_ids"} & vals.keys():
            people = self.all_user_ids
        res = super().write(vals)
        if people:
            people._give_back_helpdesk_tickets()
        return res
