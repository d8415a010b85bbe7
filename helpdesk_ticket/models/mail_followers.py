from odoo import fields, models
from odoo.fields import Domain


class MailFollowers(models.Model):
    _inherit = "mail.followers"

    helpdesk_assigned = fields.Boolean(
        string="Follows as the Assignee",
        help="Stops following the ticket when it is assigned to somebody else.",
    )
    helpdesk_may_read = fields.Boolean(
        compute="_compute_helpdesk_may_read",
        search="_search_helpdesk_may_read",
        help="False if it is about a ticket that the user may not see (rel-A7).",
    )

    def _compute_helpdesk_may_read(self):
        # sudo: a record rule searches by this field
        readable = self.sudo().search(
            [("id", "in", self.ids), ("helpdesk_may_read", "=", True)]
        )
        for follower in self:
            follower.helpdesk_may_read = follower in readable

    def _search_helpdesk_may_read(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self.env["helpdesk.ticket"]._get_readable_domain("res_model")


class MailNotification(models.Model):
    _inherit = "mail.notification"

    helpdesk_may_read = fields.Boolean(
        compute="_compute_helpdesk_may_read",
        search="_search_helpdesk_may_read",
        help="False if it is about a ticket that the user may not see (rel-A7).",
    )

    def _compute_helpdesk_may_read(self):
        # sudo: a record rule searches by this field
        readable = self.sudo().search(
            [("id", "in", self.ids), ("helpdesk_may_read", "=", True)]
        )
        for notification in self:
            notification.helpdesk_may_read = notification in readable

    def _search_helpdesk_may_read(self, operator, value):
        if operator != "in":
            return NotImplemented
        about = self.env["helpdesk.ticket"]._get_readable_domain("model")
        return Domain("res_partner_id", "=", self.env.user.partner_id.id) | Domain(
            "mail_message_id", "any", about
        )
