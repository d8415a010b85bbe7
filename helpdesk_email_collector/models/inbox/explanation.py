from odoo import api, fields, models


class HelpdeskInboxMail(models.Model):
    """Why this happened to a mail, step by step, in sentences (E05).

    Mixed into `helpdesk.inbox.mail`, whose fields it uses.
    """

    _inherit = "helpdesk.inbox.mail"

    explanation = fields.Html(compute="_compute_explanation", sanitize=False)
    moved_from_id = fields.Many2one(
        "helpdesk.ticket", "Moved from", readonly=True, index="btree_not_null"
    )
    moved_by_id = fields.Many2one("res.users", "Moved by", readonly=True)
    moved_date = fields.Datetime("Moved on", readonly=True)

    @api.depends(
        "state", "reason_code", "ticket_id", "error", "is_cleared", "waits_for_id"
    )
    @api.depends_context("uid", "lang", "tz")
    def _compute_explanation(self):
        qweb = self.env["ir.qweb"]
        for mail in self:
            mail.explanation = qweb._render(
                "helpdesk_email_collector.inbox_explanation", {"mail": mail}
            )

    def action_try_out(self):
        """Open the try-out of the mail with the current rules (E04).

        :return: an `ir.actions.act_window` of the dialog as a dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_email_collector.action_helpdesk_email_tryout"
        )
        action["context"] = {
            "dialog_size": "extra-large",
            "default_origin": "inbox",
            "default_mail_id": self.id,
        }
        return action

    def action_replay(self):
        """Apply the current rules to these mails and list the differences (E04).

        :return: an `ir.actions.act_window` of the page as a dict
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_email_collector.action_helpdesk_email_replay"
        )
        action["context"] = {"default_mail_ids": self.ids}
        return action

    def _move_to(self, ticket):
        """Assign these mails to another ticket, and remember who decided that.

        :param ticket: `helpdesk.ticket`
        """
        now = fields.Datetime.now()
        for origin, mails in self.grouped("ticket_id").items():
            mails.write(
                {
                    "ticket_id": ticket.id,
                    "moved_from_id": origin.id,
                    "moved_by_id": self.env.uid,
                    "moved_date": now,
                }
            )
