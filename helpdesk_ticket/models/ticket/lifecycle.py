from odoo import api, fields, models

from odoo.addons.helpdesk_contact.inside import Inside

STATES = [
    ("unread", "Unread"),
    ("read", "Read"),
    ("assigned", "Assigned"),
    ("in_progress", "In progress"),
    ("waiting", "Waiting for feedback"),
    ("closed", "Closed"),
    ("cancelled", "Cancelled"),
]
CLOSED_STATES = ("closed", "cancelled")
OPEN_STATES = tuple(state for state, _label in STATES if state not in CLOSED_STATES)

# The life cycle (T13): what happens to a ticket -> the state it moves to, by the
# state it is in. An event leaves a ticket alone in the states it does not name.
MOVES = {
    "opened": {"unread": "read"},
    "assigned": {"unread": "assigned", "read": "assigned"},
    "unassigned": {"assigned": "read"},
    "answered": dict.fromkeys(("unread", "read", "assigned", "waiting"), "in_progress"),
    "time_logged": dict.fromkeys(("unread", "read", "assigned"), "in_progress"),
    "asked": dict.fromkeys(OPEN_STATES, "waiting"),
    "customer_answered": dict.fromkeys(("waiting", *CLOSED_STATES), "in_progress"),
    "closed": dict.fromkeys(OPEN_STATES, "closed"),
    "cancelled": dict.fromkeys(OPEN_STATES, "cancelled"),
    "reopened": dict.fromkeys(CLOSED_STATES, "in_progress"),
}
# What of it is an action of ours (T26): opening a ticket to read it is none.
ACTIONS = ("answered", "asked", "cancelled", "closed", "reopened", "time_logged")


class HelpdeskTicket(models.Model):
    """Status of a ticket and who moves it (T13)."""

    _inherit = "helpdesk.ticket"

    stage_id = fields.Many2one(
        "helpdesk.ticket.stage",
        compute="_compute_stage_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        copy=False,
        ondelete="restrict",
        tracking=True,
        group_expand="_group_expand_stage_id",
        domain="[('team_ids', 'in', [team_id, False])]",
    )
    state = fields.Selection(
        related="stage_id.state", string="Status", store=True, precompute=True
    )
    # Stored, because every screen of the daily work asks for open tickets only.
    is_open = fields.Boolean(
        string="Open", compute="_compute_is_open", store=True, precompute=True
    )
    closed_date = fields.Datetime(
        string="Closed on",
        compute="_compute_closed_date",
        store=True,
        copy=False,
        index="btree_not_null",
        help="When the ticket was closed or cancelled the last time.",
    )

    @api.depends("team_id")
    def _compute_stage_id(self):
        """Give new tickets their first stage, and another team's ticket a stage of
        that team with the same state."""
        Stage = self.env["helpdesk.ticket.stage"]
        for (team, stage, company), tickets in self.grouped(
            lambda ticket: (ticket.team_id, ticket.stage_id, ticket.company_id)
        ).items():
            if not stage or (stage.team_ids and team not in stage.team_ids):
                state = stage.state or "unread"
                tickets.stage_id = Stage._get_for(state, team, company)

    @api.depends("state")
    def _compute_is_open(self):
        for ticket in self:
            ticket.is_open = ticket.state not in CLOSED_STATES

    @api.depends("is_open")
    def _compute_closed_date(self):
        now = fields.Datetime.now()
        for ticket in self:
            ticket.closed_date = False if ticket.is_open else ticket.closed_date or now

    @api.model
    def _group_expand_stage_id(self, stages, domain):
        """Show the empty columns too: the shared ones, and those of the team."""
        team_id = self.env.context.get("default_team_id")
        return stages | stages.search([("team_ids", "in", [team_id, False])])

    def _move(self, event):
        """Tell the tickets that something happened; each moves as the table says.

        :param str event: a key of MOVES
        :return: the `helpdesk.ticket` records that moved
        """
        if event in ACTIONS:
            self._record_action(answered=event in ("answered", "asked"))
        # What the move itself writes is no second action, and a customer's none.
        tickets = self.with_context(helpdesk_move=Inside())
        Stage = tickets.env["helpdesk.ticket.stage"]
        moves = MOVES[event]
        moved = tickets.filtered(lambda t: moves.get(t.state, t.state) != t.state)
        for (state, team, company), tickets in moved.grouped(
            lambda ticket: (moves[ticket.state], ticket.team_id, ticket.company_id)
        ).items():
            tickets.stage_id = Stage._get_for(state, team, company)
        return moved.with_env(self.env)

    def action_mark_read(self):
        """Mark unread tickets as read: an agent has opened them (T13).

        :return: whether any ticket was unread
        :rtype: bool
        """
        self.check_access("write")
        return bool(self._move("opened"))

    def action_close(self):
        """Close the open tickets among these."""
        self.check_access("write")
        self._move("closed")

    def action_cancel(self):
        """Cancel the open tickets among these: given up, not solved."""
        self.check_access("write")
        self._move("cancelled")

    def action_reopen(self):
        """Open the closed and cancelled tickets among these again."""
        self.check_access("write")
        self._move("reopened")
