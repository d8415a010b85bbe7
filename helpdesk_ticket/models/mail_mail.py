from odoo import fields, models, modules

from ..plain_text import to_plain_text

# What tells a mail in the helpdesk's layout.
LAYOUT_MARK = 'class="hd_card"'


class OwnChar(fields.Char):
    """A text of the message that is sent, which a mail may have of its own.

    A mail and its message are one record to Odoo: what is written into the mail stands
    in the message from then on, and the customer's own words would get our address.
    """

    own = None

    def _compute_related(self, records):
        res = super()._compute_related(records)
        for mail in records:
            if mail[self.own]:
                mail[self.name] = mail[self.own]
        return res


class MailMail(models.Model):
    _inherit = "mail.mail"

    email_from = OwnChar(
        related="mail_message_id.email_from",
        inherited=True,
        own="helpdesk_email_from",
        depends=["mail_message_id.email_from", "helpdesk_email_from"],
    )
    subject = OwnChar(
        related="mail_message_id.subject",
        inherited=True,
        own="helpdesk_subject",
        depends=["mail_message_id.subject", "helpdesk_subject"],
    )
    helpdesk_email_from = fields.Char("Sent from the ticket's address", readonly=True)
    helpdesk_subject = fields.Char("Subject with the ticket's number", readonly=True)
    helpdesk_is_alone = fields.Boolean(
        "Sent by the helpdesk about no record", readonly=True
    )

    def send_after_commit(self):
        """Leave the mails of tickets to the queue, and wake it (N01).

        Odoo would send them itself before it answers the page that posted the message:
        whoever answers waits for the mail server, and the queue, which sees the same
        mails, stops at one that is sent and deleted before it gets there.
        """
        queued = self.browse()
        if not modules.module.current_test:  # as in Odoo's own method
            queued = self.filtered(lambda mail: mail.model == "helpdesk.ticket")
        if queued:
            # sudo: people who write messages may not wake scheduled actions
            queue = self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()
            queue._trigger()
        others = self - queued
        return super(MailMail, others).send_after_commit() if others else None

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Give the helpdesk's mails a text part that reads like a letter."""
        found = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        for one in found:
            if LAYOUT_MARK in one["body"]:
                one["body_alternative"] = to_plain_text(one["body"])
        return found

    def unlink(self):
        """Delete mails, and their messages as well.

        Odoo wants the right to change what those are about, and lets nobody delete one
        that is about no record: for the mails that the helpdesk sends without one, the
        right to delete mails is enough.
        """
        if self.env.su:
            return super().unlink()
        self.check_access("unlink")
        alone = self.filtered(lambda mail: mail.helpdesk_is_alone and not mail.res_id)
        # sudo: whoever may delete these mails, which was just asked
        super(MailMail, alone.sudo()).unlink()
        return super(MailMail, self - alone).unlink()
