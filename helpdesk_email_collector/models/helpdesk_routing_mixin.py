import re

from odoo import SUPERUSER_ID, api, models
from odoo.tools.mail import email_normalize, email_split

from ..collected_mail import header_text
from ..mail_signs import automatic_sign

# A ticket's number as our mails carry it: in brackets (N05).
NUMBER = re.compile(r"\[([^\[\]]{1,64})\]")
MAX_SUBJECT = 998


class HelpdeskRoutingMixin(models.AbstractModel):
    """Where a mail belongs before any rule is asked: a reply or a new request (E06)."""

    _name = "helpdesk.routing.mixin"
    _description = "Where a Mail Belongs"

    @api.model
    def _find_routes(self, mail, routes):
        """Say where a mail goes whatever the rules say, and where a ticket would open.

        :param CollectedMail mail: gets its company, and a decision unless rules decide
        :param list routes: those of core: (model, id, values, user id, alias)
        :return: the routes to take, the one that would open a ticket (None when no
            ticket may open), and the values that come with that one
        """
        new = [
            route for route in routes if route[0] == "helpdesk.ticket" and not route[1]
        ]
        mail.for_helpdesk = bool(mail.inbox) or any(
            route[0] == "helpdesk.ticket" for route in routes
        )
        if not mail.for_helpdesk:
            return routes, None, {}
        if not new:
            self._decide_routed(mail, routes)
            return [self._as_gateway_user(route) for route in routes], None, {}
        others = [route for route in routes if route not in new]
        # a mail to two of our addresses is still one request
        model, _thread_id, defaults, _user_id, alias = new[0]
        defaults = dict(defaults or {})
        mail.company = self._get_route_company(mail, defaults)
        company_id = defaults.pop("company_id", mail.company.id)
        if ticket := self._find_ticket_by_number(mail):
            address = self._get_sender_address(mail)
            mail.decide("reply", "reply_number", address=address)
            reply = (model, ticket.id, None, 0, None)
            return [*others, self._as_gateway_user(reply)], None, {}
        # `0`, not None: core's guard against floods counts only these
        opening = (model, 0, {"company_id": company_id}, 0, alias)
        return others, self._as_gateway_user(opening), defaults

    @api.model
    def _find_ticket_by_number(self, mail):
        """Find the ticket whose number stands in the subject, for its participants.

        Mail programs that drop the headers of a conversation keep the subject. A number
        alone proves nothing, anyone may guess it: only people who take part in the
        ticket join it that way, others get a ticket of their own (E06, reliability D4).

        :param CollectedMail mail: the mail
        :return: `helpdesk.ticket` with at most one record
        """
        # sudo: nothing is shown; the sender's part in the ticket decides
        tickets = self.env["helpdesk.ticket"].sudo()
        numbers = NUMBER.findall(header_text(mail.message, "Subject")[:MAX_SUBJECT])
        if not numbers or automatic_sign(mail.message):
            return tickets
        address = self._get_sender_address(mail)
        found = tickets.search(
            [("number", "in", numbers), ("company_id", "=", mail.company.id)]
        )
        return found.filtered(
            lambda ticket: address in ticket._get_participant_addresses()
        )[:1]

    @api.model
    def _as_gateway_user(self, route):
        """Return a route that acts as the technical user.

        Core would take the internal user whose address stands in From, and anyone
        can write that.
        """
        if route[0] != "helpdesk.ticket":
            return route
        model, thread_id, values, _user_id, alias = route
        return (model, thread_id, values, SUPERUSER_ID, alias)

    @api.model
    def _get_route_company(self, mail, defaults):
        company = self.env["res.company"].browse(defaults.get("company_id"))
        team = self.env["helpdesk.team"].browse(defaults.get("team_id"))
        return company or team.company_id or mail.company

    @api.model
    def _decide_routed(self, mail, routes):
        """Write down what core decided about a mail that opens no ticket."""
        replies = [route for route in routes if route[0] == "helpdesk.ticket"]
        if replies:
            mail.decide("reply", "reply")
        elif routes:
            model, thread_id = routes[0][:2]
            record = self.env[model].browse(thread_id or [])
            mail.decide(
                "other", "other", document=record.display_name or record._description
            )
        elif mail.msg_dict.get("is_bounce"):
            mail.decide("ignore", "bounce")
        else:
            mail.decide("ignore", "refused")

    @api.model
    def _get_sender_address(self, mail):
        """Return the normalized address of From; an empty text when there is none."""
        email_from = mail.msg_dict.get("email_from") or ""
        first = next(iter(email_split(email_from)), "")
        return email_normalize(first) or first

    @api.model
    def _get_contact(self, mail):
        """Return the contact that sent a mail, as `res.partner` of at most one."""
        return mail.source(
            "contact",
            lambda: self.env["res.partner"]._helpdesk_find_by_email(
                self._get_sender_address(mail), company=mail.company
            ),
        )

    @api.model
    def _get_own_addresses(self, mail, address):
        """Return our own addresses; a mail from one of them is a loop (E07)."""
        env = self.sudo().env  # reads addresses only to compare them with the sender's
        servers = env["fetchmail.server"].search_fetch(
            [("is_helpdesk_collector", "=", True)], ["user"]
        )
        companies = env["res.company"].search_fetch(
            [("helpdesk_sender_address", "!=", False)], ["helpdesk_sender_address"]
        )
        texts = servers.mapped("user") + companies.mapped("helpdesk_sender_address")
        own = {email_normalize(text) or text.lower() for text in texts if text}
        return own | set(env["mail.alias.domain"]._find_aliases([address]))
