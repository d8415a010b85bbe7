import hashlib
from pathlib import Path

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestAttachment(TransactionCase):
    """E05: what is left of a file keeps no whole one from being stored."""

    def _store(self, content):
        return self.env["ir.attachment"].create({"name": "a.txt", "raw": content})

    def _get_file(self, content):
        name = hashlib.sha1(content).hexdigest()
        path = self.env["ir.attachment"]._full_path(f"{name[:2]}/{name}")
        return Path(path)

    def test_cut_file_is_replaced(self):
        content = b"The whole file of test_attachment" * 50
        file = self._get_file(content)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content[:50])
        stored = self._store(content)
        stored.invalidate_recordset()
        self.assertEqual(stored.raw, content)
        self.assertEqual(file.read_bytes(), content)

    def test_whole_file_stays(self):
        """The same content twice is one file."""
        content = b"Another file of test_attachment" * 50
        self._store(content)
        before = self._get_file(content).stat().st_ino
        self._store(content)
        self.assertEqual(self._get_file(content).stat().st_ino, before)
