"""Which mails have to do with each other: plain Python, frozen.

Mails that have nothing to do with each other become tickets together. What one of them
writes must change nothing of what is found out or decided about another one: better a
tie too many, which costs a little time, than one too few.
"""

from dataclasses import dataclass

from odoo.tools.mail import email_normalize


@dataclass(frozen=True)
class Ties:
    """By what a mail, or several, may have to do with another one.

    :param frozenset people: addresses that it makes somebody's, or our own
    :param frozenset named: addresses in its head that are not ours
    :param frozenset marks: (kind, id or text) of what they have in common
    :param int company_id: of the `res.company` to which all of them were written, or 0
    """

    people: frozenset = frozenset()
    named: frozenset = frozenset()
    marks: frozenset = frozenset()
    company_id: int = 0

    def bind(self, later):
        """Say whether a mail must wait until these are written.

        :param Ties later: of a mail that came after these
        """
        return bool(
            self.people & (later.people | later.named)
            or self.marks & later.marks
            or 0 < self.company_id != later.company_id > 0
        )

    def also(self, other):
        """Return these with those of another mail."""
        return Ties(
            self.people | other.people,
            self.named | other.named,
            self.marks | other.marks,
            other.company_id,
        )


def ties_of_head(mail):
    """Return the ties of a mail that need not be looked up.

    :param Mail mail: as it was read
    :rtype: Ties
    """
    texts = {mail.message_id, mail.own_id, mail.conversation, *mail.answered}
    sender = email_normalize(mail.email_from, strict=False)
    return Ties(
        named=frozenset({sender} - {False}),
        marks=frozenset(("mail", text) for text in texts if text),
    )


def ties_of(mail, place, decision, customer_id=0):
    """Return the ties of a mail of which is known what becomes of it.

    :param Mail mail: as it was read
    :param Place place: where it belongs
    :param Decision decision: what becomes of it
    :param int customer_id: of the `res.partner` whose contact wrote it
    :rtype: Ties
    """
    head, own = ties_of_head(mail), place.own
    people = {place.sender.address, place.sender.via, decision.customer}
    people = {one for one in people if one and one not in own}
    found = {
        ("mail", place.message_id),
        ("reference", decision.values.get("mail_reference")),
        ("customer", customer_id),
    }
    tickets = (*place.tickets, place.ticket_id, decision.ticket_id, decision.quoted_id)
    found.update(("ticket", ticket_id) for ticket_id in tickets)
    return Ties(
        people=frozenset(people.union(place.learned)),
        named=head.named | {one for one in mail.named if one not in own},
        marks=head.marks | {(kind, value) for kind, value in found if value},
        company_id=place.company_id,
    )
