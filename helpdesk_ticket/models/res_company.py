from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.mail import email_normalize

from ..language_html import LanguageHtml
from .ticket.document import LAYOUTS


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = [
        "res.company",
        "helpdesk.own.address.source",
    ]
    _own_address_fields = frozenset({"helpdesk_sender_address"})

    # Who sees which tickets (T10)
    helpdesk_own_team_only = fields.Boolean(
        string="Own team's tickets only",
        help="Helpdesk users see the tickets of their own teams, those assigned to "
        "them and those without a team. Managers see all tickets.",
    )

    # The life cycle (T13, T22, T23, T24, T27)
    helpdesk_auto_read = fields.Boolean(
        string="Automatic “read” status",
        default=True,
        help="Tickets created by internal users start as read. When off, they start "
        "as unread, like those from customers and mails.",
    )
    helpdesk_auto_assign = fields.Boolean(
        string="Automatic assignment",
        help="Assigns new tickets to the agent who creates them.",
    )
    helpdesk_notify_closing = fields.Boolean(
        string="Notification on closing",
        default=True,
        help="The contact gets an e-mail with the solution when a ticket is closed.",
    )
    helpdesk_reclassify_closed = fields.Boolean(
        string="Reclassify closed tickets",
        help="The request type, topic group and severity of a closed ticket can be "
        "changed.",
    )
    helpdesk_answer_to_closed = fields.Selection(
        [
            ("reopen", "Reopen the ticket"),
            ("follow_up", "Reopen it within some days, then open a follow-up ticket"),
        ],
        string="Answer to a closed ticket",
        required=True,
        default="reopen",
        help="What a customer's answer does when the ticket is closed.",
    )
    helpdesk_reopen_days = fields.Integer(
        string="Days until a follow-up ticket",
        default=14,
        help="Number of days after closing during which an answer still reopens the "
        "ticket.",
    )

    # Notifications (T09, N01 to N04)
    helpdesk_notify_partner = fields.Boolean(
        string="Notify business partners",
        default=True,
        help="By default, new tickets notify their contact.",
    )
    helpdesk_notify_orders = fields.Boolean(
        string="Notify of service orders",
        default=True,
        help="The contact gets an e-mail when a service order of the ticket is "
        "planned, moved, completed or cancelled.",
    )
    helpdesk_notify_promises = fields.Boolean(
        string="Notify of changed promises",
        default=True,
        help="The contact gets an e-mail when the promised solution date changes, but "
        "not while the clock is paused.",
    )
    helpdesk_notice_minutes = fields.Integer(
        string="Minutes until a notice",
        default=5,
        help="How long to wait before updates of a ticket are sent. All updates made "
        "in the meantime are sent in the same e-mail.",
    )
    helpdesk_sender_address = fields.Char(
        string="Sender address",
        help="Ticket mails are sent from this address and answers come back to it, "
        "for example support@example.com. It must be read by a mailbox.",
    )
    helpdesk_creation_address = fields.Char(
        string="Notification on creation",
        groups="base.group_user",  # customers can read other fields of their company
        help="This address is notified of every new ticket.",
    )
    helpdesk_mail_header = LanguageHtml(
        string="Header of notifications",
        sanitize_style=True,
        help="Shown above the text of every ticket mail.",
    )
    helpdesk_mail_footer = LanguageHtml(
        string="Footer of notifications",
        sanitize_style=True,
        help="Shown below the text of every ticket mail.",
    )
    helpdesk_quote = fields.Boolean(
        string="Quote the last message",
        help="Adds the last message of the customer below your answer in the e-mail.",
    )

    # The customer portal (C03, T04)
    helpdesk_portal_severity = fields.Boolean(
        string="Customers choose the severity",
        help="The form of a new ticket in the customer portal asks for the severity.",
    )
    helpdesk_rating_request = fields.Boolean(
        string="Ask for a rating",
        help="The contact is asked by e-mail for a rating when a ticket is solved.",
    )

    _helpdesk_reopen_days_not_negative = models.Constraint(
        "CHECK(helpdesk_reopen_days >= 0)",
        "Enter for how many days a closed ticket can be reopened: 0 or more.",
    )

    _helpdesk_notice_minutes_in_a_day = models.Constraint(
        "CHECK(helpdesk_notice_minutes BETWEEN 0 AND 1440)",
        "Enter after how many minutes customers are notified: 0 to 1440.",
    )

    helpdesk_document_layout = fields.Selection(
        LAYOUTS,
        string="Document template",
        default="classic",
        required=True,
        help="The layout used to print tickets, unless another one is chosen.",
    )

    def write(self, vals):
        before = self._get_helpdesk_deadline_settings()
        res = super().write(vals)
        self._follow_deadline_settings(before)
        if "helpdesk_own_team_only" in vals:
            # Who sees which tickets is in the cache of the record rules.
            self.env.registry.clear_cache()
        return res

    @api.constrains("active")
    def _check_helpdesk_tickets_are_done(self):
        """Refuse to archive a company for which customers wait: nobody could look at
        its tickets any more (T10, rel-G1)."""
        # sudo: only how many, of all teams
        tickets = self.env["helpdesk.ticket"].sudo()
        for company in self.filtered(lambda company: not company.active):
            waiting = [("company_id", "=", company.id), ("is_open", "=", True)]
            if count := tickets.search_count(waiting):
                raise ValidationError(
                    self.env._(
                        "%(company)s cannot be archived: it has %(count)s open "
                        "tickets. Close them or move them to another company first.",
                        company=company.name,
                        count=count,
                    )
                )

    @api.constrains("helpdesk_sender_address", "helpdesk_creation_address")
    def _check_helpdesk_addresses(self):
        for company in self:
            for address in (
                company.helpdesk_sender_address,
                company.helpdesk_creation_address,
            ):
                if address and not email_normalize(address):
                    raise ValidationError(
                        self.env._(
                            "“%(address)s” is not an e-mail address. Enter one "
                            "address, for example support@example.com.",
                            address=address,
                        )
                    )

    @api.constrains("helpdesk_sender_address", "helpdesk_creation_address")
    def _check_helpdesk_creation_address(self):
        """Refuse an address that comes back to us: each mail would open a ticket."""
        for company in self:
            address = company.helpdesk_creation_address
            if address and self.env["helpdesk.own.address"]._is_own(address):
                raise ValidationError(
                    self.env._(
                        "“%(address)s” is one of your own mailboxes or aliases. A "
                        "mail to it would open tickets endlessly. Enter an address "
                        "that a person reads.",
                        address=address,
                    )
                )
