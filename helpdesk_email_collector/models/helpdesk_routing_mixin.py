import ast
import re

from odoo import SUPERUSER_ID, api, models
from odoo.tools.mail import email_normalize, email_split

from ..collected_mail import header_text
from ..mail_reference import find_references

# A ticket's number as our mails carry it: in brackets (N05).
NUMBER = re.compile(r"\[([^\[\]]{1,64})\]")
MAX_SUBJECT = 998


class HelpdeskRoutingMixin(models.AbstractModel):
    """Where a mail belongs before any rule is asked: a reply or a new request (E06).

    A mail finds its ticket by the headers of the conversation (core), by the signed
    reference in what it quotes, or by the number in its subject; whoever sends it must
    take part in that ticket. It never does by a bare subject.
    """

    _name = "helpdesk.routing.mixin"
    _inherit = [
        "helpdesk.proof.mixin",
        "helpdesk.bounce.mixin",
        "helpdesk.forward.mixin",
    ]
    _description = "Where a Mail Belongs"

    @api.model
    def _find_routes(self, mail, routes):
        """Say where a mail goes whatever the rules say, and where a ticket would open.

        :param CollectedMail mail: gets its company, and a decision unless rules decide
        :param list routes: those of core: (model, id, values, user id, alias)
        :return: the routes to take, the one that would open a ticket (None when no
            ticket may open), and the values that come with that one
        """
        ours = [route for route in routes if route[0] == "helpdesk.ticket"]
        mail.for_helpdesk = bool(mail.inbox or ours or mail.ticket)
        if not mail.for_helpdesk:
            return routes, None, {}
        self._read_sender(mail)
        others = [route for route in routes if route not in ours]
        if not ours:
            self._decide_elsewhere(mail, others)
            return others, None, {}
        if not mail.forced and self._is_our_own(mail):
            return others, None, {}
        # a mail to two of our addresses is still one request
        model, thread_id, defaults, _user_id, alias = next(
            (route for route in ours if route[1]), ours[0]
        )
        if not thread_id:
            defaults = dict(defaults or {})
        elif alias:
            defaults = ast.literal_eval(alias.alias_defaults)
        else:
            defaults = {}
        mail.company = self._get_route_company(mail, defaults)
        ticket = self._find_joined_ticket(mail, thread_id)
        if ticket:
            reply = (model, ticket.id, None, 0, alias)
            return [*others, self._as_gateway_user(reply)], None, {}
        self._name_author(mail)
        self._open_forwarded(mail)
        company_id = defaults.pop("company_id", mail.company.id)
        # `0`, not None: the guard against floods counts only these
        opening = (model, 0, {"company_id": company_id}, 0, alias)
        return others, self._as_gateway_user(opening), defaults

    @api.model
    def _name_author(self, mail):
        """Name the contact that wrote, which core would look for once more."""
        if contact := self._get_contact(mail):
            mail.msg_dict["author_id"] = contact.id

    # -- replies ---------------------------------------------------------------

    @api.model
    def _find_joined_ticket(self, mail, thread_id):
        """Find the ticket that a mail is a reply to (E06).

        A quotation alone proves nothing: the mail's sender must take part in the
        ticket. A stranger's mail opens one of its own, linked to the quoted one
        (reliability D4).

        :param CollectedMail mail: gets its decision, or the ticket that it only quotes
        :param int thread_id: the ticket that core found by Message-IDs, or 0
        :return: `helpdesk.ticket` with at most one record
        """
        # sudo: nothing is shown; the sender's part in the ticket decides
        tickets = self.env["helpdesk.ticket"].sudo()
        for reason, found in (
            ("reply", lambda: tickets.browse(thread_id or [])),
            ("reply_reference", lambda: self._find_ticket_by_reference(mail)),
            ("reply_number", lambda: self._find_ticket_by_number(mail)),
        ):
            ticket = found()
            if not ticket:
                continue
            if self._may_join(mail, ticket):
                mail.quoted = None
                self._quieten_automatic(mail)
                mail.decide("reply", reason, address=self._get_sender_address(mail))
                return ticket
            if not mail.quoted and ticket.company_id == mail.company:
                mail.quoted = ticket._get_survivor()
        if thread_id:
            # else the new ticket's first message would answer the old one's
            mail.msg_dict.update(parent_id=False, is_internal=False)
        return tickets

    @api.model
    def _quieten_automatic(self, mail):
        """Keep what a program answers as a note, which is mailed to no customer (E07).

        Else the answering machines of two people on one ticket would talk for ever.
        """
        if not self._get_automatic_sign(mail):
            return
        # sudo: whether the answered message is one of ours; a note pings its author
        parent = self.env["mail.message"].sudo().browse(mail.msg_dict.get("parent_id"))
        ours = parent.author_id and not parent.author_id.partner_share
        mail.msg_dict.update(is_internal=True, parent_id=ours and parent.id)

    @api.model
    def _may_join(self, mail, ticket):
        if self._get_doubt(mail) or self._get_sender(mail).hearsay:
            return False
        address, contact = self._get_sender_address(mail), self._get_contact(mail)
        survivor = ticket._get_survivor()
        return survivor._takes_part(address, contact) or (
            survivor != ticket and ticket._takes_part(address, contact)
        )

    @api.model
    def _find_ticket_by_reference(self, mail):
        """Find the ticket by the signed reference in the text that a mail quotes."""
        tickets = self.env["helpdesk.ticket"].sudo()  # sudo: as the caller says
        if self._get_automatic_sign(mail):
            return tickets
        ids = find_references(
            mail.msg_dict.get("body") or "", tickets._get_reference_digest
        )
        if not ids:
            return tickets
        return tickets.search(
            [("id", "in", ids[:1]), ("company_id", "=", mail.company.id)]
        )

    @api.model
    def _find_ticket_by_number(self, mail):
        """Find the ticket whose number stands in the subject.

        Of several, the one that the sender takes part in.
        """
        tickets = self.env["helpdesk.ticket"].sudo()  # sudo: as the caller says
        numbers = NUMBER.findall(header_text(mail.message, "Subject")[:MAX_SUBJECT])
        if not numbers or self._get_automatic_sign(mail):
            return tickets
        found = tickets.search(
            [("number", "in", numbers), ("company_id", "=", mail.company.id)]
        )
        if len(found) > 1:
            found = found.filtered(lambda one: self._may_join(mail, one)) or found
        return found[:1]

    @api.model
    def _acts_as_nobody(self, mail, alias):
        """Say whether core need not look for the user whose address a mail names.

        :param CollectedMail mail: the mail
        :param alias: `mail.alias` that it came to; None for what the inbox holds
        :rtype: bool
        """
        if alias is None:
            return bool(mail.inbox)
        if not alias:
            return mail.answers_ticket
        # sudo: compares the model that an alias makes records of
        return alias.sudo().alias_model_id.model == "helpdesk.ticket"

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

    # -- what is no request ----------------------------------------------------

    @api.model
    def _decide_elsewhere(self, mail, routes):
        """Write down what core decided about a mail that is for no ticket."""
        if mail.decision:
            return  # a report about one of our mails
        if routes:
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
    def _is_our_own(self, mail):
        """Ignore what comes from one of our own addresses: it is a loop (E07, rel-H2).

        :return: whether the mail is ignored
        """
        address = self._get_sender_address(mail)
        own = address in self._get_own(mail)
        if own:
            mail.decide("ignore", "own_address", address=address)
        return own

    @api.model
    def _prepare_people(self, mail, routes):
        """Return in which addresses of a mail core looks for contacts.

        The sender of a new request was looked up already; who answers may follow the
        ticket as one of several contacts with that address.

        :rtype: dict
        """
        people = {"recipients": self._get_people(mail)}
        if not any(thread_id for _model, thread_id, *_rest in routes or ()):
            people["email_from"] = False
        return people

    @api.model
    def _get_people(self, mail):
        """Return the recipients of a mail that are not our own addresses.

        :param CollectedMail mail: the mail, routed
        :return: their addresses, separated by commas
        """
        addresses = email_split(mail.msg_dict.get("recipients") or "")
        own = self._get_own(mail)
        return ",".join(one for one in addresses if email_normalize(one) not in own)
