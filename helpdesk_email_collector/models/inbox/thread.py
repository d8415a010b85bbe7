import hashlib
import re
import unicodedata

from odoo import api, models
from odoo.fields import Domain

from odoo.addons.helpdesk_ticket.automatic_mail import BY_TEXT

from ...collected_mail import stable_message_id
from ...forwarded_mail import plain_subject
from ...mail_reference import find_references
from ...place import ANSWER, OWN, TWIN
from ...reading.process import look_at_mail

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
MAX_SUBJECT = MAX_KEY = 998
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
    """Which conversation a mail belongs to (E05, E06).

    A mail finds its ticket by the headers of the conversation, by the signed reference
    in what it quotes, by the number in its subject, or by a conversation that we were
    not in from the beginning; whoever sends it must take part in that ticket. It never
    does by a bare subject.
    """

    _inherit = "helpdesk.inbox.mail"

    # -- the same mail once more ---------------------------------------------------

    @api.model
    def _place_twin(self, mail, place):
        """Recognise a mail that was processed before, or that we sent (E05).

        Programs give one Message-ID to different mails: the same sender, date and text
        make it the same mail. One mail to two of our companies is a request to both.
        A mail that is only tried out is looked at as if it came for the first time.
        """
        if place.arrival.tried:
            return None
        for twin in self._find_processed(mail, place):
            if self._is_same_mail(mail, place, twin):
                ticket = twin.ticket_id
                place = place.change(twin_id=twin.id, ticket_id=ticket.id or 0)
                return place.settle(TWIN, "duplicate")
        message = self._find_message(mail)
        if not message:
            return None
        if message.message_type != "email":
            if self._is_form_of_ours(mail, place, message):
                return None
            on_ticket = message.model == "helpdesk.ticket"
            place = place.change(ticket_id=on_ticket and message.res_id or 0)
            return place.settle(OWN, "own_mail")
        if self._is_known_message(mail, place, message):
            return place.change(ticket_id=message.res_id).settle(TWIN, "duplicate")
        return None

    @api.model
    def _find_processed(self, mail, place):
        """Return the rows of processed mails with this Message-ID in the company."""
        ids = [mail.message_id, self._rename(mail)]
        return mail.source(
            "processed",
            lambda: self.search(
                Domain("message_id", "in", ids)
                & Domain("state", "=", "done")
                & Domain("company_id", "=", place.company_id)
                & Domain("id", "!=", place.arrival.row_id),
                order="id desc",
            ),
        )

    @api.model
    def _find_message(self, mail):
        # sudo: reads the kind and the document of a message, nothing of its text
        messages = self.env["mail.message"].sudo()
        known = [("message_id", "=", mail.message_id)]
        return mail.source("message", lambda: messages.search(known, limit=1))

    @api.model
    def _is_same_mail(self, mail, place, row):
        """Tell whether a row holds the same mail: sender, date and text agree."""
        if row.is_cleared:
            return True  # what could tell them apart is gone
        told = (row.email_from or "", row.date or None)
        if row.sender_address and row.sender_address == place.sender.address:
            told = (mail.header("From"), row.date or None)  # a list rewrites it
        if told != (mail.header("From"), self._as_stored(mail)):
            return False
        one, other = row.subject or "", mail.subject
        if one not in (other, TAG.sub(r"\1", other)) and TAG.sub(r"\1", one) != other:
            return False
        raw = row._get_raw()
        return not raw or raw == mail.raw or self._is_same_text(mail, raw)

    @api.model
    def _as_stored(self, mail):
        return self._parse_date(mail.header("Date")) or None

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
    def _is_known_message(self, mail, place, message):
        """Tell whether a received message is this mail, though no row is left of it."""
        if message.model != "helpdesk.ticket":
            return False
        # sudo: compares the company of the ticket
        ticket = self.env["helpdesk.ticket"].sudo().browse(message.res_id).exists()
        if not ticket or ticket.company_id.id != place.company_id:
            return False
        sender = self._get_address(message.email_from or "")
        rows = self._find_processed(mail, place)
        return sender == place.sender.address and not rows

    @api.model
    def _is_form_of_ours(self, mail, place, message):
        """Tell whether a form of the same Odoo wrote to us: a person is behind it, and
        no ticket."""
        return message.model != "helpdesk.ticket" and bool(place.sender.via)

    @api.model
    def _place_message_id(self, mail, place):
        """Know a mail by another name where another mail has its Message-ID."""
        if place.arrival.tried:
            return place
        taken = self._find_processed(mail, place) or self._find_message(mail)
        name = self._rename(mail) if taken else mail.message_id
        if taken and place.arrival.forced_by:  # the same mail may be wanted once more
            name = f"<{place.arrival.row_id}.{name[1:]}"
        return place.change(message_id=name)

    @api.model
    def _rename(self, mail):
        """Return a Message-ID that the content of a mail always gives again."""

        def compute():
            own = stable_message_id(mail.raw, mail.head)
            digest = hashlib.sha256(f"{own}\n{mail.header('Date')}\n".encode())
            digest.update(f"{mail.header('From')}\n{mail.subject}\n".encode())
            digest.update(SPACES.sub("", mail.text)[:MAX_COMPARED].encode())
            return f"<{digest.hexdigest()}@message-id-used-twice.invalid>"

        return mail.source("other message id", compute)

    # -- answers ---------------------------------------------------------------------

    @api.model
    def _place_answer(self, mail, place):
        """Find the ticket that a mail is an answer to (E06).

        A quotation alone proves nothing: the mail's sender must take part in the
        ticket. A stranger's mail opens one of its own, linked to the quoted one
        (reliability D4).
        """
        for reason, ticket, message in self._find_candidates(mail, place):
            proven = reason in ("reply", "reply_reference")  # nobody guesses these
            if self._may_join(place, ticket, proven):
                ticket = ticket._get_survivor()
                place = place.change(ticket_id=ticket.id, parent_id=message.id or 0)
                place = self._place_audience(mail, place, ticket, reason)
                return place.settle(ANSWER, reason, address=place.sender.address)
        return None

    @api.model
    def _place_quotation(self, mail, place):
        """Remember the ticket that a stranger quotes."""
        for _reason, ticket, _message in self._find_candidates(mail, place):
            if ticket.company_id.id == place.company_id:
                return place.change(quoted_id=ticket._get_survivor().id)
        return place

    @api.model
    def _find_candidates(self, mail, place):
        """Return the tickets that a mail may answer, the surest first.

        :return: a list of (reason, `helpdesk.ticket`, `mail.message` that is answered)
        """

        def find():
            message = self._find_answered(mail, place)
            elsewhere = self._is_answer_elsewhere(mail, message)
            if elsewhere and not self._is_written_to_us(mail, place):
                return []
            # sudo: nothing is shown; the sender's part in the ticket decides
            tickets = self.env["helpdesk.ticket"].sudo()
            found = []
            if message.model == "helpdesk.ticket":
                ticket = tickets.browse(message.res_id).exists()
                found.append(("reply", ticket, message))
            none = message.browse()
            # what only its text gives away came from a mailbox of a person all the same
            if not place.automatic or place.automatic.startswith(BY_TEXT):
                for reason, search in (
                    ("reply_reference", self._find_by_reference),
                    ("reply_number", self._find_by_number),
                ):
                    found += [(reason, one, none) for one in search(mail, tickets)]
            if not (found or elsewhere):
                conversation = self._find_by_conversation(mail, place)
                found += [("reply_conversation", one, none) for one in conversation]
            return [entry for entry in found if entry[1]]

        return mail.source("candidates", find)

    @api.model
    def _is_answer_elsewhere(self, mail, message):
        """Tell whether the conversation of a mail is another app's."""
        other = message.model and message.model != "helpdesk.ticket"
        return bool(other) and not self._is_forward(mail)

    @api.model
    def _is_written_to_us(self, mail, place):
        """Tell whether people wrote to an address of the helpdesk: there its numbers
        count, whatever else a mail answers."""
        # sudo: compares the address of the mailbox
        servers = self.env["fetchmail.server"].sudo()
        ours = {(servers.browse(place.arrival.server_id or []).user or "").lower()}
        for address, alias in self._get_reached_aliases(mail).items():
            if alias.alias_model_id.model == "helpdesk.ticket":
                ours.add(address)
        return any(address in ours for _name, address in (*mail.to, *mail.cc))

    @api.model
    def _is_forward(self, mail):
        """Tell whether a mail only shows us another one: programs name the forwarded
        mail as if it was answered."""
        return plain_subject(mail.subject)[1]

    @api.model
    def _find_answered(self, mail, place):
        """Return the message that a mail answers: the nearest that we know.

        Of one mail to two of our companies each has a message of its own.
        """

        def find():
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

        return mail.source("answered", find)

    @api.model
    def _may_join(self, place, ticket, proven=False):
        """Tell whether the sender of a mail takes part in a ticket, merged or not.

        :param bool proven: the mail refers to one that only its receivers know
        """
        if place.doubt or not ticket or (place.sender.hearsay and not proven):
            return False
        contact = self._get_contact(place)
        survivor = ticket._get_survivor()
        return survivor._takes_part(place.sender.address, contact) or (
            survivor != ticket and ticket._takes_part(place.sender.address, contact)
        )

    @api.model
    def _find_by_reference(self, mail, tickets):
        """Return the ticket of the signed reference in the text that a mail quotes."""
        ids = find_references(str(mail.body), tickets._get_reference_digest)
        return tickets.browse(ids[:1]).exists()

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
    def _find_by_conversation(self, mail, place):
        """Return the open ticket of a conversation whose beginning we never got.

        Somebody put us in copy: the mails of such a conversation name the same first
        mail, and those about one appointment its identifier (RFC 5545, 3.8.4.7).
        """
        keys = self._get_conversation_keys(mail)
        if not keys:
            return self.env["helpdesk.ticket"]
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
    def _get_conversation_keys(self, mail):
        """Return what mails of one conversation have in common."""
        keys = [mail.answered[-1]] if mail.answered else []
        if mail.calendar and mail.calendar.uid:
            keys.append(self._get_conversation_key(mail))
        return keys

    @api.model
    def _get_conversation_key(self, mail):
        """Return what further mails of this conversation will be found by."""
        if mail.calendar and mail.calendar.uid:
            return f"event {mail.calendar.uid}"[:MAX_KEY]
        return (mail.answered[-1] if mail.answered else mail.message_id)[:MAX_KEY]
