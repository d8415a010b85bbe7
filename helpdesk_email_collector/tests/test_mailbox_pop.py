from odoo.tests import mute_logger, tagged

from .. import mailbox as imap
from .common import CollectorCommon, plain_mail
from .fake_pop import FakePop

MODELS = "odoo.addons.helpdesk_email_collector.models"
RECEIVE = f"{MODELS}.mailbox.receive"
CONNECTION = "odoo.addons.helpdesk_email_collector.mailbox_connection"


@tagged("post_install", "-at_install")
class TestMailboxPop(CollectorCommon):
    """E01: POP3 deletes nothing that is not stored and committed."""

    def _collect_from(self, fake):
        self.server.write(
            {
                "server_type": "pop",
                "server": "127.0.0.1",
                "port": fake.port,
                "password": fake.password,
                "is_ssl": False,
            }
        )
        with self.committing() as env, mute_logger(RECEIVE, CONNECTION):
            return self.server.with_env(env)._fetch_mail()

    def test_stored_then_deleted(self):
        """E01: mails come whole, by their UIDL, and are gone from the server."""
        dotted = plain_mail("Dots", body=".\r\n..\r\n" + "long " * 30_000)
        mails = [plain_mail("A"), dotted]
        with FakePop(*mails) as fake:
            self.assertFalse(self._collect_from(fake))
        rows = self._rows("id")
        self.assertEqual([row._get_raw() for row in rows], mails)
        self.assertEqual(rows.mapped("uid"), ["id-1", "id-2"])
        self.assertFalse(any(rows.mapped("in_mailbox")))
        self.assertFalse(fake.drop)

    def test_cut_at_every_command(self):
        """E01, E05: before and after each command: nothing lost, nothing doubled."""
        mails = [plain_mail("A"), plain_mail("B", message_id=None, body="b")]
        with FakePop(*mails) as fake:
            self._collect_from(fake)
            commands = len(fake.commands)
        self.assertGreaterEqual(commands, 9)
        for cut in range(1, commands + 1):
            for before in (True, False):
                # another mailbox each time, which has seen none of these mails
                self.server = self.server.copy({"state": "done"})
                extra = plain_mail(f"Cut {cut} {before}")
                with FakePop(*mails, extra, cut=cut, before=before) as fake:
                    self._collect_from(fake)
                    self._collect_from(fake)
                self.assertFalse(fake.drop, (cut, before))
                subjects = self.Inbox.search([("server_id", "=", self.server.id)])
                self.assertEqual(
                    sorted(subjects.mapped("subject")), ["A", "B", extra_subject(extra)]
                )

    def test_nothing_deleted_before_the_commit(self):
        """E01: when storing fails, the mail stays on the server."""
        self.patch(self.registry["helpdesk.inbox.mail"], "_store", lambda *_args: 1 / 0)
        with FakePop(plain_mail()) as fake:
            self.assertTrue(self._collect_from(fake))
        self.assertNotIn("DELE 1", fake.commands)
        self.assertEqual(len(fake.drop), 1)

    def test_identifier_that_is_used_again(self):
        """E01: a server that gives a UIDL to another mail loses us nothing."""
        with FakePop(plain_mail("First")) as fake:
            self._collect_from(fake)
        with FakePop(plain_mail("Second")) as fake:
            self._collect_from(fake)
        self.assertEqual(self._rows("id").mapped("subject"), ["First", "Second"])
        with FakePop(plain_mail("First")) as fake:  # and this one is known
            self._collect_from(fake)
        self.assertEqual(len(self._rows()), 2)
        self.assertFalse(fake.drop)

    def test_server_without_uidl(self):
        """E01: known by their bytes."""
        for _time in range(2):
            with FakePop(plain_mail("A"), uidl=False) as fake:
                self.assertFalse(self._collect_from(fake))
            self.assertFalse(fake.drop)
        self.assertEqual(self._rows().mapped("uid"), [False])

    def test_too_big_mail(self):
        """rel-F5: a mail that is too big is neither read nor deleted."""
        self.patch(imap, "MAX_MAIL_BYTES", 4000)
        with FakePop(plain_mail("Big", body="x" * 5000), plain_mail("Small")) as fake:
            error = self._collect_from(fake)
        self.assertIn("Too large to be collected: 1 mails", str(error))
        self.assertEqual(list(fake.drop), ["id-1"])

    def test_wrong_password(self):
        """E01: refused in one sentence, and told at once."""
        with FakePop() as fake:
            fake.password = "right"
            self._collect_from(fake)
            fake.password = "changed since"
            with self.committing() as env, mute_logger(RECEIVE, CONNECTION):
                error = self.server.with_env(env)._fetch_mail()
        self.assertIn("refused the user name or the password", str(error))


def extra_subject(raw):
    """Return the subject of a mail of `plain_mail`."""
    return raw.decode().split("Subject: ")[1].split("\r\n")[0]
