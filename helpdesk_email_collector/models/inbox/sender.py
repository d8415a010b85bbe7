from odoo import api, models

from ...authentication import FAIL, PASS, authentication
from ...mail_signs import automatic_sign, suppress_sign
from ...sender import sender_of


class HelpdeskInboxMail(models.Model):
    """Who wrote a mail, and whether that is proven (E06, E08, reliability D).

    Anybody can write any address into From. A mail that fails the checks of a trusted
    server counts as nobody's; an internal user's address counts only when a trusted
    server confirms it, as soon as such servers are named.
    """

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _place_sender(self, mail, place):
        """Say whom a mail is from: by the address only, never by the name (rel-D3)."""
        sender = self._read_sender(mail, place)
        contact = self.env["res.partner"]._helpdesk_find_by_email(
            sender.address,
            name=sender.name,
            company=self.env["res.company"].browse(place.company_id),
        )
        internal = self._is_internal(contact)
        return place.change(
            sender=sender,
            contact_id=contact.id or 0,
            is_internal=internal,
            doubt=self._find_doubt(mail, place, sender, internal),
            automatic=automatic_sign(mail.head),
        )

    @api.model
    def _read_sender(self, mail, place):
        """Return the `Sender` that a mail names; a hook."""
        return sender_of(mail.head)

    @api.model
    def _get_named_senders(self, mail):
        """Return the addresses that could be the sender's."""
        return [address for address in [sender_of(mail.head).address] if address]

    @api.model
    def _find_doubt(self, mail, place, sender, internal):
        """Say why a mail must not count as its sender's; empty when it may.

        :return: a code of `helpdesk.ticket.sender_doubt`
        """
        proof = self._get_authentication(mail, place)
        if proof == FAIL:
            return "failed"
        if sender.doubt:
            return sender.doubt
        company = self.env["res.company"].browse(place.company_id)
        unproven = company.helpdesk_trusted_servers and proof != PASS
        return "unproven" if unproven and internal else ""

    @api.model
    def _get_authentication(self, mail, place):
        """Return whether trusted servers confirm the sender: `pass`, `fail`, `none`."""
        company = self.env["res.company"].browse(place.company_id)
        servers = (company.helpdesk_trusted_servers or "").split(",")
        return mail.source(
            "authentication_result", lambda: authentication(mail.head, servers)
        )

    @api.model
    def _is_internal(self, contact):
        # sudo: whether the contact is one of our users; nothing of them is shown
        return any(not user.share for user in contact.sudo().user_ids)

    @api.model
    def _get_contact(self, place):
        """Return the contact that counts as the author, at most one `res.partner`."""
        return self.env["res.partner"].browse(place.author_id or [])

    @api.model
    def _may_acknowledge(self, mail, place):
        """Say whether an automatic answer to a mail may go to its sender (rel-H1, H5).

        :rtype: bool
        """
        return not (place.doubt or place.automatic or suppress_sign(mail.head))
