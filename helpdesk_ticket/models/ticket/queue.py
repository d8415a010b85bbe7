from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

# How many tickets at the head of the queue are tried when others take some at once.
HEAD = 50


class HelpdeskTicket(models.Model):
    """The tickets that wait for somebody to take them (T10, T13)."""

    _inherit = "helpdesk.ticket"

    def _get_queue_domain(self):
        """Return the tickets that the user may take next.

        :rtype: Domain
        """
        # a ticket of an archived team may be open again: its members know it
        teams = self.env["helpdesk.team"].with_context(active_test=False)
        teams = teams.search([("member_ids", "in", self.env.uid)])
        return (
            Domain("is_open", "=", True)
            & Domain("user_id", "=", False)
            & Domain("state", "!=", "waiting")
            & Domain("team_id", "in", [*teams.ids, False])
        )

    def _get_queue_order(self):
        """Return the order of the queue: what is due first, then the most severe, then
        the oldest."""
        return "due_date nulls last, severity_id desc nulls last, id"

    def action_take_next(self):
        """Assign the next waiting ticket of the user's teams to the user and open it.

        Two agents who do so at once get two tickets: a ticket that somebody else is
        about to take is skipped.

        :return: the ticket's form, an `ir.actions.act_window` as a dict
        :raise UserError: when no ticket waits
        """
        Ticket = self.browse()
        head = Ticket.search(
            self._get_queue_domain(), order=self._get_queue_order(), limit=HEAD
        )
        ticket = head.try_lock_for_update(limit=1)
        if not ticket:
            raise UserError(
                self.env._("Nothing to take: no ticket of your teams is unassigned.")
            )
        ticket.user_id = self.env.user
        return ticket.action_open_form()
