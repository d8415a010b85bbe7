"""A POP3 account as the collector reads it. Plain Python."""

import poplib

from . import mailbox as imap
from .reading.process import unread

MAX_OLDER = 50
UIDL = "UIDL"  # stands where IMAP has its UIDVALIDITY


class PopMailbox:
    """A POP3 account, with the same methods as `ImapMailbox`.

    What is handled is deleted, and that at `disconnect` only. Mails are known by the
    identifiers of the command UIDL (RFC 1939, 7), which not every server has.

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
        """Look which mails there are; at most as many as one visit takes home.

        :param datetime since: leave out what came before, in UTC without zone
        :return: how many there are
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
        """Return the numbers of the mails that came since a moment, by their headers.

        Servers number mails in the order in which they came, some the last one first;
        after `MAX_OLDER` older ones in a row nothing new is expected. A mail whose head
        says nothing counts as new.
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
        """Return when a mail came; None where nothing says it, or the server does not
        show heads alone (RFC 1939, 7: TOP)."""
        try:
            _status, lines, _octets = self.connection.top(number, 0)
        except poplib.error_proto as error:
            if "EOF" in str(error):
                raise
            return None
        return unread(b"\r\n".join([*lines, b"", b""])).came

    def _read_identifiers(self):
        """Know the mails by what UIDL says, if it says something of use."""
        try:
            _status, lines, _octets = self.connection.uidl()
        except poplib.error_proto as error:
            if "EOF" in str(error):
                raise  # the line is dead; the server refused nothing
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
        """Yield lists of `(key, raw)`; a key is a UIDL, or a number of this session."""
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
        """Delete mails; call it after what was read is committed."""
        for key in keys:
            self.handled_message(key)

    def disconnect(self):
        """End the session; the server deletes what was handled (RFC 1939, 6)."""
        self.connection.quit()

    def hang_up(self):
        """End a connection over which nothing can be said any more."""
        self.connection.close()
