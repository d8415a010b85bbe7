from odoo import api, fields, models


class ProjectProject(models.Model):
    _inherit = "project.project"

    helpdesk_ticket_count = fields.Integer(
        string="Tickets", compute="_compute_helpdesk_ticket_count"
    )

    def _compute_helpdesk_ticket_count(self):
        counts = dict(
            self.env["helpdesk.ticket"]._read_group(
                [("project_id", "in", self.ids)], ["project_id"], ["__count"]
            )
        )
        for project in self:
            project.helpdesk_ticket_count = counts.get(project._origin, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_take_off_tickets(self):
        """Take deleted projects off their tickets, which say so: the database would
        without a word (T11, T14)."""
        # sudo: tickets of all teams, archived ones too
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        tickets.search([("project_id", "in", self.ids)])._take_off("project_id")

    def action_view_helpdesk_tickets(self):
        """Open the tickets of this project (T11).

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_ticket.action_helpdesk_ticket"
        )
        action["domain"] = [("project_id", "=", self.id)]
        action["context"] = {"default_project_id": self.id}
        return action
