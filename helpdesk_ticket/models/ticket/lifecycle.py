from odoo import api, fields, models

from odoo.addons.helpdesk_contact.inside import Inside, inside

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
    "read": {"unread": "read"},
    "assigned": {"unread": "assigned", "read": "assigned"},
    "unassigned": {"assigned": "read"},
    "answered": dict.fromkeys(("unread", "read", "assigned", "waiting"), "in_progress"),
    "time_logged": dict.fromkeys(("unread", "read", "assigned"), "in_progress"),
    "asked": dict.fromkeys(OPEN_STATES, "waiting"),
    "customer_answered": dict.fromkeys(("waiting", *CLOSED_STATES), "in_progress"),
    "closed": dict.fromkeys(OPEN_STATES, "closed"),
    "cancelled": dict.fromkeys(OPEN_STATES, "cancelled"),
    "reopened": dict.fromkeys(CLOSED_STATES, "in_progress"),
    # an answered ticket was merged into this one
    "merged": dict.fromkeys(("unread", "read", "assigned", "waiting"), "in_progress"),
}
# What happens to a ticket only when it moves by it; all else is said by somebody.
STEPS = ("read", "closed", "cancelled", "reopened")
# What of it is an action of ours (T26): opening a ticket to read it is none.
ACTIONS = (
    "answered",
    "asked",
    "cancelled",
    "closed",
    "merged",
    "reopened",
    "time_logged",
)
# Who has the last word (A02), by what was said last
LAST_ANSWERS = {
    "answered": "us",
    "asked": "us",
    "solution_told": "us",
    "customer_answered": "customer",
}
# What customers know of a move: they read or wrote what moved the ticket (T09).
KNOWN_MOVES = (*LAST_ANSWERS, "merged")


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
        check_company=True,
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

    last_answer = fields.Selection(
        [
            ("nobody", "Nobody answered"),
            ("customer", "Customer answered"),
            ("us", "We answered"),
        ],
        string="Answered last",
        default="nobody",
        readonly=True,
        copy=False,
        help="Who wrote last since the ticket was opened: its customer or one of us.",
    )

    # The overview counts those whose customers wait for us, the list shows them.
    _customer_answered_idx = models.Index(
        "(team_id, user_id) WHERE last_answer = 'customer' "
        "AND is_open IS TRUE AND active IS TRUE"
    )

    @api.depends("team_id")
    def _compute_stage_id(self):
        """Give new tickets their first stage, and another team's ticket a stage of
        that team with the same state."""
        Stage = self.env["helpdesk.ticket.stage"]
        for (team, stage, company), tickets in self.grouped(
            lambda ticket: (ticket.team_id, ticket.stage_id, ticket.company_id)
        ).items():
            strange = stage.company_id - company or (
                stage.team_ids and team not in stage.team_ids
            )
            if not stage or strange:
                state = stage.state or "unread"
                tickets.stage_id = Stage._get_id_for(state, team.id, company.id)

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

    def _move(self, event, message=None):
        """Tell the tickets that something happened; each moves as the table says.

        :param str event: a key of MOVES
        :param message: the `mail.message` by which it happened, if it did by one
        :return: the `helpdesk.ticket` records that moved
        """
        if event in ACTIONS:
            self._record_action(answered=event in ("answered", "asked"))
        # What the move itself writes is no second action, and a customer's none.
        tickets = self.with_context(helpdesk_move=Inside())
        Stage = tickets.env["helpdesk.ticket.stage"]
        moves = MOVES[event]
        moved = tickets.filtered(lambda t: moves.get(t.state, t.state) != t.state)
        former = {ticket: ticket.stage_id for ticket in moved}
        for (state, team, company), tickets in moved.grouped(
            lambda ticket: (moves[ticket.state], ticket.team_id, ticket.company_id)
        ).items():
            tickets.stage_id = Stage._get_id_for(state, team.id, company.id)
        moved = moved.with_env(self.env)
        (moved if event in STEPS else self)._log(event, message)
        if event not in KNOWN_MOVES and (told := moved.filtered("notify_partner")):
            told._note_stages(former)
        return moved

    def _follow_stage(self, stages):
        """Do what another stage brings: a line in the log and something to tell,
        unless a move does that, what has changed while it was closed, a notice, no
        alarm.

        :param dict stages: the `helpdesk.ticket.stage` of each ticket before
        """
        states = {ticket: stage.state for ticket, stage in stages.items()}
        if not inside(self.env, "helpdesk_move"):
            self._log_stages(states)
            self._note_stages(stages)
        reopened = self.filtered(
            lambda ticket: ticket.is_open and states[ticket] in ("closed", "cancelled")
        )
        if reopened:
            reopened._settle_reopened()
        closed = self.filtered(
            lambda ticket: (
                ticket.state == "closed"
                and states[ticket] not in ("closed", "cancelled")
            )
        )
        if closed:
            closed._tell_of_closing()
        if any(not ticket.is_open or ticket.state == "waiting" for ticket in self):
            self._settle_moved()

    def _log(self, kind, message=None):
        """Add to the log what happened to these tickets, and keep who answered last.

        :param str kind: of `helpdesk.ticket.event`
        :param message: the `mail.message` by which it happened, if it did by one
        """
        values = {"kind": kind, "moment": fields.Datetime.now()}
        if message:
            # sudo: the author is a technical record
            values["partner_id"] = message.sudo().author_id.id
            values["message_id"] = message.id
            by_mail = message.message_type == "email"
            if by_mail or kind == "customer_answered":
                channel = f"helpdesk_ticket.channel_{'email' if by_mail else 'portal'}"
                channel_id = self.env["ir.model.data"]._xmlid_to_res_id(channel)
                values["channel_id"] = channel_id
        elif self.env.user.active:  # no technical user
            values["partner_id"] = self.env.user.partner_id.id
        # sudo: it happened, whoever did it
        log = self.env["helpdesk.ticket.event"].sudo()
        log.create(
            [
                {
                    **values,
                    **({"partner_id": one.partner_id.id} if kind == "opened" else {}),
                    "ticket_id": one.id,
                    "state": one.state,
                }
                for one in self
            ]
        )
        if kind in LAST_ANSWERS:
            last = LAST_ANSWERS[kind]
            # sudo: customers must not write tickets
            others = self.sudo().filtered(lambda ticket: ticket.last_answer != last)
            others.last_answer = last

    def _log_stages(self, states):
        """Add to the log that somebody gave tickets a stage of another state.

        :param dict states: the state of each ticket before
        """

        def get_kind(ticket):
            if ticket.state in ("read", "waiting", *CLOSED_STATES):
                return ticket.state
            return "reopened" if states[ticket] in CLOSED_STATES else "moved"

        changed = self.filtered(lambda ticket: ticket.state != states[ticket])
        for kind, tickets in changed.grouped(get_kind).items():
            tickets._log(kind)

    def _renew_last_answer(self):
        """Read from the log who answered last, after messages have moved.

        What a customer asked in another ticket that was merged into this one is the
        customer's word here: the first of them opened it, the others said more.
        """
        tickets = self.with_context(active_test=False)
        survivors = {
            one: ticket for ticket in tickets for one in ticket.merged_ticket_ids
        }
        survivors |= dict(zip(tickets, tickets, strict=True))
        # sudo: who answered last is no secret from who may write these tickets
        events = self.env["helpdesk.ticket.event"].sudo()
        said = events.search(
            [
                ("ticket_id", "in", [ticket.id for ticket in survivors]),
                ("kind", "in", ["opened", *LAST_ANSWERS]),
            ],
            order="moment, id",
        )
        last, opened = {}, set()
        for event in said:
            ticket_id = survivors[event.ticket_id].id
            if event.kind != "opened":
                last[ticket_id] = LAST_ANSWERS[event.kind]
            elif ticket_id in opened:
                last[ticket_id] = "customer"
            else:
                opened.add(ticket_id)
        for answer, group in self.grouped(
            lambda ticket: last.get(ticket.id, "nobody")
        ).items():
            group.last_answer = answer

    def action_mark_read(self):
        """Mark unread tickets as read: an agent has opened them (T13).

        :return: whether any ticket was unread
        :rtype: bool
        """
        self.check_access("write")
        return bool(self._move("read"))

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
