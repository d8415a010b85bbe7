from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..ticket.lifecycle import STATES


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
    customer_name = fields.Char(
        string="Name for customers",
        translate=True,
        help="What customers read on their pages. Leave it empty for our usual words: "
        "Received, In progress, Waiting for you, Solved, Cancelled.",
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
    def _get_for(self, state, team, company):
        """Return the stage that stands for a state in a team.

        :param str state: a key of STATES
        :param team: `helpdesk.team`, may be empty
        :param company: `res.company` of the tickets
        :return: `helpdesk.ticket.stage`, the team's own before the shared ones
        :raise ValidationError: when no stage has this state
        """
        stage = self.browse(self._get_id_for(state, team.id, company.id))
        if not stage:
            label = dict(self._fields["state"]._description_selection(self.env))[state]
            raise ValidationError(
                self.env._(
                    "No ticket stage stands for the status “%(status)s”. Ask a "
                    "helpdesk manager to add one under Configuration > Stages.",
                    status=label,
                )
            )
        return stage

    @api.model
    @tools.ormcache("state", "team_id", "company_id")
    def _get_id_for(self, state, team_id, company_id):
        """Return the id for `_get_for`; each mail and each move asks for it."""
        # sudo: the same for whoever moves the ticket; the companies are compared here
        every = self.sudo().with_context(active_test=True)
        stages = every.search(
            [
                ("state", "=", state),
                ("team_ids", "in", [team_id, False]),
                ("company_id", "in", [company_id, False]),
            ]
        )
        return (stages.filtered("team_ids") or stages)[:1].id

    def _get_customer_names(self):
        """Return what customers read for these stages: the columns are our own words.

        :return: dict of name by id
        """
        words = {
            "unread": self.env._("Received"),
            "read": self.env._("Received"),
            "assigned": self.env._("In progress"),
            "in_progress": self.env._("In progress"),
            "waiting": self.env._("Waiting for you"),
            "closed": self.env._("Solved"),
            "cancelled": self.env._("Cancelled"),
        }
        return {stage.id: stage.customer_name or words[stage.state] for stage in self}

    @api.model_create_multi
    def create(self, vals_list):
        stages = super().create(vals_list)
        self.env.registry.clear_cache()
        return stages

    @api.ondelete(at_uninstall=False)
    def _unlink_except_last_of_state(self):
        self._check_state_remains(self.mapped("state"))

    def write(self, vals):
        states_before = self.mapped("state")
        res = super().write(vals)
        self.env.registry.clear_cache()
        if {"state", "active", "team_ids", "company_id"} & vals.keys():
            self.browse()._check_state_remains(states_before)
        return res

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
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
