"""Arithmetic of working time: when an amount of it is over, with pauses (T25, T26).

All moments are naive datetimes in UTC, as in the database; daylight saving time is
already considered in the intervals, which the caller reads from a calendar.
"""

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

# Nobody waits longer for working time: a calendar without any in this span has none.
FURTHEST = timedelta(days=5 * 365)
STEP = timedelta(days=90)
EPOCH = datetime(1970, 1, 1)
# The states of a ticket in which its clocks stand still (T25, T26), and why.
PAUSES = {"waiting": "waiting", "closed": "closed", "cancelled": "closed"}


class AroundTheClock:
    """A clock that never stops."""

    def lasts(self, start, seconds):
        """Return whether ``start`` is followed by so many ``seconds`` of work."""
        return True

    def end_of(self, start, seconds):
        """Return when ``seconds`` of working time after ``start`` are over."""
        return start + timedelta(seconds=seconds)

    def between(self, start, end):
        """Return the seconds of working time between two moments."""
        return max((end - start).total_seconds(), 0)

    def spans(self, start, end):
        """Return the working time between two moments as pairs of moments."""
        return [(start, end)] if start < end else []


class WorkingTime(AroundTheClock):
    """A clock that runs during the intervals of a calendar.

    The intervals are read once for many calculations, and more of them when needed.

    :param read: callable that gets two moments, and returns the intervals between them
        as sorted pairs of moments
    :param first: the earliest moment that will be used
    """

    def __init__(self, read, first):
        self._read = read
        self._load(first, first + STEP)

    def _load(self, first, last):
        self._first, self._last = first, last
        pairs = self._read(first, last)
        intervals = [tuple(map(_to_seconds, pair)) for pair in pairs]
        self._starts = [start for start, _end in intervals]
        self._ends = [end for _start, end in intervals]
        # How much working time is over at the end of each interval.
        self._sums = list(accumulate(end - start for start, end in intervals))

    def _cover(self, first, last):
        """Read the intervals between two moments if necessary."""
        if first < self._first or last > self._last:
            self._load(min(first, self._first), max(last, self._last))

    def _worked_until(self, moment):
        """Return the seconds of working time from the first known moment to this
        one."""
        second = _to_seconds(moment)
        position = bisect_right(self._starts, second) - 1
        if position < 0:
            return 0
        return self._sums[position] - max(self._ends[position] - second, 0)

    def lasts(self, start, seconds):
        """Return whether the calendar has that much working time within
        ``FURTHEST``."""
        self._cover(start, start)
        while self._find(start, seconds) is None:
            if self._last >= start + FURTHEST:
                return False
            wider = self._last + max(self._last - self._first, STEP)
            self._load(self._first, min(wider, start + FURTHEST + STEP))
        return True

    def end_of(self, start, seconds):
        """Return when ``seconds`` of working time after ``start`` are over: around the
        clock, if the calendar has not that much. A promise without a deadline would be
        forgotten."""
        if not self.lasts(start, seconds):
            return super().end_of(start, seconds)
        return self._find(start, seconds)

    def _find(self, start, seconds):
        """Return ``end_of`` as far as the intervals are known, else None."""
        goal = self._worked_until(start) + seconds
        position = bisect_left(self._sums, goal)
        if position == len(self._sums):
            return None
        left = self._sums[position] - goal
        return EPOCH + timedelta(seconds=self._ends[position] - left)

    def between(self, start, end):
        """Return the seconds of working time between two moments."""
        if end <= start:
            return 0
        self._cover(start, end)
        return self._worked_until(end) - self._worked_until(start)

    def spans(self, start, end):
        """Return the working time between two moments as pairs of moments."""
        self._cover(start, max(start, end))
        low, high = _to_seconds(start), _to_seconds(end)
        pairs = zip(self._starts, self._ends, strict=True)
        clipped = ((max(low, first), min(high, last)) for first, last in pairs)
        return [
            (EPOCH + timedelta(seconds=first), EPOCH + timedelta(seconds=last))
            for first, last in clipped
            if first < last
        ]


def _to_seconds(moment):
    # A day that ends at 24:00 ends a microsecond before in Odoo's calendars.
    return round((moment - EPOCH).total_seconds())


class Pause(NamedTuple):
    """A time during which the clocks of a ticket stood still."""

    begin: datetime
    end: datetime | None  # None: it goes on
    reason: str


def stretches(start, pauses):
    """Return the time after ``start`` without the pauses.

    :param pauses: sorted pairs of moments; the second is None for one that still runs
    :return: pairs of moments; the last one's end is None unless a pause still runs
    """
    result = []
    for begin, end in pauses:
        if end is not None and end <= start:
            continue
        if begin > start:
            result.append((start, begin))
        if end is None:
            return result
        start = end
    return [*result, (start, None)]


def deadline(clock, start, seconds, pauses=()):
    """Return when ``seconds`` of working time after ``start`` are over.

    :param clock: an AroundTheClock or WorkingTime
    :param pauses: as for ``stretches``; working time in them does not count
    :return: a datetime; None while a pause runs
    """
    if not pauses:
        return clock.end_of(start, seconds)
    for begin, end in stretches(start, pauses):
        worked = None if end is None else clock.between(begin, end)
        if worked is None or worked >= seconds:
            return clock.end_of(begin, seconds)
        seconds -= worked
    return None
