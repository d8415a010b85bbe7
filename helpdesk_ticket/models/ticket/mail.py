from odoo import api, fields, models
from odoo.tools.mail import email_normalize_all, html2plaintext

from odoo.addons.helpdesk_contact.inside import Inside, inside

from ... import customer_html
from ...incoming import IncomingMessage, IncomingRequest


class HelpdeskTicket(models.Model):
    """What a message means for its ticket, and the mail that opens one (T13, E06)."""

    _inherit = "helpdesk.ticket"

    email_cc = fields.Char(tracking=True)
    notify_partner = fields.Boolean(
        string="Notify business partner",
        compute="_compute_notify_partner",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="The contact gets an e-mail when the ticket is opened, whenever an answer "
        "is sent, and of what becomes of the ticket.",
    )

    @api.depends("company_id")
    def _compute_notify_partner(self):
        for ticket in self:
            ticket.notify_partner = ticket.company_id.helpdesk_notify_partner

    # ------------------------------------------------------------------
    # In
    # ------------------------------------------------------------------

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Open the ticket of a mail that Odoo's own gateway brings by an alias.

        :param dict msg_dict: what `message_parse` made of the mail
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
        return ticket.with_context(
            helpdesk_opening_mail=Inside(),
            helpdesk_has_content=Inside("description" in values),
        )

    def message_update(self, msg_dict, update_vals=None):
        """Let nobody take part in the ticket for being in copy of a private answer."""
        if self._find_private_parent(
            msg_dict.get("parent_id"),
            msg_dict.get("author_id"),
            msg_dict.get("email_from"),
        ):
            msg_dict = {**msg_dict, "cc": ""}
        return super().message_update(msg_dict, update_vals=update_vals)

    @api.model
    def _get_mail_company(self, custom_values):
        """Return the `res.company` whose helpdesk a mail reached."""
        company = self.env["res.company"].browse(custom_values.get("company_id"))
        team = self.env["helpdesk.team"].browse(custom_values.get("team_id"))
        return company or team.company_id or self.env.company

    @api.model
    def _prepare_request(self, msg_dict, company, custom_values):
        """Return a mail as `IncomingRequest`.

        :param dict msg_dict: what `message_parse` made of the mail
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
        """Let more people be in copy of what the customer gets (E06).

        :param str addresses: with names, separated by commas
        """
        new = self._mail_cc_sanitized_raw_dict(addresses)
        known = self._mail_cc_sanitized_raw_dict(self.email_cc)
        if new.keys() - known.keys():
            self.email_cc = ", ".join({**new, **known}.values())

    # ------------------------------------------------------------------
    # What a message means for the ticket
    # ------------------------------------------------------------------

    def _follow_message(self, message):
        """Do what a message that was posted means for the ticket (T13).

        :param message: `mail.message`
        """
        if inside(self.env, "helpdesk_opening_mail"):
            self._complete_opening(message)
        elif event := self._get_message_event(message):
            if event == "customer_answered" and self._needs_follow_up():
                self._open_follow_up(message)
                return
            if event == "customer_answered":
                self._take_out_of_archive()
                if substitutes := self._get_substitutes():
                    self._note_substitutes({self: substitutes})
            else:
                self._tell_out_of_reach(message)
            self._move(event, message)

    def _complete_opening(self, message):
        """Complete a ticket with the mail that opened it, and tell its contact (T09).

        :param message: `mail.message`
        """
        ticket = self.with_context(
            helpdesk_opening_mail=False,
            helpdesk_has_content=False,
            helpdesk_from_mail=False,
            helpdesk_first_message=Inside(message.id),
        )
        if not inside(self.env, "helpdesk_has_content"):
            ticket._fill_from_opening_mail(message)
        ticket._note_ambiguous_domain()
        ticket._acknowledge_opening()
        ticket._announce_creation()

    def _fill_from_opening_mail(self, message):
        """Show the first mail, with its inline pictures, as the ticket's content."""
        if not self.description:
            self.description = customer_html.show_mail(message.body)

    def _take_out_of_archive(self):
        """Show an archived ticket again when its customer answers, and tell people."""
        archived = self.filtered(lambda ticket: not ticket.active)
        archived.active = True
        for ticket in archived:
            ticket._message_log(
                body=self.env._(
                    "The customer answered: this ticket is out of the archive again."
                )
            )

    def _note_ambiguous_domain(self):
        """Tell the agent why a sender was put below no customer (C09)."""
        if self.partner_id.parent_id or not self.sender_email:
            return
        owners = self.env["helpdesk.mail.domain"]._find_owners(
            self.sender_email, company=self.company_id
        )
        if len(owners) > 1:
            self._message_log(
                body=self.env._(
                    "The mail domain of %(address)s belongs to several customers: "
                    "%(customers)s. Choose the right one for this contact.",
                    address=self.sender_email,
                    customers=", ".join(owners.mapped("display_name")),
                )
            )

    def _get_message_event(self, message):
        """Say what a posted message means in the life cycle (T13).

        :param message: `mail.message`
        :return: a key of MOVES, or None for notes and automatic messages and answers
        """
        if self._is_private(message):
            return self._get_event_of_private(message)
        # sudo: the subtype and the author's users are technical records
        message = message.sudo()
        if (
            message.message_type not in ("comment", "email")
            or message._is_helpdesk_internal()
            or inside(self.env, "helpdesk_automatic_mail")
        ):
            return None
        if not self._is_agent(message.author_id):
            return "customer_answered"
        return "asked" if self.env.context.get("helpdesk_ask") else "answered"

    def _is_agent(self, author):
        """Say whether an author answers this ticket for us, not as its contact."""
        self.ensure_one()
        if not author or author == self.partner_id:
            return False
        return any(not user.share for user in author.user_ids)

    def _get_participant_addresses(self):
        """Return the addresses whose mail may join this ticket by its number (E06).

        :return: a set of normalised addresses
        """
        private = self._get_private_messages()
        addresses = set(private.partner_ids.mapped("email_normalized")) - {False}
        return self._get_public_addresses() | addresses

    def _get_public_addresses(self):
        """Return the addresses of those who take part in what the customer sees.

        :return: a set of normalised addresses
        """
        self.ensure_one()
        # sudo: followers are technical records; their addresses are compared only
        people = self.sudo().message_partner_ids | self.partner_id
        texts = [self.partner_email, self.sender_email, self.email_cc, self.reply_to]
        texts += people.helpdesk_address_ids.mapped("email_normalized")
        addresses = {address for text in texts for address in email_normalize_all(text)}
        return addresses | set(people.mapped("email_normalized")) - {False}

    def action_ask_customer(self):
        """Write a question to the customer; sending it makes the ticket wait (T13).

        :return: an `ir.actions.act_window` of the mail composer as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask the Customer"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_composition_mode": "comment",
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_partner_ids": self.partner_id.ids,
                "default_subtype_xmlid": "mail.mt_comment",
                "helpdesk_ask": True,
            },
        }
