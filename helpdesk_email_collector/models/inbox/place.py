import ast
import re
from dataclasses import replace
from datetime import timedelta

from odoo import api, models
from odoo.tools import frozendict
from odoo.tools.mail import email_normalize, formataddr

from odoo.addons.helpdesk_ticket.automatic_mail import ACKNOWLEDGED, BY_TEXT
from odoo.addons.helpdesk_ticket.incoming import NOTE

from ...decision import (
    ANSWER,
    OTHER,
    OVERSIZED,
    OWN,
    REPORT,
    TWIN,
    Place,
)
from ...delivery_report import DELAYED, FAILED
from ...forwarded_mail import plain_subject
from ...reading.head import HEADER_ERRORS
from ...reading.process import look_at_mail, read
from ...sender import FORM, sender_of, signs_of, split_names
from ...verdicts import FAIL, NONE, PASS, authentication, refusal
from ..ticket.participants import MAX_TEXT
from .look_up import MAX_COMPARED, SPACES

MEGABYTE = 1024 * 1024
# Mail servers try for some days to deliver a mail. If it arrives later than this, the
# clock of its sender is wrong, and its date does not identify it.
MAX_LATE = timedelta(days=7)
# What finds a ticket by something that only those know who got its mails.
PROVEN = ("reply", "reply_reference")
# Odoo marks with it what it sends about its documents; not every mail server on the way
# keeps the Message-ID by which our own mails are known.
BY_ODOO = "X-Odoo-Objects"
# A tag before the subject, which a list or another server put behind the sign of an
# answer: `Re: [Help] The pump`, `[EXTERN] The pump`.
TAG = re.compile(
    r"^((?:\w{1,5}:\s*)*)(?:(?:\[[^\[\]]{1,60}\]|\*{2,5}[^*]{1,40}\*{2,5})\s*)+"
)


class HelpdeskInboxMail(models.Model):
    """Who wrote a mail, and where it belongs before any rule is asked: whether it is
    itself once more, one of ours, a report, an answer to a ticket, another app's, or a
    new request (E05, E06, E07, E08, reliability D). Nothing is written here, and what
    the database says of it was asked before (`_look_up`).

    Anybody can write any address into From. A mail that fails the checks of a trusted
    server counts as nobody's; an internal user's address counts only when a trusted
    server confirms it, as soon as such servers are named.

    A bounce opens no ticket, wherever it comes in: at Odoo's address for bounces or in
    the helpdesk's own mailbox.

    A mail finds its ticket by the headers of the conversation, by the signed reference
    in what it quotes, by the number in its subject, or by a conversation that we were
    not in from the beginning; whoever sends it must take part in that ticket. It never
    does by a bare subject.
    """

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _find_place(self, mail, arrival, known):
        """Find out who wrote a mail, and where it belongs.

        A mail that somebody wants to become a ticket is never put aside.

        :param Mail mail: the parsed mail
        :param Arrival arrival: how it came
        :param Known known: what the database says of it, of `_look_up`
        :rtype: Place
        """
        place = self._place_people(mail, arrival, known)
        # what is only tried out is looked at as if it came for the first time
        same = None if arrival.tried else self._find_same(mail, place, known)
        # known by another name where another mail has its Message-ID
        named = replace(place, message_id=same[0]) if same else place
        if arrival.forced_by:
            return self._place_new(mail, named)
        if self._is_oversized(mail.raw, place.arrival):
            return self._place_oversized(mail, place)
        if same and any(same[1:]) and (twin := self._place_twin(mail, place, *same)):
            return twin
        if mail.report:
            return self._place_report(mail, place, known)
        answered = self.env["mail.message"]
        if mail.answered:
            answered = self._find_answered(mail, place, known)
        if place.sender.address in place.own:
            return self._place_own(mail, named, answered, known)
        # Programs name a forwarded mail as if it was answered; it is only shown to us.
        elsewhere = answered.model not in (False, "helpdesk.ticket")
        elsewhere = elsewhere and not plain_subject(mail.subject)[1]
        candidates = self._find_candidates(mail, named, answered, elsewhere, known)
        place = self._place_answer(mail, named, candidates) if candidates else named
        if place.kind == ANSWER:
            return place
        if elsewhere:
            return self._place_elsewhere(place, answered.model, answered.res_id)
        if place.aliases and (model := self._find_other_model(mail, place)):
            return self._place_elsewhere(place, model)
        return self._place_new(mail, place)

    # -- for whom --------------------------------------------------------------

    @api.model
    def _place_people(self, mail, arrival, known):
        """Find out to which company's helpdesk a mail was written, who wrote it, and
        which other people got it, without our own addresses.

        :rtype: Place
        """
        aliases = known.aliases[mail]
        aliases = frozendict(
            {one: aliases[one] for one in mail.recipients if one in aliases}
        )
        # sudo: compares the address of the mailbox
        server = self.env["fetchmail.server"].sudo().browse(arrival.server_id or [])
        # That of the mailbox, unless it is one for several and the mail names only the
        # address of another company's team.
        to_mailbox = server and (server.user or "").lower() in mail.recipients
        addressed = not to_mailbox and self._get_addressed_company(mail, aliases)
        if addressed:
            arrival = replace(arrival, company_id=addressed.id)
        company = self.env["res.company"].browse(arrival.company_id)
        own = known.ours.also(known.aliases[mail])
        # Those for which our mail server took the mail are ours too (E06), unless they
        # are somebody's: a mailbox may also hold what was written to a colleague.
        new = {address for address in mail.delivered_to if address not in own}
        own = own.also(new - known.persons)
        learned = (one for one in mail.delivered_to if one not in known.ours)
        to, cc = (
            ", ".join(formataddr(one) for one in people if one[1] not in own)
            for people in (mail.to, mail.cc)
        )
        values = {"aliases": aliases, "own": own, "learned": tuple(learned)}
        values |= {"to": to, "cc": cc, **self._read_people(mail, company, own, known)}
        return Place(arrival, arrival.company_id, **values)

    @api.model
    def _get_addressed_company(self, mail, aliases):
        """Return the `res.company` of the first team's address that a mail was sent to.

        :param dict aliases: (model, defaults) by address
        """
        for model, defaults in [aliases[a] for a in mail.recipients if a in aliases]:
            if model == "helpdesk.ticket":
                values = ast.literal_eval(defaults or "{}")
                company = self.env["res.company"].browse(values.get("company_id") or [])
                team = self.env["helpdesk.team"].browse(values.get("team_id") or [])
                return company or team.company_id
        return self.env["res.company"]

    # -- who wrote it ------------------------------------------------------------

    @api.model
    def _read_people(self, mail, company, own, known):
        """Find out who wrote a mail, by addresses only, never by a name (rel-D3), and
        what trusted servers say about it (E08).

        The reason why the mail may not be from that person is a value of the field
        `sender_doubt` of `helpdesk.ticket`. If the servers confirm a list or a form,
        that proves nothing about the person behind it.

        :param company: `res.company` that the mail was written to
        :param OwnAddresses own: our own addresses
        :return: values of a `Place`
        :rtype: dict
        """
        nobody = self.env["res.partner"]
        # those of all mails are read from the database together
        together = tuple(id_ for ids in known.people.values() for id_ in ids)
        people = {
            address: nobody.browse(ids).with_prefetch(together)
            for address, ids in known.people.items()
        }
        counting = split_names(company.helpdesk_reply_to_senders)
        named = (company.helpdesk_trusted_servers or "").lower().split(",")
        servers = set(map(str.strip, named)) - {""}

        def is_person(address):
            found = people.get(address, nobody)
            return self._is_internal(found._helpdesk_choose(company=company))

        sender = sender_of(mail, own, counting, is_person)
        if signs := signs_of(mail, sender, own, counting):
            signs["spam"] = mail.spam or (refusal(mail, servers) if servers else "")
        found = authentication(mail, servers) if servers else NONE
        ours = sender.address in own  # which is nobody's, though a company has it
        contact = nobody if ours else people.get(sender.address, nobody)
        if contact:
            contact = contact._helpdesk_choose(sender.name, company)
        is_internal = bool(contact) and self._is_internal(contact)
        if is_internal and signs.get("automatic") == ACKNOWLEDGED:
            signs |= {"automatic": "", "unasked": ""}  # it is our own answer
        proof = NONE if found == PASS and sender.via else found
        doubt = "failed" if found == FAIL else sender.doubt
        if not doubt and is_internal and proof != PASS and servers:
            doubt = "unproven"
        return {
            "sender": sender,
            "contact_id": contact.id or 0,
            "author_id": 0 if doubt else contact.id or 0,
            "is_internal": is_internal,
            "proof": proof,
            "doubt": doubt,
            **signs,
        }

    @api.model
    def _is_internal(self, contact):
        # sudo: whether the contact is one of our users; nothing of them is shown
        return any(not user.share for user in contact.sudo().user_ids)

    # -- the same mail once more ---------------------------------------------------

    @api.model
    def _find_same(self, mail, place, known):
        """Find what has the Message-ID of a mail already (E05), or was written by the
        same sender at the same moment.

        :return: the Message-ID that this mail is known by from here on; the rows of
            processed mails of the company and the `mail.message` that have its own; and
            the rows of that moment
        """
        # sudo: reads the kind and the document of a message, nothing of its text
        messages = self.env["mail.message"].sudo()
        name = known.names[mail]
        keys = [(place.company_id, text) for text in (mail.message_id, name)]
        ids = {id_ for key in keys for id_ in known.rows.get(key, ())}
        rows = self.browse(sorted(ids, reverse=True))
        key = (place.company_id, place.sender.address, mail.date)
        copies = self.browse(known.copies.get(key, ())) - rows
        message = messages.browse(known.messages.get(mail.message_id, ())[:1])
        if not (rows or message):
            return mail.message_id, rows, message, copies
        if place.arrival.forced_by:  # the same mail may be wanted once more
            name = f"<{place.arrival.row_id}.{name[1:]}"
        return name, rows, message, copies

    @api.model
    def _place_twin(self, mail, place, _name, rows, message, copies):
        """Recognise a mail that was processed before, or that we sent (E05).

        Some programs use one Message-ID for different mails, so sender, date and text
        must be the same, too. One mail to two of our companies is a request to both.

        :param rows: of `_find_same`, and so are `message` and `copies`
        :rtype: Place
        """
        twin = {"kind": TWIN, "reason": "duplicate"}
        found = (row for row in rows if self._is_same_mail(mail, place, row))
        if row := next(found, None) or self._find_copy(mail, place, copies):
            ticket_id = row.ticket_id.id or 0
            return replace(place, **twin, twin_id=row.id, ticket_id=ticket_id)
        on_ticket = message.model == "helpdesk.ticket" and message.res_id or 0
        if message and message.message_type != "email":
            if not on_ticket and place.sender.via:
                return None  # a form of the same Odoo: a person is behind it
            ours = {"kind": OWN, "reason": "own_mail"}
            return replace(place, **ours, ticket_id=on_ticket)
        if on_ticket and not rows and self._is_known_message(place, message):
            return replace(place, **twin, ticket_id=on_ticket)
        return None

    @api.model
    def _find_copy(self, mail, place, copies):
        """Return the row of the same mail that arrived by another route and got another
        Message-ID there: from a list that it was sent to as well as to us.

        A device whose clock has stopped gives every mail the same date, but each one is
        a new request; so a copy must have been written recently.

        :param copies: rows of the same sender and date
        """
        for row in copies:
            if abs(row.received_date - row.date) > MAX_LATE or row.is_cleared:
                continue
            if not self._is_same_mail(mail, place, row):
                continue
            if (raw := row._get_raw()) and _says_the_same(mail, read(raw)):
                return row
        return self.browse()

    @api.model
    def _is_same_mail(self, mail, place, row):
        """Return whether a row contains the same mail: same sender, date and text."""
        if row.is_cleared:
            return True  # what could tell them apart is gone
        told = (row.email_from or "", row.date or None)
        if row.sender_address and row.sender_address == place.sender.address:
            told = (mail.email_from, row.date or None)  # a list rewrites it
        if told != (mail.email_from, mail.written):
            return False
        one, other = row.subject or "", mail.subject
        if one not in (other, TAG.sub(r"\1", other)) and TAG.sub(r"\1", one) != other:
            return False
        raw = row._get_raw()
        return not raw or raw == mail.raw or self._is_same_text(mail, raw)

    @api.model
    def _is_same_text(self, mail, raw):
        texts = sorted(
            (
                SPACES.sub("", text)[:MAX_COMPARED]
                for text in (mail.text, look_at_mail(raw).text)
            ),
            key=len,
        )
        return texts[1].startswith(texts[0]) and bool(texts[0]) == bool(texts[1])

    @api.model
    def _is_known_message(self, place, message):
        """Return whether a message is this mail, although no row of it is left."""
        # sudo: compares the company of the ticket
        ticket = self.env["helpdesk.ticket"].sudo().browse(message.res_id).exists()
        if not ticket or ticket.company_id.id != place.company_id:
            return False
        try:
            sender = email_normalize(message.email_from or "", strict=False)
        except HEADER_ERRORS:
            return False
        return sender == place.sender.address

    # -- a report about a mail of ours (E07) -----------------------------------------

    @api.model
    def _place_report(self, mail, place, known):
        """Recognise a report about a mail, and find the ticket that it is about."""
        report = mail.report
        if report.kind not in (FAILED, DELAYED):
            return replace(place, kind=REPORT, reason="report")
        sent = self._find_sent_message(report, known)
        ticket = self._find_reported_ticket(mail, report, sent)
        if not ticket:
            return replace(place, kind=REPORT, reason="bounce")
        params = {"address": ", ".join(report.recipients), "said": report.reason}
        return replace(
            place,
            kind=REPORT,
            reason="delayed" if report.kind == DELAYED else "bounced",
            params=frozendict(params, number=ticket.number),
            ticket_id=ticket.id,
            parent_id=sent.id or 0,
        )

    @api.model
    def _find_sent_message(self, report, known):
        # sudo: our own mail is known by its Message-ID, which only its receivers know
        messages = self.env["mail.message"].sudo()
        ids = {
            id_ for text in report.message_ids for id_ in known.messages.get(text, ())
        }
        found = messages.browse(sorted(ids, reverse=True))
        return found.filtered(lambda one: one.model == "helpdesk.ticket")[:1]

    @api.model
    def _find_reported_ticket(self, mail, report, sent):
        """Return the ticket of a mail, by its reference when the Message-ID is lost."""
        tickets = self.env["helpdesk.ticket"].sudo()  # sudo: as for the message
        if sent:
            ticket = tickets.browse(sent.res_id).exists()
        else:  # only the headers of the returned mail are read; the rest is in the raw
            text = report.returned + mail.raw[:MAX_TEXT].decode("utf-8", "replace")
            ticket = tickets._find_referenced(text)
        return ticket and ticket._get_survivor()

    # -- answers ---------------------------------------------------------------------

    @api.model
    def _find_answered(self, mail, place, known):
        """Return the message that a mail answers: the nearest that we know.

        Of one mail to two of our companies each has a message of its own.
        """
        # sudo: finds what is answered by its Message-ID; nothing of it is shown
        messages = self.env["mail.message"].sudo()
        order = {text: number for number, text in enumerate(mail.answered)}
        ids = [id_ for text in order for id_ in known.messages.get(text, ())]
        found = messages.browse(ids).filtered("model")
        return found.sorted(
            lambda message: (
                order[message.message_id],
                message.record_company_id.id != place.company_id,
                -message.id,
            )
        )[:1]

    @api.model
    def _find_candidates(self, mail, place, message, elsewhere, known):
        """Return the tickets that a mail may answer, the surest first.

        :param message: `mail.message` that it answers, if any
        :param bool elsewhere: whether the conversation of the mail is another app's
        :return: a list of (reason, `helpdesk.ticket`, `mail.message` that is answered)
        """
        if elsewhere and not self._is_written_to_us(mail, place):
            return []
        # sudo: nothing is shown; the sender's part in the ticket decides
        tickets = self.env["helpdesk.ticket"].sudo()
        found, none = [], message.browse()
        if message.model == "helpdesk.ticket":
            found.append(("reply", message.res_id, message))
        # what only its text gives away came from a mailbox of a person all the same
        if not place.automatic or place.automatic.startswith(BY_TEXT):
            found += [("reply_reference", id_, none) for id_ in known.quoted[mail]]
            found += [("reply_number", id_, none) for id_ in known.numbered[mail]]
        if not (found or elsewhere):
            keys = [*mail.conversations]
            if place.message_id == mail.message_id:  # no other mail has it
                keys.append(mail.message_id)
            last = [known.begun.get((place.company_id, key), (0, 0)) for key in keys]
            _row, begun = max(last, default=(0, 0))
            found.append(("reply_conversation", begun, none))
        together = tuple(known.tickets)  # read from the database at once
        return [
            (reason, tickets.browse(id_).with_prefetch(together), answered)
            for reason, id_, answered in found
            if id_ and (reason != "reply" or id_ in known.tickets)
        ]

    @api.model
    def _is_written_to_us(self, mail, place):
        """Return whether people wrote to an address of the helpdesk: ticket numbers
        count there, whatever else a mail answers."""
        # sudo: compares the address of the mailbox
        servers = self.env["fetchmail.server"].sudo()
        ours = {(servers.browse(place.arrival.server_id or []).user or "").lower()}
        for address, (model, _defaults) in place.aliases.items():
            if model == "helpdesk.ticket":
                ours.add(address)
        return any(address in ours for _name, address in (*mail.to, *mail.cc))

    @api.model
    def _place_answer(self, mail, place, candidates):
        """Find the ticket that a mail is an answer to (E06), and remember all of them.

        A quotation alone proves nothing: the mail's sender must take part in the
        ticket. A stranger's mail opens one of its own, linked to the quoted one
        (reliability D4).

        :param list candidates: of `_find_candidates`
        """
        place = replace(place, tickets=self._get_named_tickets(candidates))
        for reason, ticket, message in candidates:
            proven = reason in PROVEN
            if self._may_join(place, ticket, proven):
                ticket = ticket._get_survivor()
                joined = {"ticket_id": ticket.id, "parent_id": message.id or 0}
                place = replace(place, **joined)
                place = self._place_audience(mail, place, ticket, reason)
                params = frozendict(address=place.sender.address)
                return replace(place, kind=ANSWER, reason=reason, params=params)
        return self._place_quotation(place, candidates)

    @api.model
    def _get_named_tickets(self, candidates):
        """Return the ids of all tickets that a mail is about, and that go on for them.

        :param list candidates: of `_find_candidates`
        """
        tickets = self.env["helpdesk.ticket"]
        for _reason, ticket, _message in candidates:
            tickets |= ticket | ticket._get_survivor() | ticket._get_last_of_chain()
        return tuple(tickets.ids)

    @api.model
    def _place_quotation(self, place, candidates):
        """Remember the ticket that a stranger quotes.

        :param list candidates: of `_find_candidates`
        """
        for _reason, ticket, _message in candidates:
            if ticket.company_id.id == place.company_id:
                return replace(place, quoted_id=ticket._get_survivor().id)
        return place

    @api.model
    def _may_join(self, place, ticket, proven=False):
        """Return whether the sender of a mail takes part in a ticket, merged or not.

        :param bool proven: it refers to what only recipients of the ticket's mails know
        """
        if place.doubt or not ticket or (place.sender.hearsay and not proven):
            return False
        contact = self.env["res.partner"].browse(place.author_id or [])
        survivor = ticket._get_survivor()
        address = place.sender.address
        return (
            survivor._takes_part(address, contact)
            or (survivor != ticket and ticket._takes_part(address, contact))
            or (proven and survivor._is_colleague(address))
        )

    @api.model
    def _place_own(self, mail, place, answered, known):
        """Put aside what one of our own addresses sent: a loop (E07, rel-H2).

        Two kinds were written by people: a copy of what a colleague wrote to the
        customer with a mail program in our name, which refers to a mail of a ticket and
        is kept there as a note, for nobody knows who wrote it; and what somebody filled
        in on our web site that names the person in its text alone.

        :param answered: `mail.message` that it answers, if any
        """
        if not (place.automatic or mail.header(BY_ODOO)):
            found = self._find_candidates(mail, place, answered, False, known)
            for reason, ticket, message in found:
                if reason in PROVEN and self._is_sent_copy(mail, place, ticket):
                    ticket = ticket._get_survivor()
                    joined = {"ticket_id": ticket.id, "parent_id": message.id or 0}
                    kept = {"kind": ANSWER, "reason": reason, "audience": NOTE}
                    return replace(place, **joined, **kept)
            if place.doubt == FORM and not found:
                return self._place_new(mail, place)
        params = frozendict(address=place.sender.address)
        return replace(place, kind=OWN, reason="own_address", params=params)

    @api.model
    def _is_sent_copy(self, mail, place, ticket):
        """Return whether a mail from one of our own addresses went to the customer of
        a ticket of the company that it was written to."""
        people = {address for _name, address in (*mail.to, *mail.cc)}
        people = {address for address in people if address not in place.own}
        return ticket.company_id.id == place.company_id and bool(
            ticket._get_public_participants(people)
        )

    # -- not for us, or too large -----------------------------------------------------

    @api.model
    def _place_oversized(self, mail, place):
        company = self.env["res.company"].browse(place.company_id)
        params = {"size": round(len(mail.raw) / MEGABYTE, 1)}
        params = frozendict(params, limit=company.helpdesk_mail_max_size)
        return replace(place, kind=OVERSIZED, reason="oversized", params=params)

    @api.model
    def _find_other_model(self, mail, place):
        """Return the model of another app that alone got a mail, by its addresses.

        Where one of our addresses got it too, it is a request to us.
        """
        models = [model for model, _defaults in place.aliases.values()]
        if "helpdesk.ticket" in models:
            return ""
        own, aliases = place.own, place.aliases
        to_us = any(one in own and one not in aliases for one in mail.recipients)
        return "" if to_us else models[0]

    @api.model
    def _place_elsewhere(self, place, model, res_id=0):
        """Leave to Odoo what is only for another app: an answer to its documents, or
        a mail that only its addresses got."""
        # sudo: the name of a document, for the managers who read the inbox
        record = self.env[model].sudo().browse(res_id or []).exists()
        name = record.display_name if record else record._description
        return replace(
            place, kind=OTHER, reason="other", params=frozendict(document=name)
        )

    # -- a new request ---------------------------------------------------------------

    @api.model
    def _place_new(self, mail, place):
        """Return the place of a request, with what its address gives the ticket."""
        # sudo: the gateway reads the settings of the mailbox, whoever runs it
        servers = self.env["fetchmail.server"].sudo()
        team = servers.browse(place.arrival.server_id or []).helpdesk_team_id
        values = {"team_id": team.id} if team else {}
        for model, defaults in place.aliases.values():
            if model == "helpdesk.ticket":
                values |= ast.literal_eval(defaults or "{}")
                break
        values.pop("company_id", None)  # decided when the mail came
        values = {"values": frozendict(values), "automatic": place.unasked}
        place = replace(place, **values)
        return self._place_forwarded(mail, place) if place.is_internal else place


def _says_the_same(one, other):
    """Return whether two mails have the same text and files. A list puts a footer below
    the text; whatever else is added makes another mail of it: alarms of one moment.

    :param Mail one: a mail
    :param Mail other: another one
    :rtype: bool
    """
    files = [sorted(file for _name, file, _info in mail.files) for mail in (one, other)]
    short, long = sorted((one.text.split(), other.text.split()), key=len)
    if files[0] != files[1]:
        return False
    by_list = short and (one.lists or other.lists)
    return short == long or bool(by_list and long[: len(short)] == short)
