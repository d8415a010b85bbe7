import re
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.helpdesk_ticket.automatic_mail import (
    automatic_sign,
    list_names,
    many_signs,
    newsletter_sign,
    suppress_sign,
)

from ...authentication import FAIL, NONE, PASS, authentication
from ...mail_signs import spam_sign
from ...sender import counts, is_machine, is_named, sender_of

# RFC 3834: an answer of a program is "auto-replied" and stays one
BY_PROGRAM = re.compile(r"Auto-Submitted: auto-generated\b", re.IGNORECASE)


class HelpdeskInboxMail(models.Model):
    """Who wrote a mail, and whether that is proven (E06, E08, reliability D).

    Anybody can write any address into From. A mail that fails the checks of a trusted
    server counts as nobody's; an internal user's address counts only when a trusted
    server confirms it, as soon as such servers are named.
    """

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _place_sender(self, mail, place):
        """Say whom a mail is from: by addresses only, never by a name (rel-D3)."""
        company = self.env["res.company"].browse(place.company_id)
        counting = company._get_helpdesk_reply_to_senders()
        sender = sender_of(
            mail.head,
            place.own,
            counting,
            lambda address: self._is_internal(self._find_contact(address, company)),
            lambda: mail.text,
        )
        contact = self.env["res.partner"]
        if sender.address not in place.own:  # ours is nobody's, though a company has it
            contact = self._find_contact(sender.address, company, sender.name)
        place = place.change(
            sender=sender,
            contact_id=contact.id or 0,
            is_internal=self._is_internal(contact),
        )
        place = place.change(doubt=self._find_doubt(mail, place))
        if counts(sender.via, counting):
            return place  # a form that a manager named: a person filled it in
        return self._place_signs(mail, place)

    @api.model
    def _find_contact(self, address, company, name=None):
        return self.env["res.partner"]._helpdesk_find_by_email(
            address, name=name, company=company
        )

    @api.model
    def _is_internal(self, contact):
        # sudo: whether the contact is one of our users; nothing of them is shown
        return any(not user.share for user in contact.sudo().user_ids)

    @api.model
    def _place_signs(self, mail, place):
        """Say by what a mail is a program's, a newsletter or spam (E07)."""
        to = [address for _name, address in mail.to]
        in_front = is_named(to, list_names(mail.head))

        def is_ours(name):
            return in_front or place.own.names(name)

        automatic = automatic_sign(mail.head, lambda: mail.text)
        via = place.sender.via
        through_us = via and not place.sender.hearsay
        # what a form of our own web site says of itself is not said of its writer
        of_house = through_us and (via in place.own or place.own.has_domain(via))
        if of_house and not list_names(mail.head) and BY_PROGRAM.match(automatic):
            automatic = ""
        return place.change(
            automatic=automatic,
            unasked=automatic or newsletter_sign(mail.head, is_ours),
            spam=spam_sign(mail.head, self._get_trusted_servers(place)),
            # what a list or a form of ours adds is not the person's wish
            quiet=is_machine(place.sender.address)
            or not through_us
            and bool(suppress_sign(mail.head) or many_signs(mail.head, is_ours)),
        )

    # -- proof -----------------------------------------------------------------------

    @api.model
    def _find_doubt(self, mail, place):
        """Say why a mail must not count as its sender's; empty when it may.

        :return: a code of `helpdesk.ticket.sender_doubt`
        """
        if self._read_authentication(mail, place) == FAIL:
            return "failed"
        if place.sender.doubt:
            return place.sender.doubt
        servers = any(name.strip() for name in self._get_trusted_servers(place))
        unproven = servers and self._get_authentication(mail, place) != PASS
        return "unproven" if unproven and place.is_internal else ""

    @api.model
    def _get_authentication(self, mail, place):
        """Return what trusted servers say about whom a mail is from: `pass`, `fail` or
        `none` (E08).

        About a list or a form they may be right; that proves nothing about the person.
        """
        result = self._read_authentication(mail, place)
        return NONE if result == PASS and place.sender.via else result

    @api.model
    def _read_authentication(self, mail, place):
        servers = self._get_trusted_servers(place)
        return mail.source("proof", lambda: authentication(mail.head, servers))

    @api.model
    def _get_trusted_servers(self, place):
        company = self.env["res.company"].browse(place.company_id)
        return (company.helpdesk_trusted_servers or "").split(",")

    @api.model
    def _get_contact(self, place):
        """Return the contact that counts as the author, at most one `res.partner`."""
        return self.env["res.partner"].browse(place.author_id or [])

    @api.model
    def _may_acknowledge(self, mail, place):
        """Say whether an automatic answer to a mail may go to its sender (rel-H1, H5).

        :rtype: bool
        """
        unwanted = place.doubt or place.automatic or place.spam or place.quiet
        return not unwanted and not self._is_old(mail, place)

    @api.model
    def _is_old(self, mail, place):
        """Tell whether a mail was sent so long before it came that its sender expects
        no answer any more: it lay in a mailbox that was connected later (E01)."""
        company = self.env["res.company"].browse(place.company_id)
        days = company.helpdesk_acknowledge_days
        if not days or not mail.sent:
            return False
        row = self.browse(place.arrival.row_id or [])
        received = row.received_date or fields.Datetime.now()
        return received - mail.sent > timedelta(days=days)
