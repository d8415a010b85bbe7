"""A POP3 account as the collector reads it. Plain Python."""

import poplib

from . import mailbox as imap

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

    def check_unread_messages(self):
        """Return how many mails there are; at most as many as one visit takes home."""
        count, _size = self.connection.stat()
        numbers = range(1, min(count, imap.MAX_UNREAD) + 1)
        self._numbers = {str(number): number for number in numbers}
        if numbers:
            self._read_identifiers()
        self.unread = list(self._numbers)
        return len(self.unread)

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

    def forget(self, keys):
        """Leave these mails out of `retrieve_batches`."""
        known = set(keys)
        self.unread = [key for key in self.unread if key not in known]

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
