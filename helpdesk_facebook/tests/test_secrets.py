import traceback
from pathlib import Path
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.exceptions import AccessError, UserError
from odoo.modules.migration import load_script
from odoo.tests import Form, tagged
from odoo.tools import SQL, config

from odoo.addons.helpdesk_contact import secret
from odoo.addons.helpdesk_contact.tests.common import OwnKeyMixin

from .. import graph
from .common import SECRET, FacebookCommon

SCRIPT = Path(__file__).parent.parent / "migrations/19.0.1.1.0/post-secrets.py"
TOKEN = "token of the page"


@tagged("post_install", "-at_install")
class TestSecrets(OwnKeyMixin, FacebookCommon):
    """rel-F3: the token and the secret of a page go in, and come out nowhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls._create_user("page-admin", "base.group_system")

    def _read_row(self):
        query = SQL(
            "SELECT p::text FROM helpdesk_facebook_page p WHERE id = %s", self.page.id
        )
        self.env.flush_all()
        return self.env.execute_query(query)[0][0]

    def _tell(self):
        """Deliver something; return whether it counted."""
        body = self._message()
        return self.events._receive(body, self._sign(body))

    def test_nobody_reads_them(self):
        row = self._read_row()
        self.assertNotIn(TOKEN, row)
        self.assertNotIn(SECRET, row)
        mine = self.page.with_user(self.admin)
        self.assertEqual(mine.page_token, mine.app_secret)
        self.assertNotIn("token", mine.page_token)
        for name in ("kept_page_token", "kept_app_secret"):
            with self.assertRaises(AccessError):
                mine.read([name])
        with Form(mine) as form:
            form.name = "Renamed"
        self.assertEqual(self.page._reveal("page_token"), TOKEN)
        with Form(mine) as form:
            form.page_token = "new"
        self.assertEqual(self.page._reveal("page_token"), "new")
        self.assertEqual(self.page._reveal("app_secret"), SECRET)

    def test_only_administrators_read_what_else_there_is(self):
        names = ["app_secret", "page_token", "verify_token", "graph_url"]
        page = self.page.with_user(self.manager)
        for name in names:
            with self.subTest(name=name):
                self.assertNotIn(name, page.fields_get())
                with self.assertRaises(AccessError):
                    page.read([name])
        self.assertTrue(page.read(["name"]))

    def test_another_key(self):
        """After a dump was restored elsewhere: one sentence, and nothing breaks."""
        self.assertTrue(self._tell())
        kept = self.key_file.read_text()
        self.key_file.write_text(Fernet.generate_key().decode())
        self.assertFalse(self._tell())
        self.assertIn("Enter both again", self.page.error)
        with self.assertRaisesRegex(UserError, "Enter both again"):
            self.page.action_check()
        self.key_file.write_text(f"{Fernet.generate_key().decode()}\n{kept}")
        before = self.page.kept_page_token
        self.page._renew_secrets()
        self.assertNotEqual(self.page.kept_page_token, before)
        self.assertTrue(self._tell())
        with (
            patch.object(Path, "read_text", side_effect=PermissionError(13, "Denied")),
            self.assertRaisesRegex(UserError, "Denied"),
        ):
            self.page.page_token = "another"
        broken = {**config.options, secret.OPTION: "no key"}
        with (
            patch.object(secret, "config", broken),
            self.assertRaisesRegex(UserError, "helpdesk_mailbox_key"),
        ):
            self.page.page_token = "another"

    def test_another_server(self):
        """A token goes to the server only that it was entered for."""
        self.page.graph_url = f"{self.graph.origin}/v25.0"
        self.page.action_check()
        self.graph.calls.clear()
        self.page.graph_url = self.graph.origin.replace("127.0.0.1", "localhost")
        with self.assertRaises(UserError):
            self.page.action_check()
        self.assertFalse(self.graph.calls)

    def test_errors_tell_no_token(self):
        """The address that was asked holds the token: it is in no trace."""
        self.page.write({"graph_url": "http://127.0.0.1:1/v24.0", "page_token": TOKEN})
        with self.assertRaises(UserError) as caught:
            self.page.action_check()
        trace = "".join(traceback.format_exception(caught.exception))
        self.assertIn("could not be reached", trace)
        self.assertNotIn("access_token", trace)

    def _check(self):
        """Ask Facebook as the cron does; return the error of the page."""
        with self._committing() as env:
            env["helpdesk.facebook.page"]._cron_check()
        return self.page.error

    def test_told_without_traffic(self):
        """A revoked token or a changed secret: one activity, gone when it works."""
        administrator = self.env.ref("base.user_admin")
        administrator.company_ids += self.company
        self.assertFalse(self._check())
        for problem, words in (("expired", "new one"), ("secret", "Enter both again")):
            self.graph.problems.append(problem)
            self.assertIn(words, self._check())
            self.assertTrue(self._check())
            mine = self.page.activity_ids.filtered(
                lambda one: one.user_id == administrator
            )
            self.assertEqual(len(mine), 1)
            self.graph.problems.clear()
            self.assertFalse(self._check() or self.page.activity_ids)
        with patch.object(graph.Graph, "get", side_effect=graph.GraphError("busy")):
            self.assertFalse(self._check())

    def test_migration(self):
        """What was kept as entered is encrypted, also of archived pages."""
        self.page.active = False
        self.page.write({"kept_page_token": False, "kept_app_secret": False})
        self.env.flush_all()
        self.env.cr.execute(
            "ALTER TABLE helpdesk_facebook_page ADD app_secret varchar, "
            "ADD page_token varchar"
        )
        self.env.cr.execute(
            "UPDATE helpdesk_facebook_page SET app_secret = 'old secret', "
            "page_token = 'old token'"
        )
        script = load_script(str(SCRIPT), "helpdesk_facebook_post_secrets")
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual(self.page._reveal("page_token"), "old token")
        self.assertEqual(self.page._reveal("app_secret"), "old secret")
        self.assertNotIn("old", self._read_row())
        script.migrate(self.env.cr, "19.0.1.0.0")
