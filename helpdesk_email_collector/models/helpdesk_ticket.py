from odoo import api, fields, models

from ..collected_mail import find_mail


class HelpdeskTicket(models.Model):
    """7. The ticket takes what the rules decided about its first mail (E03)."""

    _name = "helpdesk.ticket"
    _inherit = [
        "helpdesk.mail.trust.mixin",
        "helpdesk.participant.mixin",
        "helpdesk.ticket",
    ]

    inbox_mail_ids = fields.One2many(
        "helpdesk.inbox.mail",
        "ticket_id",
        groups="helpdesk_contact.group_helpdesk_manager",
    )
    inbox_mail_count = fields.Integer(
        compute="_compute_inbox_mail_count",
        groups="helpdesk_contact.group_helpdesk_manager",
    )

    mail_reference = fields.Char(
        "Reference in Mails",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="What a rule found in the first mail, for example the number of an alert: "
        "later mails with it are added to this ticket.",
    )

    def _compute_inbox_mail_count(self):
        counts = dict(
            self.env["helpdesk.inbox.mail"]._read_group(
                [("ticket_id", "in", self.ids)], ["ticket_id"], ["__count"]
            )
        )
        for ticket in self:
            ticket.inbox_mail_count = counts.get(ticket._origin, 0)

    def action_view_inbox_mails(self):
        """Open the mails of this ticket as they came in.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_email_collector.action_helpdesk_inbox_mail"
        )
        return {**action, "domain": [("ticket_id", "=", self.id)]}

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        ticket = super().message_new(msg_dict, custom_values=custom_values)
        ticket._note_collected_mail()
        return ticket

    def message_update(self, msg_dict, update_vals=None):
        result = super().message_update(msg_dict, update_vals=update_vals)
        self._note_collected_mail()
        return result

    def _note_collected_mail(self):
        """Tell the mail on its way which ticket it reached."""
        mail = find_mail(self.env)
        if mail:
            mail.ticket = self

    @api.model
    def _prepare_ticket_values_from_mail(self, msg_dict):
        mail = find_mail(self.env)
        if not mail:
            return super()._prepare_ticket_values_from_mail(msg_dict)
        if mail.customer and mail.customer not in (msg_dict.get("email_from") or ""):
            # a copy: the author of the message remains whoever sent it
            msg_dict = {**msg_dict, "email_from": mail.customer}
        values = super()._prepare_ticket_values_from_mail(msg_dict)
        return {**values, **mail.values}

    @api.model
    def _get_mail_sender(self, name, address, msg_dict):
        """Find or make the contact that a rule names, whatever the settings say."""
        mail = find_mail(self.env)
        if mail and mail.dry_run:
            return self._find_mail_sender(name, mail.customer or address)
        if not mail or not mail.customer:
            return super()._get_mail_sender(name, address, msg_dict)
        company = self.env.company
        partner = self._find_mail_sender(name, mail.customer)
        if partner:
            partner._helpdesk_reactivate(msg_dict.get("subject") or address)
            return partner
        return partner._helpdesk_create_from_email(
            mail.customer,
            name=name,
            company=company,
            text=self._get_mail_text(msg_dict),
        )

    def _move_messages(self, target, messages=None):
        """The original mails follow their messages: into which ticket, and by whom."""
        # sudo: agents don't read the inbox; the user may write both tickets
        inbox = self.env["helpdesk.inbox.mail"].sudo()
        domain = [("ticket_id", "in", self.ids)]
        if messages is not None:
            ids = [text for text in messages.mapped("message_id") if text]
            domain.append(("message_id", "in", ids))
        inbox.search(domain)._move_to(target)
        return super()._move_messages(target, messages)

    def action_misfiled_dialog(self):
        """Ask what was wrong with a mail of this ticket (E05).

        :return: an `ir.actions.act_window` of the dialog as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("This Was Wrong"),
            "res_model": "helpdesk.ticket.misfiled",
            "view_mode": "form",
            "target": "new",
            "context": {"default_ticket_id": self.id},
        }
