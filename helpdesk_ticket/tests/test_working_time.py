from datetime import datetime, timedelta

from odoo.tests import TransactionCase

from odoo.addons.helpdesk_ticket.working_time import (
    AroundTheClock,
    WorkingTime,
    deadline,
)

MONDAY = datetime(2026, 3, 2)
HOUR = 3600


def _office(first, last):
    """Return 8 to 12 and 13 to 17 o'clock, Monday to Friday."""
    day = datetime(first.year, first.month, first.day)
    while day < last:
        if day.weekday() < 5:
            for begin, end in ((8, 12), (13, 17)):
                span = (
                    max(day + timedelta(hours=begin), first),
                    min(day + timedelta(hours=end), last),
                )
                if span[0] < span[1]:
                    yield span
        day += timedelta(days=1)


def _at(day, hour, minute=0):
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


class TestWorkingTime(TransactionCase):
    """T25, T26: the arithmetic of deadlines, without any record."""

    def setUp(self):
        super().setUp()
        self.reads = []

        def read(first, last):
            self.reads.append((first, last))
            return _office(first, last)

        self.clock = WorkingTime(read, MONDAY)

    def test_around_the_clock(self):
        clock = AroundTheClock()
        self.assertEqual(clock.end_of(_at(4, 16), 8 * HOUR), _at(5, 0))
        self.assertEqual(clock.between(_at(0, 8), _at(0, 9, 30)), 1.5 * HOUR)
        self.assertEqual(clock.between(_at(0, 9), _at(0, 8)), 0)

    def test_inside_a_day_over_the_break(self):
        self.assertEqual(self.clock.end_of(_at(0, 10), 4 * HOUR), _at(0, 15))

    def test_ends_with_the_working_day(self):
        """Eight hours are over in the evening, not the next morning."""
        self.assertEqual(self.clock.end_of(_at(0, 8), 8 * HOUR), _at(0, 17))

    def test_over_the_weekend(self):
        self.assertEqual(self.clock.end_of(_at(4, 16), 2 * HOUR), _at(7, 9))

    def test_start_outside_working_time(self):
        self.assertEqual(self.clock.end_of(_at(5, 11), HOUR), _at(7, 9))
        self.assertEqual(self.clock.end_of(_at(0, 12, 30), HOUR), _at(0, 14))

    def test_between(self):
        self.assertEqual(self.clock.between(_at(0, 10), _at(1, 10)), 8 * HOUR)
        self.assertEqual(self.clock.between(_at(4, 18), _at(6, 10)), 0)

    def test_spans_are_the_same_time(self):
        spans = self.clock.spans(_at(0, 10), _at(1, 10))
        self.assertEqual(
            spans,
            [
                (_at(0, 10), _at(0, 12)),
                (_at(0, 13), _at(0, 17)),
                (_at(1, 8), _at(1, 10)),
            ],
        )

    def test_many_questions_read_once(self):
        for minute in range(500):
            self.clock.end_of(_at(0, 8, minute), 40 * HOUR)
        self.assertEqual(len(self.reads), 1)

    def test_far_away_reads_more(self):
        far = self.clock.end_of(_at(0, 8), 2000 * HOUR)
        self.assertEqual(far, _at(0, 8) + timedelta(days=347, hours=9))
        self.assertEqual(self.clock.end_of(_at(-30, 8), 8 * HOUR), _at(-28, 17))
        self.assertEqual(self.clock.end_of(_at(0, 8), 2000 * HOUR), far)

    def test_without_working_time_it_counts_around_the_clock(self):
        """So it does for more than there is in the next years."""
        clock = WorkingTime(lambda first, last: [], MONDAY)
        self.assertFalse(clock.lasts(MONDAY, 1))
        self.assertEqual(clock.end_of(MONDAY, HOUR), _at(0, 1))
        self.assertEqual(deadline(clock, MONDAY, HOUR), _at(0, 1))
        few = WorkingTime(lambda *_span: [(_at(0, 8), _at(0, 9))], MONDAY)
        self.assertTrue(few.lasts(MONDAY, HOUR))
        self.assertEqual(few.end_of(MONDAY, HOUR), _at(0, 9))
        self.assertEqual(few.end_of(MONDAY, 2 * HOUR), _at(0, 2))

    def test_pauses_do_not_count(self):
        pauses = [(_at(0, 9), _at(1, 9)), (_at(1, 10), _at(1, 11))]
        # 1 h before, 1 h between, 2 h after them
        self.assertEqual(deadline(self.clock, _at(0, 8), 4 * HOUR, pauses), _at(1, 14))

    def test_a_pause_before_or_after_changes_nothing(self):
        pauses = [(_at(-2, 9), _at(-1, 9)), (_at(0, 11), _at(3, 9))]
        self.assertEqual(deadline(self.clock, _at(0, 8), 2 * HOUR, pauses), _at(0, 10))

    def test_a_running_pause_stops_the_clock(self):
        pauses = [(_at(0, 10), None)]
        self.assertIsNone(deadline(self.clock, _at(0, 8), 3 * HOUR, pauses))
        # What has run out before the pause has run out.
        self.assertEqual(deadline(self.clock, _at(0, 8), HOUR, pauses), _at(0, 9))
