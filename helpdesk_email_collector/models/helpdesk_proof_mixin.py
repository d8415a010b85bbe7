from odoo import api, models
from odoo.tools.mail import email_normalize, formataddr

from ..mail_signs import automatic_sign, suppress_sign
from ..sender import sender_of


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
        return mail.source("sender", lambda: sender_of(mail.message))

    @api.model
    def _get_sender_address(self, mail):
        """Return the normalized address of From; an empty text when there is none."""
        address = self._get_sender(mail).address
        return email_normalize(address) or address

    @api.model
    def _get_automatic_sign(self, mail):
        """Return the header that shows a mail to be automatic, or an empty text."""
        return mail.source("automatic_sign", lambda: automatic_sign(mail.message))

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
            mail.authentication != "pass"
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
        return mail.source(
            "claimed_contact",
            lambda: self.env["res.partner"]._helpdesk_find_by_email(
                self._get_sender_address(mail),
                name=self._get_sender(mail).name,
                company=mail.company,
            ),
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
            self._get_doubt(mail)
            or self._get_automatic_sign(mail)
            or suppress_sign(mail.message)
            or mail.too_many_answers
        )

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
