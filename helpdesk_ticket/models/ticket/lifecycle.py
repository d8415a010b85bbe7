from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

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

    def _check_stage_is_used(self):
        """Refuse a stage that only other teams use: no column of this team would show
        the ticket (T13). The life cycle chooses those that fit.

        :raise ValidationError: in words
        """
        # an archived team keeps its stages for itself, too
        for ticket in self.with_context(active_test=False):
            # sudo: only which teams those are
            stage, teams = ticket.stage_id, ticket.sudo().stage_id.team_ids
            if teams and ticket.team_id not in teams:
                raise ValidationError(
                    self.env._(
                        "“%(stage)s” is a stage of other teams. Choose a stage that "
                        "the team of the ticket uses.",
                        stage=stage.display_name,
                    )
                )

    @api.model
    def _group_expand_stage_id(self, stages, domain):
        """Show the empty columns too: the shared ones, and those of the team."""
        team_id = self.env.context.get("default_team_id")
        shown = stages | stages.search([("team_ids", "in", [team_id, False])])
        return shown.sorted()

    def _move(self, event, message=None, acting=None):
        """Tell the tickets that something happened; each moves as the table says.

        :param str event: a key of MOVES
        :param message: the `mail.message` by which it happened, if it did by one
        :param acting: those of the tickets on which one of us acted by it
        :return: the `helpdesk.ticket` records that moved
        """
        if event in ACTIONS:
            acting = self._begin_action()
        moves = MOVES[event]
        states = {ticket: moves.get(ticket.state, ticket.state) for ticket in self}
        moved = self.filtered(lambda ticket: states[ticket] != ticket.state)
        former = {ticket: ticket.stage_id for ticket in moved}
        # the log says first what the stages say then
        (moved if event in STEPS else self)._log(event, message, acting, states)
        # What the move itself writes is no second action, and a customer's none.
        tickets = moved.with_context(helpdesk_move=Inside())
        Stage = tickets.env["helpdesk.ticket.stage"]
        for (state, team, company), alike in tickets.grouped(
            lambda ticket: (states[ticket], ticket.team_id, ticket.company_id)
        ).items():
            alike.stage_id = Stage._get_id_for(state, team.id, company.id)
        if event not in KNOWN_MOVES and (told := moved.filtered("notify_partner")):
            told._note_stages(former)
        return moved

    def _follow_stage(self, stages, acting):
        """Do what another stage brings: a line in the log and something to tell,
        unless a move does that, what has changed while it was closed, a notice, no
        alarm.

        :param dict stages: the `helpdesk.ticket.stage` of each ticket before
        :param acting: those of the tickets on which one of us acts by it
        """
        states = {ticket: stage.state for ticket, stage in stages.items()}
        if not inside(self.env, "helpdesk_move"):
            self._check_stage_is_used()
            self._log_stages(states, acting)
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
            self._settle_raised()

    def _hold(self):
        """Write the rows of these tickets, without a change: of two transactions at the
        same moment the slower one begins again, and sees what the other did. Else a
        ticket would be closed over an answer, be merged and leave one behind, or tell
        those who may not read it any more (E06, T10, T13)."""
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET write_date = write_date WHERE id = ANY(%s)",
                SQL.identifier(self._table),
                self.ids,
            )
        )

    def _log(self, kind, message=None, acting=None, states=None):
        """Add to the log what happened to these tickets.

        :param str kind: of `helpdesk.ticket.event`
        :param message: the `mail.message` by which it happened, if it did by one
        :param acting: those of the tickets on which one of us acted by it
        :param dict states: their states from then on, when it is not the one they have
        """
        acting, states = acting or self.browse(), states or {}
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
        action = "answer" if kind in ("answered", "asked") else "other"
        # sudo: it happened, whoever did it
        self.env["helpdesk.ticket.event"].sudo().create(
            [
                {
                    **values,
                    **(
                        {"partner_id": ticket.partner_id.id} if kind == "opened" else {}
                    ),
                    "ticket_id": ticket.id,
                    "state": states.get(ticket, ticket.state),
                    "action": action if ticket in acting else False,
                }
                for ticket in self
            ]
        )
        if acting:
            acting._settle_raised()

    def _settle_raised(self):
        """Take the activity off tickets that are late with nothing any more, once
        somebody has done something for them, closed them or waits."""
        # sudo: what is done is done, whoever has closed the ticket
        rows = self.env["helpdesk.deadline"].sudo()
        raised = rows.search([("ticket_id", "in", self.ids), ("raised", "!=", False)])
        # of which people were told that it is late, and which is so still
        late = raised.filtered(lambda row: row.raised == row.due and row._is_pending())
        if settled := raised.ticket_id - late.ticket_id:
            settled.activity_unlink(["helpdesk_ticket.mail_activity_type_overdue"])

    def _log_asked(self, moment):
        """Let the log say that what this ticket is about was asked earlier.

        :param datetime moment: when
        """
        # sudo: it was asked then, whoever splits it off
        events = self.sudo().event_ids
        opened = events.filtered(lambda event: event.kind == "opened")
        opened.moment = min(filter(None, [moment, *opened.mapped("moment")]))

    def _log_stages(self, states, acting=None):
        """Add to the log that somebody gave tickets a stage of another state.

        :param dict states: the state of each ticket before
        :param acting: those of the tickets on which one of us acted by it
        """

        def get_kind(ticket):
            if ticket.state in ("read", "waiting", *CLOSED_STATES):
                return ticket.state
            return "reopened" if states[ticket] in CLOSED_STATES else "moved"

        changed = self.filtered(lambda ticket: ticket.state != states[ticket])
        for kind, tickets in changed.grouped(get_kind).items():
            tickets._log(kind, acting=acting and acting & tickets)

    def action_mark_read(self):
        """Mark unread tickets as read: an agent has opened them (T13).

        :return: whether any ticket was unread
        :rtype: bool
        """
        self.check_access("write")
        return bool(self._move("read"))

    def action_ask_customer(self):
        """Write a question to the customer; sending it makes the ticket wait (T13).

        :return: an `ir.actions.act_window` of the mail composer as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask the Customer"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_composition_mode": "comment",
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_partner_ids": self.partner_id.ids,
                "default_subtype_xmlid": "mail.mt_comment",
                "helpdesk_ask": True,
            },
        }

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
        self._move("reopened")._end_duplicates()
