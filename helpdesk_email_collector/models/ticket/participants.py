from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools.mail import email_normalize_all
from odoo.tools.misc import hmac

from ...mail_reference import make_reference

MAX_MESSAGES = 200
SPOKEN = ("email", "comment", "email_outgoing", "auto_comment")
SCOPE = "helpdesk_email_collector.reference"
# Below the layout of the mail, in its words for small text on light and dark screens.
REFERENCE_LINE = Markup(
    '<p class="hd_small" style="margin: 0; padding: 12px 8px 24px; color: #5c616a; '
    'font-size: 12px; text-align: center;">%s</p>'
)


class HelpdeskTicket(models.Model):
    """Who takes part in a ticket, and what leads their mails back to it (E06)."""

    _inherit = "helpdesk.ticket"

    quoted_ticket_id = fields.Many2one(
        "helpdesk.ticket",
        string="Quoted ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The mail that opened this ticket quotes that one, but its sender takes "
        "no part in it.",
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
        """Return the last messages of this ticket that people wrote or got."""
        return self.env["mail.message"].search_fetch(
            [
                ("model", "=", self._name),
                ("res_id", "=", self.id),
                ("message_type", "in", SPOKEN),
            ],
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
    def _get_reference_digest(self, name):
        """Return the keyed hash of what a reference names; the key is this database's.

        :param str name: the id of a ticket, with that of a private message
        """
        # sudo: reads the secret of the database; only the hash leaves this method
        return hmac(self.sudo().env, SCOPE, str(name))

    def _notify_by_email_render_layout(
        self, message, recipients_group, msg_vals=False, render_values=None
    ):
        """Put the reference into the last line of the mail (E06)."""
        body = super()._notify_by_email_render_layout(
            message, recipients_group, msg_vals=msg_vals, render_values=render_values
        )
        if not self.company_id.helpdesk_mail_reference:
            return body
        lang = (render_values or {}).get("lang") or self.env.lang
        line = REFERENCE_LINE % (
            self.with_context(lang=lang).env._(
                "Reference: %(reference)s",
                reference=make_reference(
                    self.id,
                    self._get_reference_digest,
                    message.id if self._is_private(message) else 0,
                ),
            )
        )
        head, end, tail = body.rpartition(Markup("</body>"))
        return head + line + end + tail if end else body + line

    # -- strangers -------------------------------------------------------------

    def _note_quotation(self, address):
        """Tell the agents of both tickets that a stranger quoted one of them.

        :param str address: who quoted the other ticket
        """
        self.ensure_one()
        quoted = self.quoted_ticket_id
        self._message_log(
            body=self.env._(
                "This mail quotes the ticket %(ticket)s, but %(address)s takes no part "
                "in that one. Merge them if it belongs there.",
                ticket=quoted._get_html_link(quoted.number),
                address=address,
            )
        )
        quoted._message_log(
            body=self.env._(
                "%(address)s, who takes no part in this ticket, quoted it. That mail "
                "opened the ticket %(ticket)s; nothing of this one was shown.",
                ticket=self._get_html_link(self.number),
                address=address,
            )
        )
