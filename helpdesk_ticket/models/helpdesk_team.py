import ast

from odoo import api, fields, models


class HelpdeskTeam(models.Model):
    _name = "helpdesk.team"
    _inherit = ["mail.alias.mixin.optional", "mail.thread"]
    _description = "Helpdesk Team"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    member_ids = fields.Many2many(
        "res.users",
        string="Members",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    project_id = fields.Many2one(
        "project.project",
        string="Default project",
        index="btree_not_null",
        check_company=True,
        help="New tickets of this team are linked to this project.",
    )
    alias_id = fields.Many2one(
        index="btree_not_null",
        help="Mail to this address becomes a ticket of this team.",
    )
    open_ticket_count = fields.Integer(
        string="Open tickets", compute="_compute_ticket_counts"
    )
    unassigned_ticket_count = fields.Integer(
        string="Unassigned tickets", compute="_compute_ticket_counts"
    )

    def _compute_ticket_counts(self):
        counts = {}
        for team, user, count in self.env["helpdesk.ticket"]._read_group(
            [("team_id", "in", self.ids), ("is_open", "=", True)],
            ["team_id", "user_id"],
            ["__count"],
        ):
            total, unassigned = counts.get(team.id, (0, 0))
            counts[team.id] = (total + count, unassigned + (0 if user else count))
        for team in self:
            team.open_ticket_count, team.unassigned_ticket_count = counts.get(
                team.id, (0, 0)
            )

    @api.model
    def _get_default(self, company, user=None):
        """Return the team of a new ticket that names none.

        :param company: `res.company` of the ticket
        :param user: `res.users` whose own team is preferred
        :return: `helpdesk.team`, empty when the company has none
        """
        teams = self.search([("company_id", "=", company.id)])
        own = teams.filtered(lambda team: user and user in team.member_ids)
        return (own or teams)[:1]

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("helpdesk.ticket")
        if self.id:
            values["alias_defaults"] = defaults = ast.literal_eval(
                self.alias_defaults or "{}"
            )
            defaults["team_id"] = self.id
        return values

    def action_view_open_tickets(self):
        """Open the tickets of this team, the open ones first.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_ticket.action_helpdesk_ticket"
        )
        action["display_name"] = self.name
        action["domain"] = [("team_id", "=", self.id)]
        action["context"] = {
            "default_team_id": self.id,
            "search_default_open": 1,
        }
        return action
