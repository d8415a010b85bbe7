import poplib
import socket
import ssl
import threading
from imaplib import IMAP4

from odoo.exceptions import UserError, ValidationError
from odoo.tests import mute_logger, tagged

from ..mailbox_errors import SENTENCES, MailboxError, recognise
from .common import CollectorCommon, FakeMailbox, plain_mail
from .fake_imap import FakeImap

MODEL = "odoo.addons.helpdesk_email_collector.models.fetchmail_server"


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
        wrong_protocol = ssl.SSLError(1, "wrong version number")
        wrong_protocol.reason = "WRONG_VERSION_NUMBER"
        for error, kind in (
            (certificate_error(10), "certificate_expired"),
            (certificate_error(18), "certificate_untrusted"),
            (certificate_error(20), "certificate_untrusted"),
            (certificate_error(62), "certificate_host"),
            (certificate_error(9), "certificate"),
            (wrong_protocol, "no_tls"),
            (ssl.SSLError(1, "alert"), "tls"),
            (socket.gaierror(-2, "Name or service not known"), "unknown_host"),
            (TimeoutError(), "timeout"),
            (ConnectionRefusedError(), "refused"),
            (ConnectionResetError(), "lost"),
            (OSError(113, "No route to host"), "unreachable"),
            (IMAP4.abort("socket error: EOF"), "lost"),
            (IMAP4.error("command: SELECT => BAD"), "protocol"),
            (poplib.error_proto(b"-ERR busy"), "protocol"),
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
        with self.assertRaises(UserError) as caught, mute_logger(MODEL):
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
            self.assertIn("does not speak TLS", self._test_connection(is_ssl=True))

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

    def test_servers_that_are_not_there(self):
        """E01: an unknown name, a closed port, another service."""
        self.assertIn(
            "“mail.invalid” is unknown", self._test_connection(server="mail.invalid")
        )
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        self.assertIn(
            f"refuses connections on port {port}", self._test_connection(port=port)
        )
        with socket.create_server(("127.0.0.1", 0)) as other:
            thread = threading.Thread(target=self._answer_as_smtp, args=(other,))
            thread.start()
            port = other.getsockname()[1]
            self.assertIn("is not a mail server", self._test_connection(port=port))
            thread.join()

    @staticmethod
    def _answer_as_smtp(server):
        connection, _address = server.accept()
        with connection:
            connection.sendall(b"220 mail.example ESMTP\r\n")
            connection.recv(1000)

    def test_self_signed_certificate(self):
        """rel-F1: an unknown certificate is refused before the password is sent."""
        with FakeImap(plain_mail(), tls=True) as fake:
            values = {"port": fake.port, "password": fake.password, "is_ssl": True}
            self.assertIn("self-signed", self._test_connection(**values))
            self.assertFalse(fake.commands)
            self.server.helpdesk_trust_certificate = True
            self.server.action_helpdesk_test_connection()

    def test_third_failure_warns_administrators(self):
        """E01: three failures in a row are an activity; the mailbox stays on."""
        admin = self._create_user("admin", "base.group_system")
        other = self._create_user("other", "base.group_system", self.other_company)
        mailbox = FakeMailbox()
        mailbox.error = MailboxError("login")
        for count in range(1, 6):
            with mute_logger(MODEL):
                error = self._collect(mailbox)
            self.assertIn("refused the user name or the password", str(error))
            self.assertEqual(self.server.helpdesk_failure_count, count)
            users = self.server.activity_ids.user_id
            self.assertEqual(admin in users, count >= 3)
        self.assertNotIn(other, users)
        self.assertEqual(len(self.server.activity_ids), len(users), "one for each")
        self.assertEqual(self.server.state, "done")
        self.assertIn("refused", self.server.helpdesk_error)
        self.assertFalse(self.server.helpdesk_last_contact)

        self.server.error_date = "2020-01-01"  # core would switch it off now
        with mute_logger(MODEL):
            self._collect(mailbox)
        self.assertEqual(self.server.state, "done")

        mailbox.error = None
        self._collect(mailbox)
        self.assertFalse(self.server.activity_ids)
        self.assertFalse(self.server.helpdesk_error)
        self.assertEqual(self.server.helpdesk_failure_count, 0)
        self.assertTrue(self.server.helpdesk_last_contact)

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
