from odoo import models

from ..payload import get_sender
from .helpdesk_facebook_event import CHANNEL

# Texts for Messenger, which do not mention e-mail.
NOTICES = {
    f"helpdesk_ticket.{name}": f"helpdesk_facebook.{name}"
    for name in (
        "mail_template_ticket_opened",
        "mail_template_ticket_closed",
        "mail_template_ticket_merged",
    )
}


class HelpdeskTicket(models.Model):
    """Answers are sent the way the customer wrote (K04)."""

    _inherit = "helpdesk.ticket"

    def _leave_to_mail(self, message, people):
        """Answer people on Facebook there: no mail reaches their addresses."""
        here = [
            one
            for one in people
            if one["notif"] == "email" and get_sender(one.get("email_normalized"))
        ]
        if here:
            self._answer_on_facebook(message, here)
        others = [one for one in people if one not in here]
        return super()._leave_to_mail(message, others)

    def _post_notice(self, template, everybody=False, **kwargs):
        """Send notices in a form for Messenger to those who read them there.

        :param template: `mail.template`, or the name of one of ours
        :param bool everybody: also to all customers who take part
        :param kwargs: further parameters of `_post_together`
        :return: the `helpdesk.ticket` records whose template failed
        """
        here = self.browse()
        if template in NOTICES and self._get_template(template).active:
            here = self.filtered(lambda ticket: ticket._is_read_on_facebook())
        failed = here
        if here:
            failed = super(HelpdeskTicket, here)._post_notice(
                NOTICES[template], everybody, **kwargs
            )
        others = super(HelpdeskTicket, self - here)
        return failed | others._post_notice(template, everybody, **kwargs)

    def _is_read_on_facebook(self):
        channel = self.env["ir.model.data"]._xmlid_to_res_id(CHANNEL)
        return self.channel_id.id == channel and bool(
            get_sender(self.partner_id.email_normalized)
        )

    def _answer_on_facebook(self, message, people):
        """Queue an answer for people on Facebook.

        What is not for everybody, or was written by a program, never becomes a comment.

        :param message: `mail.message`
        :param list people: of `_notify_get_recipients`
        """
        self.ensure_one()
        # sudo: conversations and queued parts are technical records
        threads = self.env["helpdesk.facebook.thread"].sudo()
        private = self._get_meaning(message).is_private
        private = private or message.message_type != "comment"
        for one in people:
            # sudo: as above
            partner = self.env["res.partner"].sudo().browse(one["id"] or [])
            thread = threads._find(self, get_sender(one["email_normalized"]), private)
            if not thread and message.message_type != "comment":
                continue
            notification = self._note_on_facebook(message, partner)
            if thread:
                deliveries = self.env["helpdesk.facebook.delivery"]
                # sudo: as above
                deliveries.sudo()._queue(self, message.sudo(), thread, partner)
            else:
                self._note_facebook_failure(message, notification, _no_way)

    def _note_on_facebook(self, message, partner):
        """Return the `mail.notification` that shows the recipient on the message."""
        # sudo: Odoo creates them as superuser too
        notifications = self.env["mail.notification"].sudo()
        if not partner:
            return notifications
        return notifications.create(
            {
                "author_id": message.author_id.id,
                "mail_message_id": message.id,
                "res_partner_id": partner.id,
                "notification_type": "facebook",
                "notification_status": "ready",
                "is_read": True,
            }
        )

    def _note_facebook_failure(self, message, notification, describe):
        """Show on the message that an answer was not sent, and notify its author.

        :param message: `mail.message`
        :param notification: its `mail.notification`
        :param describe: callable that gets an environment, and returns the reason in
            its language
        """
        notification.write(
            {
                "notification_status": "exception",
                "failure_type": "unknown",
                "failure_reason": describe(self.env),
            }
        )
        self._message_log(
            body=self.env._(
                "The last answer was not sent. %(reason)s", reason=describe(self.env)
            )
        )
        author = message.author_id
        told = author if self._is_agent(author) else author.browse()
        told = told or self._get_responsible_users()[self].partner_id
        for partner in told:
            ticket = self.with_context(lang=partner.lang)
            ticket.message_notify(
                partner_ids=partner.ids,
                subject=ticket.env._("An answer was not sent on Facebook"),
                body=ticket.env._(
                    "The last answer was not sent. %(reason)s",
                    reason=describe(ticket.env),
                ),
            )


def _no_way(env):
    return env._(
        "There is no Facebook conversation through which this person can be reached. "
        "Contact the customer in another way."
    )
