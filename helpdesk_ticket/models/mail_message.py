from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.mail.tools.discuss import Store

from .. import customer_html


class MailMessage(models.Model):
    _inherit = "mail.message"

    helpdesk_origin_id = fields.Many2one(
        "helpdesk.ticket",
        string="Written in ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The ticket that the message was written in before it was merged or "
        "split.",
    )
    helpdesk_origin = fields.Char(
        string="Number of that ticket", related="helpdesk_origin_id.number"
    )

    def _search(self, domain, *args, **kwargs):
        """Leave out the private messages that the user must not see (T15).

        Also where Odoo looks at no rights: in a condition on the messages of a ticket,
        which would tell a right guess from a wrong one.
        """
        if not self.env.su and self._hides_helpdesk_private():
            domain = Domain(domain) & self._get_helpdesk_private_domain()
        return super()._search(domain, *args, **kwargs)

    def _get_forbidden_access(self, operation):
        """Hide notes and private messages from customers who see the ticket, however
        they ask: Odoo hides comments only (T15, rel-B1). Customers change what they
        wrote in the portal only, which cleans it and knows who they are (rel-C2); by
        the API Odoo would take another author, too. Hide private messages from
        colleagues who are neither agents nor chosen."""
        forbidden = super()._get_forbidden_access(operation)
        # sudo: reads what decides whether it may be read
        others = (self - forbidden).sudo()
        if not self.env.user._is_internal():
            hidden = others.filtered(
                lambda message: (
                    message.model == "helpdesk.ticket"
                    and (
                        operation in ("write", "unlink")
                        or message._is_helpdesk_internal()
                    )
                )
            )
        elif self._hides_helpdesk_private():
            visible = self._get_helpdesk_private_domain()
            hidden = others - others.filtered_domain(visible)
        else:
            return forbidden
        return forbidden + hidden.sudo(False)  # sudo: of the asker again

    def _hides_helpdesk_private(self):
        """Say whether the user sees only those private messages that are its own.

        Accountants read the tickets of contracts. They are colleagues, so they read
        notes too; private messages are for agents and those who were chosen. Odoo shows
        nothing internal to customers.
        """
        user = self.env.user
        is_agent = user.has_group("helpdesk_contact.group_helpdesk_user")
        return user._is_internal() and not is_agent

    @api.model
    def _get_helpdesk_private_domain(self):
        """Return which messages are not private, or from or to the user."""
        private = self.env["ir.model.data"]._xmlid_to_res_id(
            "helpdesk_ticket.mt_private"
        )
        me = self.env.user.partner_id.id
        return (
            Domain("subtype_id", "!=", private)
            | Domain("author_id", "=", me)
            | Domain("partner_ids", "in", me)
        )

    def _is_helpdesk_internal(self):
        """Say whether customers must not see the message: a note or a private message.

        :rtype: bool
        """
        # sudo: the subtype is a technical record
        subtype = self.sudo().subtype_id
        return self.is_internal or not subtype or subtype.internal

    def _to_store_defaults(self, target):
        """Tell the chatter which messages are private (T15), where others come from,
        and of what others wrote only what they may show (rel-C2): texts that were kept
        before they were cleaned are still there."""
        private = self.env["ir.model.data"]._xmlid_to_res_id(
            "helpdesk_ticket.mt_private"
        )
        return [
            *super()._to_store_defaults(target),
            # Most messages come from nowhere else, and Odoo's own get nothing of ours.
            Store.Attr(
                "helpdesk_origin",
                predicate=lambda message: message.helpdesk_origin_id,
            ),
            Store.Attr(
                "body",
                value=lambda message: customer_html.show(message.body),
                predicate=lambda message: message._is_helpdesk_foreign(),
            ),
            Store.Attr(
                "is_helpdesk_private",
                value=True,
                # sudo: the subtype is a technical record
                predicate=lambda message: message.sudo().subtype_id.id == private,
            ),
        ]

    def _is_helpdesk_foreign(self):
        """Say whether the text of a message is shown without what could affect the
        page around it: a customer wrote it, or a customer reads it (rel-C2).

        :rtype: bool
        """
        # sudo: only whether somebody from here wrote it
        message = self.sudo()
        if message.model != "helpdesk.ticket" or not message.body:
            return False
        if not self.env.user._is_internal():
            return True
        if message.author_id and not message.author_id.partner_share:
            return False
        # What we made of a mail names no class; Odoo keeps those of its own gateway.
        return message.message_type == "comment" or bool(
            customer_html.CLASS.search(message.body)
        )

    def _portal_message_format(self, properties_names, options=None):
        """Show in the portal what customers may see of texts (rel-C2)."""
        values = super()._portal_message_format(properties_names, options=options)
        for message, formatted in zip(self, values, strict=True):
            if message.model == "helpdesk.ticket":
                formatted["body"] = ["markup", customer_html.show(message.body)]
        return values
