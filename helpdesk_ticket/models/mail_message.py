from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.mail.tools.discuss import Store


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
        they ask: Odoo hides comments only (T15, rel-B1). Hide private messages from
        colleagues who are neither agents nor chosen."""
        forbidden = super()._get_forbidden_access(operation)
        # sudo: reads what decides whether it may be read
        others = (self - forbidden).sudo()
        if not self.env.user._is_internal():
            hidden = others.filtered(
                lambda message: (
                    message.model == "helpdesk.ticket"
                    and message._is_helpdesk_internal()
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
        """Tell the chatter which messages are private (T15), and where others come
        from."""
        private = self.env["ir.model.data"]._xmlid_to_res_id(
            "helpdesk_ticket.mt_private"
        )
        return [
            *super()._to_store_defaults(target),
            "helpdesk_origin",
            Store.Attr(
                "is_helpdesk_private",
                value=True,
                # sudo: the subtype is a technical record
                predicate=lambda message: message.sudo().subtype_id.id == private,
            ),
        ]
