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

# A mail of many megabytes is not read to its end: an answer quotes at its beginning.
MAX_TEXT = 500_000
MAX_REFERENCES = 20
SIGNATURE_BYTES = 10
REFERENCE = re.compile(
    r"(?<![\w-])hd([0-9]{1,12})(?:m([0-9]{1,12}))?-([a-z2-7]{16})(?![\w-])"
)


class HelpdeskTicket(models.Model):
    """Who takes part in a ticket, and what leads their mails back to it (E06).

    Programs that drop the headers of a conversation and rewrite the subject still quote
    the mail that they answer. Its last line holds a reference, a ticket's id and a
    signature of it: nobody can make one of a ticket whose mails they never got. That of
    a note or a private message names the message too, so that whatever quotes it stays
    inside again (T15).
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
        """Say whether mail from somebody joins this ticket when it quotes it (E06).

        Those are its contact, followers and people in copy, whoever wrote or was
        written to in it, our users, and the customer's other contacts; by a setting
        also unknown people of the customer's mail domain.

        :param str address: the normalised address of the sender
        :param contact: `res.partner` of the sender, empty for a bare address
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
        """Say whether somebody takes part in what the customer sees: not who was only
        written to by one of us, in a note or a private message (E06, T15).

        :param str address: the normalised address
        :param contact: `res.partner`, empty for a bare address
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
        """Return which of these addresses are the customer's people: not our users.

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
        """Say whether an address is of the customer's mail domain, if that counts."""
        if not self.company_id.helpdesk_domain_may_join:
            return False
        domains = self.customer_id.commercial_partner_id.helpdesk_domain_ids
        return address.rpartition("@")[2] in domains.mapped("name")

    def _is_colleague(self, address):
        """Say whether an address is that of a colleague of the contact, as far as mail
        domains tell, or another spelling of somebody's who takes part: what they answer
        joins when it refers to a mail that only its receivers know (E06, rel-D4).

        Nobody is a colleague of all who have the same free mail provider, nor who was
        only written to by one of us.

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
        """Return the addresses of who wrote and was written to in this ticket.

        :param bool internal: in its notes and private messages, or in all others
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
        """Say whether customers do not get a message: automatic mail they do."""
        automatic = message.message_type == "auto_comment"
        return not automatic and message._is_helpdesk_internal()

    def _get_spoken_messages(self):
        """Return the last messages of this ticket that people wrote or got: a program
        that sends one to chosen people need not say that it is a comment."""
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
        """Return the ticket of the topmost reference in the text of a mail, if any."""
        found = self._find_references(text)
        return self.browse([ticket_id for ticket_id, _message in found[:1]]).exists()

    @api.model
    def _find_references(self, text):
        """Return what the references in a text name whose signature is ours.

        :param str text: the text of a mail, html or plain
        :return: list of (id of the ticket, of the note or private message or 0), the
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
        """Return the reference of a ticket, or of a message of it that stays inside.

        :param int ticket_id: its id
        :param int message_id: id of the note or private message, 0 for the ticket
        """
        name = f"{ticket_id}m{message_id}" if message_id else str(ticket_id)
        # sudo: reads the secret of the database; only the hash leaves this method
        digest = bytes.fromhex(keyed_hash(self.sudo().env, SCOPE, name))
        signature = base64.b32encode(digest[:SIGNATURE_BYTES])
        return f"hd{name}-{signature.decode().lower()}"

    def _get_mail_reference(self, message):
        if not self.company_id.helpdesk_mail_reference:
            return super()._get_mail_reference(message)
        # as `_is_kept_inside` says; each mail of a ticket comes this way
        public = message.message_type == "auto_comment"
        inside = not public and message._is_helpdesk_internal()
        return self._make_reference(self.id, message.id if inside else 0)

    # -- strangers -------------------------------------------------------------

    def _note_quotation(self, address):
        """Tell the agents of both tickets that a stranger quoted one of them.

        :param str address: who quoted the other ticket
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
