from odoo import fields, models


class HelpdeskTicket(models.Model):
    """What the rules decided about the ticket's first mail (E03)."""

    _inherit = "helpdesk.ticket"

    inbox_mail_ids = fields.One2many(
        "helpdesk.inbox.mail",
        "ticket_id",
        groups="helpdesk_contact.group_helpdesk_manager",
    )
    inbox_mail_count = fields.Integer(
        compute="_compute_inbox_mail_count",
        groups="helpdesk_contact.group_helpdesk_manager",
    )

    mail_reference = fields.Char(
        "Reference in Mails",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="What a rule found in the first mail, for example the number of an "
        "alert. Later mails with the same reference are added to this ticket.",
    )

    def _compute_inbox_mail_count(self):
        counts = dict(
            self.env["helpdesk.inbox.mail"]._read_group(
                [("ticket_id", "in", self.ids)], ["ticket_id"], ["__count"]
            )
        )
        for ticket in self:
            ticket.inbox_mail_count = counts.get(ticket._origin, 0)

    def action_view_inbox_mails(self):
        """Open the original mails of this ticket.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_email_collector.action_helpdesk_inbox_mail"
        )
        return {**action, "domain": [("ticket_id", "=", self.id)]}

    def _move_messages(self, target, messages=None):
        """Move the original mails together with their messages, and note who did it."""
        # sudo: agents don't read the inbox; the user may write both tickets
        inbox = self.env["helpdesk.inbox.mail"].sudo()
        domain = [("ticket_id", "in", self.ids)]
        if messages is not None:
            ids = [text for text in messages.mapped("message_id") if text]
            domain.append(("message_id", "in", ids))
        inbox.search(domain)._move_to(target)
        return super()._move_messages(target, messages)

    def action_misfiled_dialog(self):
        """Open the dialog that asks what was wrong with a mail of this ticket (E05).

        :return: an `ir.actions.act_window` of the dialog as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("This Was Wrong"),
            "res_model": "helpdesk.ticket.misfiled",
            "view_mode": "form",
            "target": "new",
            "context": {"default_ticket_id": self.id},
        }
