from odoo.tests import tagged, warmup

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

    @warmup
    def test_queries_per_mail(self):
        """Queries for one mail do not grow with the mails processed before."""
        self._receive(*(plain_mail(f"Warm {number}") for number in range(2)))
        self._store(plain_mail("One"))
        one = self._count(self._process)
        self._store(*(plain_mail(f"Many {number}") for number in range(5)))
        many = self._count(self._process)
        self.assertLessEqual(many, one * 5)

    @warmup
    def test_queries_of_a_batch(self):
        """A new customer's mail takes at most 50 queries with its acknowledgement and
        its contact; mails of one transaction share what does not differ."""
        self._receive(plain_mail("Warm", "Wim <wim@warm.example>"))
        names = [f"Person {number} <p{number}@new.example>" for number in range(10)]
        self._store(*(plain_mail(name, name) for name in names))
        count = self._count(self._process)
        tickets = self._rows()[:10].ticket_id
        self.assertEqual(len(tickets.partner_id), 10)
        self.assertLessEqual(count / 10, 50)

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
        """Storing many mails takes few queries more than storing one."""
        one = self._count(lambda: self._store(plain_mail("One")))
        ten = self._count(
            lambda: self._store(*(plain_mail(f"T {number}") for number in range(10)))
        )
        self.assertLess(ten, one * 4)
