import hashlib
import re
import unicodedata

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize

from odoo.addons.helpdesk_ticket.automatic_mail import BY_TEXT

from ...decision import ANSWER, OWN, REPORT, TWIN
from ...delivery_report import DELAYED, FAILED
from ...forwarded_mail import plain_subject
from ...reading.head import HEADER_ERRORS
from ...reading.process import look_at_mail
from ..ticket.participants import MAX_TEXT

# A ticket's number as our mails carry it, in brackets (N05), and as people write it:
# with a letter, or behind a sign or word that says what it is.
NUMBER = re.compile(r"\[([^\[\]]{1,64})\]")
WORD = re.compile(r"[^\W_][\w/.-]{2,40}")
NAMED = re.compile(
    r"(?:#|\b(?:ticket|nr|no|n[°º]|number|nummer)\b[.:\s#]*)(\d{1,12})\b"
)
# Programs make other signs of a hyphen, and put in blanks that nobody sees.
AS_WRITTEN = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-"),
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff")),
}
MAX_SUBJECT = 998
# What finds a ticket by something that only those know who got its mails.
PROVEN = ("reply", "reply_reference")
# Two mails of a conversation that we never saw the beginning of are a few days apart.
CONVERSATION_DAYS = 30
SPACES = re.compile(r"\s+")
# Below the same text a list or another server may have put a footer, and a tag before
# the subject, behind the sign of an answer: `Re: [Help] The pump`, `[EXTERN] The pump`.
MAX_COMPARED = 2000
TAG = re.compile(
    r"^((?:\w{1,5}:\s*)*)(?:(?:\[[^\[\]]{1,60}\]|\*{2,5}[^*]{1,40}\*{2,5})\s*)+"
)


class HelpdeskInboxMail(models.Model):
    """What a mail is about that we know: itself, one of ours, a ticket (E05, E06, E07).

    A bounce opens no ticket, wherever it comes in: at Odoo's address for bounces or in
    the helpdesk's own mailbox.

    A mail finds its ticket by the headers of the conversation, by the signed reference
    in what it quotes, by the number in its subject, or by a conversation that we were
    not in from the beginning; whoever sends it must take part in that ticket. It never
    does by a bare subject.
    """

    _inherit = "helpdesk.inbox.mail"

    # -- what is asked for many mails at once ----------------------------------------

    @api.model
    def _look_up_thread(self, mails, row_ids):
        """Return what of ours mails may be about, asked once for all of them.

        :param list mails: `Mail` as they were read
        :param row_ids: of the rows of these mails
        :return: values of `Known`
        :rtype: dict
        """
        # sudo: finds what mails are about; the senders' parts in the tickets decide,
        # and nothing of it is shown
        env = self.sudo().env
        tickets = env["helpdesk.ticket"]
        keys = {key for mail in mails for key in self._get_conversation_keys(mail)}
        texts = {text for mail in mails for text in (mail.message_id, *mail.answered)}
        texts.update(*(mail.report.message_ids for mail in mails if mail.report))
        messages = env["mail.message"].search_fetch(
            [("message_id", "in", sorted(texts))],
            ["message_id", "message_type", "model", "res_id", "record_company_id"],
            order="id desc",
        )
        ours = messages.filtered(lambda one: one.model == tickets._name)
        quoted = {mail: tickets._find_references(str(mail.body))[:1] for mail in mails}
        named = {*ours.mapped("res_id")}
        named.update(ticket_id for found in quoted.values() for ticket_id, _m in found)
        present = frozenset(tickets.browse(named).exists().ids)
        return {
            "messages": {
                text: tuple(found.ids)
                for text, found in messages.grouped("message_id").items()
            },
            "tickets": present,
            "quoted": {
                mail: tuple(id_ for id_, _message in found if id_ in present)
                for mail, found in quoted.items()
            },
            "numbered": self._find_by_number(mails, tickets),
            "begun": self._find_by_conversation(keys, row_ids) if keys else {},
            **self._look_up_same(mails, row_ids),
        }

    @api.model
    def _look_up_same(self, mails, row_ids):
        """Return the rows of mails that are done and have the same Message-ID, and by
        what each mail is known where another one has its own: what its content always
        gives again (E05).

        :param list mails: as of `_look_up_thread`, and so is `row_ids`
        :return: values of `Known`
        :rtype: dict
        """
        names = {}
        for mail in mails:
            digest = hashlib.sha256(f"{mail.own_id}\n{mail.dated}\n".encode())
            digest.update(f"{mail.email_from}\n{mail.subject}\n".encode())
            digest.update(SPACES.sub("", mail.text)[:MAX_COMPARED].encode())
            names[mail] = f"<{digest.hexdigest()}@message-id-used-twice.invalid>"
        texts = {*names.values(), *(mail.message_id for mail in mails)}
        rows = self.search_fetch(
            Domain("message_id", "in", sorted(texts))
            & Domain("state", "=", "done")
            & Domain("id", "not in", list(row_ids)),
            ["company_id", "message_id"],
            order="id desc",
        )
        groups = rows.grouped(lambda row: (row.company_id.id, row.message_id))
        return {
            "names": names,
            "rows": {key: tuple(found.ids) for key, found in groups.items()},
        }

    # -- the same mail once more ---------------------------------------------------

    @api.model
    def _find_same(self, mail, place, known):
        """Find what has the Message-ID of a mail already (E05).

        :return: the rows of processed mails of the company, the `mail.message`, and
            the Message-ID that this mail is known by from here on
        """
        name = known.names[mail]
        keys = [(place.company_id, text) for text in (mail.message_id, name)]
        ids = {id_ for key in keys for id_ in known.rows.get(key, ())}
        rows = self.browse(sorted(ids, reverse=True))
        # sudo: reads the kind and the document of a message, nothing of its text
        messages = self.env["mail.message"].sudo()
        message = messages.browse(known.messages.get(mail.message_id, ())[:1])
        if not (rows or message):
            return rows, message, mail.message_id
        if place.arrival.forced_by:  # the same mail may be wanted once more
            name = f"<{place.arrival.row_id}.{name[1:]}"
        return rows, message, name

    @api.model
    def _place_twin(self, mail, place, same):
        """Recognise a mail that was processed before, or that we sent (E05).

        Programs give one Message-ID to different mails: the same sender, date and text
        make it the same mail. One mail to two of our companies is a request to both.

        :param tuple same: of `_find_same`
        """
        rows, message, _name = same
        for twin in rows:
            if self._is_same_mail(mail, place, twin):
                ticket = twin.ticket_id
                place = place.change(twin_id=twin.id, ticket_id=ticket.id or 0)
                return place.settle(TWIN, "duplicate")
        if not message:
            return None
        on_ticket = message.model == "helpdesk.ticket"
        if message.message_type != "email":
            if not on_ticket and place.sender.via:
                return None  # a form of the same Odoo: a person is behind it
            place = place.change(ticket_id=on_ticket and message.res_id or 0)
            return place.settle(OWN, "own_mail")
        if on_ticket and not rows and self._is_known_message(place, message):
            return place.change(ticket_id=message.res_id).settle(TWIN, "duplicate")
        return None

    @api.model
    def _is_same_mail(self, mail, place, row):
        """Tell whether a row holds the same mail: sender, date and text agree."""
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
        """Tell whether a received message is a mail, though no row is left of it."""
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
            return place.settle(REPORT, "report")
        sent = self._find_sent_message(report, known)
        ticket = self._find_reported_ticket(mail, report, sent)
        if not ticket:
            return place.settle(REPORT, "bounce")
        return place.change(ticket_id=ticket.id, parent_id=sent.id or 0).settle(
            REPORT,
            "delayed" if report.kind == DELAYED else "bounced",
            address=", ".join(report.recipients),
            said=report.reason,
            number=ticket.number,
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
    def _find_candidates(self, mail, place, message, known):
        """Return the tickets that a mail may answer, the surest first.

        :param message: `mail.message` that it answers, if any
        :return: a list of (reason, `helpdesk.ticket`, `mail.message` that is answered)
        """
        elsewhere = self._is_answer_elsewhere(mail, message)
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
            keys = self._get_conversation_keys(mail)
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
    def _is_answer_elsewhere(self, mail, message):
        """Tell whether the conversation of a mail is another app's.

        Programs name a forwarded mail as if it was answered; it is only shown to us.
        """
        other = message.model and message.model != "helpdesk.ticket"
        return bool(other) and not plain_subject(mail.subject)[1]

    @api.model
    def _find_by_number(self, mails, tickets):
        """Return the ids of the tickets whose numbers stand in the subjects of mails.

        Without brackets, in small letters, and of a ticket that moved to another of
        our companies it is the same number.

        :return: dict of lists by `Mail`, the first number first
        """
        order = {}
        for mail in mails:
            subject = unicodedata.normalize("NFKC", mail.subject[:MAX_SUBJECT])
            subject = subject.translate(AS_WRITTEN)
            written = [text.strip() for text in NUMBER.findall(subject)]
            words = [word.strip(".-/") for word in WORD.findall(subject)]
            written += [
                w for w in words if re.search(r"\d", w) and re.search(r"[^\W\d]", w)
            ]
            written += NAMED.findall(subject.lower())
            order[mail] = {
                form: place
                for place, text in reversed([*enumerate(written)])
                for form in (text, text.upper())
            }
        numbers = sorted({number for forms in order.values() for number in forms})
        found = tickets.browse()
        if numbers:
            everywhere = tickets.with_context(active_test=False)
            found = everywhere.search_fetch([("number", "in", numbers)], ["number"])
        number_of = {ticket.id: ticket.number for ticket in found}
        return {
            mail: sorted(
                (id_ for id_, number in number_of.items() if number in forms),
                key=lambda id_, forms=forms: forms[number_of[id_]],
            )
            for mail, forms in order.items()
        }

    @api.model
    def _get_conversation_keys(self, mail):
        """Return what mails of one conversation have in common."""
        keys = [mail.answered[-1]] if mail.answered else []
        if mail.calendar and mail.calendar.uid:
            keys.append(mail.conversation)
        return keys

    @api.model
    def _find_by_conversation(self, keys, row_ids):
        """Return the tickets of conversations whose beginning we never got.

        Somebody put us in copy: the mails of such a conversation name the same first
        mail, and those about one appointment its identifier (RFC 5545, 3.8.4.7).

        :param keys: of `_get_conversation_keys`
        :param row_ids: of the rows of the mails that are asked about
        :return: dict of (id of the last row, id of its ticket) by company and key
        """
        last = self._read_group(
            Domain("conversation_key", "in", sorted(keys))
            & Domain("state", "=", "done")
            & Domain("ticket_id", "!=", False)
            & Domain("id", "not in", list(row_ids))
            & Domain("received_date", ">", f"-{CONVERSATION_DAYS}d"),
            ["company_id", "conversation_key"],
            ["id:max"],
        )
        rows = self.browse([row_id for _company, _key, row_id in last])
        return {
            (company.id, key): (row_id, row.ticket_id.id)
            for (company, key, row_id), row in zip(last, rows, strict=True)
        }

    @api.model
    def _is_written_to_us(self, mail, place):
        """Tell whether people wrote to an address of the helpdesk: there its numbers
        count, whatever else a mail answers."""
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
        place = place.change(tickets=self._get_named_tickets(candidates))
        for reason, ticket, message in candidates:
            proven = reason in PROVEN
            if self._may_join(place, ticket, proven):
                ticket = ticket._get_survivor()
                place = place.change(ticket_id=ticket.id, parent_id=message.id or 0)
                place = self._place_audience(mail, place, ticket, reason)
                return place.settle(ANSWER, reason, address=place.sender.address)
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
                return place.change(quoted_id=ticket._get_survivor().id)
        return place

    @api.model
    def _may_join(self, place, ticket, proven=False):
        """Tell whether the sender of a mail takes part in a ticket, merged or not.

        :param bool proven: the mail refers to one that only its receivers know
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
