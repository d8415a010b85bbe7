from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from .. import mailbox as mailbox_module
from ..mailbox import decode_folder, encode_folder
from ..mailbox_connection import Endpoint, Policy, closing, open_mailbox
from ..mailbox_errors import MailboxError
from .common import plain_mail
from .fake_imap import FakeImap


def login(connection):
    connection.login("support", FakeImap.password)


@tagged("post_install", "-at_install")
class TestMailboxImap(BaseCase):
    """E01: the IMAP protocol, against a small server."""

    def _open(self, fake, folder="INBOX"):
        policy = Policy("127.0.0.0/8", "1-65535")
        endpoint = Endpoint("127.0.0.1", fake.port, "", policy=policy)
        return closing(open_mailbox("imap", endpoint, login, folder))

    def test_reading_changes_nothing(self):
        """E05: mails are read by UID with BODY.PEEK[], so \\Seen is not set."""
        mails = [plain_mail(name) for name in ("A", "B", "C")]
        with FakeImap(*mails) as fake, self._open(fake) as mailbox:
            self.assertEqual(mailbox.check_unread_messages(), 3)
            self.assertEqual(mailbox.uid_validity, "77")
            mailbox.unread.remove(2)
            self.assertEqual(
                list(mailbox.retrieve_unread_messages()), [(1, mails[0]), (3, mails[2])]
            )
            self.assertFalse(any(fake.flags.values()))
            mailbox.handled_messages([1, 3])
            self.assertEqual(fake.flags, {1: {"\\Seen"}, 2: set(), 3: {"\\Seen"}})
            mailbox.handled_message(2)
            self.assertEqual(mailbox.check_unread_messages(), 0)

    def test_uid_behind_the_body(self):
        """E01: the order of the items in an answer is the server's choice."""
        mails = [plain_mail("A"), plain_mail("B")]
        with FakeImap(*mails, uid_last=True) as fake, self._open(fake) as mailbox:
            mailbox.check_unread_messages()
            self.assertEqual(
                list(mailbox.retrieve_unread_messages()), [(1, mails[0]), (2, mails[1])]
            )

    def test_batches_are_bounded(self):
        """rel-F5: one answer holds few mails, and not many bytes."""
        mails = [plain_mail(str(number), body="x" * 400) for number in range(7)]
        limit = len(mails[0]) * 2
        with (
            FakeImap(*mails) as fake,
            self._open(fake) as mailbox,
            patch.object(mailbox_module, "BATCH_MAILS", 5),
            patch.object(mailbox_module, "BATCH_BYTES", limit),
        ):
            mailbox.check_unread_messages()
            sizes = [len(batch) for batch in mailbox.retrieve_batches()]
        self.assertEqual(sizes, [2, 2, 1, 2])

    def test_vanished_mail(self):
        """E05: a mail that another program removed meanwhile is left out."""
        mails = [plain_mail("A"), plain_mail("B")]
        with FakeImap(*mails) as fake, self._open(fake) as mailbox:
            mailbox.check_unread_messages()
            del fake.folders["INBOX"][1]
            uids = [uid for uid, _raw in mailbox.retrieve_unread_messages()]
        self.assertEqual(uids, [2])

    def test_move(self):
        """E01: by MOVE, or by copying and expunging those UIDs alone."""
        for capabilities, left in (("MOVE", []), ("UIDPLUS", []), ("", [1])):
            with (
                FakeImap(plain_mail(), capabilities=capabilities) as fake,
                self._open(fake) as mailbox,
                self.subTest(capabilities=capabilities),
            ):
                mailbox.check_unread_messages()
                mailbox.move([1], "Done")
                self.assertEqual(list(fake.folders["Done"]), [1])
                self.assertEqual(list(fake.folders["INBOX"]), left)
                self.assertEqual(mailbox.check_unread_messages(), 0)
                with self.assertRaises(MailboxError) as caught:
                    mailbox.move([1], "Nowhere")
                self.assertEqual(caught.exception.kind, "folder")
                mailbox.move([], "Nowhere")

    def test_folder_names(self):
        """rel-F6, RFC 3501 5.1.3: quoted, in modified UTF-7, never a second command."""
        for name, encoded in (
            ("INBOX", '"INBOX"'),
            ("Entwürfe", '"Entw&APw-rfe"'),
            ("R&D", '"R&-D"'),
            ('a"b\\c', '"a\\"b\\\\c"'),
            ("日本語", '"&ZeVnLIqe-"'),
            ("~tilde", '"~tilde"'),
        ):
            self.assertEqual(encode_folder(name), encoded)
        self.assertEqual(
            decode_folder("Entw&APw-rfe &- &ZeVnLIqe-"), "Entwürfe & 日本語"
        )
        for name in ("", "INBOX\r\nA1 DELETE INBOX", "a\0b"):
            with self.assertRaises(MailboxError):
                encode_folder(name)

    def test_missing_folder_names_those_that_are_there(self):
        """E01: the error helps to choose the right one."""
        with (
            FakeImap() as fake,
            self._open(fake, "Nowhere") as mailbox,
            self.assertRaises(MailboxError) as caught,
        ):
            mailbox.check_unread_messages()
        self.assertEqual(caught.exception.detail, "INBOX, Done")
