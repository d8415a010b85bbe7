"""A folder of an IMAP account. Plain Python.

`ImapMailbox` has the four methods of Odoo's connections (`check_unread_messages`,
`retrieve_unread_messages`, `handled_message`, `disconnect`). Reading does not change
the mailbox: mails are marked or moved only by `handled_messages` and `move`, which are
called after the caller has committed.

IMAPClient is not used: it takes 15 times as long to get the sizes of ten thousand
mails, a single malformed line of a server loses all answers to the command, deeply
nested parentheses end in a RecursionError, and our limits would have to go into its
private methods.
"""

import base64
import logging
import re
from datetime import datetime, timedelta, timezone
from imaplib import IMAP4, Internaldate2tuple
from time import mktime

from .mailbox_errors import MAX_MAIL_BYTES, MailboxError

_logger = logging.getLogger(__name__)

BATCH_MAILS = 50
BATCH_BYTES = 16 * 1024 * 1024  # limits the memory that one FETCH needs
# A folder may hold a million mails. One search looks at this many of them, and one
# visit takes home at most that many unread ones; the rest has its turn later.
SEARCH_MAILS = 50_000
MAX_UNREAD = 10_000
MAX_DATES = 1_000
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun")
MONTHS += ("Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)
# LIST (RFC 3501, 7.2.2): flags, delimiter, name; the name quoted or not
_LIST = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.+)')


def encode_folder(name):
    """Return the name of a folder as an IMAP argument: quoted modified UTF-7.

    See RFC 3501, 5.1.3. Control characters could end the command and begin another.

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
    """Decode the name of a folder from modified UTF-7 (RFC 3501, 5.1.3).

    :param str name: the name as the server sends it, without quotes
    :rtype: str
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

    count = 0  # of all its mails

    def __init__(self, connection, folder="INBOX"):
        self.connection = connection
        self.folder = folder or "INBOX"
        self.uid_validity = ""
        self.unread = []
        self.too_big = []

    def check_folder(self, folder):
        """Check that a target folder exists.

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
            # names with special characters come as a literal: a pair
            head, literal = line if isinstance(line, tuple) else (line, None)
            match = _LIST.match(head or b"")
            if match and b"\\noselect" not in match["flags"].lower():
                name = (literal or match["name"]).decode("utf-8", "replace").strip()
                if name.startswith('"'):
                    name = re.sub(r"\\(.)", r"\1", name[1:-1])
                names.append(decode_folder(name))
        return names

    def check_unread_messages(self, since=None):
        """Open the folder and search for unread mails.

        :param datetime since: ignore mails received before, naive in UTC
        :return: number of unread mails, at most `MAX_UNREAD`
        :rtype: int
        :raises MailboxError: `folder` if it is missing, `read_only`
        """
        try:
            status, data = self.connection.select(encode_folder(self.folder))
        except IMAP4.readonly as error:
            raise MailboxError("read_only", folder=self.folder) from error
        if status != "OK":
            self._raise_missing_folder(self.folder, data)
        count = data[-1] if data and data[-1] else b"0"
        self.count = int(count) if count.isdigit() else 0
        _name, validity = self.connection.response("UIDVALIDITY")
        self.uid_validity = validity[-1].decode() if validity and validity[-1] else ""
        found, criteria = [], "UNSEEN UNDELETED"
        if since:
            # whole days only, in the server's time zone (RFC 3501, 6.4.4)
            criteria += f" SINCE {_imap_date(since - timedelta(days=1))}"
        for window in self._windows() if self.count > SEARCH_MAILS else [""]:
            data = self._uid("SEARCH", None, window + criteria)
            uids = [int(uid) for uid in data[0].split()]
            found += self._leave_out_older(uids, since) if since else uids
            if len(found) >= MAX_UNREAD:
                break
        self.unread = sorted(found)[-MAX_UNREAD:]
        return len(self.unread)

    def _leave_out_older(self, uids, since):
        """Return the UIDs of those mails that the server received since a moment."""
        old = set()
        for start in range(0, len(uids), MAX_DATES):
            some = _uid_set(uids[start : start + MAX_DATES])
            for line in self._uid("FETCH", some, "(UID INTERNALDATE)"):
                uid, date = _UID.search(line), Internaldate2tuple(line)
                if uid and date and _utc(date) < since:
                    old.add(int(uid[1]))
        return [uid for uid in uids if uid not in old]

    def _windows(self):
        """Yield ranges of message numbers to search, newest first."""
        last = "*"
        for first in range(self.count - SEARCH_MAILS, -SEARCH_MAILS, -SEARCH_MAILS):
            yield f"{max(first, 0) + 1}:{last} "
            last = first

    def retrieve_batches(self):
        """Yield lists of `(uid, raw)` of unread mails, without changing any flag.

        Mails that have disappeared meanwhile are left out. Only a few are fetched at a
        time to limit the memory needed. Mails above the size limit stay on the server
        and are listed in `too_big`.
        """
        for start in range(0, len(self.unread), BATCH_MAILS):
            uids, batch, total = self.unread[start : start + BATCH_MAILS], [], 0
            sizes = {}
            for line in self._uid("FETCH", _uid_set(uids), "(UID RFC822.SIZE)"):
                uid, size = _UID.search(line or b""), _SIZE.search(line or b"")
                if uid and size:
                    sizes[int(uid[1])] = int(size[1])
            for uid in uids:
                size = sizes.get(uid, 0)
                if size > MAX_MAIL_BYTES:
                    self.too_big.append(uid)
                    continue
                if batch and total + size > BATCH_BYTES:
                    yield list(self._fetch(batch))
                    batch, total = [], 0
                batch.append(uid)
                total += size
            if batch:
                yield list(self._fetch(batch))

    def retrieve_unread_messages(self):
        """Yield `(uid, raw)` of each unread mail."""
        for batch in self.retrieve_batches():
            yield from batch

    def handled_message(self, uid):
        """Mark one mail as read."""
        self.handled_messages([uid])

    def handled_messages(self, uids):
        """Mark mails as read; to be called after their content was committed.

        :param uids: their UIDs
        """
        if uids:
            self._uid("STORE", _uid_set(uids), "+FLAGS.SILENT", "(\\Seen)")

    def move(self, uids, folder):
        """Move mails to another folder; mails that no longer exist are ignored.

        Uses MOVE (RFC 6851) if the server supports it. Otherwise mails are copied,
        marked as deleted and expunged by UID (RFC 4315), so that other deleted mails
        are not expunged with them.

        :param uids: UIDs in the open folder
        :param str folder: the target
        :raises MailboxError: `folder` when it is missing
        """
        if not uids:
            return
        target, uid_set = encode_folder(folder), _uid_set(uids)
        _status, data = self.connection.capability()  # may be more after the login
        capabilities = b" ".join(filter(None, data)).decode().upper().split()
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
        """Log out. The folder is not closed, because CLOSE would expunge other
        mails."""
        self.connection.logout()

    def hang_up(self):
        """Drop the connection without a logout."""
        self.connection.shutdown()

    def _fetch(self, uids):
        """Yield `(uid, raw)`; servers send the UID before or after the body."""
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
        """Raise the error of a missing folder, with the names of those that exist."""
        said = _server_text(data)
        if "[OVERQUOTA]" in said:  # RFC 5530
            raise MailboxError("folder_full", folder=folder)
        folders = self.list_folders()
        if folder in folders or not folders:
            raise MailboxError("protocol", detail=said, folder=folder)
        raise MailboxError("folder", detail=", ".join(folders[:20]), folder=folder)


def _uid_set(uids):
    """Return UIDs as an IMAP set with ranges, such as 1,3:7,9 (RFC 3501, 9)."""
    ranges = []
    for uid in sorted(uids):
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in ranges)


def _imap_date(moment):
    """Return a date in the format of IMAP commands, always in English."""
    return f"{moment.day}-{MONTHS[moment.month - 1]}-{moment.year}"


def _utc(local):
    """Return a `struct_time` of the local time zone as a naive datetime in UTC."""
    return datetime.fromtimestamp(mktime(local), timezone.utc).replace(tzinfo=None)


def _server_text(data):
    """Return the text of a server's answer."""
    return b" ".join(part for part in data if isinstance(part, bytes)).decode(
        "utf-8", "replace"
    )[:300]
