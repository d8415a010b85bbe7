import base64
import errno
import hashlib
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from odoo.tests import mute_logger, tagged

from .common import CollectorCommon, FakeMailbox, plain_mail, sample

ATTACHMENT = "odoo.addons.base.models.ir_attachment"
MODEL = "odoo.addons.helpdesk_email_collector.models.mailbox.receive"


@tagged("post_install", "-at_install")
class TestInboxReceive(CollectorCommon):
    """E01, E05: receiving only stores, and touches the mailbox after the commit."""

    def test_stored_whole_before_marked(self):
        """E05: the bytes are kept as they came; nothing is processed by receiving."""
        raw = sample("german_printer.eml")
        mailbox = FakeMailbox(raw)
        rows_when_marked = []
        mailbox.before_handling = lambda: rows_when_marked.append(len(self._rows()))
        self.assertFalse(self._collect(mailbox))
        row = self._rows()
        self.assertEqual(row._get_raw(), raw)
        file = self.env["ir.attachment"].search(
            [
                ("res_model", "=", row._name),
                ("res_id", "=", row.id),
                ("res_field", "=", "raw"),
            ]
        )
        self.assertEqual((file.mimetype, file.index_content), ("message/rfc822", False))
        self.assertEqual(row.state, "waiting")
        self.assertEqual(row.subject, "Drucker im Büro läuft nicht – dringend!")
        self.assertEqual(
            row.email_from,
            "Jürgen Größmann <juergen.groessmann@weber-metallbau.example>",
        )
        self.assertEqual(str(row.date), "2026-11-02 07:14:00")
        self.assertEqual(
            (row.folder, row.uid_validity, row.uid), ("INBOX", "4000000000", "1")
        )
        self.assertEqual(row.company_id, self.company)
        self.assertEqual(rows_when_marked, [1], "marked before it was stored")
        self.assertEqual(mailbox.seen, {1})
        self.assertFalse(row.ticket_id)

    def test_crash_between_commit_and_mark(self):
        """E05: what is stored but not marked is marked next time, not read again."""
        mailbox = FakeMailbox(plain_mail("One"), plain_mail("Two"))
        mailbox.before_handling = self._cut_the_line
        self.assertTrue(self._collect(mailbox))
        self.assertEqual(self._rows().mapped("subject"), ["One"])
        self.assertFalse(mailbox.seen)

        mailbox.before_handling = None
        self.assertFalse(self._collect(mailbox))
        self.assertEqual(self._rows().mapped("subject"), ["Two", "One"])
        self.assertEqual(mailbox.fetched, [1, 2])
        self.assertEqual(mailbox.seen, {1, 2})

    def _cut_the_line(self):
        raise ConnectionResetError

    def test_same_uid_of_another_generation(self):
        """E05: a UID counts within its UIDVALIDITY only (RFC 3501, 2.3.1.1)."""
        self._collect(FakeMailbox(plain_mail("Old")))
        mailbox = FakeMailbox(plain_mail("New"))
        mailbox.uid_validity = "4000000001"
        self._collect(mailbox)
        self.assertEqual(self._rows().mapped("subject"), ["New", "Old"])

    def test_without_uid_by_hash(self):
        """E01, E05: POP3 has no UIDs; the same bytes are stored once."""
        mailbox = FakeMailbox(plain_mail("One"), plain_mail("One"), plain_mail("Two"))
        mailbox.uid_validity = ""
        self._collect(mailbox)
        mailbox.seen.clear()
        self._collect(mailbox)
        rows = self._rows()
        self.assertEqual(rows.mapped("subject"), ["Two", "One"])
        self.assertEqual(set(rows.mapped("uid")), {False})
        self.assertEqual(mailbox.seen, {1, 2, 3}, "handled, so POP3 may delete them")

    def test_broken_headers_are_stored(self):
        """E09, rel-C5: whatever the headers hold, the mail is kept."""
        raw = sample("broken_headers.eml")
        self._collect(
            FakeMailbox(raw, b"", b"\xff\xfe\r\n\r\n", b"From: " + b"(" * 9000)
        )
        rows = self._rows(order="id")
        self.assertEqual(len(rows), 4)
        self.assertEqual(rows[0]._get_raw(), raw)
        self.assertNotIn("\x00", rows[0].subject)
        self.assertNotIn("\n", rows[0].email_from)
        self.assertFalse(rows[0].date)

    def test_unstorable_mail_stays_in_the_mailbox(self):
        """E05: what the database refuses stays unread, and holds up no other mail."""
        prepare = self.registry["helpdesk.inbox.mail"]._prepare_values

        def refuse(inbox, mails, **origin):
            rows = prepare(inbox, mails, **origin)
            for values, (raw, _uid) in zip(rows, mails, strict=True):
                values["message_id"] = b"Bad" not in raw and values["message_id"]
            return rows

        mailbox = FakeMailbox(plain_mail("One"), plain_mail("Bad"), plain_mail("Two"))
        mailbox.retrieve_batches = lambda: iter([list(mailbox.mails.items())])
        self.patch(self.registry["helpdesk.inbox.mail"], "_prepare_values", refuse)
        with mute_logger("odoo.sql_db", MODEL):
            self.assertTrue(self._collect(mailbox))
        self.assertEqual(self._rows().mapped("subject"), ["Two", "One"])
        self.assertEqual(mailbox.seen, {1, 3})

    def test_full_disk(self):
        """E05: what fits is stored; the rest stays unread, the fault is called
        what it is, and with room again all goes on by itself."""
        room = {"full": True}

        @contextmanager
        def open_full(path):
            with open(path, "wb") as file:

                def put(data):
                    if b"Big" in data:
                        file.write(data[:100])
                        raise OSError(errno.ENOSPC, "No space left on device")
                    file.write(data)

                yield SimpleNamespace(write=put)

        def open_some(path, mode="r", *args, **kwargs):
            if mode == "wb" and room["full"]:
                return open_full(path)
            return open(path, mode, *args, **kwargs)

        mails = [plain_mail(name, body=f"{name} " * 99) for name in ("A", "Big", "B")]
        mailbox = FakeMailbox(*mails)
        mailbox.retrieve_batches = lambda: iter(
            [[(uid, mailbox.mails[uid]) for uid in mailbox.unread]]
        )
        with (
            patch("odoo.addons.base.models.ir_attachment.open", open_some, create=True),
            mute_logger(MODEL, ATTACHMENT),
        ):
            fault = self._collect(mailbox)
            self.assertIn("No space left on device", str(fault))
            self.assertIn("stay in the mailbox", str(fault))
            self.assertEqual(self._rows().mapped("subject"), ["B", "A"])
            self.assertEqual(mailbox.seen, {1, 3})
            room["full"] = False
            self.assertFalse(self._collect(mailbox))
        self.assertEqual(self._rows().mapped("subject"), ["Big", "B", "A"])
        self.assertEqual(base64.b64decode(self._rows()[0].raw), mails[1])

    def test_cut_file_of_before(self):
        """E05: the beginning of a file, left by a server that ended, is replaced."""
        raw = plain_mail("Cut", body="Whole " * 50)
        files = self.env["ir.attachment"]
        name = f"{hashlib.sha1(raw).hexdigest()}"
        path = Path(files._full_path(f"{name[:2]}/{name}"))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(raw[:50])
        self.assertFalse(self._collect(FakeMailbox(raw)))
        self.assertEqual(base64.b64decode(self._rows().raw), raw)

    def test_folders_for_done_and_failed(self):
        """E01: processed mails move to their folders, waiting ones stay."""
        self.server.write(
            {"helpdesk_done_folder": "Done", "helpdesk_failed_folder": "Failed"}
        )
        mailbox = FakeMailbox(*(plain_mail(name) for name in ("A", "B", "C", "D")))
        self._collect(mailbox)
        self.assertFalse(mailbox.moved)
        rows = self._rows(order="id")
        for row, state in zip(rows, ("done", "ignored", "failed"), strict=False):
            row.state = state
        self._collect(mailbox)
        self.assertEqual(
            {folder: sorted(uids) for folder, uids in mailbox.moved.items()},
            {"Done": [1, 2], "Failed": [3]},
        )
        self.assertEqual(rows.mapped("in_mailbox"), [False, False, False, True])

    def test_other_servers_stay_core(self):
        """E01: a server that is not the helpdesk's is core's alone."""
        self.server.is_helpdesk_collector = False
        partners = self.env["ir.model"]._get("res.partner")
        self.server.write({"object_id": partners.id, "state": "done"})
        raw = plain_mail(email_from="Core <core@stock.example>")
        core_mailbox = FakeMailbox(raw)
        core_mailbox.retrieve_unread_messages = lambda: iter([(1, raw)])
        core_mailbox.handled_message = core_mailbox.seen.add
        self._collect(core_mailbox)
        self.assertFalse(self._rows())
        self.assertEqual(core_mailbox.seen, {1}, "Odoo itself has dealt with it")

    def test_processing_is_woken(self):
        """E05: storing wakes the processing at once, without waiting for a minute."""
        cron = self.env.ref("helpdesk_email_collector.ir_cron_process")
        triggers = self.env["ir.cron.trigger"].sudo()
        before = triggers.search_count([("cron_id", "=", cron.id)])
        self._collect(FakeMailbox(plain_mail()))
        self.assertGreater(triggers.search_count([("cron_id", "=", cron.id)]), before)
