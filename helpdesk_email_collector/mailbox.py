"""Mailboxes as the collector reads them: IMAP folders and POP3. Plain Python.

Each class has the four methods of core's connections (`check_unread_messages`,
`retrieve_unread_messages`, `handled_message`, `disconnect`). Reading never changes
the mailbox: what was read is marked, moved or deleted only by `handled_messages`,
which the caller calls after its commit.
"""

import base64
import logging
import re
from imaplib import IMAP4

from .mailbox_errors import MailboxError

_logger = logging.getLogger(__name__)

BATCH_MAILS = 50
BATCH_BYTES = 16 * 1024 * 1024  # bounds what one FETCH holds in memory

_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)
# LIST (RFC 3501, 7.2.2): flags, delimiter, name; the name quoted or not
_LIST = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.+)')


def encode_folder(name):
    """Return a folder's name as an IMAP argument: modified UTF-7, quoted.

    RFC 3501, 5.1.3. Control characters would end the command and begin another.

    :param str name: the name as people write it
    :raises MailboxError: `folder_name` for an empty name or control characters
    """
    if not name or not name.isprintable():
        raise MailboxError("folder_name", folder=name or "")
    encoded = ""
    for part in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", name):
        if part[0] <= "~":
            encoded += part.replace("&", "&-")
        else:
            shifted = base64.b64encode(part.encode("utf-16-be")).decode()
            encoded += "&" + shifted.rstrip("=").replace("/", ",") + "-"
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def decode_folder(name):
    """Return a folder's name from modified UTF-7 (RFC 3501, 5.1.3).

    :param str name: the name as the server writes it, unquoted
    """

    def decode(match):
        shifted = match.group(1)
        if not shifted:
            return "&"
        padding = "=" * (-len(shifted) % 4)
        raw = base64.b64decode(shifted.replace(",", "/") + padding)
        return raw.decode("utf-16-be", "replace")

    return re.sub(r"&([A-Za-z0-9+,]*)-", decode, name)


class ImapMailbox:
    """One folder of an IMAP account, read by UID.

    :param IMAP4 connection: logged in
    :param str folder: the folder to read
    """

    def __init__(self, connection, folder="INBOX"):
        self.connection = connection
        self.folder = folder or "INBOX"
        self.uid_validity = ""
        self.unread = []

    def open(self):
        """Select the folder.

        :raises MailboxError: `folder` when it is missing, `read_only`
        """
        try:
            status, data = self.connection.select(encode_folder(self.folder))
        except IMAP4.readonly as error:
            raise MailboxError("read_only", folder=self.folder) from error
        if status != "OK":
            self._raise_missing_folder(self.folder, data)
        _name, validity = self.connection.response("UIDVALIDITY")
        self.uid_validity = validity[-1].decode() if validity and validity[-1] else ""

    def check_folder(self, folder):
        """Check that a folder exists which mails are to be moved to.

        :param str folder: its name
        :raises MailboxError: `folder` when it is missing
        """
        status, data = self.connection.status(encode_folder(folder), "(MESSAGES)")
        if status != "OK":
            self._raise_missing_folder(folder, data)

    def list_folders(self):
        """Return the names of the account's folders."""
        status, lines = self.connection.list()
        names = []
        for line in lines if status == "OK" else ():
            # a name with odd characters comes as a literal: a pair
            head, literal = line if isinstance(line, tuple) else (line, None)
            match = _LIST.match(head or b"")
            if match and b"\\noselect" not in match["flags"].lower():
                name = (literal or match["name"]).decode("utf-8", "replace").strip()
                if name.startswith('"'):
                    name = re.sub(r"\\(.)", r"\1", name[1:-1])
                names.append(decode_folder(name))
        return names

    def check_unread_messages(self):
        """Open the folder and look for unread mails.

        :return: how many there are
        :raises MailboxError: as `open`
        """
        self.open()
        data = self._uid("SEARCH", None, "UNSEEN UNDELETED")
        self.unread = sorted(int(uid) for uid in (data[0] or b"").split())
        return len(self.unread)

    def forget(self, uids):
        """Leave these mails out of `retrieve_unread_messages`.

        :param uids: UIDs that were read before
        """
        known = set(uids)
        self.unread = [uid for uid in self.unread if uid not in known]

    def retrieve_batches(self):
        """Yield lists of `(uid, raw)` of unread mails; no flag changes by this.

        A mail that vanished meanwhile is left out. Mails come a few at a time, so
        that their bodies never fill the memory.
        """
        for uids in self._batches():
            yield list(self._fetch(uids))

    def retrieve_unread_messages(self):
        """Yield `(uid, raw)` of each unread mail."""
        for batch in self.retrieve_batches():
            yield from batch

    def handled_message(self, uid):
        """Mark one mail as read."""
        self.handled_messages([uid])

    def handled_messages(self, uids):
        """Mark mails as read; call it after what was read is committed.

        :param uids: their UIDs
        """
        if uids:
            self._uid("STORE", _uid_set(uids), "+FLAGS.SILENT", "(\\Seen)")

    def move(self, uids, folder):
        """Move mails to another folder; a mail that is gone is no error.

        By MOVE (RFC 6851) where the server has it; else copied and deleted, and
        expunged by UID only (RFC 4315), so that no other deleted mail goes with it.

        :param uids: UIDs in the open folder
        :param str folder: the target
        :raises MailboxError: `folder` when it is missing
        """
        if not uids:
            return
        target, uid_set = encode_folder(folder), _uid_set(uids)
        capabilities = self._capabilities()
        if "MOVE" in capabilities:
            status, data = self.connection.xatom("UID", "MOVE", uid_set, target)
            if status != "OK":
                self._raise_missing_folder(folder, data)
            return
        status, data = self.connection.uid("COPY", uid_set, target)
        if status != "OK":
            self._raise_missing_folder(folder, data)
        self._uid("STORE", uid_set, "+FLAGS.SILENT", "(\\Seen \\Deleted)")
        if "UIDPLUS" in capabilities:
            self.connection.xatom("UID", "EXPUNGE", uid_set)

    def disconnect(self):
        """Log out. The folder is not closed: CLOSE would expunge others' mails."""
        self.connection.logout()

    def _capabilities(self):
        """Return what the server can do. Servers tell more after the login."""
        _status, data = self.connection.capability()
        return set(b" ".join(filter(None, data)).decode().upper().split())

    def _batches(self):
        """Yield lists of UIDs whose mails together stay below the limits."""
        for start in range(0, len(self.unread), BATCH_MAILS):
            uids, batch, total = self.unread[start : start + BATCH_MAILS], [], 0
            sizes = self._sizes(uids)
            for uid in uids:
                size = sizes.get(uid, 0)
                if batch and total + size > BATCH_BYTES:
                    yield batch
                    batch, total = [], 0
                batch.append(uid)
                total += size
            yield batch

    def _sizes(self, uids):
        sizes = {}
        for line in self._uid("FETCH", _uid_set(uids), "(UID RFC822.SIZE)"):
            uid, size = _UID.search(line or b""), _SIZE.search(line or b"")
            if uid and size:
                sizes[int(uid[1])] = int(size[1])
        return sizes

    def _fetch(self, uids):
        """Yield `(uid, raw)`; the server may put the UID before or after the body."""
        wanted, raw, head = set(uids), None, b""
        for part in [*self._uid("FETCH", _uid_set(uids), "(UID BODY.PEEK[])"), b""]:
            if isinstance(part, tuple):
                head, raw = part
                tail = b""
            else:
                tail = part or b""
            match = _UID.search(head) or _UID.search(tail)
            if raw is not None and match:
                uid = int(match[1])
                if uid in wanted:
                    wanted.discard(uid)
                    yield uid, raw
                raw, head = None, b""
        if wanted:
            _logger.info("%d mails of %s vanished", len(wanted), self.folder)

    def _uid(self, command, *arguments):
        status, data = self.connection.uid(command, *arguments)
        if status != "OK":
            raise MailboxError("protocol", detail=_server_text(data))
        return [line for line in data if line is not None] or [b""]

    def _raise_missing_folder(self, folder, data):
        """Raise the fault of a folder that cannot be used, naming those that can."""
        folders = self.list_folders()
        if folder in folders or not folders:
            raise MailboxError("protocol", detail=_server_text(data), folder=folder)
        raise MailboxError("folder", detail=", ".join(folders[:20]), folder=folder)


class PopMailbox:
    """A POP3 account. What is handled is deleted, and that at `disconnect` only.

    :param poplib.POP3 connection: logged in
    """

    folder = ""
    uid_validity = ""

    def __init__(self, connection):
        self.connection = connection
        self.unread = []

    def check_unread_messages(self):
        """Return how many mails there are."""
        count, _size = self.connection.stat()
        self.unread = list(range(1, count + 1))
        return count

    def forget(self, numbers):
        """Leave these mails out of `retrieve_unread_messages`."""
        known = set(numbers)
        self.unread = [number for number in self.unread if number not in known]

    def retrieve_batches(self):
        """Yield lists of `(number, raw)`."""
        batch, total = [], 0
        for number in self.unread:
            _status, lines, size = self.connection.retr(number)
            batch.append((number, b"\r\n".join(lines) + b"\r\n"))
            total += size
            if len(batch) >= BATCH_MAILS or total >= BATCH_BYTES:
                yield batch
                batch, total = [], 0
        if batch:
            yield batch

    def retrieve_unread_messages(self):
        """Yield `(number, raw)` of each mail."""
        for batch in self.retrieve_batches():
            yield from batch

    def handled_message(self, number):
        """Delete one mail."""
        self.connection.dele(number)

    def handled_messages(self, numbers):
        """Delete mails; call it after what was read is committed."""
        for number in numbers:
            self.handled_message(number)

    def disconnect(self):
        """End the session; the server deletes what was handled (RFC 1939, 6)."""
        self.connection.quit()


def _uid_set(uids):
    """Return UIDs as an IMAP set with ranges: 1,3:7,9 (RFC 3501, 9)."""
    ranges = []
    for uid in sorted(uids):
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in ranges)


def _server_text(data):
    """Return what the server said, as text."""
    return b" ".join(part for part in data if isinstance(part, bytes)).decode(
        "utf-8", "replace"
    )[:300]
