import poplib
import ssl
from datetime import datetime, timedelta
from imaplib import IMAP4

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import mute_logger, tagged

from ..mailbox_errors import SENTENCES, SIGN_IN, MailboxError, recognise
from .common import CollectorCommon, FakeMailbox, plain_mail
from .fake_imap import FakeImap

MODELS = "odoo.addons.helpdesk_email_collector.models"
MODEL = f"{MODELS}.mailbox.receive"
TEST = f"{MODELS}.mailbox.fetchmail_server"


def certificate_error(code):
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_code = code
    error.verify_message = "verification failed"
    return error


@tagged("post_install", "-at_install")
class TestMailboxHealth(CollectorCommon):
    """E01: what is wrong with a mailbox is said in one sentence to those who act."""

    def test_each_fault_has_its_sentence(self):
        """E01, rel-F1: exceptions are recognised, also those of TLS."""
        for error, kind in (
            (certificate_error(10), "certificate_expired"),
            (certificate_error(18), "certificate_untrusted"),
            (certificate_error(20), "certificate_untrusted"),
            (certificate_error(62), "certificate_host"),
            (certificate_error(9), "certificate"),
            (ssl.SSLError(1, "alert"), "lost"),
            (TimeoutError(), "lost"),
            (ConnectionResetError(), "lost"),
            (IMAP4.abort("socket error: EOF"), "lost"),
            (IMAP4.error("command: SELECT => BAD"), "protocol"),
            (poplib.error_proto(b"-ERR busy"), "protocol"),
            (poplib.error_proto("-ERR EOF"), "lost"),
            (KeyError("x"), "other"),
            (MailboxError("folder", folder="X"), "folder"),
        ):
            with self.subTest(error=error):
                self.assertEqual(recognise(error).kind, kind)

    def test_sentences_name_the_mailbox(self):
        """E01: each sentence is whole, with the names that help."""
        for kind in SENTENCES:
            text = self.server._get_sentence(MailboxError(kind, "detail", "Folder"))
            self.assertNotIn("%(", text)
            self.assertTrue(text.strip())

    def _test_connection(self, **values):
        self.server.write({"is_ssl": False, "server": "127.0.0.1", **values})
        with self.assertRaises(UserError) as caught, mute_logger(TEST):
            self.server.action_helpdesk_test_connection()
        return str(caught.exception)

    def test_connection_to_a_server(self):
        """E01: the button says what works, and what does not."""
        with FakeImap(plain_mail()) as fake:
            self.server.write(
                {
                    "is_ssl": False,
                    "server": "127.0.0.1",
                    "port": fake.port,
                    "password": fake.password,
                    "state": "draft",
                }
            )
            action = self.server.action_helpdesk_test_connection()
            self.assertIn("Unread mails in the mailbox: 1", action["params"]["message"])
            self.server.button_confirm_login()
            self.assertEqual(self.server.state, "done")

            text = self._test_connection(helpdesk_folder="Nowhere")
            self.assertIn("“Nowhere” does not exist", text)
            self.assertIn("INBOX, Done", text)
            text = self._test_connection(
                helpdesk_folder="INBOX", helpdesk_done_folder="Gone"
            )
            self.assertIn("“Gone” does not exist", text)
            self.assertIn(
                "password", self._test_connection(password="wrong-secret-word")
            )
            self.assertNotIn(
                "wrong-secret-word", self._test_connection(password="wrong-secret-word")
            )

    def test_login_hook_of_core(self):
        """E01: Gmail and Microsoft 365 log in by the hook that their modules extend."""
        seen = []

        def oauth(server, connection):
            seen.append(connection)
            connection.login("support", FakeImap.password)

        self.patch(self.registry["fetchmail.server"], "_imap_login__", oauth)
        self.patch(
            self.registry["fetchmail.server"],
            "_get_connection_type",
            lambda _self: "imap",
        )
        with FakeImap(plain_mail()) as fake:
            self.server.write(
                {
                    "is_ssl": False,
                    "server": "127.0.0.1",
                    "port": fake.port,
                    "password": False,
                }
            )
            self.server.action_helpdesk_test_connection()
        self.assertEqual(len(seen), 1)

    def test_third_failure_warns_administrators(self):
        """E01: three failures in a row are an activity; the mailbox stays on."""
        admin = self._create_user("admin", "base.group_system")
        other = self._create_user("other", "base.group_system", self.other_company)
        mailbox = FakeMailbox()
        mailbox.error = MailboxError("lost")
        for count in range(1, 6):
            with mute_logger(MODEL):
                error = self._collect(mailbox)
            self.assertIn("closed the connection", str(error))
            self.assertEqual(self.server.helpdesk_failure_count, count)
            users = self.server.activity_ids.user_id
            self.assertEqual(admin in users, count >= 3)
        self.assertNotIn(other, users)
        self.assertEqual(len(self.server.activity_ids), len(users), "one for each")
        self.assertEqual(self.server.state, "done")
        self.assertIn("closed", self.server.helpdesk_error)
        self.assertFalse(self.server.helpdesk_last_contact)

        self.server.error_date = "2020-01-01"  # core would switch it off now
        with mute_logger(MODEL):
            self._collect(mailbox)
        self.assertEqual(self.server.state, "done")

        mailbox.error = None
        self._collect(mailbox)
        self.assertFalse(self.server.activity_ids)
        self.assertFalse(self.server.helpdesk_error)
        self.assertFalse(self.server.helpdesk_paused_until)
        self.assertEqual(self.server.helpdesk_failure_count, 0)
        self.assertTrue(self.server.helpdesk_last_contact)

    def test_refused_sign_in_warns_at_once(self):
        """E01, rel-F4: what only a person can fix is told at the first failure."""
        admin = self._create_user("admin", "base.group_system")
        for kind in SIGN_IN:
            mailbox = FakeMailbox()
            mailbox.error = MailboxError(kind)
            with self.subTest(kind=kind), mute_logger(MODEL):
                self._collect(mailbox)
                self.assertIn(admin, self.server.activity_ids.user_id)
                mailbox.error = None
                self._collect(mailbox)
                self.assertFalse(self.server.activity_ids)

    def test_warning_comes_again_after_a_day(self):
        """E01: an activity that was marked done with nothing fixed returns."""
        self._create_user("admin", "base.group_system")
        mailbox = FakeMailbox()
        mailbox.error = MailboxError("login")
        with mute_logger(MODEL):
            self._collect(mailbox)
            self.server.activity_ids.action_done()
            self._collect(mailbox)
            self.env.invalidate_all()
            self.assertFalse(self.server.activity_ids)
            self.server.helpdesk_warned_date -= timedelta(days=1, minutes=1)
            self.env.flush_all()
            self._collect(mailbox)
        self.env.invalidate_all()
        self.assertTrue(self.server.activity_ids)

    def test_pause_grows(self):
        """rel-F4, rel-F5: no storm of attempts, and the other mailboxes go on."""
        mailbox = FakeMailbox()
        mailbox.error = MailboxError("login")
        pauses = []
        for _attempt in range(8):
            with freeze_time("2030-01-01 12:00:00"), mute_logger(MODEL):
                self._collect(mailbox)
            until = self.server.helpdesk_paused_until
            pauses.append((until - datetime(2030, 1, 1, 12)).seconds // 60)
        self.assertEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60])
        self.assertEqual(self.server.helpdesk_next_run, until)

        seen = []
        other = self.server.copy({"name": "Other", "state": "done"})
        self.patch(
            self.registry["fetchmail.server"],
            "_fetch_mail",
            lambda servers, **_kw: seen.append(servers),
        )
        with freeze_time("2030-01-01 12:59:00"):
            self.env["fetchmail.server"]._cron_collect()
        with freeze_time("2030-01-01 13:00:00"):
            self.env["fetchmail.server"]._cron_collect()
        self.assertEqual(seen[0], other)
        self.assertEqual(seen[1].ids, [other.id, self.server.id], "the ill one last")

    def test_full_done_folder_is_no_reason_to_wait(self):
        """E01: mails are collected as before, and the fault is shown."""
        row = self._receive(plain_mail())
        self.server.helpdesk_done_folder = "Done"
        row.write({"folder": "INBOX", "uid_validity": FakeMailbox.uid_validity})
        mailbox = FakeMailbox(plain_mail(), plain_mail("B"))

        def refuse(_uids, folder):
            raise MailboxError("folder_full", folder=folder)

        mailbox.move = refuse
        with mute_logger(MODEL):
            self._collect(mailbox)
        self.assertRegex(self.server.helpdesk_error, "folder “Done” .* is full")
        self.assertFalse(self.server.helpdesk_paused_until)
        self.assertEqual(len(self._rows()), 2)

    def test_health_on_the_form(self):
        """E01: last contact, next run, and how many mails came in the last day."""
        rows = self._store(plain_mail("A"), plain_mail("B"), plain_mail("C"))
        rows[0].received_date -= timedelta(days=1, minutes=1)
        self.assertEqual(self.server.helpdesk_recent_count, 2)
        self._collect(FakeMailbox())
        self.assertTrue(self.server.helpdesk_last_contact)
        cron = self.env.ref("helpdesk_email_collector.ir_cron_collect")
        self.assertEqual(self.server.helpdesk_next_run, cron.nextcall)
        self.server.state = "draft"
        self.assertFalse(self.server.helpdesk_next_run)

    def test_counts_lead_to_the_inbox(self):
        """E01, E05: the form shows what waits and what failed."""
        rows = self._store(plain_mail("A"), plain_mail("B"), plain_mail("C"))
        rows[0].state = "failed"
        self.assertEqual(self.server.helpdesk_failed_count, 1)
        self.assertEqual(self.server.helpdesk_waiting_count, 2)
        action = self.server.with_context(
            helpdesk_state="failed"
        ).action_helpdesk_open_inbox()
        self.assertEqual(action["context"], {"search_default_failed": 1})

    def test_settings_that_cannot_work(self):
        """E01: a mailbox without protocol is refused with a sentence."""
        with self.assertRaisesRegex(ValidationError, "IMAP or POP3"):
            self.server.server_type = "local"
