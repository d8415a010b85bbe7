from odoo import api, models
from odoo.tools.mail import email_normalize, email_split_and_format, html2plaintext

from odoo.addons.helpdesk_contact.inside import Inside

from ..automatic_mail import automatic_sign

# Where a parsed mail holds its recipients, with their names.
RECIPIENTS = ("cc", "cc_filtered", "to_filtered")


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Tell answers to merged and closed tickets where they belong (E06, T13), and
        tickets whether a person or a program wrote."""
        tickets = [route for route in routes or () if route[0] == "helpdesk.ticket"]
        if tickets:
            self._leave_out_own(message_dict)
            if self._get_helpdesk_automatic_sign(message, message_dict):
                self = self.with_context(helpdesk_automatic_mail=Inside())
        routes = [
            self._redirect_to_ticket(route, message_dict)
            if route in tickets and route[1]
            else route
            for route in routes or ()
        ]
        return super()._message_route_process(message, message_dict, routes)

    @api.model
    def _get_helpdesk_automatic_sign(self, message, message_dict):
        """Return the sign of a program that wrote a mail; a hook.

        :param EmailMessage message: the mail
        :param dict message_dict: what `message_parse` made of it
        """
        body = message_dict.get("body") or ""
        return automatic_sign(message, lambda: html2plaintext(body))

    @api.model
    def _leave_out_own(self, message_dict):
        """Leave our own addresses out of the recipients of a mail (E06).

        :param dict message_dict: the mail, which changes
        """
        people = {
            name: email_split_and_format(message_dict.get(name) or "")
            for name in RECIPIENTS
        }
        texts = {text for texts in people.values() for text in texts}
        addresses = {text: email_normalize(text) for text in texts}
        own = self.env["helpdesk.own.address"]._get_own(addresses.values())
        for name, texts in people.items():
            kept = [text for text in texts if addresses[text] not in own]
            message_dict[name] = ", ".join(kept)

    @api.model
    def _redirect_to_ticket(self, route, message_dict):
        """Return the route that a mail to a ticket takes, if there still is that one.

        :param tuple route: of `message_route`, to a ticket
        :param dict message_dict: the mail, with its author
        """
        # sudo: the gateway decides where the mail goes, not its sender's rights
        tickets = self.env["helpdesk.ticket"].sudo()
        if not tickets.browse(route[1]).exists():
            return route
        return tickets._redirect_answer(tickets._redirect_merged(route), message_dict)
