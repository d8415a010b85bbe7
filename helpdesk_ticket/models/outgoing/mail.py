import ast

from odoo import models
from odoo.tools.mail import formataddr

from odoo.addons.helpdesk_contact.inside import Inside, inside

# Types of messages that nobody wrote -> what their mail says of itself (RFC 3834)
AUTOMATIC_MESSAGES = {"auto_comment": "auto-replied", "notification": "auto-generated"}
# Types of messages that tell of no changed fields.
UNTRACKED_MESSAGES = ("auto_comment", "comment", "email")


class HelpdeskTicket(models.Model):
    """What a mail of a ticket is made of, in this order: who gets it, by which link,
    where answers go, the sender, the subject, header and footer (T09, T15, N01, N03,
    N04, N05). Odoo asks each of these methods once for a message that is posted."""

    _inherit = "helpdesk.ticket"

    # -- who gets it ---------------------------------------------------------------

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Mail private messages to their recipients, whatever else was asked for: to
        no follower, and as a mail also to users who read in Odoo (T15). Others go to
        people who may read the ticket, where the contact asked for them."""
        private = self._is_private(message)
        if private:
            kwargs["notify_skip_followers"] = True
        elif self and self._get_message_event(message) == "customer_answered":
            substitutes = self._get_substitutes().partner_id
            people = (msg_vals or {}).get("partner_ids") or message.partner_ids.ids
            msg_vals = {
                **(msg_vals or {}),
                "partner_ids": list({*people, *substitutes.ids}),
            }
        recipients = super()._notify_get_recipients(
            message, msg_vals=msg_vals, **kwargs
        )
        recipients = self._leave_out_strangers(recipients, chosen=private)
        if private:
            return [{**recipient, "notif": "email"} for recipient in recipients]
        if self.partner_id or not self.notify_partner:
            return self._answer_where_asked(recipients)
        return recipients + self._get_bare_contact(message, recipients)

    # -- by which link -------------------------------------------------------------

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Leave out Odoo's link of the customer: it has the access token, and a key to
        sign up that nobody asked for."""
        return super(
            HelpdeskTicket, self.with_context(helpdesk_own_links=Inside())
        )._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)

    def _mail_get_partners(self, introspect_fields=False):
        if inside(self.env, "helpdesk_own_links"):
            return dict.fromkeys(self.ids, self.env["res.partner"])
        return super()._mail_get_partners(introspect_fields=introspect_fields)

    def _notify_get_recipients_classify(
        self, message, recipients_data, model_description, msg_vals=False
    ):
        """Give each recipient who takes part a link of its own."""
        groups = super()._notify_get_recipients_classify(
            message, recipients_data, model_description, msg_vals=msg_vals
        )
        # sudo: a setting, whoever writes
        if not self.company_id.sudo().helpdesk_link or self._is_private(message):
            return groups
        return [part for group in groups for part in self._split_linked(group)]

    # -- where answers go, and who sends it ----------------------------------------

    def _get_sender_address(self):
        """Return the address that ticket mail comes from and goes back to (N01).

        :return: a bare address, or False when none is configured
        """
        self.ensure_one()
        # sudo: the alias of the team is readable by system users only
        team_alias = self.team_id.sudo().alias_email
        return team_alias or self.company_id.helpdesk_sender_address

    def _notify_get_reply_to_batch(self, defaults=None, author_ids=None):
        addresses = {ticket: ticket._get_sender_address() for ticket in self}
        res = {}
        if not self or not all(addresses.values()):  # else core would look for nothing
            res = super()._notify_get_reply_to_batch(
                defaults=defaults, author_ids=author_ids
            )
        for ticket, address in addresses.items():
            if address:
                res[ticket.id] = formataddr((ticket.company_id.name, address))
        return res

    def _notify_by_email_get_base_mail_values(
        self, message, recipients_data, additional_values=None
    ):
        self.ensure_one()
        values = super()._notify_by_email_get_base_mail_values(
            message, recipients_data, additional_values=additional_values
        )
        subject = values.pop("subject", None) or message.subject or ""
        if f"[{self.number}]" not in subject:
            subject = f"[{self.number}] {subject}".strip()
        values["helpdesk_subject"] = subject
        automatic = AUTOMATIC_MESSAGES.get(message.message_type)
        if automatic:
            # RFC 3834 section 5: automatic mail says so, and programs don't reply.
            headers = ast.literal_eval(values.get("headers") or "{}")
            values["headers"] = repr({**headers, "Auto-Submitted": automatic})
        if address := self._get_sender_address():
            author = self.company_id if automatic else message.author_id
            name = author.name or self.company_id.name
            values["helpdesk_email_from"] = formataddr((name, address))
        return values

    # -- what stands around the text -----------------------------------------------

    def _notify_by_email_prepare_rendering_context(
        self, message, msg_vals=False, **kwargs
    ):
        """Put the company's header and footer around the mail (N03, N04), in the
        language that this mail is written in, and what it answers below it; the number
        makes it look like all mails of the helpdesk."""
        if msg_vals and message.message_type in UNTRACKED_MESSAGES:
            msg_vals = {**msg_vals, "tracking_value_ids": False}  # not looked for
        values = super()._notify_by_email_prepare_rendering_context(
            message, msg_vals=msg_vals, **kwargs
        )
        # sudo: the texts stand in every mail of this ticket
        company = self.company_id.sudo().with_context(lang=values["lang"])
        values["helpdesk_number"] = self.number
        is_empty = values["is_html_empty"]
        for name in ("helpdesk_mail_header", "helpdesk_mail_footer"):
            values[name] = False if is_empty(company[name]) else company[name]
        if company.helpdesk_quote:
            values["helpdesk_quote"] = self._prepare_quote(message, values["lang"])
        return values
