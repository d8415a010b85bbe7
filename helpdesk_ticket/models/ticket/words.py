from odoo import api, models
from odoo.exceptions import AccessError

# What somebody said, where and when: it stays as it was said.
WORDS = {
    "attachment_ids",
    "author_guest_id",
    "author_id",
    "body",
    "date",
    "email_from",
    "message_id",
    "message_type",
    "model",
    "parent_id",
    "res_id",
    "subject",
    "subtype_id",
}


class MailMessage(models.Model):
    """Messages and notes of tickets cannot be changed afterwards (T14)."""

    _inherit = "mail.message"

    def write(self, vals):
        if WORDS & vals.keys():
            self._check_helpdesk_words()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_helpdesk_words(self):
        """Refuse to delete messages and logged changes (T14); managers may delete
        tickets."""
        if not self.env.user.has_group("helpdesk_contact.group_helpdesk_manager"):
            self._check_helpdesk_words()

    def _check_helpdesk_words(self):
        """Refuse to change messages of others on tickets, and what Odoo logged, like
        Odoo's own screens do: through the API, everybody with write access to a ticket
        could change the customer's words (T14).

        :raise AccessError: with a sentence
        """
        if self.env.is_admin():
            return
        # sudo: reads what decides whether it may be changed
        of_tickets = self.sudo().filtered(lambda one: one.model == "helpdesk.ticket")
        me = self.env.user.partner_id
        if of_tickets.filtered(
            lambda one: one.author_id != me or one.message_type != "comment"
        ):
            raise AccessError(
                self.env._(
                    "What others wrote on a ticket, and what was noted there, cannot "
                    "be changed. Write a new message."
                )
            )
