from odoo import fields, models


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
