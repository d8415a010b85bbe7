from odoo import api, fields, models

from ..collected_mail import find_mail


class HelpdeskMailTrustMixin(models.AbstractModel):
    """What a ticket owes to the mail that opened it: whose it is, and whose not (E08).

    Mixed into `helpdesk.ticket`, before the methods of `helpdesk_ticket`.
    """

    _name = "helpdesk.mail.trust.mixin"
    _description = "Trust in a Ticket's Mail"

    sender_doubt = fields.Selection(
        [
            ("failed", "Refuted by the mail server"),
            ("unproven", "Not confirmed by the mail server"),
            ("several", "Several senders named"),
            ("reply_to", "No sender named"),
        ],
        readonly=True,
        copy=False,
        help="Why the mail that opened this ticket may not come from the address that "
        "it names.",
    )

    requested_date = fields.Datetime(
        "Requested on",
        readonly=True,
        copy=False,
        help="When the mail was written that an agent forwarded.",
    )

    @api.model
    def _get_helpdesk_mail(self):
        return find_mail(self.env)

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        ticket = super().message_new(msg_dict, custom_values=custom_values)
        mail = self._get_helpdesk_mail()
        if mail and ticket.quoted_ticket_id:
            ticket._note_quotation(ticket.partner_email or "")
        return ticket

    @api.model
    def _prepare_ticket_values_from_mail(self, msg_dict):
        values = super()._prepare_ticket_values_from_mail(msg_dict)
        mail = self._get_helpdesk_mail()
        if not mail:
            return values
        collector = self.env["helpdesk.email.collector"]
        doubt = collector._get_doubt(mail)
        quoted = mail.quoted.id if mail.quoted else False
        return {
            **values,
            "sender_doubt": doubt,
            "reply_to": not doubt and collector._get_sender(mail).reply_to,
            "quoted_ticket_id": quoted,
            "requested_date": mail.forwarded.get("date", False),
        }

    def _acknowledge_opening(self):
        """Answer no program, and nobody who may not have written (E07, rel-H1, H5)."""
        mail = self._get_helpdesk_mail()
        if not mail:
            return super()._acknowledge_opening()
        if not self.env["helpdesk.email.collector"]._may_acknowledge(mail):
            return None
        mail.acknowledged = any(self.mapped("notify_partner"))
        return super()._acknowledge_opening()

    @api.model
    def _get_mail_sender(self, name, address, msg_dict):
        """Take nobody for the sender who may not be; make no contact of a program."""
        mail = self._get_helpdesk_mail()
        if not mail:
            return super()._get_mail_sender(name, address, msg_dict)
        collector = self.env["helpdesk.email.collector"]
        if collector._get_doubt(mail):
            return self.env["res.partner"]
        own = collector._get_sender_address(mail) == address  # else a rule found it
        if own and collector._makes_no_contact(mail):
            return collector._find_contact(mail)
        return super()._get_mail_sender(name, address, msg_dict)

    @api.model
    def _find_mail_sender(self, name, address):
        """The rules asked for the same contact already: look it up once per mail."""
        mail = self._get_helpdesk_mail()
        collector = self.env["helpdesk.email.collector"]
        if mail and collector._get_sender_address(mail) == address:
            return collector._find_contact(mail)
        return super()._find_mail_sender(name, address)
