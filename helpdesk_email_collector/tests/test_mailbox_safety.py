import select
import socket
import ssl
import threading
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import mute_logger, tagged

from .. import mailbox as mailbox_module
from .. import mailbox_connection
from ..hooks import uninstall_hook
from ..mailbox_connection import Endpoint
from .common import CollectorCommon, FakeMailbox, plain_mail
from .fake_imap import FakeImap

MODELS = "odoo.addons.helpdesk_email_collector.models"
RECEIVE = f"{MODELS}.mailbox.receive"


class HugeLiteral(FakeImap):
    """Announces a mail of a gigabyte whose size it gave as small."""

    def _do_uid_fetch(self, arguments):
        if "PEEK" in arguments:
            return [b"* 1 FETCH (UID 1 BODY[] {1073741824}\r\n" + b"x" * 1000, "OK"]
        return super()._do_uid_fetch(arguments)


class EndlessLine(FakeImap):
    """Answers the search with a line that has no end."""

    def _do_uid_search(self, _arguments):
        return [b"* SEARCH" + b" 1" * 1_000_000, "OK"]


class EndlessTalk(FakeImap):
    """Answers the search with lines that never end."""

    def _do_uid_search(self, _arguments):
        return [(b"* OK " + b"and so on " * 100 + b"\r\n") * 2000, "OK"]


class Goodbye(FakeImap):
    """Says BYE in the middle of everything."""

    def _do_uid_fetch(self, _arguments):
        return [b"* BYE I am tired\r\n", "NO"]


class Patient(FakeImap):
    """Takes its time, and knows whether the other side waited until it was over."""

    was_waited_for = False

    def _talk(self, connection):
        self.connection = connection
        return super()._talk(connection)


class Silent(Patient):
    """Answers no search."""

    def _do_uid_search(self, _arguments):
        # readable when the other side hangs up
        ended, _write, _error = select.select([self.connection], [], [], 20)
        self.was_waited_for = not ended
        raise OSError


class Dripping(Patient):
    """Answers a search byte by byte, each before the socket's timeout."""

    def _do_uid_search(self, _arguments):
        for _byte in range(400):
            self.connection.sendall(b"*")
            threading.Event().wait(0.05)
        self.was_waited_for = True
        raise OSError


class Crowded(FakeImap):
    """Says that it holds a million mails, all unread."""

    total = 1_000_000

    def _do_select(self, arguments):
        answer = super()._do_select(arguments)
        exists = f"* {self.total} EXISTS\r\n* OK [UIDVALIDITY 77] x\r\n"
        return [exists.encode(), answer[-1]]

    def _do_uid_search(self, arguments):
        window = arguments.split(" ")[0]
        first, last = (int(w) for w in window.replace("*", str(self.total)).split(":"))
        uids = " ".join(str(uid) for uid in range(first, last + 1))
        return [f"* SEARCH {uids}\r\n".encode(), "OK"]

    def _do_uid_fetch(self, _arguments):
        return ["OK"]  # they are gone when we come for them


class Full(Crowded):
    """Contains as many mails as one search looks at, none of them unread."""

    total = 50_000

    def _do_uid_search(self, _arguments):
        return [b"* SEARCH\r\n", "OK"]


@tagged("post_install", "-at_install")
class TestMailboxSafety(CollectorCommon):
    """rel-F1, rel-F5: the line is safe, and nobody at its other end can hurt us."""

    def _values(self, fake, **values):
        return {
            "server": "127.0.0.1",
            "port": fake.port,
            "password": fake.password,
            "is_ssl": False,
            **values,
        }

    def _sentence(self, fake, **values):
        self.server.write(self._values(fake, **values))
        with (
            self.assertRaises(UserError) as caught,
            mute_logger(f"{MODELS}.mailbox.fetchmail_server"),
        ):
            self.server.action_helpdesk_test_connection()
        return str(caught.exception)

    def test_starttls(self):
        """rel-F1: STARTTLS encrypts before the login; its certificate is checked."""
        with FakeImap(plain_mail(), tls="starttls") as fake:
            text = self._sentence(fake, helpdesk_starttls=True)
            self.assertIn("self-signed", text)
            self.assertFalse([line for line in fake.commands if "LOGIN" in line])
            self.server.helpdesk_trust_certificate = True
            self.server.action_helpdesk_test_connection()
        self.assertLess(
            fake.commands.index("STARTTLS"),
            next(n for n, line in enumerate(fake.commands) if "LOGIN" in line),
        )

    def test_starttls_stripped(self):
        """rel-F1: a server, or who sits between, that offers none gets no password."""

        class Stripped(FakeImap):
            def _do_starttls(self, _arguments):
                return ["NO"]

        for fake in (FakeImap(), Stripped(capabilities="STARTTLS")):
            with fake, self.subTest(fake=type(fake).__name__):
                text = self._sentence(fake, helpdesk_starttls=True)
                self.assertIn("offers no encryption", text)
                self.assertFalse([line for line in fake.commands if "LOGIN" in line])

    def test_oldest_protocol(self):
        """rel-F1: nothing older than TLS 1.2, also where no certificate is checked."""
        for trust_any in (False, True):
            context = Endpoint("mail.example", 993, trust_any=trust_any).context()
            self.assertGreaterEqual(context.minimum_version, ssl.TLSVersion.TLSv1_2)

    def test_hostile_servers(self):
        """rel-F5: limits of size and time hold, and the next mailbox is read."""
        self.patch(mailbox_connection, "MAX_TALK_BYTES", 1_500_000)
        silence, answer = "TIMEOUT", "ANSWER_SECONDS"
        for number, (kind, sentence, limits) in enumerate(
            (
                (HugeLiteral, "sends more data than a mail can contain", {}),
                (EndlessLine, "got more than", {}),
                (EndlessTalk, "sends more data than a mail can contain", {}),
                (Goodbye, "closed the connection", {}),
                # only these end by a limit of time, each by its own
                (Silent, "took too long", {silence: 3}),
                (Dripping, "took too long", {answer: 3}),
            )
        ):
            with (
                self.subTest(server=kind.__name__),
                patch.object(mailbox_connection, silence, limits.get(silence, 60)),
                patch.object(mailbox_connection, answer, limits.get(answer, 60)),
                kind(plain_mail()) as evil,
                FakeImap(plain_mail(f"Good {number}")) as good,
                mute_logger(RECEIVE),
            ):
                self.server.write(self._values(evil))
                other = self.server.copy({"name": "Other", "state": "done"})
                other.write(self._values(good))
                with self.committing() as env:
                    error = (self.server | other).with_env(env)._fetch_mail()
                self.assertFalse(getattr(evil, "was_waited_for", False))
                self.assertIn(sentence, str(error))
                self.assertIn(sentence, self.server.helpdesk_error)
                self.assertTrue(
                    self._rows().filtered(lambda r, n=number: r.subject == f"Good {n}")
                )
                self.server.helpdesk_failure_count = 0

    def test_a_million_unread_mails(self):
        """rel-F5: found in portions, the newest first, and a visit takes its share."""
        with Crowded() as fake:
            self.server.write(self._values(fake))
            with self.committing() as env, mute_logger(RECEIVE):
                error = self.server.with_env(env)._fetch_mail()
        self.assertFalse(error)
        searches = [line for line in fake.commands if "SEARCH" in line]
        self.assertEqual(searches, ["UID SEARCH 950001:* UNSEEN UNDELETED"])
        fetched = [line for line in fake.commands if "UID FETCH" in line]
        self.assertEqual(fetched[0].split()[2], "990001:990050")

    def test_search_at_once(self):
        """rel-F5: as many mails as one search looks at are searched without a range."""
        with Full() as fake:
            self.server.write(self._values(fake))
            with self.committing() as env:
                error = self.server.with_env(env)._fetch_mail()
        self.assertFalse(error)
        searches = [line for line in fake.commands if "SEARCH" in line]
        self.assertEqual(searches, ["UID SEARCH UNSEEN UNDELETED"])

    def test_search_in_portions(self):
        """rel-F5: every message is looked at once."""
        mailbox = mailbox_module.ImapMailbox(None)
        mailbox.count = 120_000
        self.assertEqual(
            list(mailbox._windows()), ["70001:* ", "20001:70000 ", "1:20000 "]
        )
        mailbox.count = 100_000
        self.assertEqual(list(mailbox._windows()), ["50001:* ", "1:50000 "])

    def test_too_big_mail(self):
        """rel-F5: a mail that is too big stays, and is told; the others come."""
        small, big = plain_mail("Small"), plain_mail("Big", body="x" * 5000)
        with FakeImap(big, small) as fake, mute_logger(RECEIVE):
            self.server.write(self._values(fake))
            with (
                patch.object(mailbox_module, "MAX_MAIL_BYTES", 4000),
                self.committing() as env,
            ):
                error = self.server.with_env(env)._fetch_mail()
        self.assertIn("Too large to be collected: 1 mails", str(error))
        self.assertEqual(self._rows().mapped("subject"), ["Small"])
        self.assertEqual(fake.flags, {1: set(), 2: {"\\Seen"}})
        self.assertFalse(self.server.helpdesk_paused_until)

    def test_watchdog_lets_go(self):
        """rel-F5: an answer in time ends the watch."""
        left, right = socket.socketpair()
        with left, right:
            watchdog = mailbox_connection.Watchdog(left)
            watchdog.stop()
            watchdog.stop()
            left.sendall(b"x")
            self.assertEqual(right.recv(1), b"x")

    def test_folder_that_would_be_a_command(self):
        """rel-F6: refused with a sentence; what is only odd is quoted."""
        with FakeImap(plain_mail()) as fake:
            text = self._sentence(fake, helpdesk_folder="INBOX\r\nA1 DELETE INBOX")
            self.assertIn("cannot be the name of a mail folder", text)
            text = self._sentence(fake, helpdesk_folder='a" b) (c')
            self.assertIn("does not exist", text)
            self.assertIn('SELECT "a\\" b) (c"', fake.commands)
            text = self._sentence(fake, helpdesk_folder="INBOX", user="a\r\nA1 NOOP")
            self.assertIn("characters", text)
            self.assertFalse([line for line in fake.commands if "NOOP" in line])
        self.assertNotIn("A1 DELETE INBOX", fake.commands)

    def test_no_mailbox_is_read_without_us(self):
        """E07: when the addon is uninstalled Odoo's own reader leaves them alone."""
        values = {"name": "Core", "server": "mail.example", "state": "done"}
        core = self.server.create({**values, "is_helpdesk_collector": False})
        uninstall_hook(self.env)
        self.assertEqual(self.server.state, "draft")
        self.assertEqual(core.state, "done")

    def test_core_servers_are_as_they_were(self):
        """E01: a server that is no helpdesk mailbox connects by core's own code."""
        self.server.write({"is_helpdesk_collector": False, "password": "of core"})
        mailbox = FakeMailbox()
        core = "odoo.addons.mail.models.fetchmail.OdooIMAP4_SSL"
        with patch(core, return_value=mailbox) as dialled:
            mailbox.login = lambda user, password: self.assertEqual(password, "of core")
            self.server.is_ssl = True
            self.server._connect__()
        self.assertTrue(dialled.called)
