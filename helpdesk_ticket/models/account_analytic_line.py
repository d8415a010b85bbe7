from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountAnalyticLine(models.Model):
    _inherit = "account.analytic.line"

    helpdesk_ticket_id = fields.Many2one(
        "helpdesk.ticket", string="Ticket", index="btree_not_null", check_company=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(
            [self._prepare_helpdesk_timesheet_values(vals) for vals in vals_list]
        )
        lines.helpdesk_ticket_id._move("time_logged")
        return lines

    @api.model
    def _prepare_helpdesk_timesheet_values(self, vals):
        """Put time on a ticket onto the ticket's project, whose account is invoiced."""
        ticket_id = vals.get("helpdesk_ticket_id") or self.env.context.get(
            "default_helpdesk_ticket_id"
        )
        if not ticket_id or vals.get("project_id"):
            return vals
        project = self.env["helpdesk.ticket"].browse(ticket_id).project_id
        if not project:
            raise UserError(
                self.env._(
                    "Time is logged on the project of the ticket. Choose a project on "
                    "the ticket first."
                )
            )
        return {**vals, "project_id": project.id}
