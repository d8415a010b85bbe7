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

    # -- the same mail once more ---------------------------------------------------

    @api.model
    def _find_same(self, mail, place):
        """Find what has the Message-ID of a mail already (E05).

        :return: the rows of processed mails of the company, the `mail.message`, and
            the Message-ID that this mail is known by from here on: where another one
            has its own, one that its content always gives again
        """
        digest = hashlib.sha256(f"{mail.own_id}\n{mail.dated}\n".encode())
        digest.update(f"{mail.email_from}\n{mail.subject}\n".encode())
        digest.update(SPACES.sub("", mail.text)[:MAX_COMPARED].encode())
        name = f"<{digest.hexdigest()}@message-id-used-twice.invalid>"
        rows = self.search(
            Domain("message_id", "in", [mail.message_id, name])
            & Domain("state", "=", "done")
            & Domain("company_id", "=", place.company_id)
            & Domain("id", "!=", place.arrival.row_id),
            order="id desc",
        )
        # sudo: reads the kind and the document of a message, nothing of its text
        messages = self.env["mail.message"].sudo()
        message = messages.search([("message_id", "=", mail.message_id)], limit=1)
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
    def _place_report(self, mail, place):
        """Recognise a report about a mail, and find the ticket that it is about."""
        report = mail.report
        if not report:
            return None
        if report.kind not in (FAILED, DELAYED):
            return place.settle(REPORT, "report")
        sent = self._find_sent_message(report)
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
    def _find_sent_message(self, report):
        # sudo: finds our own mail by its Message-ID, which only its receivers know
        messages = self.env["mail.message"].sudo()
        return messages.search(
            [
                ("message_id", "in", report.message_ids),
                ("model", "=", "helpdesk.ticket"),
            ],
            order="id desc",
            limit=1,
        )

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
    def _place_message_id(self, place, same):
        """Know a mail by another name where another mail has its Message-ID.

        :param tuple same: of `_find_same`
        """
        return place.change(message_id=same[2]) if same else place

    @api.model
    def _find_answered(self, mail, place):
        """Return the message that a mail answers: the nearest that we know.

        Of one mail to two of our companies each has a message of its own.
        """
        # sudo: finds what is answered by its Message-ID; nothing of it is shown
        messages = self.env["mail.message"].sudo()
        if not mail.answered:
            return messages
        order = {text: number for number, text in enumerate(mail.answered)}
        known = messages.search_fetch(
            [("message_id", "in", list(order)), ("model", "!=", False)],
            ["message_id", "model", "res_id", "record_company_id"],
        )
        return known.sorted(
            lambda message: (
                order[message.message_id],
                message.record_company_id.id != place.company_id,
                -message.id,
            )
        )[:1]

    @api.model
    def _find_candidates(self, mail, place, message):
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
            ticket = tickets.browse(message.res_id).exists()
            found.append(("reply", ticket, message))
        # what only its text gives away came from a mailbox of a person all the same
        if not place.automatic or place.automatic.startswith(BY_TEXT):
            quoted = tickets._find_referenced(str(mail.body))
            found += [("reply_reference", one, none) for one in quoted]
            numbered = self._find_by_number(mail, tickets)
            found += [("reply_number", one, none) for one in numbered]
        keys = self._get_conversation_keys(mail)
        if keys and not (found or elsewhere):
            begun = self._find_by_conversation(keys, place)
            found += [("reply_conversation", one, none) for one in begun]
        return [entry for entry in found if entry[1]]

    @api.model
    def _is_answer_elsewhere(self, mail, message):
        """Tell whether the conversation of a mail is another app's.

        Programs name a forwarded mail as if it was answered; it is only shown to us.
        """
        other = message.model and message.model != "helpdesk.ticket"
        return bool(other) and not plain_subject(mail.subject)[1]

    @api.model
    def _find_by_number(self, mail, tickets):
        """Return the tickets whose number stands in the subject.

        Without brackets, in small letters, and of a ticket that moved to another of
        our companies it is the same number.
        """
        subject = unicodedata.normalize("NFKC", mail.subject[:MAX_SUBJECT])
        subject = subject.translate(AS_WRITTEN)
        written = [text.strip() for text in NUMBER.findall(subject)]
        words = [word.strip(".-/") for word in WORD.findall(subject)]
        written += [
            w for w in words if re.search(r"\d", w) and re.search(r"[^\W\d]", w)
        ]
        written += NAMED.findall(subject.lower())
        numbers = {form for text in written for form in (text, text.upper())}
        if not numbers:
            return tickets
        found = tickets.with_context(active_test=False).search(
            [("number", "in", sorted(numbers))]
        )
        first = {text.upper(): place for place, text in reversed([*enumerate(written)])}
        return found.sorted(lambda ticket: first.get(ticket.number.upper(), 0))

    @api.model
    def _get_conversation_keys(self, mail):
        """Return what mails of one conversation have in common."""
        keys = [mail.answered[-1]] if mail.answered else []
        if mail.calendar and mail.calendar.uid:
            keys.append(mail.conversation)
        return keys

    @api.model
    def _find_by_conversation(self, keys, place):
        """Return the open ticket of a conversation whose beginning we never got.

        Somebody put us in copy: the mails of such a conversation name the same first
        mail, and those about one appointment its identifier (RFC 5545, 3.8.4.7).

        :param list keys: of `_get_conversation_keys`
        """
        rows = self.search(
            Domain("conversation_key", "in", keys)
            & Domain("company_id", "=", place.company_id)
            & Domain("state", "=", "done")
            & Domain("ticket_id", "!=", False)
            & Domain("id", "!=", place.arrival.row_id)
            & Domain("received_date", ">", f"-{CONVERSATION_DAYS}d"),
            order="id desc",
            limit=1,
        )
        # sudo: as the caller says
        return rows.ticket_id.sudo()

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
        """Find the ticket that a mail is an answer to (E06).

        A quotation alone proves nothing: the mail's sender must take part in the
        ticket. A stranger's mail opens one of its own, linked to the quoted one
        (reliability D4).

        :param list candidates: of `_find_candidates`
        """
        for reason, ticket, message in candidates:
            proven = reason in ("reply", "reply_reference")  # nobody guesses these
            if self._may_join(place, ticket, proven):
                ticket = ticket._get_survivor()
                place = place.change(ticket_id=ticket.id, parent_id=message.id or 0)
                place = self._place_audience(mail, place, ticket, reason)
                return place.settle(ANSWER, reason, address=place.sender.address)
        return None

    @api.model
    def _may_join(self, place, ticket, proven=False):
        """Tell whether the sender of a mail takes part in a ticket, merged or not.

        :param bool proven: the mail refers to one that only its receivers know
        """
        if place.doubt or not ticket or (place.sender.hearsay and not proven):
            return False
        contact = self.env["res.partner"].browse(place.author_id or [])
        survivor = ticket._get_survivor()
        return survivor._takes_part(place.sender.address, contact) or (
            survivor != ticket and ticket._takes_part(place.sender.address, contact)
        )
