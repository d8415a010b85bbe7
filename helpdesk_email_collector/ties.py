"""Which mails are related to each other. Frozen dataclasses in plain Python.

Unrelated mails are made into tickets together, in one transaction. Writing one of them
must not change what is found out or decided about another: a superfluous tie costs a
little time, a missing one is an error.
"""

from dataclasses import dataclass

from odoo.tools.mail import email_normalize


@dataclass(frozen=True)
class Ties:
    """What may relate a mail, or several, to another one.

    :param frozenset people: addresses that it assigns to a contact or to us
    :param frozenset named: addresses in its headers that are not ours
    :param frozenset marks: (kind, id or text) shared by related mails
    :param int company_id: id of the `res.company` that all of them were sent to, or 0
    """

    people: frozenset = frozenset()
    named: frozenset = frozenset()
    marks: frozenset = frozenset()
    company_id: int = 0

    def bind(self, later):
        """Return whether a later mail has to wait until these mails are written.

        :param Ties later: of that mail
        :rtype: bool
        """
        return bool(
            self.people & (later.people | later.named)
            or self.marks & later.marks
            or 0 < self.company_id != later.company_id > 0
        )

    def also(self, other):
        """Return the union of these ties and those of another mail."""
        return Ties(
            self.people | other.people,
            self.named | other.named,
            self.marks | other.marks,
            other.company_id,
        )


def ties_of_head(mail):
    """Return the ties of a mail that are known without a look into the database.

    :param Mail mail: the parsed mail
    :rtype: Ties
    """
    texts = {mail.message_id, mail.own_id, mail.conversation, *mail.answered}
    sender = email_normalize(mail.email_from, strict=False)
    return Ties(
        named=frozenset({sender} - {False}),
        marks=frozenset(("mail", text) for text in texts if text),
    )


def ties_of(mail, place, decision, customer_id=0):
    """Return the ties of a mail about which a decision was made.

    :param Mail mail: the parsed mail
    :param Place place: who wrote it and where it belongs
    :param Decision decision: what happens to it
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
