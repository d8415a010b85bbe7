from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..ticket.lifecycle import CLOSED_STATES, STATES

# Texts for customers in each language; where one is empty, the standard text is used.
CUSTOMER_TEXTS = ("customer_name", "customer_text", "reopened_text")


class HelpdeskTicketStage(models.Model):
    """A column of the kanban view; each stands for one state of the life cycle."""

    _name = "helpdesk.ticket.stage"
    _inherit = ["helpdesk.dictionary.mixin"]
    _description = "Ticket Stage"

    state = fields.Selection(
        STATES,
        string="Status",
        required=True,
        default="in_progress",
        copy=True,
        help="The status this stage stands for in the life cycle of a ticket. "
        "Automatic moves go to the first stage of the target status.",
    )
    customer_name = fields.Char(
        string="Name for customers",
        translate=True,
        help="What customers see on their pages. Leave empty to use the default text: "
        "Received, In progress, Waiting for you, Solved, Cancelled.",
    )

    # The mail to customers when a ticket gets this stage (T09); closed tickets have
    # another one.
    tell_customer = fields.Boolean(
        string="Notify the customer",
        help="The contact gets an e-mail when a ticket moves to this stage, unless an "
        "answer or a question moved it: the contact receives those anyway.",
    )
    customer_text = fields.Text(
        string="What the customer is told",
        translate=True,
        help="Leave empty to use the default text.",
    )
    usual_text = fields.Text(string="Default text", compute="_compute_usual_text")
    tell_reopened = fields.Boolean(
        string="Notify the customer of reopening",
        help="The contact gets an e-mail when a closed ticket is reopened with this "
        "stage, unless the contact's own answer reopened it.",
    )
    reopened_text = fields.Text(
        string="What the customer is told on reopening",
        translate=True,
        help="Leave empty to use the default text.",
    )
    usual_reopened_text = fields.Text(
        string="Default text on reopening", compute="_compute_usual_text"
    )

    team_ids = fields.Many2many(
        "helpdesk.team",
        string="Teams",
        help="Teams that use this stage. Leave empty for all teams.",
    )
    fold = fields.Boolean(
        string="Folded in kanban",
        help="Shows the column folded. Its tickets are loaded when it is opened.",
    )

    @api.depends("state")
    @api.depends_context("lang")
    def _compute_usual_text(self):
        words = {
            "unread": self.env._("We have received your request."),
            "read": self.env._("We have read your request."),
            "assigned": self.env._(
                "One of our agents is now taking care of your request."
            ),
            "in_progress": self.env._("We are working on your request."),
            "waiting": self.env._(
                "We are waiting for your answer. Please reply so that we can continue."
            ),
            "cancelled": self.env._("Your request was closed without a solution."),
        }
        reopened = self.env._(
            "Your request has been reopened, and we are working on it again."
        )
        for stage in self:
            stage.usual_text = words.get(stage.state)
            stage.usual_reopened_text = stage.state not in CLOSED_STATES and reopened

    def _is_reopened_from(self, former):
        return former.state in CLOSED_STATES and self.state not in CLOSED_STATES

    def _is_told_after(self, former):
        """Return whether customers are notified that a ticket has this stage now (T09).

        :param former: the previous `helpdesk.ticket.stage`
        :rtype: bool
        """
        self.ensure_one()
        if self == former or self.state == "closed":
            return False
        if self._is_reopened_from(former):
            return self.tell_reopened
        return self.tell_customer

    def _get_words_after(self, former):
        """Return the text about this stage for customers, in the language of the
        context.

        :param former: the previous `helpdesk.ticket.stage` of the ticket
        :rtype: str
        """
        self.ensure_one()
        if self._is_reopened_from(former):
            return self.reopened_text or self.usual_reopened_text
        return self.customer_text or self.usual_text or ""

    @api.model
    def _get_for(self, state, team, company):
        """Return the stage for a state in a team.

        :param str state: a key of STATES
        :param team: `helpdesk.team`, may be empty
        :param company: `res.company` of the tickets
        :return: `helpdesk.ticket.stage`, the team's own before the shared ones
        :raise ValidationError: when no stage has this state
        """
        return self.browse(self._get_id_for(state, team.id, company.id))

    @api.model
    @tools.ormcache("state", "team_id", "company_id")
    def _get_id_for(self, state, team_id, company_id):
        """Return the id for `_get_for`; cached, because each mail and each move needs
        it."""
        # sudo: the same for whoever moves the ticket; the companies are compared here
        every = self.sudo().with_context(active_test=True)
        stages = every.search(
            [
                ("state", "=", state),
                ("team_ids", "in", [team_id, False]),
                ("company_id", "in", [company_id, False]),
            ]
        )
        stage = (stages.filtered("team_ids") or stages)[:1]
        if not stage:
            label = dict(self._fields["state"]._description_selection(self.env))[state]
            raise ValidationError(
                self.env._(
                    "No ticket stage has the status “%(status)s”. Ask a helpdesk "
                    "manager to add one under Configuration > Stages.",
                    status=label,
                )
            )
        return stage.id

    def _get_customer_names(self):
        """Return the customers' names of these stages; the columns have internal names.

        :return: dict of names by id
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
        if self.env.lang not in (None, "en_US"):
            for name in CUSTOMER_TEXTS:
                stages.with_context(lang="en_US").filtered(name)[name] = ""
        self.env.registry.clear_cache()
        return stages

    @api.ondelete(at_uninstall=False)
    def _unlink_except_last_of_state(self):
        self._check_state_remains(self.mapped("state"))

    def write(self, vals):
        states_before = self.mapped("state")
        states = self._get_states_of_tickets() if "state" in vals else {}
        unwritten = self._get_unwritten(vals)
        res = super().write(vals)
        for name, stages in unwritten.items():
            stages[name] = ""
        self.env.registry.clear_cache()
        if "team_ids" in vals:
            self._part_with_other_teams()
        tickets = self.env["helpdesk.ticket"].union(*states)
        tickets._log_stages(states)
        tickets.filtered("is_open")._choose_policies()
        if {"state", "active", "team_ids", "company_id"} & vals.keys():
            self.browse()._check_state_remains(states_before)
        return res

    def _part_with_other_teams(self):
        """Give the tickets of teams that do not use these stages any more another one
        of the same state: no column of their teams would show them (T13)."""
        # sudo: tickets of all teams, archived ones too
        every = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        for stage in self.with_context(active_test=False).filtered("team_ids"):
            named = every.search(
                [("stage_id", "=", stage.id), ("team_id", "not in", stage.team_ids.ids)]
            )
            self.env.add_to_compute(named._fields["stage_id"], named)

    def _get_unwritten(self, vals):
        """Return the stages whose texts for customers are first written in a language
        other than English: Odoo would show these texts in all languages; customers read
        the standard ones until a text in their language is written (T09, K05).

        :param dict vals: of `write`
        :return: dict of stages in English, by field
        """
        names = [name for name in CUSTOMER_TEXTS if vals.get(name)]
        if self.env.lang in (None, "en_US"):
            return {}
        english = self.with_context(lang="en_US")
        return {n: english.filtered(lambda one, n=n: not one[n]) for n in names}

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
        return res

    def _get_states_of_tickets(self):
        """Return the state of each ticket in one of these stages.

        :rtype: dict
        """
        # sudo: another meaning of a stage is one for the tickets of all teams
        every = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        tickets = every.search_fetch([("stage_id", "in", self.ids)], ["state"])
        return {ticket: ticket.state for ticket in tickets}

    def _check_state_remains(self, states):
        """Refuse a change after which a state has no stage that all teams can use."""
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
