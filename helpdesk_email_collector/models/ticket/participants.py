import base64
import hmac
import re

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize_all
from odoo.tools.misc import hmac as keyed_hash

from odoo.addons.helpdesk_ticket.own_addresses import without_tag

MAX_MESSAGES = 200
SPOKEN = ("email", "comment", "email_outgoing", "auto_comment")
SCOPE = "helpdesk_email_collector.reference"

# Of a mail of many megabytes only the beginning is searched: answers quote there.
MAX_TEXT = 500_000
MAX_REFERENCES = 20
SIGNATURE_BYTES = 10
REFERENCE = re.compile(
    r"(?<![\w-])hd([0-9]{1,12})(?:m([0-9]{1,12}))?-([a-z2-7]{16})(?![\w-])"
)


class HelpdeskTicket(models.Model):
    """The participants of a ticket, and how their mails are matched to it (E06).

    Mail programs that drop the headers of a conversation and rewrite the subject still
    quote the mail that they answer. The last line of our mails is a reference: the id
    of the ticket and a signature, which cannot be made by anybody who never got a mail
    of the ticket. The reference of a note or a private message also contains the id of
    the message, so that answers quoting it stay internal or private as well (T15).
    """

    _inherit = "helpdesk.ticket"

    quoted_ticket_id = fields.Many2one(
        "helpdesk.ticket",
        string="Quoted ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The mail that opened this ticket quotes that one, but its sender is not "
        "a participant there.",
    )

    @api.model
    def _get_fields_left_behind(self):
        return [*super()._get_fields_left_behind(), "quoted_ticket_id"]

    def _takes_part(self, address, contact):
        """Return whether mail from a sender joins this ticket when it quotes it (E06).

        This is so for its contact, followers, people in copy, senders and recipients of
        its messages, our users, and the customer's other contacts; depending on a
        setting also for unknown people of the customer's mail domain.

        :param str address: the normalised address of the sender
        :param contact: `res.partner` of the sender, empty if there is none
        :rtype: bool
        """
        self.ensure_one()
        if not address:
            return False
        # sudo: compares people and addresses of the ticket; shows nothing of it
        ticket, contact = self.sudo(), contact.sudo()
        return bool(
            ticket._is_public_participant(address, contact)
            or contact.user_ids.filtered(lambda user: not user.share)
            or address in ticket._get_participant_addresses()
            or address in ticket._get_correspondents(internal=True)
        )

    def _is_public_participant(self, address, contact):
        """Return whether somebody takes part in what the customer can read, not only in
        a note or a private message of ours (E06, T15).

        :param str address: the normalised address
        :param contact: `res.partner`, empty if there is none
        :rtype: bool
        """
        self.ensure_one()
        # sudo: compares people and addresses of the ticket; shows nothing of it
        ticket, contact = self.sudo(), contact.sudo()
        customer = ticket.customer_id.commercial_partner_id
        return bool(
            (contact and contact == ticket.partner_id)
            or (customer and contact.commercial_partner_id == customer)
            or address in ticket._get_public_addresses()
            or ticket._is_of_customer_domain(address)
            or address in ticket._get_correspondents(internal=False)
        )

    def _get_public_participants(self, addresses):
        """Return those of the addresses that belong to the customer's side, not to our
        users.

        :param set addresses: normalised addresses
        :rtype: set
        """
        self.ensure_one()
        if not addresses:
            return set()
        # sudo: compares people and addresses of the ticket; shows nothing of it
        ticket = self.sudo()
        partners = ticket.env["res.partner"].search(
            [("email_normalized", "in", list(addresses))]
        )
        ours = partners.filtered(lambda one: not one.partner_share and one.user_ids)
        ours = set(ours.mapped("email_normalized"))
        by_address = partners.grouped("email_normalized")
        return {
            address
            for address in addresses - ours
            if ticket._is_public_participant(
                address, by_address.get(address, partners.browse())[:1]
            )
        }

    def _is_of_customer_domain(self, address):
        """Return whether an address is in the customer's mail domain, if that setting
        is on."""
        if not self.company_id.helpdesk_domain_may_join:
            return False
        domains = self.customer_id.commercial_partner_id.helpdesk_domain_ids
        return address.rpartition("@")[2] in domains.mapped("name")

    def _is_colleague(self, address):
        """Return whether an address belongs to a colleague of the contact, judging by
        mail domains, or is another spelling of a participant's address: their answers
        join the ticket if they refer to a mail that only its recipients know (E06,
        rel-D4).

        Users of one free mail provider are not colleagues, nor are those who only got a
        note or a private message of ours.

        :param str address: the normalised address
        :rtype: bool
        """
        self.ensure_one()
        if not self.company_id.helpdesk_domain_may_join:
            return False
        # sudo: compares people and addresses of the ticket; shows nothing of it
        ticket = self.sudo()
        if without_tag(address) in map(without_tag, ticket._get_public_addresses()):
            return True
        domain = address.rpartition("@")[2]
        asked = {ticket.partner_email, ticket.partner_id.email_normalized}
        asked = {one for text in asked for one in email_normalize_all(text)}
        return (
            domain in {one.rpartition("@")[2] for one in asked}
            and not ticket.env["helpdesk.mail.domain"]._is_free_mail(domain)
            and address not in ticket._get_correspondents(internal=True)
        )

    def _get_correspondents(self, *, internal):
        """Return the addresses of senders and recipients of the ticket's messages.

        :param bool internal: of notes and private messages, or of all others
        :return: a set of normalised addresses
        """
        messages = self._get_spoken_messages()
        messages = messages.filtered(lambda one: self._is_kept_inside(one) == internal)
        texts = [
            text
            for message in messages
            for text in (
                message.email_from,
                message.incoming_email_to,
                message.incoming_email_cc,
                message.outgoing_email_to,
            )
        ]
        addresses = {address for text in texts for address in email_normalize_all(text)}
        return addresses | set(messages.partner_ids.mapped("email_normalized"))

    def _is_kept_inside(self, message):
        """Return whether a message is not sent to customers; automatic mail is."""
        automatic = message.message_type == "auto_comment"
        return not automatic and message._is_helpdesk_internal()

    def _get_spoken_messages(self):
        """Return the latest messages of this ticket that people wrote or received. A
        message that a program sends to chosen people may have any type."""
        sent = Domain("message_type", "=", "notification") & Domain(
            "partner_ids", "!=", False
        )
        return self.env["mail.message"].search_fetch(
            Domain("model", "=", self._name)
            & Domain("res_id", "=", self.id)
            & (Domain("message_type", "in", SPOKEN) | sent),
            [
                "email_from",
                "incoming_email_to",
                "incoming_email_cc",
                "outgoing_email_to",
                "partner_ids",
                "subtype_id",
                "is_internal",
                "message_type",
            ],
            order="id desc",
            limit=MAX_MESSAGES,
        )

    # -- the reference in our mails --------------------------------------------

    @api.model
    def _find_referenced(self, text):
        """Return the ticket of the topmost reference in the text of a mail, or None."""
        found = self._find_references(text)
        return self.browse([ticket_id for ticket_id, _message in found[:1]]).exists()

    @api.model
    def _find_references(self, text):
        """Return the references with a valid signature in the text of a mail.

        :param str text: html or plain text
        :return: list of (id of the ticket, id of the note or private message or 0), the
            topmost first
        """
        found = []
        for match in REFERENCE.finditer(text[:MAX_TEXT]):
            ticket_id, message_id = int(match[1]), int(match[2] or 0)
            expected = self._make_reference(ticket_id, message_id)
            if hmac.compare_digest(match[0], expected):
                found.append((ticket_id, message_id))
            if len(found) >= MAX_REFERENCES:
                break
        return found

    @api.model
    def _make_reference(self, ticket_id, message_id=0):
        """Return the reference of a ticket, or of an internal or private message of it.

        :param int ticket_id: its id
        :param int message_id: id of the note or private message, 0 for the ticket
        :rtype: str
        """
        name = f"{ticket_id}m{message_id}" if message_id else str(ticket_id)
        # sudo: reads the secret of the database; only a hash is returned
        digest = bytes.fromhex(keyed_hash(self.sudo().env, SCOPE, name))
        signature = base64.b32encode(digest[:SIGNATURE_BYTES])
        return f"hd{name}-{signature.decode().lower()}"

    def _get_mail_reference(self, message):
        if not self.company_id.helpdesk_mail_reference:
            return super()._get_mail_reference(message)
        # like `_is_kept_inside`, but without a query, as every mail is built here
        public = message.message_type == "auto_comment"
        inside = not public and message._is_helpdesk_internal()
        return self._make_reference(self.id, message.id if inside else 0)

    # -- strangers -------------------------------------------------------------

    def _note_quotation(self, address):
        """Log on both tickets that someone who is no participant quoted one of them.

        :param str address: of that person
        """
        self.ensure_one()
        quoted = self.quoted_ticket_id
        self._message_log(
            body=self.env._(
                "This mail quotes the ticket %(ticket)s, but %(address)s is not a "
                "participant of that one. Merge them if it belongs there.",
                ticket=quoted._get_html_link(quoted.number),
                address=address,
            )
        )
        quoted._message_log(
            body=self.env._(
                "%(address)s quoted this ticket without being a participant. That "
                "mail opened the ticket %(ticket)s; nothing of this ticket was "
                "disclosed.",
                ticket=self._get_html_link(self.number),
                address=address,
            )
        )
