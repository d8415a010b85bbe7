from odoo import fields, models


class HelpdeskTicketRequest(models.Model):
    """A request that came by mail: its ticket is made of the whole mail (C07)."""

    _inherit = "helpdesk.ticket.request"

    inbox_mail_id = fields.Many2one(
        "helpdesk.inbox.mail",
        string="Mail",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups="helpdesk_contact.group_helpdesk_manager",
    )

    def _make_ticket(self):
        # sudo: agents don't read the inbox; they see the request made of this mail
        mail = self.sudo().inbox_mail_id
        if mail.state == "ignored":
            mail.action_create_ticket()
        elif mail.state != "waiting" and not mail.ticket_id:
            return super()._make_ticket()
        # Somebody else's decision may have made the ticket, or is about to.
        return mail.ticket_id.sudo(False)  # with the agent's own rights again
