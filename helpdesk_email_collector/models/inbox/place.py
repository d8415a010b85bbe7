import ast
import re
from dataclasses import replace

import pytz
from markupsafe import Markup

from odoo import api, models
from odoo.tools import frozendict
from odoo.tools.mail import email_normalize, formataddr

from odoo.addons.helpdesk_ticket.own_addresses import without_tag

from ...decision import ANSWER, OTHER, OVERSIZED, OWN, Forwarded, Known, Place
from ...forwarded_mail import ForwardedMail, plain_subject, read_forwarded
from ...mail import read
from ...sender import (
    Sender,
    counts,
    is_machine,
    is_named,
    possible_senders,
    sender_of,
    split_names,
)
from ...verdicts import FAIL, NONE, PASS, authentication, refusal

MEGABYTE = 1024 * 1024
# RFC 3834: an answer of a program is "auto-replied" and stays one
BY_PROGRAM = re.compile(r"Auto-Submitted: auto-generated\b", re.IGNORECASE)
SUFFIX = ".eml"


class HelpdeskInboxMail(models.Model):
    """Who wrote a mail, and where it belongs before any rule is asked (E06, E07, E08,
    reliability D). Nothing is written here.

    Anybody can write any address into From. A mail that fails the checks of a trusted
    server counts as nobody's; an internal user's address counts only when a trusted
    server confirms it, as soon as such servers are named.
    """

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _find_place(self, mail, arrival, known):
        """Find out who wrote a mail, and where it belongs.

        A mail that somebody wants a ticket of is never put aside.

        :param Mail mail: as it was read
        :param Arrival arrival: how it came
        :param Known known: what the database says of it, of `_look_up`
        :rtype: Place
        """
        place = self._place_people(mail, arrival, known)
        arrival, sender = place.arrival, place.sender.address
        # what is only tried out is looked at as if it came for the first time
        same = not arrival.tried and self._find_same(mail, place, known)
        # known by another name where another mail has its Message-ID
        named = place.change(message_id=same[2]) if same else place
        if arrival.forced_by:
            return self._place_new(mail, named)
        if self._is_oversized(mail.raw, arrival):
            return self._place_oversized(mail, place)
        found = same and self._place_twin(mail, place, same)
        if found := found or (mail.report and self._place_report(mail, place, known)):
            return found
        if sender in place.own:  # a loop (E07, rel-H2)
            return place.settle(OWN, "own_address", address=sender)
        place = named
        answered = self._find_answered(mail, place, known)
        if candidates := self._find_candidates(mail, place, answered, known):
            place = self._place_answer(mail, place, candidates)
            if place.kind == ANSWER:
                return place
        elsewhere = self._place_elsewhere(mail, place, answered)
        return elsewhere or self._place_new(mail, place)

    # -- what is asked for many mails at once ------------------------------------

    @api.model
    def _look_up(self, mails, row_ids=()):
        """Ask the database about mails, as often for many of them as for one.

        :param list mails: `Mail` as they were read
        :param row_ids: of the rows of these mails
        :rtype: Known
        """
        aliases = self._look_up_aliases(mails)
        own = self.env["helpdesk.own.address"]
        ours = own._get_known().also(aliases)
        new = {one for mail in mails for one in mail.delivered_to if one not in ours}
        senders = {
            address: email_normalize(address, strict=False)
            for mail in mails
            for address in possible_senders(mail)
        }
        people = self.env["res.partner"]._helpdesk_find_people(
            sorted({*senders.values()} - {False})
        )
        return Known(
            aliases=aliases,
            persons=frozenset(own._find_persons(new) if new else ()),
            people={
                address: tuple(people[normalized].ids)
                for address, normalized in senders.items()
                if normalized in people
            },
            **self._look_up_thread(mails, row_ids),
        )

    @api.model
    def _look_up_aliases(self, mails):
        """Return the aliases that the heads of mails name.

        :param list mails: `Mail` as they were read
        :return: dict of (model, defaults) by address
        """
        asked = {address for mail in mails for address in mail.named}
        # sudo: compares addresses; nothing of the aliases is shown
        aliases = self.env["mail.alias"].sudo()
        names = sorted(asked.union(map(without_tag, asked)))
        return {
            alias.alias_full_name: (alias.alias_model_id.model, alias.alias_defaults)
            for alias in aliases.search([("alias_full_name", "in", names)])
        }

    # -- for whom --------------------------------------------------------------

    @api.model
    def _place_people(self, mail, arrival, known):
        """Say which company's helpdesk a mail was written to, who wrote it, and who
        else got it: our own addresses are told from other people's.

        :rtype: Place
        """
        aliases, reached = self._find_aliases(mail, known.aliases)
        # sudo: compares the address of the mailbox
        server = self.env["fetchmail.server"].sudo().browse(arrival.server_id or [])
        # That of the mailbox, unless it is one for several and the mail names only the
        # address of another company's team.
        to_mailbox = server and (server.user or "").lower() in mail.recipients
        company = not to_mailbox and self._get_addressed_company(reached)
        if company:
            arrival = replace(arrival, company_id=company.id)
        # Those for which our mail server took the mail are ours too (E06), unless they
        # are somebody's: a mailbox may also hold what was written to a colleague.
        own = self.env["helpdesk.own.address"]._get_known().also(aliases)
        new = {address for address in mail.delivered_to if address not in own}
        own = own.also(new - known.persons)
        others = {
            name: ", ".join(
                formataddr((person, address))
                for person, address in people
                if address not in own
            )
            for name, people in (("to", mail.to), ("cc", mail.cc))
        }
        company = self.env["res.company"].browse(arrival.company_id)
        who = self._read_sender(mail, own, company, known)
        return Place(
            arrival, arrival.company_id, own=own, aliases=reached, **others, **who
        )

    @api.model
    def _find_aliases(self, mail, aliases):
        """Return the aliases that the head of a mail names, and those of them that it
        was sent to, first what a mail server names.

        :param dict aliases: of `_look_up_aliases`
        :return: two dicts of (model, defaults) by address
        """
        asked = {address: without_tag(address) for address in mail.named}
        found = {
            address: aliases.get(address) or aliases[bare]
            for address, bare in asked.items()
            if address in aliases or bare in aliases
        }
        return found, frozendict(
            {one: found[one] for one in mail.recipients if one in found}
        )

    @api.model
    def _get_addressed_company(self, aliases):
        """Return the `res.company` of the first team's address that a mail names.

        :param dict aliases: that it was sent to, of `_find_aliases`
        """
        for model, defaults in aliases.values():
            if model == "helpdesk.ticket":
                values = ast.literal_eval(defaults or "{}")
                company = self.env["res.company"].browse(values.get("company_id") or [])
                team = self.env["helpdesk.team"].browse(values.get("team_id") or [])
                return company or team.company_id
        return self.env["res.company"]

    # -- who wrote it ------------------------------------------------------------

    @api.model
    def _read_sender(self, mail, own, company, known):
        """Say whom a mail is from: by addresses only, never by a name (rel-D3).

        :return: values of a `Place`
        :rtype: dict
        """
        counting = split_names(company.helpdesk_reply_to_senders)
        nobody = self.env["res.partner"]
        # those of all mails are read from the database together
        together = tuple(id_ for ids in known.people.values() for id_ in ids)
        people = {
            address: nobody.browse(ids).with_prefetch(together)
            for address, ids in known.people.items()
        }
        sender = sender_of(
            mail,
            own,
            counting,
            lambda address: self._is_internal(
                people.get(address, nobody)._helpdesk_choose(company=company)
            ),
        )
        # of a form that a manager named no sign counts: a person filled it in
        by_form, machine = counts(sender.via, counting), is_machine(sender.address)
        ours = sender.address in own  # which is nobody's, though a company has it
        found = nobody if ours else people.get(sender.address, nobody)
        contact = found._helpdesk_choose(sender.name, company)
        servers = (company.helpdesk_trusted_servers or "").split(",")
        is_internal = self._is_internal(contact)
        proof, doubt = self._read_proof(mail, sender, servers, is_internal)
        spam = mail.spam or refusal(mail, servers)
        values = {
            "sender": sender,
            "contact_id": contact.id or 0,
            "author_id": 0 if doubt else contact.id or 0,
            "is_internal": is_internal,
            "proof": proof,
            "doubt": doubt,
        }
        if by_form:
            return values
        signs = self._read_signs(mail, sender, own)
        quiet = machine or signs["quiet"]
        return {**values, **signs, "spam": spam, "quiet": quiet}

    @api.model
    def _is_internal(self, contact):
        # sudo: whether the contact is one of our users; nothing of them is shown
        return any(not user.share for user in contact.sudo().user_ids)

    @api.model
    def _read_proof(self, mail, sender, servers, is_internal):
        """Say what trusted servers find out about whom a mail is from (E08), and why it
        must not count as its sender's: a code of `helpdesk.ticket.sender_doubt`.

        About a list or a form they may be right; that proves nothing about the person.

        :return: what they find out, and the code
        """
        proof = result = authentication(mail, servers)
        if result == PASS and sender.via:
            proof = NONE
        doubt = "failed" if result == FAIL else sender.doubt
        if not doubt and is_internal and proof != PASS and any(map(str.strip, servers)):
            doubt = "unproven"
        return proof, doubt

    @api.model
    def _read_signs(self, mail, sender, own):
        """Say by what a mail is a program's or a newsletter, and whether it asks for no
        answer (E07).

        :return: values of a `Place`
        :rtype: dict
        """
        to = [address for _name, address in mail.to]
        automatic, via = mail.automatic, sender.via
        # a list in front of our own mailbox: what it adds says nothing about the author
        in_front = bool(mail.lists) and is_named(to, mail.lists)
        in_front = in_front or any(map(own.names, mail.lists))
        through_us = via and not sender.hearsay
        # what a form of our own web site says of itself is not said of its writer
        of_house = through_us and (via in own or own.has_domain(via))
        if of_house and not mail.lists and BY_PROGRAM.match(automatic):
            automatic = ""
        unwanted = mail.suppressed or mail.many[in_front]
        return {
            "automatic": automatic,
            "unasked": automatic or mail.newsletter[in_front],
            # what a list or a form of ours adds is not the person's wish
            "quiet": bool(unwanted) and not through_us,
        }

    # -- what is put aside -------------------------------------------------------

    @api.model
    def _place_oversized(self, mail, place):
        company = self.env["res.company"].browse(place.company_id)
        return place.settle(
            OVERSIZED,
            "oversized",
            size=round(len(mail.raw) / MEGABYTE, 1),
            limit=company.helpdesk_mail_max_size,
        )

    @api.model
    def _place_elsewhere(self, mail, place, answered):
        """Leave to Odoo what is for another app alone: an answer to its documents, or
        mail that only its addresses got.

        Where one of our addresses got it too, it is a request to us.

        :param answered: `mail.message` that it answers
        """
        if self._is_answer_elsewhere(mail, answered):
            return self._settle_elsewhere(place, answered.model, answered.res_id)
        models = [model for model, _defaults in place.aliases.values()]
        if not models or "helpdesk.ticket" in models:
            return None
        own, aliases = place.own, place.aliases
        if any(one in own and one not in aliases for one in mail.recipients):
            return None  # an address of ours that no other app has got it too
        return self._settle_elsewhere(place, models[0])

    @api.model
    def _settle_elsewhere(self, place, model, res_id=0):
        # sudo: the name of a document, for the managers who read the inbox
        record = self.env[model].sudo().browse(res_id or []).exists()
        name = record.display_name if record else record._description
        return place.settle(OTHER, "other", document=name)

    # -- a new request ---------------------------------------------------------------

    @api.model
    def _place_new(self, mail, place):
        """Say what the address that a request came to gives its ticket."""
        # sudo: the gateway reads the settings of the mailbox, whoever runs it
        servers = self.env["fetchmail.server"].sudo()
        team = servers.browse(place.arrival.server_id or []).helpdesk_team_id
        values = {"team_id": team.id} if team else {}
        for model, defaults in place.aliases.values():
            if model == "helpdesk.ticket":
                values |= ast.literal_eval(defaults or "{}")
                break
        values.pop("company_id", None)  # decided when the mail came
        place = place.change(values=frozendict(values), automatic=place.unasked)
        return self._place_forwarded(mail, place) if place.is_internal else place

    # -- what an agent forwards --------------------------------------------------------

    @api.model
    def _place_forwarded(self, mail, place):
        """Let a forwarded mail be the original's (E08): sender, date, subject, text.

        Only an agent's: of customers nobody knows whether what they quote is true. The
        agent must be proven where trusted servers are named (rel-D1).
        """
        company = self.env["res.company"].browse(place.company_id)
        if not company.helpdesk_open_forwarded or place.doubt:
            return place
        agent = self._find_forwarding_agent(place, company)
        original = agent and self._read_original(mail, agent, company)
        address = email_normalize(original.address) if original else ""
        if not address or self.env["helpdesk.own.address"]._is_own(address):
            return place
        forwarded = Forwarded(
            agent_id=agent.partner_id.id,
            subject=original.subject,
            body=Markup(original.body),  # a part of what was made harmless
            note=original.note,
            date=original.date,
            files=original.files,
        )
        sender = Sender(original.name, address)
        contact = self.env["res.partner"]._helpdesk_find_by_email(
            address, name=original.name, company=company
        )
        return place.change(
            forwarded=forwarded,
            sender=sender,
            contact_id=contact.id or 0,
            author_id=contact.id or 0,
            is_internal=self._is_internal(contact),
            doubt="",
        )

    @api.model
    def _find_forwarding_agent(self, place, company):
        """Return the `res.users` whose address a mail comes from, if it is an agent."""
        # sudo: whether the sender is one of our agents
        users = self.env["res.partner"].browse(place.author_id).sudo().user_ids
        return users.filtered(
            lambda user: (
                not user.share
                and user.has_group("helpdesk_contact.group_helpdesk_user")
                and company in user.company_ids
            )
        )[:1]

    @api.model
    def _read_original(self, mail, agent, company):
        """Return the original that a mail forwards, or None.

        It stands in the text, or is the one mail that is attached.
        """
        zone = pytz.timezone(agent.tz or company.partner_id.tz or "UTC")
        original = read_forwarded(mail.subject, str(mail.body), zone)
        if original:
            return original
        attached = [file for file in mail.files if file[0].lower().endswith(SUFFIX)]
        return self._read_attached(mail, attached[0][1]) if len(attached) == 1 else None

    @api.model
    def _read_attached(self, mail, raw):
        """Return an attached mail as the original; its files come to the others."""
        inner = read(raw)
        sender = sender_of(inner)
        if not sender.address or sender.doubt:
            return None
        return ForwardedMail(
            name=sender.name,
            address=sender.address,
            subject=inner.subject or plain_subject(mail.subject)[0],
            date=inner.date,
            body=str(inner.body),
            note=str(mail.body),
            files=inner.files,
        )
