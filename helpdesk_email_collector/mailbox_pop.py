"""A POP3 account. Plain Python."""

import poplib

from . import mailbox as imap
from .reading.process import unread

MAX_OLDER = 50
UIDL = "UIDL"  # used in place of IMAP's UIDVALIDITY


class PopMailbox:
    """A POP3 account, with the same methods as `ImapMailbox`.

    Handled mails are deleted at `disconnect`. Mails are identified by the command UIDL
    (RFC 1939, 7), which some servers do not support.

    :param poplib.POP3 connection: logged in
    """

    folder = ""

    def __init__(self, connection):
        self.connection = connection
        self.uid_validity = ""
        self.unread = []
        self.too_big = []
        self._numbers = {}

    def check_unread_messages(self, since=None):
        """Look for mails, at most as many as are fetched in one run.

        :param datetime since: ignore mails received before, naive in UTC
        :return: number of mails
        :rtype: int
        """
        count, _size = self.connection.stat()
        if since and count:
            numbers = self._find_since(count, since)
        else:
            numbers = range(1, min(count, imap.MAX_UNREAD) + 1)
        self._numbers = {str(number): number for number in numbers}
        if numbers:
            self._read_identifiers()
        self.unread = list(self._numbers)
        return len(self.unread)

    def _find_since(self, count, since):
        """Return the numbers of the mails received since a moment, by their headers.

        Servers number mails in the order of arrival, some of them in reverse; the
        search ends after `MAX_OLDER` older mails in a row. Mails without a date count
        as new.
        """
        first, last = self._get_date(1), self._get_date(count)
        order = range(count, 0, -1)
        if first and last and first > last:
            order = reversed(order)
        found, older = [], 0
        for number in order:
            date = self._get_date(number)
            older = older + 1 if date and date < since else 0
            if not older:
                found.append(number)
            if older >= MAX_OLDER or len(found) >= imap.MAX_UNREAD:
                break
        return sorted(found)

    def _get_date(self, number):
        """Return when a mail was received; None if nothing says so, or if the server
        cannot send headers alone (RFC 1939, 7: TOP)."""
        try:
            _status, lines, _octets = self.connection.top(number, 0)
        except poplib.error_proto as error:
            if "EOF" in str(error):
                raise
            return None
        return unread(b"\r\n".join([*lines, b"", b""])).came

    def _read_identifiers(self):
        """Read the identifiers of the mails from UIDL, if they are usable."""
        try:
            _status, lines, _octets = self.connection.uidl()
        except poplib.error_proto as error:
            if "EOF" in str(error):
                raise  # the connection is dead; the server did not refuse anything
            return
        pairs = [line.decode("ascii", "replace").split(" ", 1) for line in lines]
        known = {
            pair[1].strip(): int(pair[0])
            for pair in pairs
            if len(pair) == 2 and pair[0] in self._numbers
        }
        if len(known) == len(self._numbers):  # neither missing nor given twice
            self._numbers, self.uid_validity = known, UIDL

    def retrieve_batches(self):
        """Yield lists of `(key, raw)`; a key is a UIDL, or a number within this
        session."""
        sizes = self._sizes() if self.unread else {}
        batch, total = [], 0
        for key in self.unread:
            size = sizes.get(self._numbers[key], 0)
            if size > imap.MAX_MAIL_BYTES:
                self.too_big.append(key)
                continue
            _status, lines, size = self.connection.retr(self._numbers[key])
            batch.append((key, b"\r\n".join(lines) + b"\r\n"))
            total += size
            if len(batch) >= imap.BATCH_MAILS or total >= imap.BATCH_BYTES:
                yield batch
                batch, total = [], 0
        if batch:
            yield batch

    def _sizes(self):
        _status, lines, _octets = self.connection.list()
        pairs = [line.split()[:2] for line in lines]
        return {
            int(pair[0]): int(pair[1])
            for pair in pairs
            if len(pair) == 2 and all(word.isdigit() for word in pair)
        }

    def retrieve_unread_messages(self):
        """Yield `(key, raw)` of each mail."""
        for batch in self.retrieve_batches():
            yield from batch

    def handled_message(self, key):
        """Delete one mail."""
        self.connection.dele(self._numbers[key])

    def handled_messages(self, keys):
        """Mark mails for deletion; to be called after their content was committed."""
        for key in keys:
            self.handled_message(key)

    def disconnect(self):
        """End the session; the server deletes the handled mails (RFC 1939, 6)."""
        self.connection.quit()

    def hang_up(self):
        """Drop the connection without ending the session."""
        self.connection.close()
