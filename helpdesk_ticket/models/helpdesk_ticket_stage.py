from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .helpdesk_lifecycle_mixin import STATES


class HelpdeskTicketStage(models.Model):
    """The columns that people see; each stands for one state of the life cycle."""

    _name = "helpdesk.ticket.stage"
    _inherit = ["helpdesk.dictionary.mixin"]
    _description = "Ticket Stage"

    state = fields.Selection(
        STATES,
        string="Status",
        required=True,
        default="in_progress",
        copy=True,
        help="What this stage means in the life cycle of a ticket. The automatic moves "
        "go to the first stage of the status they lead to.",
    )
    team_ids = fields.Many2many(
        "helpdesk.team",
        string="Teams",
        help="Teams that use this stage. Leave empty for all teams.",
    )
    fold = fields.Boolean(
        string="Folded in kanban",
        help="The column is shown folded, its tickets are read when it is opened.",
    )

    @api.model
    def _get_for(self, state, team):
        """Return the stage that stands for a state in a team.

        :param str state: a key of STATES
        :param team: `helpdesk.team`, may be empty
        :return: `helpdesk.ticket.stage`, the team's own before the shared ones
        :raise ValidationError: when no stage has this state
        """
        stages = self.search(
            [("state", "=", state), ("team_ids", "in", [*team.ids, False])]
        )
        stage = stages.filtered(lambda stage: team and team in stage.team_ids)[:1]
        if not (stage or stages):
            label = dict(self._fields["state"]._description_selection(self.env))[state]
            raise ValidationError(
                self.env._(
                    "No ticket stage stands for the status “%(status)s”. Ask a "
                    "helpdesk manager to add one under Configuration > Stages.",
                    status=label,
                )
            )
        return stage or stages[:1]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_last_of_state(self):
        self._check_state_remains(self.mapped("state"))

    def write(self, vals):
        states_before = self.mapped("state")
        res = super().write(vals)
        if {"state", "active", "team_ids", "company_id"} & vals.keys():
            self.browse()._check_state_remains(states_before)
        return res

    def _check_state_remains(self, states):
        """Refuse to leave a state without a stage that all teams can use."""
        shared = [("team_ids", "=", False), ("company_id", "=", False)]
        left = self.search([*shared, ("id", "not in", self.ids)]).mapped("state")
        missing = [state for state in set(states) if state not in left]
        if missing:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise ValidationError(
                self.env._(
                    "The status “%(status)s” needs at least one stage shared by all "
                    "teams and companies. Add another one first.",
                    status=labels[missing[0]],
                )
            )
