from odoo import api, fields, models


class HelpdeskTicketRequest(models.Model):
    """A request by mail: its ticket is created from the whole mail (C07)."""

    _inherit = "helpdesk.ticket.request"

    inbox_mail_id = fields.Many2one(
        "helpdesk.inbox.mail",
        string="Mail",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups="helpdesk_contact.group_helpdesk_manager",
    )
    progress = fields.Char(compute="_compute_progress")

    @api.depends("state", "ticket_id")
    @api.depends_context("lang", "uid")
    def _compute_progress(self):
        """Show the progress of an accepted request without a ticket yet."""
        for request in self:
            # sudo: agents cannot read the inbox; only why there is no ticket yet
            mail = request.sudo().inbox_mail_id
            pending = request.state == "accepted" and not request.ticket_id and mail
            error = mail.error or ""
            if not pending:
                request.progress = False
            elif request._may_accept():
                request.progress = self.env._(
                    "The ticket could not be created. %(error)s", error=error
                ).strip()
            elif mail.state != "waiting":
                request.progress = False
            elif error:
                request.progress = self.env._(
                    "The ticket has not been created yet; it is retried "
                    "automatically. %(error)s",
                    error=error,
                )
            else:
                request.progress = self.env._("The ticket is being created.")

    def action_accept(self):
        """Create tickets from the requests.

        :return: the ticket's form, or an `ir.actions.client` that waits for the worker
        """
        action = super().action_accept()
        # sudo: agents cannot read the inbox; only whether the worker has the mail
        pending = self.sudo().filtered_domain([("inbox_mail_id.state", "=", "waiting")])
        if action or not pending:
            return action
        return self.env["helpdesk.inbox.mail"]._wait_for(
            self._name, [("id", "in", pending.ids), ("ticket_id", "=", False)]
        )

    def _may_accept(self):
        # sudo: agents cannot read the inbox; only whether the mail has to be retried
        mail = self.sudo().inbox_mail_id
        failed = self.state == "accepted" and not self.ticket_id
        return super()._may_accept() or (failed and mail.state in ("failed", "ignored"))

    def _accept(self):
        """Let the worker create tickets from the whole mails."""
        # sudo: agents cannot read the inbox; they can read the request of this mail
        by_mail = self.sudo().filtered("inbox_mail_id")
        made = by_mail.filtered("inbox_mail_id.ticket_id")  # another user created it
        for request in made:
            ticket = request.inbox_mail_id.ticket_id
            request.write({"ticket_id": ticket.id, "state": "accepted"})
        queued = (by_mail - made).filtered(
            lambda request: (
                request.inbox_mail_id.state != "done"
                and not request.inbox_mail_id.is_cleared
            )
        )
        if queued:
            queued.inbox_mail_id._process_again(forced_by_id=self.env.uid)
            queued.state = "accepted"  # the worker adds the ticket
        return super(HelpdeskTicketRequest, self - made - queued)._accept()
