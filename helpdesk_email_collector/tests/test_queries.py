import sys

from odoo.tests import tagged, warmup

from ..decision import Arrival
from .common import CollectorCommon, plain_mail


@tagged("post_install", "-at_install")
class TestQueries(CollectorCommon):
    """Costs: constant for each mail, whatever lies in the inbox."""

    def _count(self, action):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        action()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def _count_mails(self, *mails):
        """Return the queries that processing mails of one transaction takes."""
        self._store(*mails)
        return self._count(self._process)

    def _people(self, first, number):
        """Return mails of as many people whom nobody knows."""
        names = [f"Person {n} <p{n}@new.example>" for n in range(first, first + number)]
        return [plain_mail(name, name) for name in names]

    @warmup
    def test_queries_per_mail(self):
        """Queries for one mail do not grow with the mails processed before."""
        # a sender whose mails no cap holds back, neither ours nor Odoo's
        self.env["mail.gateway.allowed"].create({"email": "anna@huber.example"})
        self.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", "1")
        counts = []
        for number, more in enumerate((5, 5, 10)):
            self._receive(*(plain_mail(f"{number} {n}") for n in range(more)))
            counts.append(self._count_mails(plain_mail(f"After {number}")))
        self.assertEqual(counts[1], counts[2])

    @warmup
    def test_queries_of_a_batch(self):
        """Mails of new customers are dealt with together: each more takes at most 5
        queries with its contact and its acknowledgement."""
        self._receive(plain_mail("Warm", "Wim <wim@warm.example>"))
        one = self._count_mails(*self._people(0, 1))
        five = self._count_mails(*self._people(1, 5))
        ten = self._count_mails(*self._people(6, 10))
        tickets = self._rows()[:10].ticket_id
        self.assertEqual(len(tickets.partner_id), 10)
        sys.stdout.write(f"figure: queries of 1, 5, 10 mails: {one}, {five}, {ten}\n")
        self.assertLessEqual((ten - five) / 5, 5)
        self.assertLessEqual(ten, 122)

    @warmup
    def test_places_are_looked_up_together(self):
        """Answers to as many tickets of as many people find them with as many queries
        for many of them as for a few."""
        opened = [
            plain_mail(
                f"Pump {n}", f"p{n}@new.example", message_id=f"<{n}@new.example>"
            )
            for n in range(12)
        ]
        tickets = self._receive(*opened).ticket_id.sorted("id")
        self.assertEqual(len(tickets), 12)
        answers = [
            plain_mail(
                f"Re: [{ticket.number}] Pump",
                f"p{n}@new.example",
                in_reply_to=f"<{n}@new.example>",
                message_id=f"<answer{n}@new.example>",
            )
            for n, ticket in enumerate(tickets)
        ]
        inbox = self.env["helpdesk.inbox.mail"]
        arrival = Arrival(self.company.id, self.server.id)
        mails = list(inbox._read([(raw, "", arrival) for raw in answers]))
        known = inbox._look_up(mails)  # fills what Odoo keeps for all transactions
        self.assertEqual(
            self._count(lambda: inbox._look_up(mails[:4])),
            self._count(lambda: inbox._look_up(mails[4:])),
        )
        places = [inbox._find_place(mail, arrival, known) for mail in mails]
        self.assertEqual([place.ticket_id for place in places], tickets.ids)
        self.assertEqual([place.contact_id for place in places], tickets.partner_id.ids)

    @warmup
    def test_queries_of_answers(self):
        """What is asked about answers and their tickets is asked for all of a batch:
        each more takes at most 7 queries with what it tells people, and with what
        holds its ticket against whoever closes or merges it at the same moment."""
        number, answers = 17, []
        for n in range(number):
            writer, first = f"p{n}@new.example", f"<{n}@new.example>"
            self._receive(plain_mail(f"Pump {n}", writer, message_id=first))
            own = {"in_reply_to": first, "message_id": f"<answer{n}@new.example>"}
            answers.append(plain_mail(f"Re: Pump {n}", writer, **own))
        self._receive(*answers[:2])
        five = self._count_mails(*answers[2:7])
        ten = self._count_mails(*answers[7:])
        rows = self._rows()[:number]
        self.assertEqual(set(rows.mapped("reason_code")), {"reply"})
        self.assertEqual(len(rows.ticket_id), number)
        sys.stdout.write(f"figure: queries of 5, 10 answers: {five}, {ten}\n")
        self.assertLessEqual((ten - five) / 5, 7)

    @warmup
    def test_customers_are_looked_up_together(self):
        """Who wrote mails, and whether one of us did, takes as many queries for many
        contacts as for a few."""
        self._receive(*self._people(0, 12))
        inbox = self.env["helpdesk.inbox.mail"]
        arrival = Arrival(self.company.id, self.server.id)
        mails = [
            (plain_mail("Once more", f"p{n}@new.example"), "", arrival)
            for n in range(12)
        ]
        mails = list(inbox._read(mails))

        def place(some):
            known = inbox._look_up(some)
            return [inbox._find_place(mail, arrival, known) for mail in some]

        contacts = {one.contact_id for one in place(mails)}
        self.assertEqual(len(contacts - {0}), 12)
        self.assertEqual(
            self._count(lambda: place(mails[:4])), self._count(lambda: place(mails[4:]))
        )

    @warmup
    def test_list_view(self):
        """The list takes as many queries for many mails as for a few."""
        fields = ["subject", "state", "reason", "ticket_id", "server_id", "email_from"]
        self._receive(*(plain_mail(f"Mail {number}") for number in range(12)))
        rows = self._rows().with_user(self.manager)
        rows.read(fields)
        few = self._count(lambda: rows[:2].read(fields))
        many = self._count(lambda: rows.read(fields))
        self.assertEqual(few, many)

    def test_storing_in_one_go(self):
        """Storing twice as many mails takes no more queries."""
        counts = [
            self._count(
                lambda number=number: self._store(
                    *(plain_mail(f"{number} {n}") for n in range(number))
                )
            )
            for number in (5, 10, 20)
        ]
        self.assertEqual(counts[1], counts[2])
