from odoo import fields, models


class HelpdeskEmailReplayLine(models.TransientModel):
    """A mail that the current rules would treat differently (E04)."""

    _name = "helpdesk.email.replay.line"
    _description = "Difference of a Replay"
    _order = "mail_id desc"

    replay_id = fields.Many2one(
        "helpdesk.email.replay", required=True, index=True, ondelete="cascade"
    )
    mail_id = fields.Many2one("helpdesk.inbox.mail", required=True, ondelete="cascade")
    email_from = fields.Char(related="mail_id.email_from", related_sudo=False)
    before = fields.Char("What Happened")
    now = fields.Char("Result with the Current Rules")
    changes = fields.Text("On the Ticket")
    rule_ids = fields.Many2many("helpdesk.email.collector", string="Differing Rules")

    def action_try_out(self):
        """Open the try-out of the mail, with its trace.

        :return: an `ir.actions.act_window` of the dialog as a dict
        """
        self.ensure_one()
        return self.mail_id.action_try_out()
