import hashlib
import itertools
import re
import unicodedata

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize

from ...decision import Known

# A ticket's number as our mails carry it, in brackets (N05), and as people write it:
# with a letter, or behind a sign or word that says what it is.
NUMBER = re.compile(r"\[([^\[\]]{1,64})\]")
WORD = re.compile(r"[^\W_][\w/.-]{2,40}")
# ... stuck to other words by a dot or an underscore, or with blanks at its hyphen
PIECE = re.compile(r"[^\W_](?:[^\W_]|-){2,40}")
LOOSE_HYPHEN = re.compile(r" ?- ?(?=\d)")
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
# A list sends its copy of a mail soon after the direct one.
COPY_DAYS = 1
# What shows that a row contains the same mail, or one of the same conversation.
SAME_FIELDS = ["company_id", "message_id", "conversation_key", "ticket_id"]
SAME_FIELDS += ["sender_address", "date"]
SPACES = re.compile(r"\s+")
# Below the same text a list or another server may have put a footer.
MAX_COMPARED = 2000


class HelpdeskInboxMail(models.Model):
    """What the database says of mails: all that is asked about them before it is found
    out where they belong, once for all mails of a set (E05, E06, E08).

    Nothing is judged here, and nothing of what is found is shown to anybody.
    """

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _look_up(self, mails, row_ids=()):
        """Ask the database about mails, as often for many of them as for one.

        :param list mails: `Mail` as they were read
        :param row_ids: of the rows of these mails
        :rtype: Known
        """
        senders = {
            address: email_normalize(address, strict=False)
            for mail in mails
            for address in mail.writers
        }
        names, rows, copies, overtaken = self._look_up_same(mails, row_ids, senders)
        keys = {key for mail in mails for key in mail.conversations}
        aliases = self._look_up_aliases(mails)
        own = self.env["helpdesk.own.address"]
        ours = own._get_known()
        new = {
            address
            for mail in mails
            for address in mail.delivered_to
            if address not in aliases[mail] and address not in ours
        }
        known = {
            "copies": copies,
            "numbered": self._find_by_number(mails),
            "begun": overtaken
            | (self._find_by_conversation(keys, row_ids) if keys else {}),
            "persons": frozenset(own._find_persons(new) if new else ()),
            **self._look_up_messages(mails),
        }
        people = self.env["res.partner"]._helpdesk_find_people(
            sorted({*senders.values()} - {False})
        )
        known["people"] = {
            address: tuple(people[normalized].ids)
            for address, normalized in senders.items()
            if normalized in people
        }
        return Known(aliases=aliases, ours=ours, names=names, rows=rows, **known)

    # -- addresses -------------------------------------------------------------------

    @api.model
    def _look_up_aliases(self, mails):
        """Return the aliases that the heads of mails name.

        :param list mails: `Mail` as they were read
        :return: for each `Mail` a dict of (model, defaults) by address
        """
        bare = {one: plain for mail in mails for one, plain in mail.named.items()}
        # sudo: compares addresses; nothing of the aliases is shown
        aliases = self.env["mail.alias"].sudo()
        known = {
            alias.alias_full_name: (alias.alias_model_id.model, alias.alias_defaults)
            for alias in aliases.search(
                [("alias_full_name", "in", sorted({*bare, *bare.values()}))]
            )
        }
        found = {
            address: known.get(address) or known[without]
            for address, without in bare.items()
            if address in known or without in known
        }
        return {
            mail: {one: found[one] for one in mail.named if one in found}
            for mail in mails
        }

    # -- mails and messages ----------------------------------------------------------

    @api.model
    def _look_up_same(self, mails, row_ids, senders):
        """Return the rows of mails that are done and have the same Message-ID, by what
        each mail is known where another one has its own: what its content always gives
        again (E05); those of the same sender that were written at the same moment, for
        a list may give its copy a Message-ID of its own; and the tickets of answers
        that overtook the mail that they answer (E06): it was held up on its way.

        :param list mails: as of `_look_up`, and so is `row_ids`
        :param dict senders: normalised addresses of those who may have written them
        :return: values of `Known`: `names`, `rows`, `copies`, and a part of `begun`
        """
        names = {}
        for mail in mails:
            digest = hashlib.sha256(f"{mail.own_id}\n{mail.dated}\n".encode())
            digest.update(f"{mail.email_from}\n{mail.subject}\n".encode())
            digest.update(SPACES.sub("", mail.text)[:MAX_COMPARED].encode())
            names[mail] = f"<{digest.hexdigest()}@message-id-used-twice.invalid>"
        texts = {*names.values(), *(mail.message_id for mail in mails)}
        same = Domain("message_id", "in", sorted(texts))
        answers = Domain("conversation_key", "in", sorted(texts))
        answers &= Domain("ticket_id", "!=", False)
        answers &= Domain("received_date", ">", f"-{CONVERSATION_DAYS}d")
        copies = Domain("sender_address", "in", sorted({*senders.values()} - {False}))
        copies &= Domain(
            "date", "in", sorted({mail.date for mail in mails if mail.date})
        )
        copies &= Domain("decided_date", ">", f"-{COPY_DAYS}d")
        rows = self.search_fetch(
            (same | answers | copies)
            & Domain("state", "=", "done")
            & Domain("id", "not in", list(row_ids)),
            SAME_FIELDS,
            order="id desc",
        )
        groups = rows.grouped(lambda row: (row.company_id.id, row.message_id))
        overtaken = {
            (row.company_id.id, row.conversation_key): (row.id, row.ticket_id.id)
            for row in reversed(rows.filtered("ticket_id"))
            if row.conversation_key in texts
        }
        found = {key: tuple(found.ids) for key, found in groups.items()}
        moments = rows.grouped(
            lambda row: (row.company_id.id, row.sender_address, row.date)
        )
        copies = {key: tuple(found.ids) for key, found in moments.items() if all(key)}
        return names, found, copies, overtaken

    @api.model
    def _look_up_messages(self, mails):
        """Return which messages mails name, and which tickets their texts name.

        :param list mails: `Mail` as they were read
        :return: values of `Known`
        :rtype: dict
        """
        # sudo: finds what mails are about; the senders' parts in the tickets decide,
        # and nothing of it is shown
        env = self.sudo().env
        tickets = env["helpdesk.ticket"]
        texts = {text for mail in mails for text in (mail.message_id, *mail.answered)}
        texts.update(*(mail.report.message_ids for mail in mails if mail.report))
        messages = env["mail.message"].search_fetch(
            [("message_id", "in", sorted(texts))],
            # what a mail is judged by that answers them; their texts are not read
            [
                "message_id",
                "message_type",
                "model",
                "res_id",
                "record_company_id",
                "author_id",
                "is_internal",
                "subtype_id",
            ],
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
        }

    # -- tickets that mails name -----------------------------------------------------

    @api.model
    def _find_by_number(self, mails):
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
            # cut in two where a program began another line
            written += [SPACES.sub("", text) for text in written if " " in text]
            pieces = subject.split()
            joined = " ".join(map("".join, itertools.pairwise(pieces)))
            words = WORD.findall(f"{subject} {joined}")
            words += PIECE.findall(LOOSE_HYPHEN.sub("-", subject))
            words = [word.strip(".-/") for word in words]
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
        # sudo: finds what mails are about; nothing of it is shown
        everywhere = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        found = everywhere.browse()
        if numbers:
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
    def _find_by_conversation(self, keys, row_ids):
        """Return the tickets of conversations whose beginning we never got.

        Somebody put us in copy: the mails of such a conversation name the same first
        mail, and those about one appointment its identifier (RFC 5545, 3.8.4.7).

        :param keys: `conversations` of the mails
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
