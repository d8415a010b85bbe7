from datetime import datetime

from odoo.tests import BaseCase, tagged

from ..invitation import read_invitation


def calendar(*lines, method="REQUEST"):
    """Return a calendar with one event."""
    head = ("BEGIN:VCALENDAR", f"METHOD:{method}", "BEGIN:VEVENT")
    return "\r\n".join([*head, *lines, "END:VEVENT", "END:VCALENDAR", ""])


@tagged("post_install", "-at_install")
class TestInvitation(BaseCase):
    """E03, E09: the time of an event, of whatever a calendar holds."""

    def _times(self, *lines):
        found = read_invitation(calendar(*lines), "Europe/Berlin")
        return found and (found.start, found.stop, found.all_day)

    def test_times(self):
        """E03: UTC, a named zone, an unknown one, none; end, duration, neither."""
        nine = datetime(2026, 7, 1, 9)
        ten, eleven = nine.replace(hour=10), nine.replace(hour=11)
        for lines, expected in (
            (("DTSTART:20260701T090000Z", "DTEND:20260701T110000Z"), (nine, eleven)),
            (("DTSTART:20260701T090000Z",), (nine, ten)),
            (("DTSTART:20260701T090000Z", "DURATION:PT2H"), (nine, eleven)),
            (("DTSTART;TZID=America/New_York:20260701T050000",), (nine, ten)),
            (("DTSTART;TZID=W. Europe Standard Time:20260701T110000",), (nine, ten)),
            (("DTSTART:20260701T110000",), (nine, ten)),
            (("DTSTART:20260701T090000Z", "DTEND:20260101T000000Z"), (nine, ten)),
        ):
            with self.subTest(lines=lines):
                self.assertEqual(self._times(*lines), (*expected, False))

    def test_whole_days(self):
        """E03: the end of a day-long event is the day after its last."""
        first, second = datetime(2026, 7, 1), datetime(2026, 7, 2)
        start = "DTSTART;VALUE=DATE:20260701"
        self.assertEqual(self._times(start), (first, first, True))
        stop = "DTEND;VALUE=DATE:20260703"
        self.assertEqual(self._times(start, stop), (first, second, True))

    def test_texts(self):
        """E03: folded lines and escaped characters."""
        found = read_invitation(
            calendar("DTSTART:20260701T090000Z", r"SUMMARY:Visit\, room", "  4\\n!"),
            "UTC",
        )
        self.assertEqual(found.summary, "Visit, room 4 !")

    def test_no_event(self):
        """E09: called off, without a time or nonsense: no event, and no error."""
        start = "DTSTART:20260701T090000Z"
        self.assertIsNone(read_invitation(calendar(start, method="CANCEL"), "UTC"))
        for lines in ((), ("DTSTART:tomorrow",), ("DTSTART:99999999",), ("DTSTART",)):
            self.assertIsNone(self._times(*lines))
        self.assertIsNone(read_invitation("BEGIN:VCALENDAR" * 100_000, "UTC"))
