from odoo import api, fields, models
from odoo.tools.mail import email_normalize_all


class HelpdeskTicket(models.Model):
    """Whether the customer can be reached (house rule: no silent nobody).

    It is said before somebody writes; and when an answer reached nobody outside, the
    ticket says so and those who take care of it are told.
    """

    _inherit = "helpdesk.ticket"

    out_of_reach = fields.Char(
        string="Customer out of reach", compute="_compute_out_of_reach"
    )

    @api.depends(
        "reply_to",
        "partner_email",
        "partner_id.name",
        "partner_id.active",
        "partner_id.email_normalized",
        "partner_id.message_bounce",
    )
    @api.depends_context("lang")
    def _compute_out_of_reach(self):
        for ticket in self:
            ticket.out_of_reach = (
                ticket._get_missing_address() or ticket._get_returned_address()
            )

    def _get_missing_address(self):
        """Return in words why no mail goes to the contact, False when one does."""
        self.ensure_one()
        if email_normalize_all(self.reply_to):
            return False
        contact = self.partner_id
        if contact and not contact.active:
            return self.env._(
                "%(contact)s is archived: nobody gets your answers by e-mail. Choose "
                "another contact, or take this one out of the archive.",
                contact=contact.name,
            )
        if contact and not contact.email_normalized:
            return self.env._(
                "%(contact)s has no valid e-mail address: nobody gets your answers by "
                "e-mail. Enter an address on the contact, or call.",
                contact=contact.name,
            )
        if not contact and not email_normalize_all(self.partner_email):
            return self.env._(
                "This ticket has no contact with an e-mail address: nobody gets your "
                "answers by e-mail. Choose a contact."
            )
        return False

    def _get_missing_follower(self):
        """Return in words that somebody took the contact out of the followers, so that
        only messages that name the contact go there; False when nobody did."""
        self.ensure_one()
        contact = self.partner_id
        # sudo: followers are technical records
        follows = contact in self.sudo().message_partner_ids
        if not contact or follows or not self.notify_partner:
            return False
        return self.env._(
            "%(contact)s does not follow this ticket. Add the contact to its "
            "followers, or to the recipients of your answer.",
            contact=contact.name,
        )

    def _get_returned_address(self):
        """Return in words that mail to the contact came back, False when none did."""
        self.ensure_one()
        contact = self.partner_id
        if not contact.message_bounce or email_normalize_all(self.reply_to):
            return False
        return self.env._(
            "Mail to %(address)s came back. Correct the address, or reach %(contact)s "
            "in another way.",
            address=contact.email,
            contact=contact.name,
        )

    def _tell_out_of_reach(self, message):
        """Say on the ticket that an answer reached nobody outside, and tell those who
        take care of the ticket.

        :param message: `mail.message`, an answer to the customer
        """
        reason = self._get_missing_address() or self._get_missing_follower()
        if not reason or self._reaches_somebody(message):
            return
        self._message_log(
            body=self.env._("Nobody got the last answer. %(reason)s", reason=reason)
        )
        told = self._get_responsible_users()[self].partner_id - message.author_id
        for partner in told:
            ticket = self.with_context(lang=partner.lang)
            ticket.message_notify(
                partner_ids=partner.ids,
                subject=ticket.env._("Nobody got the answer of this ticket"),
                body=ticket.env._(
                    "Nobody got the last answer. %(reason)s",
                    reason=(
                        ticket._get_missing_address() or ticket._get_missing_follower()
                    ),
                ),
            )

    def _reaches_somebody(self, message):
        """Tell whether somebody besides the contact gets an answer by mail.

        :param message: `mail.message`
        """
        # sudo: followers are technical records; only customers among them count
        people = self.sudo().message_partner_ids
        # sudo: whom this message names, as far as they are customers
        message = message.sudo()
        people |= message.partner_ids
        others = people.filtered(
            lambda one: one.active and one.partner_share and one.email_normalized
        )
        return bool(others or self.email_cc or message.outgoing_email_to)
