from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mail import is_html_empty

from odoo.addons.helpdesk_contact.inside import inside

from .lifecycle import RECLASSIFIED


class HelpdeskTicket(models.Model):
    """How a ticket ends: its solution (T17), who is told (T24), and what may still be
    changed afterwards (T27)."""

    _inherit = "helpdesk.ticket"

    solution = fields.Html(
        sanitize_style=True,
        copy=False,
        help="How the ticket was solved. Included in the mail about the closing.",
    )
    can_reclassify = fields.Boolean(compute="_compute_can_reclassify")

    @api.depends("is_open", "company_id.helpdesk_reclassify_closed")
    def _compute_can_reclassify(self):
        for ticket in self:
            ticket.can_reclassify = (
                ticket.is_open or ticket.company_id.helpdesk_reclassify_closed
            )

    @api.model
    def _check_reclassified(self, classes):
        """Refuse to change what kind of ticket a closed one was (T27).

        :param dict classes: type, topic group and severity of each ticket that was
            closed before the change
        :raise UserError: when one is closed still, has changed and must not
        """
        for ticket, before in classes.items():
            if ticket.can_reclassify or before == [ticket[n] for n in RECLASSIFIED]:
                continue
            raise UserError(
                self.env._(
                    "Ticket %(number)s is closed: its request type, topic group and "
                    "severity stay as they are. Reopen it first, or ask an "
                    "administrator to allow it under Settings > Helpdesk > Reclassify "
                    "closed tickets.",
                    number=ticket.number,
                )
            )

    def _take_off(self, name):
        """Empty a field before what it names is deleted, and note at once what it was:
        later that has no name any more (T14).

        :param str name: a tracked field
        """
        self[name] = False
        self.env.flush_all()
        self._track_finalize()

    def _tell_of_closing(self):
        """Tell the contacts of just closed tickets, as the setting says (T24).

        The closing dialog asks its user instead, and says so in the context.
        """
        if inside(self.env, "helpdesk_closing_quiet") or not self._may_notify():
            return
        told = self.filtered("notify_partner")
        told.filtered(
            lambda ticket: ticket.company_id.helpdesk_notify_closing
        )._post_closing()
        told._request_rating()

    def _post_closing(self, everybody=False):
        """Send the mail of the closing. A solution in it is our last word (A02).

        :param bool everybody: to all customers who take part too, not the contact only
        :return: the `helpdesk.ticket` records whose template failed
        """
        xmlid = "helpdesk_ticket.mail_template_ticket_closed"
        solved = self.filtered(lambda ticket: not is_html_empty(ticket.solution))
        failed = solved._post_notice(xmlid, everybody, event="solution_told")
        return failed | (self - solved)._post_notice(xmlid, everybody)

    def _get_untold_warning(self, then):
        """Name closed tickets whose customers got no notice: its template fails.

        :param dict then: the action that follows
        :return: an `ir.actions.client` as a dict
        """
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": self.env._(
                    "No notification was sent for %(tickets)s because its template "
                    "has an error. A manager was informed.",
                    tickets=", ".join(self.mapped("number")),
                ),
                "next": then,
            },
        }

    def action_close_dialog(self):
        """Ask for the solution and who is told, then close the tickets (T17).

        :return: an `ir.actions.act_window` of the dialog as a dict
        """
        return self._get_closing_dialog("closed")

    def action_cancel_dialog(self):
        """Ask for the reason and who is told, then cancel the tickets (T17).

        :return: an `ir.actions.act_window` of the dialog as a dict
        """
        return self._get_closing_dialog("cancelled")

    def _get_closing_dialog(self, outcome):
        tickets = self.filtered("is_open")
        if not tickets:
            raise UserError(self.env._("None of the tickets you chose is open."))
        name = (
            tickets.display_name
            if len(tickets) == 1
            else self.env._("%(count)s tickets", count=len(tickets))
        )
        title = (
            self.env._("Close: %(tickets)s", tickets=name)
            if outcome == "closed"
            else self.env._("Cancel: %(tickets)s", tickets=name)
        )
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "helpdesk.ticket.close",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_ticket_ids": tickets.ids,
                "default_outcome": outcome,
            },
        }
