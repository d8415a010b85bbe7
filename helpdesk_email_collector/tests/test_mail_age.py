from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, tagged

from ..reading.facts import came_on, read_moment, sent_on
from .common import CollectorCommon, plain_mail


def ago(**period):
    """Return a moment of the past as a header shows it."""
    return format_datetime(datetime.now(timezone.utc) - timedelta(**period))


def hop(moment, protocol="ESMTPS"):
    """Return what a mail server writes that takes a mail."""
    return f"from a.example by b.example with {protocol} id 7; {moment}"


@tagged("post_install", "-at_install")
class TestMailAge(BaseCase):
    """E01: when a mail was sent, whatever its clock says."""

    OLD = "Fri, 19 Nov 2021 10:30:00 +0100"
    NEW = "Fri, 27 Nov 2026 08:00:00 +0000"

    def test_what_tells_it(self):
        """The first mail server knows better than the clock of the sender."""
        old, new = datetime(2021, 11, 19, 9, 30), datetime(2026, 11, 27, 8)
        for dates, received, sent in (
            ([self.OLD], [], old),
            ([self.OLD], [hop(self.OLD)], old),
            ([self.OLD], [hop(self.NEW)], new),  # a wrong clock, or written offline
            ([self.OLD], [hop(self.NEW), hop(self.OLD)], old),  # moved to us later
            ([self.OLD], [hop(self.NEW, "LMTP")], old),  # only delivered here
            ([self.OLD], [hop(self.NEW, "IMAP")], old),
            ([self.NEW], [hop(self.OLD)], new),
            ([self.OLD, self.NEW], [hop(self.OLD)], new),  # sent on by somebody
            (["Thu, 01 Jan 1970 00:00:00 +0000"], [], None),
            (["Mon, 01 Jan 2099 00:00:00 +0000"], [hop(self.OLD)], old),
            (["yesterday", ""], ["by b.example", hop("never")], None),
            ([], [], None),
        ):
            with self.subTest(dates=dates, received=received):
                self.assertEqual(sent_on(dates, received), sent)

    def test_when_it_came(self):
        """The last server says when it came to the mailbox."""
        received = [hop(self.NEW, "LMTP"), hop(self.OLD)]
        self.assertEqual(came_on([self.OLD], received), datetime(2026, 11, 27, 8))
        self.assertIsNone(came_on(["yesterday"], []))

    def test_dates_that_cannot_be(self):
        for text in ("", "Fri, 99 Nov 2021", "Fri, 19 Nov 0001 00:00:00 +2400"):
            self.assertIsNone(read_moment(text))


@tagged("post_install", "-at_install")
class TestOldMail(CollectorCommon):
    """rel-H1: who wrote long ago gets no automatic answer."""

    def _is_acknowledged(self, subject, **headers):
        """Receive a mail, which becomes a ticket; tell whether its sender was told."""
        sender = f"{subject}@huber.example"
        with self.mock_mail_gateway():
            row = self._receive(plain_mail(subject, sender, **headers))
        self.assertTrue(row.ticket_id, row.reason)
        return bool(self._new_mails)

    def test_no_acknowledgement(self):
        self.assertTrue(self._is_acknowledged("fresh", date=ago(days=13)))
        self.assertFalse(self._is_acknowledged("old", date=ago(days=15)))
        self.assertFalse(self._is_acknowledged("older", date=ago(days=1900)))

    def test_wrong_clock(self):
        """What was just sent is new, whatever its date."""
        date, fresh = ago(days=1900), hop(ago(minutes=1))
        self.assertTrue(self._is_acknowledged("clock", date=date, received=fresh))
        self.assertTrue(self._is_acknowledged("none", date="nonsense"))

    def test_setting(self):
        self.company.helpdesk_acknowledge_days = 10
        self.assertTrue(self._is_acknowledged("nine", date=ago(days=9)))
        self.assertFalse(self._is_acknowledged("eleven", date=ago(days=11)))
        self.company.helpdesk_acknowledge_days = 0
        self.assertTrue(self._is_acknowledged("any", date=ago(days=1900)))
        with self.assertRaisesRegex(ValidationError, "or 0 for any age"):
            self.company.helpdesk_acknowledge_days = -1

    def test_held_back_meanwhile(self):
        """What waited here for days is answered: it was new when it came."""
        row = self._store(plain_mail("Waits", date=ago(days=20)))
        row.received_date -= timedelta(days=10)
        with self.mock_mail_gateway():
            self._process()
        self.assertTrue(row.ticket_id)
        self.assertTrue(self._new_mails)
