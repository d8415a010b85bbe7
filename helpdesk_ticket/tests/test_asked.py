from pathlib import Path

from odoo.modules.migration import load_script
from odoo.tests import tagged

from .common_deadline import DeadlineCommon

SCRIPT = Path(__file__).parent.parent / "migrations/19.0.1.9.0/post-asked.py"


@tagged("post_install", "-at_install")
class TestAsked(DeadlineCommon):
    """T25: since when the customer waits is read from the log."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_sla()

    def _merge(self, ticket, survivor):
        ticket.with_user(self.manager)._merge_into(survivor.with_user(self.manager))

    def _make_all(self):
        """Return tickets by what happened to them."""
        early, late = self._ticket_at("03-02 09:00"), self._ticket_at("03-04 09:00")
        first, middle = self._ticket_at("03-02 10:00"), self._ticket_at("03-03 10:00")
        last, over = self._ticket_at("03-04 10:00"), self._ticket_at("03-02 08:00")
        whole = self._ticket_at("03-02 11:00")
        with self._at("03-03 11:00"):
            request = self._customer_writes(whole)
        with self._at("03-05 08:00"):
            over._move("closed")
        with self._at("03-05 09:00"):
            self._merge(early, late)
            self._merge(over, late)
            self._merge(first, middle)
            split = whole.with_user(self.agent)._split_off(request)
        with self._at("03-05 10:00"):
            middle._move("closed")
        with self._at("03-05 11:00"):
            self._merge(middle, last)
        return {"merged": late, "split": split, "ended": last, "plain": whole}

    def test_T25_what_was_open_when_it_was_merged(self):
        found = self._make_all()
        self.assertMoment(found["merged"].asked_date, "03-02 09:00")
        self.assertMoment(found["merged"].answer_deadline, "03-02 13:00")
        self.assertMoment(found["ended"].asked_date, "")
        self.assertMoment(found["plain"].asked_date, "")

    def test_T25_a_request_that_was_split_off(self):
        split = self._make_all()["split"]
        self.assertMoment(split.asked_date, "03-03 11:00")
        self.assertMoment(split.answer_deadline, "03-03 15:00")

    def test_T25_the_clock_of_a_program_that_is_ahead(self):
        """A mail that was written tomorrow was written now."""
        ticket = self._ticket_at("03-02 09:00")
        with self._at("03-02 10:00"):
            request = self._customer_writes(ticket)
            request.date = "2026-03-09 10:00:00"
            split = ticket.with_user(self.agent)._split_off(request)
        self.assertMoment(split.asked_date, "")
        self.assertMoment(split.event_ids[-1:].moment, "03-02 10:00")

    def test_migration(self):
        """What the logs did not say until then: the deadlines stay."""
        found = self._make_all()
        named = list(found.values())
        tickets = named[0].union(*named)
        before = [(one.asked_date, one.answer_deadline) for one in named]
        script = load_script(str(SCRIPT), "helpdesk_ticket_post_asked")
        self.env.flush_all()
        # a split was opened when it was made; when merged nobody looked who waits
        self.env.cr.execute(
            """UPDATE helpdesk_ticket_event e SET moment = t.create_date
                 FROM helpdesk_ticket t
                WHERE t.id = e.ticket_id AND t.id = %s AND e.kind = 'opened'""",
            [found["split"].id],
        )
        self.env.cr.execute(
            """DELETE FROM helpdesk_ticket_event e
                USING helpdesk_ticket_event earlier
                WHERE e.kind = 'merged' AND earlier.kind = 'merged'
                  AND e.ticket_id = earlier.ticket_id AND e.id > earlier.id"""
        )
        for _number in range(2):  # an update that is begun again changes nothing
            script.migrate(self.env.cr, "19.0.1.8.0")
            self.env.invalidate_all()
            for name in ("asked_date", "deadline_ids"):
                self.env.add_to_compute(tickets._fields[name], tickets)
            now = [(one.asked_date, one.answer_deadline) for one in named]
            self.assertEqual(now, before)
