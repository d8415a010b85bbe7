from odoo import api, fields, models
from odoo.tools.mail import (
    email_normalize,
    email_normalize_all,
    email_split_and_format_normalize,
)


class HelpdeskTicket(models.Model):
    """The address to which a contact wants answers, and the recipients proposed for an
    answer (T09, E06).

    A contact may want answers at an address other than the one it writes from. Our own
    addresses are never proposed and never become contacts, because answers to them
    would come back to us.
    """

    _inherit = "helpdesk.ticket"

    reply_to = fields.Char(
        string="Answers go to",
        copy=False,
        tracking=True,
        help="The contact asked for answers to this address. Leave it empty to write "
        "to the contact's own address.",
    )

    reply_to_elsewhere = fields.Boolean(
        string="Answers go to another domain", compute="_compute_reply_to_elsewhere"
    )

    @api.depends("reply_to", "partner_email")
    def _compute_reply_to_elsewhere(self):
        for ticket in self:
            asked = email_normalize_all(ticket.reply_to)
            domains = {address.rpartition("@")[2] for address in asked}
            mine = (email_normalize(ticket.partner_email) or "").rpartition("@")[2]
            ticket.reply_to_elsewhere = bool(domains - {mine})

    def _forget_asked_address(self, people):
        """Send answers to the contact again if another contact replaces the one that
        wanted them elsewhere.

        :param dict people: contact and customer of each ticket before the change
        """
        self.filtered(
            lambda ticket: ticket.reply_to and people[ticket][0] - ticket.partner_id
        ).reply_to = False

    # -- what an answer proposes -------------------------------------------------------

    def _message_add_default_recipients(self):
        """Write to the address that the contact asked for."""
        res = super()._message_add_default_recipients()
        for ticket in self.filtered("reply_to"):
            found = res[ticket.id]
            found["partners"] = found["partners"] - ticket.partner_id
            found["email_to_lst"] = email_split_and_format_normalize(ticket.reply_to)
        return res

    def _get_unasked_contact(self):
        """Return the contact if it wants answers only at another address.

        :return: `res.partner`, at most one
        """
        self.ensure_one()
        asked = email_normalize_all(self.reply_to)
        contact = self.partner_id
        return contact.filtered(lambda one: asked and one.email_normalized not in asked)

    def _message_get_suggested_recipients_batch(self, **kwargs):
        """Propose neither our own addresses nor the address at which the contact does
        not want answers."""
        res = super()._message_get_suggested_recipients_batch(**kwargs)
        found = {
            one["email"] for people in res.values() for one in people if one["email"]
        }
        own = self.env["helpdesk.own.address"]._get_own(found)
        for ticket in self:
            unasked = ticket._get_unasked_contact().id
            res[ticket.id] = [
                one
                for one in res[ticket.id]
                if one["email"] not in own
                and not (one["partner_id"] and one["partner_id"] == unasked)
            ]
        return res

    def _partner_find_from_emails(
        self, records_emails, avoid_alias=True, ban_emails=None, **kwargs
    ):
        """Create no contacts for our own addresses, and find none for them."""
        texts = {text for texts in records_emails.values() for text in texts}
        asked = {email_normalize(text) for text in texts if text} - {False}
        own = self.env["helpdesk.own.address"]._get_own(asked)
        banned = [address for address in asked if address in own]
        return super()._partner_find_from_emails(
            records_emails,
            avoid_alias=avoid_alias,
            ban_emails=[*(ban_emails or []), *banned],
            **kwargs,
        )
