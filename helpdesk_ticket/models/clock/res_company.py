from odoo import api, fields, models


class ResCompany(models.Model):
    """The hours that a company promises if no service level applies (T25, T26)."""

    _inherit = "res.company"

    helpdesk_answer_hours = fields.Float(
        string="Response time",
        help="Hours until the first answer to the customer. 0: no deadline. A service "
        "level policy that matches the ticket takes precedence.",
    )
    helpdesk_action_hours = fields.Float(
        string="Time limit for actions",
        help="The longest time in hours that an open ticket may go without any "
        "action. 0: no deadline. A service level policy that matches the ticket "
        "takes precedence.",
    )
    helpdesk_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working hours of the helpdesk",
        index="btree_not_null",
        ondelete="restrict",
        help="Hours are counted in the working hours of this calendar, excluding its "
        "holidays. Leave empty to count around the clock.",
    )

    @api.model
    def _get_helpdesk_hours_fields(self):
        """Return the names of the fields with promised hours."""
        promises = self.env["helpdesk.deadline"]._get_promises().values()
        return [one.company_hours for one in promises if one.company_hours]

    @api.constrains(lambda self: self._get_helpdesk_hours_fields())
    def _check_helpdesk_hours(self):
        for company in self:
            self.env["helpdesk.sla"]._check_promised_hours(
                company[name] for name in self._get_helpdesk_hours_fields()
            )

    @api.constrains("helpdesk_calendar_id")
    def _check_helpdesk_calendar_id(self):
        for company in self:
            company.helpdesk_calendar_id._check_helpdesk_hours(company)

    def _get_helpdesk_deadline_settings(self):
        """Return the settings that deadlines without a policy depend on, by company.

        :rtype: dict
        """
        return {
            company: (
                company.helpdesk_calendar_id,
                *(company[name] for name in self._get_helpdesk_hours_fields()),
            )
            for company in self
        }

    def _follow_deadline_settings(self, before):
        """Recalculate deadlines where these settings have changed.

        :param dict before: the previous settings by company
        """
        now = self._get_helpdesk_deadline_settings()
        self.filtered(
            lambda company: before[company] != now[company]
        )._update_helpdesk_deadlines()

    def _update_helpdesk_deadlines(self):
        """Update open tickets without a policy, in the background (T25, T26)."""
        for company in self:
            self.env["helpdesk.sla.recompute"]._request(company)
