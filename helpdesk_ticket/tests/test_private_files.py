import stat
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged
from odoo.tools import config


@tagged("post_install", "-at_install")
class TestPrivateFiles(TransactionCase):
    """rel-I4: only Odoo's own user reads files and mails on the disk."""

    def setUp(self):
        super().setUp()
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / self.env.cr.dbname
        changed = patch.object(config, "filestore", return_value=str(self.path))
        changed.start()
        self.addCleanup(changed.stop)

    def _start(self, mode=0o755):
        """Start Odoo with a folder of this mode; return the one it has then."""
        self.path.mkdir(exist_ok=True)
        self.path.chmod(mode)
        self.env["ir.attachment"]._register_hook()
        return stat.S_IMODE(self.path.stat().st_mode)

    def test_of_nobody_else(self):
        self.assertEqual(self._start(0o755), 0o700)
        self.assertEqual(self._start(0o750), 0o700)
        self.assertEqual(self._start(0o700), 0o700)

    def test_where_others_need_them(self):
        self.env["ir.config_parameter"].set_param("helpdesk_ticket.shared_files", "1")
        self.assertEqual(self._start(0o750), 0o750)
        self.env["ir.config_parameter"].set_param("helpdesk_ticket.shared_files", False)
        with patch.dict(config.options, {"x_sendfile": True}):
            self.assertEqual(self._start(0o750), 0o750)

    def test_no_file_yet(self):
        self.env["ir.attachment"]._register_hook()
        self.assertFalse(self.path.exists())

    def test_folder_of_somebody_else(self):
        with (
            patch.object(Path, "chmod", side_effect=PermissionError),
            self.assertLogs("odoo.addons.helpdesk_ticket.models.ir_attachment"),
        ):
            self.path.mkdir(mode=0o755)
            self.env["ir.attachment"]._register_hook()
