from odoo.tests import tagged

from ..reading import process
from ..reading.calendar import Invitation, read_invitation
from .common import CollectorCommon
from .hostile_mails import file_part, mail, multipart, text_part
from .reading_common import ReadingCommon

# The time zone of Outlook: a name of its own, defined in the file.
ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:%s\r\n"
    "BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\n"
    "TZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
    "BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\n"
    "TZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\n"
    "END:VTIMEZONE\r\n"
)


def calendar(method="REQUEST", zones="", **properties):
    """Return a calendar file with one event; a name's `_` stands for `-`."""
    lines = {
        "UID": "visit-1@huber.example",
        "SUMMARY": "Visit\\, floor\r\n  two",
        "DTSTART": "20261201T090000Z",
        "DTEND": "20261201T100000Z",
        "LOCATION": "Room 2",
        "ORGANIZER;CN=Anna Huber": "mailto:anna@huber.example",
        **properties,
    }
    event = "".join(
        f"{name}{'' if value.startswith((';', ':')) else ':'}{value}\r\n"
        for name, value in lines.items()
        if value is not None
    )
    head = f"METHOD:{method}\r\n" if method else ""
    return (
        f"BEGIN:VCALENDAR\r\n{head}VERSION:2.0\r\n{zones}BEGIN:VEVENT\r\n{event}"
        "BEGIN:VALARM\r\nDESCRIPTION:Beep\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def calendar_part(text, kind="text/calendar; charset=utf-8"):
    """Return a part with a calendar file."""
    return f"Content-Type: {kind}\r\n\r\n{text}"


def answer(status, *, parameters="", **properties):
    """Return a mail that is an answer to an invitation and nothing else."""
    who = f";PARTSTAT={status};CN=Bea{parameters}"
    properties = {f"ATTENDEE{who}": "mailto:bea@x.example", **properties}
    return mail("Answer", calendar_part(calendar("REPLY", **properties)))


@tagged("post_install", "-at_install")
class TestInvitations(ReadingCommon):
    """E09: invitations and the answers to them in words."""

    def test_what_each_mail_is(self):
        """E09: invited, moved, cancelled, proposed: the first line says which."""
        for words, method, properties in (
            ("Invitation: Visit, floor two", "REQUEST", {}),
            ("Changed invitation: Visit, floor two", "REQUEST", {"SEQUENCE": "2"}),
            ("Cancelled: Visit, floor two", "CANCEL", {}),
            ("Cancelled: Visit, floor two", "REQUEST", {"STATUS": "CANCELLED"}),
            ("Another time proposed: Visit, floor two", "COUNTER", {}),
            ("Proposed time declined: Visit, floor two", "DECLINECOUNTER", {}),
            ("Answer to the invitation: Visit, floor two", "REPLY", {}),
            ("Event: Visit, floor two", "", {}),
            ("Event: Visit, floor two", "PUBLISH", {}),
            ("Cancelled", "CANCEL", {"SUMMARY": None}),
        ):
            with self.subTest(words):
                seen = self._see(
                    mail("x", calendar_part(calendar(method, **properties)))
                )
                self.assertTrue(seen.shown.startswith(f"{words} When: "), seen.shown)
                self.assertIn("Where: Room 2", seen.shown)
                self.assertIn("Organizer: Anna Huber <anna@huber.example>", seen.shown)
                self.assertNotIn("Beep", seen.shown)
                self.assertEqual(set(seen.files), {"invite.ics"})

    def test_answers(self):
        """E09: who accepted, and what the person wrote to it."""
        for status, words in (
            ("ACCEPTED", "Accepted: "),
            ("DECLINED", "Declined: "),
            ("TENTATIVE", "Tentatively accepted: "),
            ("DELEGATED", "Passed on to somebody else: "),
            ("NEEDS-ACTION", "Answer to the invitation: "),
        ):
            with self.subTest(status):
                seen = self._see(answer(status))
                self.assertTrue(seen.shown.startswith(words))
                self.assertIn("Answer of: Bea <bea@x.example>", seen.shown)
                self.assertEqual(seen.calendar.status, status)

    def test_comments(self):
        """E09: a comment is shown, wherever the program puts it."""
        for raw in (
            answer("DECLINED", COMMENT="Not on\\n Monday\\, please"),
            answer("DECLINED", **{"COMMENT;LANGUAGE=en": "Not on Monday\\, please"}),
            answer(
                "DECLINED", parameters=';X-RESPONSE-COMMENT="Not on Monday, please"'
            ),
            answer(
                "DECLINED",
                **{"X-CALENDARSERVER-ATTENDEE-COMMENT": "Not on Monday\\, please"},
            ),
        ):
            seen = self._see(raw)
            self.assertIn("Comment: Not on Monday, please", seen.shown)
            self.assertEqual(
                " ".join(seen.calendar.comment.split()), "Not on Monday, please"
            )

    def test_beside_a_text(self):
        """E09: what the text beside it does not say comes first, the rest is there."""
        file = calendar_part(
            calendar(DESCRIPTION="Long words"), "text/calendar; method=REQUEST"
        )
        plain = text_part("See you")
        rich = "Content-Type: text/html\r\n\r\n<p>See <b>you</b></p>"
        for parts in ((plain, file), (plain, rich, file), (text_part(""), rich, file)):
            seen = self._see(mail("x", multipart(*parts, kind="alternative")))
            self.assertTrue(seen.shown.startswith("Invitation: Visit, floor two When:"))
            self.assertTrue(seen.shown.endswith("See you"))
            self.assertNotIn("Long words", seen.shown)

    def test_a_file_with_an_event(self):
        """E09: an event that is merely attached changes nothing of the text."""
        for method in ("", "PUBLISH"):
            part = file_part("event.ics", calendar(method).encode(), "text/calendar")
            seen = self._see(mail("x", multipart(text_part("Mine"), part)))
            self.assertEqual(seen.shown, "Mine")

    def test_any_type(self):
        """E09: Outlook's and Google's second copy says the same as the first."""
        for kind in (
            "application/ics; name=invite.ics",
            'application/octet-stream; name="invite.ics"',
        ):
            seen = self._see(mail("x", calendar_part(calendar("CANCEL"), kind)))
            self.assertTrue(seen.shown.startswith("Cancelled: Visit"))

    def test_times(self):
        """E09: days and hours in words, in the zone that the mail names."""
        day, nine = "Tuesday, December 1, 2026", "9:00 AM"
        berlin = f"{day}, {nine} – 10:00 AM (Europe/Berlin)"
        custom = ZONE % "Customized Time Zone"
        for start, end, zones, words in (
            ("20261201T090000Z", "20261201T100000Z", "", f"{nine} – 10:00 AM (UTC)"),
            (
                ";TZID=Europe/Berlin:20261201T090000",
                ";TZID=Europe/Berlin:20261201T100000",
                "",
                berlin,
            ),
            (";TZID=Europe/Berlin:20261201T090000", "20261201T090000Z", "", berlin),
            (
                ';TZID="W. Europe Standard Time":20261201T090000',
                ";TZID=W. Europe Standard Time:20261201T100000",
                "",
                berlin,
            ),
            (
                ";TZID=/mozilla.org/20050126_1/Europe/Berlin:20261201T090000",
                None,
                "",
                f"{day}, {nine} (Europe/Berlin)",
            ),
            (
                ";TZID=Customized Time Zone:20260701T090000",
                "20260701T080000Z",
                custom,
                "July 1, 2026, 9:00 AM – 10:00 AM (Customized Time Zone)",
            ),
            (
                ";TZID=Nowhere:20261201T090000",
                ";TZID=Nowhere:20261201T100000",
                "",
                f"{nine} – 10:00 AM (Nowhere)",
            ),
            ("20261201T090000", "20261202T100000", "", "Wednesday, December 2, 2026"),
            (";VALUE=DATE:20261201", ";VALUE=DATE:20261202", "", f"When: {day} Where"),
            (";VALUE=DATE:20261201", ";VALUE=DATE:20261203", "", f"{day} – Wednesday"),
            ("2026-12-01T09:00:00Z", None, "", f"{day}, {nine} (UTC)"),
        ):
            with self.subTest(start):
                seen = self._see(
                    mail(
                        "x",
                        calendar_part(calendar(zones=zones, DTSTART=start, DTEND=end)),
                    )
                )
                self.assertIn(words, seen.shown)

    def test_duration(self):
        """E09: instead of an end there may be a duration."""
        for duration, end in (
            ("PT1H30M", "2026-12-01T10:30:00+00:00"),
            ("P1D", "2026-12-02T09:00:00+00:00"),
            ("P1W", "2026-12-08T09:00:00+00:00"),
            ("nonsense", ""),
        ):
            text = calendar(DTEND=None, DURATION=duration).replace("\r", "")
            self.assertEqual(read_invitation(text).end, end)

    def test_language_and_zone(self):
        """E09: whoever asks says in which language and time zone."""
        seen = self._see(
            answer("ACCEPTED"),
            language="de_DE",
            zone="Europe/Berlin",
            words={"accepted": "Zugesagt: %s", "when": "Wann: %s"},
        )
        self.assertIn("Zugesagt: Visit", seen.shown)
        self.assertIn(
            "Wann: Dienstag, 1. Dezember 2026, 10:00 – 11:00 (Europe/Berlin)",
            seen.shown,
        )
        self.assertIn("Where: Room 2", seen.shown)

    def test_what_programs_get(self):
        """E09: the other side of the process gets it as data, too."""
        raw = answer("TENTATIVE", COMMENT="Maybe", SEQUENCE="3", DESCRIPTION="Why")
        self.assertEqual(
            process.read_mail(raw, "<1@x>").calendar,
            Invitation(
                method="REPLY",
                uid="visit-1@huber.example",
                sequence=3,
                status="TENTATIVE",
                summary="Visit, floor two",
                start="2026-12-01T09:00:00+00:00",
                end="2026-12-01T10:00:00+00:00",
                zone="UTC",
                location="Room 2",
                organizer="anna@huber.example",
                organizer_name="Anna Huber",
                attendee="bea@x.example",
                attendee_name="Bea",
                comment="Maybe",
                description="Why",
            ),
        )
        self.assertIsNone(process.read_mail(mail("x", text_part()), "<1@x>").calendar)

    def test_broken_files(self):
        """E09: what is left of a broken file is shown, and nothing fails."""
        whole = calendar(
            "REPLY", **{'ATTENDEE;PARTSTAT=ACCEPTED;CN="B': "mailto:b@x.y"}
        )
        for text in (
            whole,
            whole.partition("BEGIN:VALARM")[0],
            whole.replace("\r\n", "\r\n\r\n"),
            whole.replace("\r\n", "\n"),
            f"\ufeff{whole}",
            whole.replace("UID", "no property\r\n:\r\n;;;\r\nUID"),
            whole.replace("Z\r\n", "\r\n").replace("20261201T", "99999999T"),
            whole.replace("20261201T", "00010101T"),
            whole.replace("20261201T", "99991231T"),
            whole.replace("DTEND", "DURATION"),
        ):
            seen = self._see(mail("x", calendar_part(text)))
            self.assertTrue(seen.shown.startswith("Accepted: Visit, floor two"), text)
        for text in ("", "BEGIN:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "\0", "a:b"):
            self.assertFalse(
                self._see(mail("x", calendar_part(f"{text}\r\n"))).calendar
            )

    def test_hostile_files(self):
        """rel-C1: no calendar file takes long."""
        attendee = "ATTENDEE;CN=A:mailto:a@b.example"
        for text in (
            "BEGIN:A\r\n" * 100_000 + calendar(),
            calendar(zones=ZONE.replace("YEARLY", "SECONDLY") % "Z"),
            calendar(zones=(ZONE % "Z") * 5_000),
            calendar(zones="BEGIN:VTIMEZONE\r\n" * 50_000),
            calendar(DTSTART=";A=b" * 100_000 + ":20261201T090000Z"),
            calendar(DTSTART=';A="b' * 100_000 + ":20261201T090000Z"),
            calendar(DTSTART=f";TZID={'/a' * 100_000}:20261201T090000"),
            calendar(SUMMARY="\r\n x" * 300_000),
            calendar(DESCRIPTION="\\n" * 1_000_000),
            calendar(COMMENT=f"x\r\n{attendee}\r\n" * 100_000),
            calendar() * 10_000,
        ):
            self._see(mail("x", calendar_part(text)))


@tagged("post_install", "-at_install")
class TestInvitationTickets(CollectorCommon):
    """E09: the same on a ticket."""

    def test_in_the_language_of_the_company(self):
        """E09: the words, the days and the time zone are those of the company."""
        self.env["res.lang"]._activate_lang("de_DE")
        self.company.partner_id.write({"lang": "de_DE", "tz": "Europe/Berlin"})
        row = self._receive(answer("DECLINED", COMMENT="Montag"))
        text = row.ticket_id.description
        self.assertIn("Abgelehnt: Visit, floor two", text)
        self.assertIn("Wann: Dienstag, 1. Dezember 2026, 10:00 – 11:00", text)
        self.assertIn("Kommentar: Montag", text)
        self.assertEqual(row.ticket_id.message_ids.attachment_ids.name, "invite.ics")
