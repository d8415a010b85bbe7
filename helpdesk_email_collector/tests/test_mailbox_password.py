import logging
import os
import stat
import tempfile
from pathlib import Path
from unittest.mock import Mock, patch

from cryptography.fernet import Fernet

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import SQL, config

from odoo.addons.helpdesk_contact import secret as safe

from ..mailbox_errors import MailboxError
from .common import CollectorCommon, plain_mail
from .fake_imap import FakeImap

PASSWORD = "Tr0ub4dor & 3"
TABLES = (
    "fetchmail_server",
    "mail_message",
    "mail_tracking_value",
    "mail_activity",
    "ir_config_parameter",
    "ir_attachment",
)


class Folder:
    """A data folder of its own, so that the real key is left alone."""

    def __init__(self, test):
        folder = tempfile.TemporaryDirectory()
        test.addClassCleanup(folder.cleanup)
        self.path = Path(folder.name)

    def options(self, key=None):
        """Return Odoo's configuration with this folder."""
        changed = {"data_dir": str(self.path), safe.OPTION: key}
        return patch.object(safe, "config", {**config.options, **changed})


@tagged("post_install", "-at_install")
class TestMailboxPassword(CollectorCommon):
    """rel-F3, rel-I1: a password goes in, and comes out nowhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = Folder(cls)
        options = cls.folder.options()
        options.start()
        cls.addClassCleanup(options.stop)
        cls.admin = cls._create_user("box-admin", "base.group_system")
        cls.mine = cls.server.with_user(cls.admin)
        cls.mine.write({"password": PASSWORD})
        cls.env.flush_all()

    def test_nobody_reads_it(self):
        """rel-F3, rel-A8: neither by read, export, search, copy nor a form."""
        for mailbox in (self.mine, self.server, self.server.sudo()):
            self.assertFalse(mailbox.read(["password"])[0]["password"])
            exported = mailbox.export_data(["name", "password"])["datas"]
            self.assertNotIn(PASSWORD, str(exported))
            found = mailbox.search([("password", "ilike", PASSWORD[:4])])
            self.assertNotIn(self.server, found)
            self.assertNotIn(PASSWORD, str(mailbox.web_read({"password": {}})))
            self.assertFalse(mailbox.copy().password)
            self.assertNotIn(PASSWORD, str(mailbox.default_get(["password"])))
        values = {"name": "x", "password": "typed", "server_type": "imap"}
        spec = {name: {} for name in (*values, "port", "is_ssl")}
        changed = self.mine.onchange(values, ["server_type"], spec)
        self.assertNotIn(PASSWORD, str(changed))

    def test_nobody_reads_the_secret(self):
        """rel-F3: what is stored is no field for anybody."""
        for operation in (
            lambda: self.mine.read(["helpdesk_secret"]),
            lambda: self.mine.export_data(["helpdesk_secret"]),
            lambda: self.mine.search([("helpdesk_secret", "like", "g%")]),
            lambda: self.mine.write({"helpdesk_secret": "x"}),
        ):
            with self.assertRaises(AccessError):
                operation()
        self.assertNotIn("helpdesk_secret", self.mine.read()[0])
        self.assertNotIn("helpdesk_secret", self.mine.fields_get())
        self.assertFalse(self.server.copy().sudo().helpdesk_secret)

    def test_write_only_in_the_form(self):
        """rel-F3: dots stand for it; saving other fields keeps it."""
        self.assertEqual(self.mine.helpdesk_password_hint, "••••••••")
        with Form(self.mine) as form:
            self.assertFalse(form.password)
            form.name = "Renamed"
        self.assertEqual(self._reveal(), PASSWORD)
        with Form(self.mine) as form:
            form.password = "another"
        self.assertEqual(self._reveal(), "another")
        self.assertFalse(self.mine.password)

    def _reveal(self):
        return self.server.sudo()._reveal_secret()

    def test_not_in_the_database(self):
        """rel-F3: no table holds it, nor the history, which tells of the change."""
        self.flush_tracking()
        for table in TABLES:
            query = SQL("SELECT t::text FROM %s t", SQL.identifier(table))
            for (text,) in self.env.execute_query(query):
                self.assertNotIn(PASSWORD, text, table)
                self.assertNotIn(PASSWORD[4:9], text, table)
        self.assertIn(
            "The password was changed.", str(self.server.message_ids.mapped("body"))
        )

    def test_history_of_changes(self):
        """rel-I3: who changed a mailbox, and what; core's servers keep none."""
        self.mine.write({"server": "mail.other.example", "helpdesk_folder": "Support"})
        self.flush_tracking()
        message = self.server.message_ids[0]
        self.assertEqual(message.author_id, self.admin.partner_id)
        values = message.tracking_value_ids.mapped("new_value_char")
        self.assertEqual(sorted(values), ["Support", "mail.other.example"])
        core = self.env["fetchmail.server"].create({"name": "Core", "server": "a"})
        core.server = "b"
        self.flush_tracking()
        self.assertFalse(core.message_ids)
        self.assertFalse(core.message_follower_ids)

    def test_in_no_log(self):
        """rel-I1: neither at DEBUG, nor by imaplib, nor in a traceback."""
        logs = self._logs_of_a_visit(PASSWORD)
        self.assertIn("UIDVALIDITY", logs, "the visit has been logged")
        self.assertNotIn(PASSWORD, logs)
        logs = self._logs_of_a_visit("Tr0ub4dor & 3 but wrong")
        self.assertNotIn(PASSWORD, logs)
        self.assertIn("refused", self.server.error_message)
        self.assertNotIn(PASSWORD, self.server.error_message)

    def _logs_of_a_visit(self, password):
        """Return all that is logged at DEBUG while mails are collected."""
        with (
            FakeImap(plain_mail()) as fake,
            self.assertLogs("odoo", level=logging.DEBUG) as logs,
            patch("imaplib.Debug", 5),
            patch("sys.stderr") as stderr,
        ):
            fake.password = PASSWORD
            self.server.write(
                {
                    "server": "127.0.0.1",
                    "port": fake.port,
                    "is_ssl": False,
                    "password": password,
                }
            )
            with self.committing() as env:
                self.server.with_env(env)._fetch_mail()
        formatter = logging.Formatter()
        return str(stderr.mock_calls) + "".join(map(formatter.format, logs.records))

    def test_only_for_the_server_it_was_entered_for(self):
        """rel-F3: whoever changes the server's name does not get the password sent."""
        with FakeImap(plain_mail()) as fake:
            fake.password = PASSWORD
            self.mine.write({"server": "localhost", "port": fake.port, "is_ssl": False})
            with self.assertRaises(UserError) as caught:
                self.mine.action_helpdesk_test_connection()
            self.assertIn("was entered for another server", str(caught.exception))
            self.assertFalse([line for line in fake.commands if "LOGIN" in line])

    def test_key_is_gone(self):
        """rel-F3: a restored dump without the key asks for the password, at once."""
        elsewhere = Folder(type(self))
        with elsewhere.options(), FakeImap() as fake:
            self.mine.write({"port": fake.port, "is_ssl": False, "server": "127.0.0.1"})
            with self.assertRaises(UserError) as caught:
                self.mine.action_helpdesk_test_connection()
            self.assertIn("Enter the password again", str(caught.exception))
            self.mine.password = FakeImap.password
            self.mine.action_helpdesk_test_connection()

    def test_key_file(self):
        """rel-F3: made on first use, for Odoo's user only, outside of the filestore."""
        (path,) = self.folder.path.iterdir()
        self.assertEqual(path.name, "helpdesk_mailbox.key")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        key = path.read_bytes()
        safe.protect("x", "y")
        self.assertEqual(path.read_bytes(), key)
        self.assertEqual(len(list(self.folder.path.iterdir())), 1)

    def test_rotation(self):
        """rel-F3: a new key before the old one; the next visit changes over."""
        path = self.folder.path / safe.FILE
        old = path.read_text()
        self.addCleanup(path.write_text, old)
        self.addCleanup(os.utime, path)
        new = Fernet.generate_key().decode()
        path.write_text(f"{new}\n{old}")
        self.assertEqual(self._reveal(), PASSWORD)
        self.server._record_success()
        path.write_text(new)
        self.assertEqual(self._reveal(), PASSWORD)
        token = self.server.sudo().helpdesk_secret
        self.server._record_success()
        self.assertEqual(self.server.sudo().helpdesk_secret, token)
        with self.folder.options(f"{Fernet.generate_key().decode()}, {new}"):
            self.assertEqual(self._reveal(), PASSWORD)
        with self.folder.options(old.strip()), self.assertRaises(MailboxError):
            self._reveal()
        with self.folder.options("no key"), self.assertRaises(UserError) as caught:
            self.mine.password = "x"
        self.assertIn("helpdesk_mailbox_key", str(caught.exception))

    def test_nothing_to_renew(self):
        """rel-F5: a mailbox read by a token, its old password's key gone, is read."""
        token = self.server.sudo().helpdesk_secret
        path = self.folder.path / safe.FILE
        kept = path.read_text()
        self.addCleanup(path.write_text, kept)
        for text in ("", "no key", Fernet.generate_key().decode()):
            path.write_text(text)
            names = ("_connect__", "_receive", "_tidy")
            mailbox = {name: Mock() for name in names}
            with (
                self.subTest(key=text[:6]),
                patch.multiple(type(self.server), **mailbox),
            ):
                self.assertIsNone(self.server._collect())
                self.assertEqual(self.server.sudo().helpdesk_secret, token)

    def test_key_file_that_cannot_be_read(self):
        """rel-F5: it holds up no mailbox that needs none, and is called what it is."""
        error = PermissionError(13, "Permission denied")
        unreadable = patch.object(Path, "read_text", Mock(side_effect=error))
        reached = {name: Mock() for name in ("_connect__", "_receive", "_tidy")}
        with unreadable, patch.multiple(type(self.server), **reached):
            self.assertIsNone(self.server._collect())
        with unreadable, self.assertRaises(MailboxError) as fault:
            self._reveal()
        self.assertEqual(fault.exception.kind, "key_file")
        with unreadable, self.assertRaisesRegex(UserError, "Permission denied"):
            self.mine.password = "another"

    def test_servers_of_core(self):
        """rel-F3: core's own servers keep their password as core does."""
        core = self.env["fetchmail.server"].create(
            {"name": "Core", "server": "a", "password": "of core"}
        )
        self.assertEqual(core.password, "of core")
        self.assertFalse(core.sudo().helpdesk_secret)
        core.is_helpdesk_collector = True  # and from now on it is one of ours
        self.assertFalse(core.password)
        secret = core.sudo().helpdesk_secret
        self.assertEqual(safe.reveal(secret, "a"), "of core")
        core.state = "done"
        core.is_helpdesk_collector = False
        self.assertFalse(core.password)
        self.assertFalse(core.sudo().helpdesk_secret)
        self.assertEqual(core.state, "draft")

    def test_clear_passwords_of_before(self):
        """rel-F3: the update takes them out of the table."""
        self.env.cr.execute(
            SQL(
                "UPDATE fetchmail_server SET password = %s, helpdesk_secret = NULL "
                "WHERE id = %s",
                "clear",
                self.server.id,
            )
        )
        self.env.invalidate_all()
        self.server.write({"is_helpdesk_collector": True})
        self.assertFalse(self.server.password)
        self.assertEqual(self._reveal(), "clear")

    def test_odd_passwords(self):
        """E01: quotes, spaces and umlauts arrive as they were entered."""
        for password in ('a "b" \\ c', "Grüße"):
            with FakeImap(plain_mail(), capabilities="AUTH=PLAIN") as fake:
                fake.password = password.replace("\\", "\\\\").replace('"', '\\"')
                self.server.write(
                    {
                        "server": "127.0.0.1",
                        "port": fake.port,
                        "is_ssl": False,
                        "password": password,
                    }
                )
                if password.isascii():
                    self.server.action_helpdesk_test_connection()
                else:
                    with self.assertRaises(UserError):
                        self.server.action_helpdesk_test_connection()
                    self.assertIn("AUTHENTICATE PLAIN", fake.commands)
