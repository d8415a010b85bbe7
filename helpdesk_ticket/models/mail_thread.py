from odoo import api, models

from odoo.addons.helpdesk_contact.inside import Inside

from ..automatic_mail import is_automatic


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Tell answers to merged and closed tickets where they belong (E06, T13), and
        tickets whether a person or a program wrote."""
        if is_automatic(message):
            self = self.with_context(helpdesk_automatic_mail=Inside())
        routes = [
            self._redirect_to_ticket(route, message_dict)
            if route[0] == "helpdesk.ticket" and route[1]
            else route
            for route in routes or ()
        ]
        return super()._message_route_process(message, message_dict, routes)

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
