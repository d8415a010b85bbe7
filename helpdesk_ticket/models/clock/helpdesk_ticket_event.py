from odoo import fields, models

from ..ticket.lifecycle import STATES


class HelpdeskTicketEvent(models.Model):
    """The log of a ticket: what happened, when and by whom (T13, T14).

    Rows are added only by `_log` of the ticket and never change; nobody has write
    access. The rows of a message are moved with it to another ticket, and a ticket that
    was split off was opened when its first message was written. Since when the customer
    waits, when the clocks of a ticket stood still, and when it was first answered, last
    worked on and closed is read from here (T25, T26).
    """

    _name = "helpdesk.ticket.event"
    _description = "Event of a Ticket"
    _order = "moment desc, id desc"
    _rec_name = "kind"
    _log_access = False

    ticket_id = fields.Many2one(
        "helpdesk.ticket", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("opened", "Opened"),
            ("read", "Read"),
            ("assigned", "Assigned"),
            ("unassigned", "Assignee removed"),
            ("answered", "Answered"),
            ("asked", "Customer asked"),
            ("customer_answered", "Customer answered"),
            ("noted", "Note written"),
            ("time_logged", "Time logged"),
            ("changed", "Changed by hand"),
            ("waiting", "Waiting for feedback"),
            ("closed", "Closed"),
            ("solution_told", "Solution sent"),
            ("cancelled", "Cancelled"),
            ("reopened", "Reopened"),
            ("merged", "Merged"),
            ("split", "Split"),
            ("moved", "Moved"),
        ],
        required=True,
        readonly=True,
    )
    moment = fields.Datetime(required=True, readonly=True)
    state = fields.Selection(
        STATES,
        string="Status",
        readonly=True,
        help="The status of the ticket from then on, if known.",
    )
    action = fields.Selection(
        [("answer", "Answer"), ("other", "Other action")],
        readonly=True,
        help="What one of us did for the ticket by it while it was open: deadlines "
        "depend on it.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Person",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Who did it. Empty if it happened automatically.",
    )
    channel_id = fields.Many2one(
        "helpdesk.channel", readonly=True, index="btree_not_null", ondelete="set null"
    )
    message_id = fields.Many2one(
        "mail.message", readonly=True, index="btree_not_null", ondelete="set null"
    )

    _ticket_moment_idx = models.Index("(ticket_id, moment)")

    def _move_to(self, ticket):
        """Move the rows of messages to another ticket together with them. Actions and
        pauses of this ticket remain in its log.

        :param ticket: `helpdesk.ticket`
        """
        former = self.ticket_id
        pauses = former._get_pauses()
        # with what happened in the same second, which comes after it
        states = former.event_ids.filtered("state")
        moved = {(event.ticket_id, event.moment) for event in self & states}
        done = [
            event._prepare_left(action=event.action) for event in self if event.action
        ]
        kept = [
            event._prepare_left(state=event.state)
            for event in states.sorted("id")
            if (event.ticket_id, event.moment) in moved
        ]
        self.write({"ticket_id": ticket.id, "state": False, "action": False})
        now = former._get_pauses()
        lost = {one.id for one in former if now[one] != pauses[one]}
        kept = [values for values in kept if values["ticket_id"] in lost]
        self.create(done + kept)

    def _prepare_left(self, **values):
        """Return the values of a row that stays where this one was."""
        self.ensure_one()
        return {
            "ticket_id": self.ticket_id.id,
            "kind": "moved",
            "moment": self.moment,
            **values,
        }
