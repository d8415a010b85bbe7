from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.mail import email_normalize

from odoo.addons.helpdesk_contact.inside import Inside

from .merge import SPOKEN


class HelpdeskTicket(models.Model):
    """Splitting a ticket with several requests: messages move to a new ticket. And the
    list of related tickets."""

    _inherit = "helpdesk.ticket"

    split_from_id = fields.Many2one(
        "helpdesk.ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The ticket that this one was split off from.",
    )
    split_ticket_ids = fields.One2many(
        "helpdesk.ticket", "split_from_id", string="Tickets split off"
    )
    related_ticket_count = fields.Integer(
        string="Related tickets", compute="_compute_related_ticket_count"
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_related_ticket_count(self):
        """Count merged, duplicate and split-off tickets in one query."""
        links = ("merged_into_id", "duplicate_of_id", "split_from_id")
        related = self.with_context(active_test=False).search_fetch(
            self._get_related_domain(), links
        )
        found = {ticket.id: set() for ticket in self}
        for other in related:
            for link in links:
                if other[link].id in found:
                    found[other[link].id].add(other.id)
        for ticket in self:
            ticket.related_ticket_count = len(found[ticket.id])

    def _get_related_domain(self):
        """Return the tickets that were merged into these, are duplicates of these or
        were split off them."""
        return [
            "|",
            ("merged_into_id", "in", self.ids),
            "|",
            ("duplicate_of_id", "in", self.ids),
            ("split_from_id", "in", self.ids),
        ]

    def action_view_related_tickets(self):
        """Open the tickets merged into this one, its duplicates and those split off.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Related Tickets"),
            "res_model": self._name,
            "view_mode": "list,form",
            "domain": self._get_related_domain(),
            "context": {"create": False, "active_test": False},
        }

    def action_split_dialog(self):
        """Open the dialog that asks which messages move to a new ticket.

        :return: an `ir.actions.act_window` of the dialog as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Split Ticket"),
            "res_model": "helpdesk.ticket.split",
            "view_mode": "form",
            "target": "new",
            "context": {"default_ticket_id": self.id},
        }

    def _has_left_since(self, message):
        """Return whether the author of a message now works for somebody else with
        another address; the message still belongs to the customer (K11).

        :param message: `mail.message`
        :rtype: bool
        """
        author = message.author_id
        known = author.helpdesk_address_ids.mapped("email_normalized")
        wrote_from = email_normalize(message.email_from or "")
        return author.commercial_partner_id not in (
            author,
            self.customer_id.commercial_partner_id,
        ) and wrote_from not in [False, author.email_normalized, *known]

    def _prepare_split_values(self, messages):
        """Return the values of a new ticket that takes over messages; a hook.

        :param messages: `mail.message` of this ticket
        :rtype: dict
        """
        self.ensure_one()
        first = messages.sorted("id")[:1]
        author = first.author_id
        if not author or self._is_agent(author) or self._has_left_since(first):
            author = self.partner_id
        same_customer = (
            author.commercial_partner_id == self.customer_id.commercial_partner_id
        )
        values = {
            "name": first.subject or self.name,
            # what is written internally must not become what the customer asked
            "description": not first._is_helpdesk_internal() and first.body,
            "split_from_id": self.id,
            "email_cc": first.incoming_email_cc,
            "partner_id": author.id,
            "tag_ids": [Command.set(self.tag_ids.ids)],
        }
        if not author:
            values.update(
                partner_email=self.partner_email, partner_name=self.partner_name
            )
        same = ("company_id", "team_id", "user_id", "type_id", "topic_id")
        same += ("severity_id", "channel_id", "project_id")
        if same_customer or not author:
            same += ("customer_id", "contract_id")
        values.update({name: self[name].id for name in same})
        values["notify_partner"] = self.notify_partner
        return self._leave_out_gone(values)

    def _split_off(self, messages, values=None):
        """Move messages with their files to a new ticket.

        :param messages: `mail.message` that people wrote on this ticket
        :param dict values: the user's changes of the new ticket's values
        :return: the new `helpdesk.ticket`
        :raise UserError: when somebody has moved all of them meanwhile
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: of a ticket that the user may write; what belongs elsewhere is left
        messages = messages.sudo().filtered(
            lambda message: (
                message.model == self._name
                and message.res_id == self.id
                and message.message_type in SPOKEN
            )
        )
        if not messages:
            raise UserError(
                self.env._(
                    "These messages are in another ticket already. Open it, or choose "
                    "others."
                )
            )
        values = {**self._prepare_split_values(messages), **(values or {})}
        splitting = self.with_context(helpdesk_own_values=Inside())
        ticket = splitting.create(values).with_env(self.env)
        ticket._log_asked(messages.sorted("id")[0].date)
        # sudo: messages of others move with the rest
        self.sudo()._move_messages(ticket.sudo(), messages)
        ticket._message_log(
            body=self.env._(
                "Split off from the ticket %(ticket)s.",
                ticket=self._get_html_link(self.number),
            )
        )
        self._log("split")
        self._message_log(
            body=self.env._(
                "Messages were moved to the new ticket %(ticket)s.",
                ticket=ticket._get_html_link(ticket.number),
            )
        )
        return ticket

    def _log_asked(self, moment):
        """Log that the request of this ticket was made earlier.

        :param datetime moment: when
        """
        # sudo: it was asked then, whoever splits it off
        events = self.sudo().event_ids
        opened = events.filtered(lambda event: event.kind == "opened")
        opened.moment = min(filter(None, [moment, *opened.mapped("moment")]))
