from odoo import models
from odoo.tools.mail import email_normalize

from odoo.addons.helpdesk_contact.inside import inside

SUBTYPE = "helpdesk_ticket.mt_private"


class HelpdeskTicket(models.Model):
    """Internal notes that are mailed to chosen people and to nobody else (T15).

    They have a subtype of their own, which is internal: portal users never see it, no
    follower is subscribed to it, and suggestions of recipients leave it out. What
    chosen people answer by mail is private again. It belongs to the life cycle only
    when the ticket's contact answers: then the customer has answered, whoever reads it.
    """

    _inherit = "helpdesk.ticket"

    def action_private_message(self, message_id=False):
        """Write a private message (T15).

        :param int message_id: the private message that it answers, or False
        :return: an `ir.actions.act_window` of the composer as a dict
        """
        self.ensure_one()
        self.check_access("write")  # also guards what is read as sudo below
        message = self._get_private_messages(("id", "=", message_id))
        people = message.author_id | message.partner_ids
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Private Message"),
            "res_model": "helpdesk.private.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_ticket_id": self.id,
                "default_partner_ids": (people - self.env.user.partner_id).ids,
            },
        }

    def _post_private_message(self, body, partners, attachments):
        """Post a private message and mail it to the chosen people only.

        :param Markup body: what is written
        :param partners: `res.partner`, the chosen people
        :param attachments: `ir.attachment`, uploaded for this message
        :return: `mail.message`
        """
        self.ensure_one()
        return self.with_context(mail_post_autofollow=False).message_post(
            body=body,
            partner_ids=partners.ids,
            attachment_ids=attachments.ids,
            message_type="comment",
            subtype_xmlid=SUBTYPE,
            is_internal=True,
        )

    def _is_private(self, message):
        # sudo: the subtype is a technical record
        subtype_id = message.sudo().subtype_id.id
        return subtype_id == self.env["ir.model.data"]._xmlid_to_res_id(SUBTYPE)

    def _get_private_messages(self, *conditions):
        """Return the private messages of this ticket, the latest first, as sudo.

        :param conditions: of a domain, to look for one message
        """
        private = self.env["ir.model.data"]._xmlid_to_res_id(SUBTYPE)
        # sudo: for the gateway, and for who answers; both belong to the ticket
        messages = self.env["mail.message"].sudo()
        return messages.search(
            [
                ("model", "=", self._name),
                ("res_id", "=", self.id),
                ("subtype_id", "=", private),
                *conditions,
            ],
            order="id desc",
        )

    # -- answers by mail --------------------------------------------------------

    def _keep_answer_private(self, values):
        """Return the values of a mail that is posted: private like what it answers.

        :param dict values: for `message_post`
        :rtype: dict
        """
        decided = inside(self.env, "helpdesk_audience_decided")
        if decided or inside(self.env, "helpdesk_opening_mail"):
            return values
        parent = self._find_private_parent(
            values.get("parent_id"), values.get("author_id"), values.get("email_from")
        )
        if not parent:
            return values
        return {
            **{name: values[name] for name in values if name != "subtype_id"},
            "parent_id": parent.id,
            "subtype_xmlid": SUBTYPE,
            "is_internal": True,
            "partner_ids": parent.author_id.ids,
        }

    def _find_private_parent(self, parent_id, author_id, email_from, messages=None):
        """Return the private message that a mail answers.

        Programs that drop the headers of a conversation leave the ticket's number
        only. Then the last private message to the sender is meant, unless the sender
        takes part in the ticket otherwise: better private than sent to the customer.

        :param messages: the private messages of the ticket, when they are known
        :return: `mail.message` as sudo, empty for all other mails
        """
        if parent_id:
            return self._get_private_messages(("id", "=", parent_id))
        sender = email_normalize(email_from)
        if not sender or sender in self._get_public_addresses():
            return self.env["mail.message"]
        if messages is None:
            messages = self._get_private_messages()
        return messages.filtered(
            lambda message: (
                author_id in message.partner_ids.ids
                or sender in message.partner_ids.mapped("email_normalized")
            )
        )[:1]

    def _get_event_of_private(self, message):
        """Return what a private message means in the life cycle (T13): something when
        the contact answers, whoever reads it.

        :param message: `mail.message`
        """
        answers = (
            message.message_type == "email"
            and message.author_id == self.partner_id
            and not inside(self.env, "helpdesk_automatic_mail")
        )
        return "customer_answered" if answers and self.partner_id else None

    # -- nobody else ------------------------------------------------------------

    def _keep_private_files(self, message):
        """Give the files of a private message to it: whoever reads the ticket does not
        get them, but who reads the message."""
        if self._is_private(message):
            # sudo: files that came with this very message
            attachments = message.sudo().attachment_ids.filtered(
                lambda file: (
                    (file.res_model, file.res_id) == (self._name, self.id)
                    or file.res_model == "helpdesk.private.message"
                )
            )
            attachments.write({"res_model": "mail.message", "res_id": message.id})
