from odoo import api, models
from odoo.tools.mail import email_normalize, formataddr, html2plaintext

from odoo.addons.helpdesk_ticket.automatic_mail import (
    automatic_sign,
    list_names,
    many_signs,
    newsletter_sign,
    suppress_sign,
)

from ..authentication import NONE, PASS
from ..mail_signs import spam_sign
from ..pattern import MAX_TEXT
from ..sender import (
    counts,
    delivered_to,
    is_named,
    named_addresses,
    people_in,
    sender_of,
)


class HelpdeskProofMixin(models.AbstractModel):
    """Who wrote a mail, and whether that is proven (E06, E08, reliability D).

    Anybody can write any address into From. A mail that fails the checks of a trusted
    server counts as nobody's; an internal user's address counts only when a trusted
    server confirms it, as soon as such servers are named.
    """

    _name = "helpdesk.proof.mixin"
    _description = "Who Wrote a Mail"

    @api.model
    def _read_sender(self, mail):
        """Correct who core took for the author: names with an `@`, Reply-To (rel-D3).

        :param CollectedMail mail: the mail
        """
        sender = self._get_sender(mail)
        if sender.address and sender.address != email_normalize(
            mail.msg_dict.get("email_from")
        ):
            text = formataddr((sender.name, sender.address))
            mail.msg_dict.update({"email_from": text, "from": text, "author_id": False})

    @api.model
    def _get_sender(self, mail):
        """Return who a mail says that wrote it, as `sender.Sender`."""
        return mail.source("sender", lambda: self._find_sender(mail))

    @api.model
    def _find_sender(self, mail):
        return sender_of(
            mail.message,
            self._get_own(mail),
            mail.company._get_helpdesk_reply_to_senders(),
            lambda address: self._is_internal(
                self.env["res.partner"]._helpdesk_find_by_email(
                    address, company=mail.company
                )
            ),
            lambda: self._get_text(mail),
        )

    @api.model
    def _get_own(self, mail):
        """Return which addresses in the head of a mail are our own (E06).

        :param CollectedMail mail: the mail
        :rtype: OwnAddresses
        """
        return mail.source("own", lambda: self._find_own(mail))

    @api.model
    def _find_own(self, mail):
        own = self.env["helpdesk.own.address"]
        head = mail.get_headers()
        known, delivered = own._get_own(named_addresses(head)), delivered_to(head)
        new = {address for address in delivered if address not in known}
        return known.also(new - own._find_persons(new) if new else ())

    @api.model
    def _get_text(self, mail):
        """Return the text of a mail as plain text."""
        body = mail.msg_dict.get("body") or ""
        return mail.source("text", lambda: html2plaintext(body[:MAX_TEXT]))

    @api.model
    def _get_sender_address(self, mail):
        """Return the normalized address of From; an empty text when there is none."""
        address = self._get_sender(mail).address
        return email_normalize(address) or address

    @api.model
    def _get_automatic_sign(self, mail):
        """Return the sign of a program that wrote a mail, or an empty text (E07)."""
        return mail.source("automatic_sign", lambda: self._find_automatic_sign(mail))

    @api.model
    def _find_automatic_sign(self, mail):
        if self._is_named_form(mail):
            return ""
        return automatic_sign(mail.message, lambda: self._get_text(mail))

    @api.model
    def _is_named_form(self, mail):
        """Say whether a form sent a mail that a manager named: a person filled it in,
        whatever the program says of itself."""
        via = self._get_sender(mail).via
        return counts(via, mail.company._get_helpdesk_reply_to_senders())

    @api.model
    def _get_unasked_sign(self, mail):
        """Return the sign of a mail that is no request: a program wrote it, or it is a
        newsletter (E07).

        :param CollectedMail mail: one that answers no ticket
        """
        if self._is_named_form(mail):
            return ""
        return self._get_automatic_sign(mail) or newsletter_sign(
            mail.message, self._get_names_of_own_lists(mail)
        )

    @api.model
    def _makes_no_contact(self, mail):
        """Say whether nobody's contact is made of the sender (rel-D5): a program, a
        newsletter, what the mail server calls spam, or ourselves."""
        return bool(
            self._get_unasked_sign(mail)
            or self._get_spam_sign(mail)
            or self._get_sender_address(mail) in self._get_own(mail)
        )

    @api.model
    def _get_names_of_own_lists(self, mail):
        """Return a function that tells whether a list is in front of our mailbox.

        It names our own addresses or domains, or the address that the mail went to.
        """
        own = self._get_own(mail)
        to = [address for _name, address in people_in(mail.message, "To")]
        in_front = is_named(to, list_names(mail.message))
        return lambda name: in_front or own.names(name)

    @api.model
    def _get_spam_sign(self, mail):
        """Return by what our mail server marks a mail as spam, or an empty text."""
        servers = (mail.company.helpdesk_trusted_servers or "").split(",")
        return mail.source("spam_sign", lambda: spam_sign(mail.message, servers))

    @api.model
    def _get_authentication(self, mail):
        """Return what trusted servers say about whom a mail is from (E08).

        About a list or a form they may be right; that proves nothing about the person.
        """
        result = mail.authentication
        return NONE if result == PASS and self._get_sender(mail).via else result

    @api.model
    def _get_doubt(self, mail):
        """Say why a mail must not count as its sender's; empty when it may.

        :param CollectedMail mail: the mail
        :return: a code of `helpdesk.ticket.sender_doubt`
        """
        return mail.source("doubt", lambda: self._find_doubt(mail))

    @api.model
    def _find_doubt(self, mail):
        if mail.authentication == "fail":
            return "failed"
        if doubt := self._get_sender(mail).doubt:
            return doubt
        unproven = mail.company.helpdesk_trusted_servers and (
            self._get_authentication(mail) != PASS
        )
        if unproven and self._is_internal(self._find_contact(mail)):
            return "unproven"
        return ""

    @api.model
    def _is_internal(self, contact):
        # sudo: whether the contact is one of our users; nothing of them is shown
        return any(not user.share for user in contact.sudo().user_ids)

    @api.model
    def _find_contact(self, mail):
        """Return the contact with the sender's address, proven or not."""
        return mail.source("claimed_contact", lambda: self._look_for_contact(mail))

    @api.model
    def _look_for_contact(self, mail):
        address = self._get_sender_address(mail)
        if address in self._get_own(mail):  # nobody's, though our company has it
            return self.env["res.partner"]
        return self.env["res.partner"]._helpdesk_find_by_email(
            address, name=self._get_sender(mail).name, company=mail.company
        )

    @api.model
    def _get_contact(self, mail):
        """Return the contact that sent a mail, as `res.partner` of at most one.

        Nobody, when the mail may not be this contact's.
        """
        if self._get_doubt(mail):
            return self.env["res.partner"]
        return self._find_contact(mail)

    @api.model
    def _may_acknowledge(self, mail):
        """Say whether an automatic answer to a mail may go to its sender (rel-H1, H5).

        :param CollectedMail mail: the mail
        :rtype: bool
        """
        return not (
            mail.too_many_answers
            or self._get_doubt(mail)
            or self._get_automatic_sign(mail)
            or self._get_spam_sign(mail)
            or self._is_left_unanswered(mail)
        )

    @api.model
    def _is_left_unanswered(self, mail):
        """Say whether a person's mail gets no automatic answer (E07, rel-H1).

        It came to many, or asks for none. What a list or a form of ours adds is not
        the person's wish.
        """
        sender = self._get_sender(mail)
        if sender.via and not sender.hearsay:
            return False
        is_ours = self._get_names_of_own_lists(mail)
        return bool(suppress_sign(mail.message) or many_signs(mail.message, is_ours))

    @api.model
    def _check_people(self, mail, values):
        """Correct whom core found by address: nobody of another company (rel-D5, G1).

        Core looks through the contacts of all companies, and the agents of this one
        could not open a ticket with people whom they may not see.

        :param CollectedMail mail: the mail
        :param dict values: of `_message_parse_post_process`, with author and recipients
        """
        if not mail.for_helpdesk:
            return
        values["author_id"] = self._get_author(mail, values.get("author_id")).id
        recipients = self._get_visible(mail, values.get("partner_ids"))
        values["partner_ids"] = recipients.ids

    @api.model
    def _get_author(self, mail, found_id):
        """Return who wrote a mail; nobody, when it may not be its sender's (rel-D1)."""
        if self._get_doubt(mail):
            return self.env["res.partner"]
        return self._get_visible(mail, found_id) or self._get_contact(mail)

    @api.model
    def _get_visible(self, mail, ids):
        """Return those partners that the company sees which a mail reached."""
        # sudo: compares companies; nothing of the partners is shown
        partners = self.env["res.partner"].sudo().browse(ids or [])
        return partners.filtered(
            lambda partner: not partner.company_id or partner.company_id == mail.company
        )
