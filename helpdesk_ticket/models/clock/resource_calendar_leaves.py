from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._update_helpdesk_deadlines()
        return leaves

    def write(self, vals):
        self._update_helpdesk_deadlines()
        res = super().write(vals)
        self._update_helpdesk_deadlines()
        return res

    def unlink(self):
        self._update_helpdesk_deadlines()
        return super().unlink()

    def _update_helpdesk_deadlines(self):
        """Recalculate deadlines after a change of holidays; vacations of one person do
        not affect them."""
        holidays = self.filtered(lambda leave: not leave.resource_id)
        holidays.calendar_id._update_helpdesk_deadlines()
        shared = holidays.filtered(lambda leave: not leave.calendar_id)
        self.env["resource.calendar"]._update_helpdesk_deadlines_of_companies(
            shared.company_id
        )
