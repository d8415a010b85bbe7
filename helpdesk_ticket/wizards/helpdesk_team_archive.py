from odoo import api, fields, models
from odoo.exceptions import UserError


class HelpdeskTeamArchive(models.TransientModel):
    """The dialog that archives teams, and asks who takes over their tickets and mail
    (T10)."""

    _name = "helpdesk.team.archive"
    _description = "Archiving of Teams"

    team_ids = fields.Many2many("helpdesk.team", string="Teams", required=True)
    company_id = fields.Many2one("res.company", compute="_compute_figures")
    ticket_count = fields.Integer(string="Open tickets", compute="_compute_figures")
    addresses = fields.Char(compute="_compute_figures")
    target_id = fields.Many2one("helpdesk.team", string="Taken over by")
    address_use = fields.Selection(
        [
            ("target", "Opens tickets of that team"),
            ("none", "The addresses are released"),
        ],
        string="Mail to the addresses",
        required=True,
        default="target",
    )

    @api.depends("team_ids")
    def _compute_figures(self):
        for wizard in self:
            teams = wizard.team_ids._origin
            wizard.company_id = teams.company_id[:1]
            wizard.ticket_count = len(teams._get_waiting_tickets())
            wizard.addresses = ", ".join(teams._get_addresses())

    def action_confirm(self):
        """Transfer the work of the teams, then archive them.

        :return: an `ir.actions.act_window_close`
        :rtype: dict
        :raise UserError: without a team that can take over
        """
        self.ensure_one()
        teams, target = self.team_ids, self.target_id
        moves_mail = self.addresses and self.address_use == "target"
        needed = self.ticket_count or moves_mail
        fits = target.active and target not in teams
        if (target or needed) and not (fits and teams.company_id == target.company_id):
            raise UserError(
                self.env._(
                    "Choose another team of the same company to take over the tickets "
                    "and the mail of %(teams)s.",
                    teams=", ".join(teams.mapped("name")),
                )
            )
        teams._hand_over_work(target, keep_addresses=self.address_use == "target")
        if target:
            teams._message_log_batch(
                bodies=dict.fromkeys(
                    teams.ids,
                    self.env._(
                        "%(team)s takes over the open tickets.", team=target.name
                    ),
                )
            )
        teams.action_archive()
        return {"type": "ir.actions.act_window_close"}
