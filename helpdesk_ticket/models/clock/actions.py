from odoo import api, fields, models

# In which states the clocks stand still (T25, T26): why, as kept in `sla_pauses`.
PAUSES = {"waiting": "waiting", "closed": "closed", "cancelled": "closed"}


class HelpdeskTicket(models.Model):
    """What happened on a ticket, as far as deadlines depend on it (T25, T26)."""

    _inherit = "helpdesk.ticket"

    answered_date = fields.Datetime(
        string="First answered on", readonly=True, copy=False
    )
    last_action_date = fields.Datetime(
        string="Last action on",
        readonly=True,
        copy=False,
        help="When one of us did something for the last time: an answer, a question, "
        "a note, time logged, another stage or assignee.",
    )
    sla_pauses = fields.Json(
        string="Pauses",
        compute="_compute_sla_pauses",
        store=True,
        copy=False,
        help="When the clocks stood still: from, to, and why.",
    )

    @api.depends("state")
    def _compute_sla_pauses(self):
        now = fields.Datetime.to_string(fields.Datetime.now())
        for ticket in self:
            pauses = ticket.sla_pauses or []
            kind = PAUSES.get(ticket.state)
            running = pauses[-1] if pauses and not pauses[-1][1] else None
            if running and running[2] != kind:
                running[1] = now
                running = None
            if kind and not running:
                pauses.append([now, None, kind])
            ticket.sla_pauses = [pause for pause in pauses if pause[0] != pause[1]]

    def _get_pauses(self, *kinds):
        """Return the pauses of this ticket.

        :param kinds: which ones: "waiting", "closed"
        :return: list of pairs of moments; the second is None for one that still runs.
            Being closed now is none: the clocks have stopped for good.
        """
        self.ensure_one()
        to_datetime = fields.Datetime.to_datetime
        return [
            (to_datetime(begin), to_datetime(end) if end else None)
            for begin, end, kind in self.sla_pauses or []
            if kind in kinds and (end or kind != "closed")
        ]

    def _record_note(self, message):
        """Write down that one of us wrote a note."""
        if self._is_note_of_agent(message):
            self._record_action()

    def _is_note_of_agent(self, message):
        """Say whether a message is an internal note that one of us wrote."""
        # sudo: the subtype and the author's users are technical records
        message = message.sudo()
        internal = message.is_internal or message.subtype_id.internal
        by_person = message.message_type in ("comment", "email")
        return by_person and internal and self._is_agent(message.author_id)

    def _record_action(self, answered=False):
        """Write down that one of us did something for these tickets (T25, T26).

        :param bool answered: whether the customer has an answer now
        """
        now = fields.Datetime.now()
        # sudo: the clock counts whoever acts, also who may not edit tickets
        tickets = self.sudo()
        raised = tickets.filtered(lambda ticket: ticket._get_raised())
        tickets._count_late_actions(now)  # before the facts change: due until now
        acting = tickets.filtered("is_open")
        acting.last_action_date = now
        if answered:
            acting.filtered(lambda t: not t.answered_date).answered_date = now
        raised._drop_settled_activities()
