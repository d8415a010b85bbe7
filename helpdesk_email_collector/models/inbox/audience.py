from dataclasses import replace

from odoo import api, models

from odoo.addons.helpdesk_ticket.incoming import NOTE, PRIVATE, PUBLIC

from ...forwarded_mail import (
    has_unknown_sign,
    is_forward,
    may_be_forward,
    read_forwarded,
)
from ...verdicts import PASS
from .place import PROVEN


class HelpdeskInboxMail(models.Model):
    """Who may read an incoming mail: the customer, our own users, or chosen people
    (E06).

    In case of doubt a mail is internal, so that an agent's words do not reach the
    customer by mistake.
    """

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _place_audience(self, mail, place, ticket, reason):
        """Decide who may read an answer to a ticket.

        :param ticket: `helpdesk.ticket`, the one that is continued
        :param str reason: how the ticket was found
        """
        if private := self._find_private(mail, place, ticket, reason):
            return replace(place, parent_id=private.id, audience=PRIVATE)
        if self._is_for_us(mail, place, ticket, reason):
            return replace(place, audience=NOTE)
        if not place.is_internal or place.contact_id == ticket.partner_id.id:
            return replace(place, audience=PUBLIC)
        if not self._is_for_customer(mail, place, ticket, reason):
            warning = self._find_warning(mail, place, ticket)
            return replace(place, audience=NOTE, warning=warning)
        if not self._is_proven(mail, place, ticket, reason):
            return replace(place, audience=NOTE, warning="unproven_agent")
        return replace(place, audience=PUBLIC)

    # -- private -----------------------------------------------------------------

    @api.model
    def _find_private(self, mail, place, ticket, reason):
        """Return the private message that a mail answers or quotes (T15)."""
        ids = [place.parent_id, *self._find_quoted(mail, ticket)]
        messages = ticket._get_private_messages()
        named = messages.filtered(lambda message: message.id in ids)
        if named or reason == "reply":
            return named[:1]
        return ticket._find_private_parent(
            False, place.author_id, place.sender.address, messages
        )

    @api.model
    def _find_quoted(self, mail, ticket):
        """Return the ids of the notes and private messages whose references are in a
        mail: mail programs that drop the headers of a conversation still quote them."""

        def find():
            found = ticket._find_references(str(mail.body))
            return [message for _ticket, message in found if message]

        return mail.source("quoted messages", find)

    # -- internal ------------------------------------------------------------------

    @api.model
    def _is_for_us(self, mail, place, ticket, reason):
        """Return whether a mail is internal, whoever wrote it."""
        address = place.sender.address
        # sudo: the kind of the message that is answered
        parent = self.env["mail.message"].sudo().browse(place.parent_id or [])
        return bool(
            place.automatic
            or self._find_quoted(mail, ticket)
            or (
                parent
                and parent._is_helpdesk_internal()
                and not self._is_acknowledgement(parent)
            )
            or (
                not place.is_internal
                and not ticket._is_public_participant(
                    address, self.env["res.partner"].browse(place.author_id or [])
                )
                and not (reason in PROVEN and ticket._is_colleague(address))
            )
            or self._is_former_colleague(place, ticket)
        )

    @api.model
    def _is_former_colleague(self, place, ticket):
        """Return whether the author is a former user, who took part in the ticket for
        us, and does not represent anybody now."""
        contact = self.env["res.partner"].browse(place.author_id or [])
        if place.is_internal or not contact or contact == ticket.partner_id:
            return False
        # sudo: whether the contact was one of our users; nothing of them is shown
        users = contact.sudo().with_context(active_test=False).user_ids
        return not any(users.mapped("active")) and not all(users.mapped("share"))

    @api.model
    def _is_acknowledgement(self, message):
        """Return whether a message was mailed to the customer though it is not a
        comment."""
        return message.message_type == "auto_comment"

    # -- what our own people write -----------------------------------------------------

    @api.model
    def _is_for_customer(self, mail, place, ticket, reason):
        """Return whether one of our users clearly answers the customer.

        Not if only the number or a rule led to the ticket, not if the mail is
        forwarded or may answer a note, not if its author is not (or no longer) an agent
        of the ticket, and not if the recipients include others than the customer's
        people and ourselves, or are unknown.
        """
        if reason in ("reply_number", "reply_conversation", "rule_joined"):
            return False
        if self._is_excluded(place, ticket):
            return False
        if is_forward(mail.subject, str(mail.body)) or has_unknown_sign(mail.subject):
            return False
        if self._comes_from_note(mail, place, ticket):
            return False
        to, cc = (
            {address for _name, address in people if address not in place.own}
            # some programs leave in whom they hide
            for people in (mail.to, mail.cc + mail.hidden)
        )
        customers = ticket._get_public_participants(to | cc)
        others = (to | cc) - customers - {place.sender.address}
        if others - self._get_colleagues(others):
            return False
        to_us = any(address in place.own for _name, address in mail.to)
        return bool(customers & to or to_us)

    @api.model
    def _comes_from_note(self, mail, place, ticket):
        """Return whether a mail answers one that we do not know, in a conversation that
        a note of the ticket is part of: colleagues went on among themselves."""
        # sudo: the kinds of the messages that are answered
        messages = self.env["mail.message"].sudo()
        parent = messages.browse(place.parent_id or [])
        if not parent or parent.message_id in mail.answered[:1]:
            return False
        named = messages.search(
            [
                ("message_id", "in", list(mail.answered)),
                ("model", "=", ticket._name),
                ("res_id", "=", ticket.id),
            ]
        )
        return any(
            message._is_helpdesk_internal() and not self._is_acknowledgement(message)
            for message in named
        )

    @api.model
    def _find_warning(self, mail, place, ticket):
        """Return why a mail of one of our users may wrongly be treated as internal,
        although its author may believe that the customer got it."""
        if not (mail.to or mail.cc):  # perhaps hidden from the customer, too
            return "hidden"
        subject, body = mail.subject, str(mail.body)
        doubtful = may_be_forward(subject, body) and not read_forwarded(subject, body)
        if doubtful:
            return "two_meanings"
        if is_forward(subject, body):
            return ""
        if has_unknown_sign(subject):
            return "unknown_sign"
        return "from_note" if self._comes_from_note(mail, place, ticket) else ""

    @api.model
    def _is_excluded(self, place, ticket):
        """Return whether the author is a colleague who does not answer customers: not
        an agent, or without access to the ticket (any more), having left the team or
        the company. An old mail does not give that right (T10)."""
        # sudo: whose user it is, and what it may read; nothing of it is shown
        contact = self.env["res.partner"].sudo().browse(place.author_id or [])
        return not any(
            user._is_helpdesk_agent() and ticket.id in ticket._get_readable(user)
            for user in contact.user_ids
        )

    @api.model
    def _get_colleagues(self, addresses):
        """Return those addresses that belong to our own users."""
        if not addresses:
            return set()
        # sudo: compares addresses of users; nothing of them is shown
        users = self.env["res.users"].sudo()
        found = users.search(
            [("share", "=", False), ("email_normalized", "in", list(addresses))]
        )
        return set(found.mapped("email_normalized"))

    @api.model
    def _is_proven(self, mail, place, ticket, reason):
        """Return whether one of our users really wrote a mail: a trusted server
        confirms it, or the mail refers to something that only recipients of the
        ticket's mails can know."""
        if place.proof == PASS:
            return True
        if reason == "reply_reference":
            return True
        # sudo: looks for identifiers that Odoo made for mails of this ticket
        messages = self.env["mail.message"].sudo()
        return bool(
            messages.search_count(
                [
                    ("message_id", "in", list(mail.answered)),
                    ("model", "=", ticket._name),
                    ("res_id", "=", ticket.id),
                    ("message_type", "!=", "email"),
                ],
                limit=1,
            )
        )
