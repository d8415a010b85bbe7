import re
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import NO_ACCESS
from odoo.tools import consteq
from odoo.tools.mail import (
    email_normalize,
    email_split_tuples,
    formataddr,
    plaintext2html,
)

# Opening the link again within this time is the same visit.
SAME_VISIT = timedelta(minutes=10)
MAX_ID = 2**31 - 1
# Parameters that Odoo adds to the URL of a page
TOKEN = re.compile(r"access_token=\w*&?")


class HelpdeskTicket(models.Model):
    """The signed link in ticket mails: it shows one ticket to one recipient, who can
    answer without an account (N05).

    The link is a keyed hash of the ticket, its recipient and address, and a counter:
    nothing is stored that could leak, and incrementing the counter revokes all links of
    a ticket. It is created with the mail (`outgoing/customer_mail.py`); here it is
    opened and revoked. The access token of Odoo's portal, which opens a document to
    everybody forever, is disabled.
    """

    _inherit = "helpdesk.ticket"

    access_token = fields.Char(
        compute="_compute_access_token", store=False, copy=False, groups=NO_ACCESS
    )
    link_generation = fields.Integer(readonly=True, copy=False, groups=NO_ACCESS)
    visit_ids = fields.One2many(
        "helpdesk.ticket.visit", "ticket_id", string="Opened links"
    )
    visit_count = fields.Integer(compute="_compute_visit_count")

    def _compute_visit_count(self):
        counts = dict(
            self.env["helpdesk.ticket.visit"]._read_group(
                [("ticket_id", "in", self.ids)], ["ticket_id"], ["__count"]
            )
        )
        for ticket in self:
            ticket.visit_count = counts.get(ticket._origin, 0)

    # -- Odoo's own access token --------------------------------------------------

    def _compute_access_token(self):
        """Compute a random token each time and store none: what Odoo hands out, and
        what it signs with it, opens nothing. A stored token would open the ticket to
        everybody who has it, forever (rel-A3)."""
        for ticket in self:
            ticket.access_token = secrets.token_hex()

    def _get_share_url(self, *args, **kwargs):
        """Return the URL of the page for users with an account; sharing grants no
        access.

        :rtype: str
        """
        kwargs.update(share_token=False, pid=None)
        return super()._get_share_url(*args, **kwargs)

    def get_portal_url(self, *args, **kwargs):
        """Return the URL of the page for users with an account.

        :rtype: str
        """
        self.check_access("read")
        # sudo: Odoo reads the token, which is removed from the URL
        url = super(HelpdeskTicket, self.sudo()).get_portal_url(*args, **kwargs)
        url = TOKEN.sub("", url)
        return re.sub(r"\?(?=#|$)", "", url)

    @api.model
    def _get_thread_with_access(self, thread_id, **kwargs):
        """Give access to tickets over the chatter's routes only to users with an
        account (rel-A2)."""
        for name in ("hash", "pid", "token"):
            kwargs.pop(name, None)
        return super()._get_thread_with_access(thread_id, **kwargs)

    # -- open ---------------------------------------------------------------------

    @api.model
    def _find_by_link(self, ticket_id, recipient_id, signature):
        """Return what a link opens; callers do not learn why a link is invalid, except
        the recipient of one whose ticket is archived or was closed long ago.

        :param int ticket_id: from the link
        :param recipient_id: from the link: an id, or the identifier of an address in
            copy
        :param str signature: from the link
        :return: the `helpdesk.ticket`, empty or as sudo; its recipient as
            `res.partner`, and the recipient's address, "" for a link that is wrong
        """
        # sudo: the signature is checked below, before anything is returned
        ticket = self.sudo().browse(ticket_id if ticket_id <= MAX_ID else 0).exists()
        partner, address = ticket._get_link_recipient(recipient_id)
        expected = self._sign_link(
            ticket_id, recipient_id, address, ticket.link_generation
        )
        is_right = consteq(signature.encode(), expected.encode())
        if not is_right or not address or not ticket.company_id.helpdesk_link:
            return self.browse(), partner.browse(), ""
        if not ticket._has_living_links():
            return self.browse(), partner, address
        return ticket.with_company(ticket.company_id), partner, address

    def _get_link_recipient(self, recipient_id):
        """Return the recipient of a link of this ticket, if still a participant.

        :return: `res.partner`, and its normalised address; "" for nobody
        """
        if isinstance(recipient_id, str):
            names = self._get_bare_names().items()
            found = (address for address, name in names if name == recipient_id)
            return self.env["res.partner"], next(found, "")
        if not recipient_id:
            partner, address = self.partner_id, email_normalize(self.partner_email)
        else:
            people = self.partner_id | self.message_partner_ids
            partner = people.filtered(lambda person: person.id == recipient_id)
            address = partner.email_normalized
        if partner and not partner.partner_share:
            return partner.browse(), ""
        return partner, address or ""

    def _has_living_links(self):
        """Return whether the links of this ticket are still valid."""
        if not self.active:
            return False
        now = fields.Datetime.now()
        days = (now - (self.closed_date or now)) / timedelta(days=1)
        return self.is_open or days <= self.company_id.helpdesk_link_days

    def _note_visit(self, partner, address, kind, name=False):
        """Log that a link was used, for the agents (rel-I3).

        :param partner: `res.partner`, the recipient of the link
        :param str address: that the link was sent to
        :param str kind: of `helpdesk.ticket.visit`
        :param str name: of a file
        """
        values = {
            "ticket_id": self.id,
            "partner_id": partner.id,
            "address": address,
            "kind": kind,
            "name": name,
        }
        # sudo: the reader has no account
        visits = self.env["helpdesk.ticket.visit"].sudo()
        domain = [(field, "=", value) for field, value in values.items()]
        since = fields.Datetime.now() - SAME_VISIT
        if not visits.search_count([*domain, ("create_date", ">", since)], limit=1):
            visits.create(values)

    def _answer_by_link(self, partner, address, text, files):
        """Post the answer of the recipient of a link.

        :param partner: `res.partner`, the recipient of the link, or empty
        :param str address: of the recipient
        :param str text: plain text
        :param list files: of (name, content)
        :return: `mail.message`
        """
        name = partner.name or self._get_bare_person(address)
        self._note_visit(partner, address, "answered")
        return self._get_survivor().message_post(
            body=plaintext2html(text),
            author_id=partner.id,
            email_from=formataddr((name, address)),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            attachments=files,
        )

    def _get_bare_person(self, address):
        """Return the name of a participant who is not a contact.

        :param str address: normalised
        :rtype: str
        """
        people = {
            email_normalize(text): name
            for name, text in email_split_tuples(self.email_cc or "")
        }
        people[email_normalize(self.partner_email)] = self.partner_name
        return people.get(address) or address

    # -- revoke -------------------------------------------------------------------

    @api.model
    def _end_links_of_others(self, contacts):
        """Revoke the links of tickets that now have another contact (rel-A4).

        :param dict contacts: the contact of each ticket before the change
        """
        self.browse().concat(
            *(t for t, contact in contacts.items() if t._has_other_contact(contact))
        )._end_links()

    def _get_contact_of_links(self):
        return self.partner_id, email_normalize(self.partner_email)

    def _has_other_contact(self, before):
        """Return whether the contact is another person now; a contact created for the
        same address is the same person."""
        partner, address = self._get_contact_of_links()
        return address != before[1] or (before[0] and partner != before[0])

    def _end_links(self):
        """Revoke all links sent for these tickets; later mails contain new ones."""
        # sudo: the counter is changed here only
        for generation, tickets in self.sudo().grouped("link_generation").items():
            tickets.link_generation = generation + 1

    def action_end_links(self):
        """Revoke all links sent for these tickets (rel-A4).

        :return: an `ir.actions.client` with a notification
        :rtype: dict
        """
        self.check_access("write")
        self._end_links()
        self._message_log_batch(
            bodies=dict.fromkeys(
                self.ids,
                self.env._("The links in the mails of this ticket were revoked."),
            )
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Links sent so far no longer open the ticket. The next mail "
                    "contains a new one."
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_view_visits(self):
        """Show who opened the links of this ticket, and when.

        :return: an `ir.actions.act_window`
        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_ticket.action_helpdesk_ticket_visit"
        )
        return {**action, "domain": [("ticket_id", "=", self.id)]}
