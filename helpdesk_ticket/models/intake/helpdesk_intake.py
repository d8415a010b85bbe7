from odoo import SUPERUSER_ID, api, models
from odoo.tools.mail import email_split_tuples

from odoo.addons.helpdesk_contact.inside import Inside

from ...incoming import (
    HELD,
    IGNORED,
    LIMITED,
    NOTE,
    OPENED,
    PRIVATE,
    PUBLIC,
    REPEATED,
    Outcome,
    Person,
)

SUBTYPES = {
    PUBLIC: "mail.mt_comment",
    NOTE: "mail.mt_note",
    PRIVATE: "helpdesk_ticket.mt_private",
}


class HelpdeskIntake(models.AbstractModel):
    """The one door: what comes in becomes a ticket, or a message of one (K01, C09).

    `_open` and `_join` are the whole way, top to bottom; whatever a channel knows comes
    in as plain values (`incoming.py`).
    """

    _name = "helpdesk.intake"
    _description = "Request Intake"

    # -- a new ticket ------------------------------------------------------------

    @api.model
    def _open(self, request):
        """Open the ticket of a request, unless something speaks against it.

        :param IncomingRequest request: what was asked
        :rtype: Outcome
        """
        tickets = self._get_tickets(request.company_id)
        self = tickets.env["helpdesk.intake"]
        if not request.decided and (outcome := self._guard(request)):
            return outcome
        partner = self._find_person(request)
        ticket = tickets.with_context(
            helpdesk_from_mail=Inside(request.posts), mail_create_nolog=request.posts
        ).create(self._prepare_ticket_values(request, partner))
        if request.file_ids:
            files = self.env["ir.attachment"].browse(request.file_ids)
            files.write({"res_model": ticket._name, "res_id": ticket.id})
        if request.posts:
            self._post_request(ticket, request, partner)
        return Outcome(OPENED, ticket_id=ticket.id)

    @api.model
    def _guard(self, request):
        """Say what speaks against a ticket, in this order: the contact is ignored
        (C08), it is too much (rel-H4), it came before, only the primary contact may
        open tickets (C07), which is asked then.

        :param IncomingRequest request: what was asked
        :return: the `Outcome`, or None
        """
        throttle = self.env["helpdesk.throttle"]
        partner = self.env["res.partner"].browse(request.person.partner_id or [])
        if partner.helpdesk_ignore_email and not request.proven:
            return Outcome(IGNORED)
        if request.limit and not throttle._take(*request.limit):
            return Outcome(LIMITED)
        if request.once and not throttle._take("once", repr(request.once)):
            return Outcome(REPEATED)
        if partner and not partner._helpdesk_may_open_ticket():
            held = self.env["helpdesk.ticket.request"]._hold_request(request, partner)
            return Outcome(HELD, request_id=held.id)
        return None

    @api.model
    def _get_tickets(self, company_id):
        """Return the model of tickets as the technical user sees it in a company.

        Whoever wrote has no rights of its own here, and nobody becomes the assignee or
        a follower for being the one whose program runs.
        """
        company = self.env["res.company"].browse(company_id)
        return (
            self.env["helpdesk.ticket"]
            .with_user(SUPERUSER_ID)
            .with_company(company)
            .with_context(
                default_user_id=False,
                mail_create_nosubscribe=True,
                mail_create_nolog=True,
                attachments_mime_plainxml=True,  # XML is kept as text
                image_no_postprocess=True,  # pictures stay as they came
            )
        )

    @api.model
    def _find_person(self, request):
        """Return the contact of a request, back in use or made if it may be (C09, K10).

        :param IncomingRequest request: what was asked
        :return: `res.partner` with at most one record
        """
        person, company = request.person, self.env.company
        partner = self.env["res.partner"].browse(person.partner_id or [])
        if partner:
            if not partner.active:
                partner._helpdesk_reactivate(request.message.subject or person.address)
            return partner
        creates = request.creates_contact
        if creates is None:
            creates = company.helpdesk_auto_create_contact
        if not creates or not person.address:
            return partner
        return partner._helpdesk_create_from_email(
            person.address,
            name=person.name,
            company=company,
            text=f"{request.message.subject}\n{request.message.text}",
        )

    @api.model
    def _prepare_ticket_values(self, request, partner):
        """Return the values of the ticket of a request; a hook.

        :param IncomingRequest request: what was asked
        :param partner: `res.partner` of whoever asked, at most one
        :rtype: dict
        """
        person, message = request.person, request.message
        company = self.env["res.company"].browse(request.company_id)
        return {
            "company_id": company.id,
            "name": message.subject.strip() or self.env._("No subject"),
            "partner_id": partner.id,
            "partner_name": person.name or partner.name or person.address,
            "partner_email": person.address,
            "sender_email": person.address,
            "email_cc": message.cc if message.audience == PUBLIC else "",
            "team_id": self.env["helpdesk.team"]._get_default(company).id,
            "channel_id": request.channel
            and self.env["ir.model.data"]._xmlid_to_res_id(request.channel),
            **(
                {}
                if request.posts and self._has_pictures(message)
                else {"description": message.body}
            ),
            **request.values,
        }

    @api.model
    def _has_pictures(self, message):
        """Tell whether pictures have to be put into a text, which the posting does."""
        return "cid:" in message.body

    @api.model
    def _post_request(self, ticket, request, partner):
        """Post a request as the first message, then tell people that it is there."""
        message = request.message
        ticket = ticket.with_context(
            helpdesk_opening_mail=Inside(),
            helpdesk_has_content=Inside(not self._has_pictures(message)),
            helpdesk_no_acknowledgement=Inside(not request.acknowledges),
        )
        values = self._prepare_message_values(message)
        values["author_id"] = message.author_id or partner.id or False
        ticket.message_post(**values, subtype_id=ticket._creation_subtype().id)

    # -- a message of a ticket -----------------------------------------------------

    @api.model
    def _join(self, ticket, message):
        """Post a message that came in for a ticket.

        :param ticket: `helpdesk.ticket`
        :param IncomingMessage message: what came in
        :return: the `mail.message`
        """
        tickets = self._get_tickets(ticket.company_id.id)
        ticket = tickets.browse(ticket.id)
        author = tickets.env["res.partner"].browse(message.author_id or [])
        if not message.automatic:  # an absence note asks for nothing
            author._helpdesk_reactivate(message.subject or ticket.number)
        if message.audience == PUBLIC and message.takes_copies:
            ticket._add_in_copy(message.cc)
        ticket = ticket.with_context(
            helpdesk_automatic_mail=Inside(message.automatic),
            helpdesk_audience_decided=Inside(),
        )
        return ticket.message_post(
            **self._prepare_message_values(message),
            author_id=message.author_id or False,
            subtype_xmlid=SUBTYPES[message.audience],
            is_internal=message.audience != PUBLIC,
            partner_ids=self._get_answered(ticket, message).ids,
        )

    @api.model
    def _get_answered(self, ticket, message):
        """Return who is told of an answer besides the followers: another customer; of a
        note a colleague only, whatever it answers; of a private message its author.

        What an outsider writes for us alone reaches whoever has the ticket, or the
        colleagues who follow it, when it answers none of them.

        :return: `res.partner`
        """
        author = ticket.env["mail.message"].browse(message.parent_id or []).author_id
        if message.audience == PRIVATE:
            return author
        told = author.filtered(
            lambda person: person.partner_share == (message.audience == PUBLIC)
        )
        writer = author.browse(message.author_id or [])
        outsider = not writer or writer.partner_share
        if message.audience == NOTE and outsider and not (told or message.automatic):
            colleagues = ticket.user_id.partner_id or ticket.message_partner_ids
            told = colleagues.filtered(lambda person: not person.partner_share)
        return told

    @api.model
    def _prepare_message_values(self, message):
        """Return parameters of `message_post`; a hook.

        :param IncomingMessage message: what came in
        :rtype: dict
        """
        values = {
            "body": message.body,
            "subject": message.subject,
            "attachments": list(message.files),
            "message_type": message.kind,
            "email_from": message.email_from,
            "parent_id": message.parent_id or False,
            # whoever stands there takes part
            "incoming_email_to": message.takes_copies and message.to,
            "incoming_email_cc": message.takes_copies and message.cc,
        }
        if message.message_id:
            values["message_id"] = message.message_id
        if message.date:
            values["date"] = message.date
        return values

    # -- who it is -----------------------------------------------------------------

    @api.model
    def _get_person(self, text, company):
        """Return who stands in a From.

        :param str text: name and address
        :param company: `res.company` that must see the contact
        :rtype: Person
        """
        name, address = next(iter(email_split_tuples(text or "")), ("", ""))
        partner = self.env["res.partner"]._helpdesk_find_by_email(
            address, name=name, company=company
        )
        return Person(name, address.lower(), partner.id or 0)
