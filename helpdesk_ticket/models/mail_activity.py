from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import ValidationError


class MailActivity(models.Model):
    _inherit = "mail.activity"

    @api.constrains("user_id")
    def _check_user_reads_ticket(self):
        """Refuse to assign an activity on a ticket to a user who may not see the
        ticket: its name alone would reveal something (T10, rel-A7). Activities created
        by programs are assigned to users who may see it.

        :raise ValidationError: with a sentence
        """
        tickets = self.env["helpdesk.ticket"]
        # Odoo runs constraints as superuser, so only `env.user` says who it is.
        mine = self.filtered(lambda one: one.res_model == tickets._name and one.res_id)
        if self.env.uid == SUPERUSER_ID or not mine:
            return
        for user, theirs in mine.grouped("user_id").items():
            named = tickets.with_context(active_test=False).browse(
                theirs.mapped("res_id")
            )
            if user and set(named.ids) - named._get_readable(user):
                raise ValidationError(
                    self.env._(
                        "%(user)s is not allowed to see this ticket and cannot be "
                        "given an activity on it. Choose somebody else.",
                        user=user.name,
                    )
                )
