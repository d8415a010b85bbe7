from cryptography.fernet import Fernet

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import SQL

from odoo.addons.helpdesk_contact.tests.common import OwnKeyMixin

from .common import DirectoryCommon
from .directory import SECRET, make_certificate, make_rsa_key, write_key


@tagged("post_install", "-at_install")
class TestSecrets(OwnKeyMixin, DirectoryCommon):
    """rel-F3: what signs in to a directory goes in, and comes out nowhere."""

    def _read_row(self):
        self.env.flush_all()
        query = SQL(
            "SELECT c::text FROM helpdesk_entra_connection c WHERE id = %s",
            self.connection.id,
        )
        return self.env.execute_query(query)[0][0]

    def test_nobody_reads_them(self):
        key = make_rsa_key()
        self.connection.certificate = write_key(key) + make_certificate(key)
        row = self._read_row()
        self.env.invalidate_all()
        self.assertNotIn(SECRET, row)
        self.assertNotIn("PRIVATE KEY", row)
        self.assertEqual(self.connection.client_secret, self.connection.certificate)
        with Form(self.connection) as form:
            form.name = "Renamed"
        self.assertEqual(self.connection.action_test()["params"]["type"], "success")
        self.assertIn("PRIVATE KEY", self.connection._reveal_secret("certificate"))

    def test_another_key(self):
        """After a dump was restored elsewhere: one sentence, until it is back."""
        kept = self.key_file.read_text()
        self.key_file.write_text(Fernet.generate_key().decode())
        with self.assertRaisesRegex(UserError, "Enter it again"):
            self.connection.action_test()
        self.connection.auth_method = "certificate"
        self.assertFalse(self.connection.credential_end_date)
        self.connection.auth_method = "secret"
        self.key_file.write_text(f"{Fernet.generate_key().decode()}\n{kept}")
        before = self.connection.kept_client_secret
        self.connection._renew_secrets()
        self.assertNotEqual(self.connection.kept_client_secret, before)
        self.assertEqual(self.connection.action_test()["params"]["type"], "success")

    def test_migration(self):
        """What older versions kept as entered is encrypted, once."""
        self.connection.kept_client_secret = False
        self.env.flush_all()
        self.env.cr.execute(
            "ALTER TABLE helpdesk_entra_connection ADD client_secret varchar"
        )
        self.env.cr.execute(
            "UPDATE helpdesk_entra_connection SET client_secret = 'old one'"
        )
        for _time in range(2):
            self.connection._encrypt_columns()
        self.env.invalidate_all()
        self.assertEqual(self.connection._reveal_secret("client_secret"), "old one")
        self.assertNotIn("old one", self._read_row())
