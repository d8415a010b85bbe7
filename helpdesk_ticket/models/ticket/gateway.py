from odoo import api, fields, models
from odoo.tools.mail import email_normalize, email_split_and_format, html2plaintext

from odoo.addons.helpdesk_contact.inside import Inside

from ... import customer_html
from ...automatic_mail import automatic_sign
from ...incoming import IncomingMessage, IncomingRequest

# Where a parsed mail holds its recipients, with their names.
RECIPIENTS = ("cc", "cc_filtered", "to_filtered")


class MailThread(models.AbstractModel):
    """Which ticket a mail belongs to (E06, T13)."""

    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Redirect answers to merged and closed tickets (E06, T13), and detect
        automatic mail."""
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
        """Return the sign that a program wrote a mail; a hook.

        :param EmailMessage message: the mail
        :param dict message_dict: of `message_parse`
        """
        body = message_dict.get("body") or ""
        return automatic_sign(message, lambda: html2plaintext(body))

    @api.model
    def _leave_out_own(self, message_dict):
        """Remove our own addresses from the recipients of a mail (E06).

        :param dict message_dict: the mail; modified
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
        """Return the route of a mail to a ticket that still exists.

        :param tuple route: of `message_route`, to a ticket
        :param dict message_dict: the mail, with its author
        """
        # sudo: the gateway decides where the mail goes, not its sender's rights
        tickets = self.env["helpdesk.ticket"].sudo()
        if not tickets.browse(route[1]).exists():
            return route
        return tickets._redirect_answer(tickets._redirect_merged(route), message_dict)


class HelpdeskTicket(models.Model):
    """Mails that open or join a ticket through Odoo's own gateway (E06)."""

    _inherit = "helpdesk.ticket"

    email_cc = fields.Char(tracking=True)

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Open a ticket for a mail that Odoo's own gateway received for an alias.

        :param dict msg_dict: of `message_parse`
        :param dict custom_values: of the alias
        """
        custom_values = dict(custom_values or {})
        company = self._get_mail_company(custom_values)
        # The gateway's technical user must not become the assignee.
        self = self.with_company(company).with_context(
            default_user_id=False, helpdesk_from_mail=Inside()
        )
        intake = self.env["helpdesk.intake"]
        request = self._prepare_request(msg_dict, company, custom_values)
        partner = intake._find_person(request)
        if partner and not msg_dict.get("author_id"):
            msg_dict["author_id"] = partner.id
        values = intake._prepare_ticket_values(request, partner)
        ticket = super().message_new(msg_dict, custom_values=values)
        return ticket.with_context(helpdesk_opening_mail=Inside())

    def message_update(self, msg_dict, update_vals=None):
        """Do not add people in copy of a private answer as participants."""
        if self._find_private_parent(
            msg_dict.get("parent_id"),
            msg_dict.get("author_id"),
            msg_dict.get("email_from"),
        ):
            msg_dict = {**msg_dict, "cc": ""}
        return super().message_update(msg_dict, update_vals=update_vals)

    @api.model
    def _get_mail_company(self, custom_values):
        """Return the `res.company` whose helpdesk received a mail."""
        company = self.env["res.company"].browse(custom_values.get("company_id"))
        team = self.env["helpdesk.team"].browse(custom_values.get("team_id"))
        return company or team.company_id or self.env.company

    @api.model
    def _prepare_request(self, msg_dict, company, custom_values):
        """Return a mail as `IncomingRequest`.

        :param dict msg_dict: of `message_parse`
        """
        email_from, body = msg_dict.get("email_from") or "", msg_dict.get("body") or ""
        return IncomingRequest(
            channel="helpdesk_ticket.channel_email",
            company_id=company.id,
            person=self.env["helpdesk.intake"]._get_person(email_from, company),
            message=IncomingMessage(
                subject=msg_dict.get("subject") or "",
                body=body if "cid:" in body else customer_html.show_mail(body),
                text=html2plaintext(body),
                cc=", ".join(
                    self._mail_cc_sanitized_raw_dict(msg_dict.get("cc")).values()
                ),
            ),
            values=custom_values,
        )

    def _add_in_copy(self, addresses):
        """Add people who get a copy of the customer's mails (E06).

        :param str addresses: with names, comma-separated
        """
        new = self._mail_cc_sanitized_raw_dict(addresses)
        known = self._mail_cc_sanitized_raw_dict(self.email_cc)
        if new.keys() - known.keys():
            self.email_cc = ", ".join({**new, **known}.values())
