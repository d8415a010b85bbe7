from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.ticket.merge import SPOKEN


class HelpdeskTicketSplit(models.TransientModel):
    """The dialog that moves messages of a ticket to a new one."""

    _name = "helpdesk.ticket.split"
    _description = "Splitting of a Ticket"

    ticket_id = fields.Many2one("helpdesk.ticket", required=True, readonly=True)
    # Not "message_ids": its default in the context would reach the new ticket.
    moved_message_ids = fields.Many2many(
        "mail.message",
        string="Messages to move",
        domain=lambda self: self._get_message_domain(),
    )
    name = fields.Char(
        string="Subject of the new ticket",
        compute="_compute_name",
        compute_sudo=False,
        store=True,
        readonly=False,
    )

    @api.model
    def _get_message_domain(self):
        types = [f"'{name}'" for name in SPOKEN]
        return (
            "[('model', '=', 'helpdesk.ticket'), ('res_id', '=', ticket_id), "
            f"('message_type', 'in', [{', '.join(types)}])]"
        )

    @api.depends("moved_message_ids", "ticket_id")
    def _compute_name(self):
        for wizard in self:
            first = wizard.moved_message_ids._origin.sorted("id")[:1]
            wizard.name = wizard.name or first.subject or wizard.ticket_id.name

    def action_split(self):
        """Move the messages to a new ticket.

        :return: an `ir.actions.act_window` with the new ticket
        :rtype: dict
        :raise UserError: when no message is chosen
        """
        self.ensure_one()
        if not self.moved_message_ids:
            raise UserError(self.env._("Choose the messages for the new ticket."))
        ticket = self.ticket_id._split_off(self.moved_message_ids, {"name": self.name})
        return ticket.action_open_form()
