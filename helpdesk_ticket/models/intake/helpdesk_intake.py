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
from ...typed_text import VISIBLE

# How tickets are made and messages posted: nobody becomes the assignee or a follower
# for being the one whose program runs.
CONTEXT = {
    "default_user_id": False,
    "mail_create_nosubscribe": True,
    "mail_create_nolog": True,
    "attachments_mime_plainxml": True,  # XML is kept as text
    "image_no_postprocess": True,  # pictures stay as they came
}
SUBTYPES = {
    PUBLIC: "mail.mt_comment",
    NOTE: "mail.mt_note",
    PRIVATE: "helpdesk_ticket.mt_private",
}


class HelpdeskIntake(models.AbstractModel):
    """The intake of all channels: requests become tickets, and messages are added to
    them (K01, C09).

    `_open` and `_join` show the whole process from top to bottom; channels pass plain
    values (`incoming.py`).
    """

    _name = "helpdesk.intake"
    _description = "Request Intake"

    # -- a new ticket ------------------------------------------------------------

    @api.model
    def _open(self, request):
        """Open the ticket of a request, unless there is a reason against it.

        :param IncomingRequest request: the request
        :rtype: Outcome
        """
        [outcome] = self._open_all([request])
        return outcome

    @api.model
    def _open_all(self, requests):
        """Open the tickets of unrelated requests: of different people of one company,
        all of them posted or none.

        :param requests: list of `IncomingRequest`
        :return: list of `Outcome`, one for each request
        """
        company = self.env["res.company"].browse(requests[0].company_id)
        # the sender has no access rights here
        self = (
            self.with_user(SUPERUSER_ID).with_company(company).with_context(**CONTEXT)
        )
        outcomes = [None if one.decided else self._guard(one) for one in requests]
        opening = [
            request
            for request, outcome in zip(requests, outcomes, strict=True)
            if not outcome
        ]
        if not opening:
            return outcomes
        posts, partners = opening[0].posts, self._find_people(opening)
        tickets = self.env["helpdesk.ticket"].with_context(
            helpdesk_from_mail=Inside(posts), mail_create_nolog=posts
        )
        tickets = tickets.create(
            list(map(self._prepare_ticket_values, opening, partners))
        )
        for ticket, request in zip(tickets, opening, strict=True):
            if request.file_ids:
                files = self.env["ir.attachment"].browse(request.file_ids)
                files.write({"res_model": ticket._name, "res_id": ticket.id})
        if posts:
            self._post_requests(tickets, opening, partners)
        opened = iter([Outcome(OPENED, ticket_id=ticket.id) for ticket in tickets])
        return [outcome or next(opened) for outcome in outcomes]

    @api.model
    def _guard(self, request):
        """Return the reason against a ticket, checked in this order: the contact is
        ignored (C08), a limit is exceeded (rel-H4), the request is repeated, only the
        primary contact may open tickets (C07), who is asked then.

        :param IncomingRequest request: the request
        :return: the `Outcome`, or None
        """
        throttle = self.env["helpdesk.throttle"]
        partner = self.env["res.partner"].browse(request.person.partner_id or [])
        objection = self._get_objection(partner, request.proven)
        if objection == IGNORED:
            return Outcome(IGNORED)
        if request.limit and not throttle._take(*request.limit):
            return Outcome(LIMITED)
        if request.once and not throttle._take("once", repr(request.once)):
            return Outcome(REPEATED)
        if objection == HELD:
            held = self.env["helpdesk.ticket.request"]._hold_request(request, partner)
            return Outcome(HELD, request_id=held.id)
        return None

    @api.model
    def _get_objection(self, partner, proven=False):
        """Return the reason against a ticket of a contact, for all channels; writes
        nothing.

        :param partner: `res.partner`, empty if unknown
        :param bool proven: whether the contact has logged in
        :return: IGNORED (C08), HELD if only the primary contact may open tickets (C07),
            or None
        """
        if partner.helpdesk_ignore_email and not proven:
            return IGNORED
        if partner and not partner._helpdesk_may_open_ticket():
            return HELD
        return None

    @api.model
    def _find_person(self, request):
        """Return the contact of a request, reactivated or created if allowed (C09,
        K10).

        :param IncomingRequest request: the request
        :return: `res.partner` with at most one record
        """
        [partner] = self._find_people([request])
        return partner

    @api.model
    def _find_people(self, requests):
        """Return the contacts of requests of one company like `_find_person`.

        :param requests: list of `IncomingRequest`, of different people
        :return: list of `res.partner` with at most one record each
        """
        people, company = self.env["res.partner"], self.env.company
        partners, senders = [], []
        for request in requests:
            person, message = request.person, request.message
            partners.append(partner := people.browse(person.partner_id or []))
            creates = request.creates_contact
            if creates is None:
                creates = company.helpdesk_auto_create_contact
            if partner and not partner.active:
                partner._helpdesk_reactivate(message.subject or person.address)
            elif not partner and creates and person.address:
                text = f"{message.subject}\n{message.text}"
                sender = (person.address, person.name, text, request.lang)
                senders.append((len(partners) - 1, sender))
        if senders:
            places, unknown = zip(*senders, strict=True)
            created = people._helpdesk_create_from_emails(unknown, company)
            for place, partner in zip(places, created, strict=True):
                partners[place] = partner
        return partners

    @api.model
    def _prepare_ticket_values(self, request, partner):
        """Return the values of the ticket of a request; a hook.

        :param IncomingRequest request: the request
        :param partner: `res.partner` of the contact, at most one
        :rtype: dict
        """
        person, message = request.person, request.message
        company = self.env["res.company"].browse(request.company_id)
        given = request.values
        assignee = self.env["res.users"].browse(given.get("user_id"))
        if assignee and not assignee._is_helpdesk_agent(company):
            # who set up an alias or a form may have named somebody who has left (T10)
            given = {**given, "user_id": False}
        if "team_id" not in given:
            team = self.env["helpdesk.team"]._get_default(company)
            given = {**given, "team_id": team.id}
        return {
            "company_id": company.id,
            "name": message.subject.strip()
            if VISIBLE.search(message.subject)
            else self.env._("No subject"),
            "partner_id": partner.id,
            "partner_name": person.name or partner.name or person.address,
            "partner_email": person.address,
            "sender_email": person.address,
            "email_cc": message.cc if message.audience == PUBLIC else "",
            "channel_id": request.channel
            and self.env["ir.model.data"]._xmlid_to_res_id(request.channel),
            **(
                {}
                if request.posts and "cid:" in message.body  # the posting puts them in
                else {"description": message.body}
            ),
            **given,
        }

    @api.model
    def _post_requests(self, tickets, requests, partners):
        """Post requests as the first messages, then notify people.

        :param tickets: `helpdesk.ticket`, one for each of `requests` and `partners`
        """
        tickets = tickets.with_context(helpdesk_opening_mail=Inside("later"))
        subtype_id = self.env["ir.model.data"]._xmlid_to_res_id(
            "helpdesk_ticket.mt_ticket_new"
        )
        told = tickets.browse()
        values_list = []
        for ticket, request, partner in zip(tickets, requests, partners, strict=True):
            values = self._prepare_message_values(request.message)
            author_id = request.message.author_id or partner.id or False
            values_list.append(
                {**values, "author_id": author_id, "subtype_id": subtype_id}
            )
            if request.acknowledges:
                told += ticket
        messages = tickets._post_together(values_list)
        tickets._complete_openings(messages, told)

    # -- a message of a ticket -----------------------------------------------------

    @api.model
    def _join(self, ticket, message):
        """Post an incoming message on a ticket.

        :param ticket: `helpdesk.ticket`
        :param IncomingMessage message: the message
        :return: the `mail.message`
        """
        # as in `_open_all`
        company = ticket.company_id
        self = (
            self.with_user(SUPERUSER_ID).with_company(company).with_context(**CONTEXT)
        )
        ticket = self.env["helpdesk.ticket"].browse(ticket.id)
        author = self.env["res.partner"].browse(message.author_id or [])
        if not message.automatic:  # an absence note is no request
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
        """Return the recipients of an answer besides the followers: the author of the
        answered message, if that is another of the customer's people who has not left
        (K11); of a note a colleague only; of a private message its author.

        What an outsider writes internally reaches the assignee, or the colleagues who
        follow the ticket, if it answers none of them.

        :return: `res.partner`
        """
        author = ticket.env["mail.message"].browse(message.parent_id or []).author_id
        if message.audience == PRIVATE:
            return author
        told = author.filtered(
            lambda person: person.partner_share == (message.audience == PUBLIC)
        )
        if message.audience == PUBLIC and told:
            customer, people = ticket.customer_id, ticket._get_public_addresses()
            told = told.filtered(
                lambda person: (
                    person.commercial_partner_id == customer.commercial_partner_id
                    or person.email_normalized in people
                )
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

        :param IncomingMessage message: the message
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
        """Return the person named in a From header.

        :param str text: name and address
        :param company: `res.company` that must have access to the contact
        :rtype: Person
        """
        name, address = next(iter(email_split_tuples(text or "")), ("", ""))
        partner = self.env["res.partner"]._helpdesk_find_by_email(
            address, name=name, company=company
        )
        return Person(name, address.lower(), partner.id or 0)
