from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

from ..press import is_first_press


class HelpdeskPrivateMessage(models.TransientModel):
    """The dialog for a private message, which shows its recipients before it is sent
    (T15)."""

    _name = "helpdesk.private.message"
    _description = "Private Message"

    ticket_id = fields.Many2one("helpdesk.ticket", required=True, ondelete="cascade")
    partner_ids = fields.Many2many("res.partner", string="To")
    body = fields.Html(string="Message", sanitize_style=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Attachments")
    recipients = fields.Char(compute="_compute_recipients")
    outsiders = fields.Char(string="External recipients", compute="_compute_recipients")
    unreachable = fields.Char(
        string="Without an e-mail address", compute="_compute_recipients"
    )

    @api.depends("partner_ids.email", "ticket_id")
    def _compute_recipients(self):
        for wizard in self:
            people = wizard.partner_ids
            reachable = people.filtered("email_normalized")
            outsiders = people.filtered(wizard._is_outsider)
            wizard.recipients = "; ".join(reachable.mapped("email_formatted"))
            wizard.outsiders = ", ".join(outsiders.mapped("display_name"))
            wizard.unreachable = ", ".join((people - reachable).mapped("display_name"))

    def _is_outsider(self, partner):
        """Return whether a recipient belongs neither to the customer nor to us."""
        ticket = self.ticket_id
        insiders = (
            ticket.customer_id.commercial_partner_id
            | ticket.partner_id.commercial_partner_id
            | ticket.company_id.partner_id.commercial_partner_id
        )
        return partner.partner_share and partner.commercial_partner_id not in insiders

    def action_send(self):
        """Mail the message to the chosen people and add it to the ticket.

        :return: an `ir.actions.act_window_close`
        :rtype: dict
        :raise UserError: when no recipient was chosen, or the message is empty
        """
        self.ensure_one()
        close = {"type": "ir.actions.act_window_close"}
        if not is_first_press(self):
            return close
        if not self.partner_ids:
            raise UserError(
                self.env._(
                    "Choose at least one recipient for the private message. Nobody "
                    "else receives it."
                )
            )
        if self.unreachable:
            raise UserError(
                self.env._(
                    "%(names)s cannot be reached by e-mail. Add an e-mail address, or "
                    "remove them from the recipients.",
                    names=self.unreachable,
                )
            )
        if is_html_empty(self.body) and not self.attachment_ids:
            raise UserError(self.env._("Write a message, or attach a file."))
        self.ticket_id._post_private_message(
            self.body or "", self.partner_ids, self.attachment_ids
        )
        self.unlink()
        return close
