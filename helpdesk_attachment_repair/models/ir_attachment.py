import contextlib
import os

from odoo import api, models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model
    def _get_path(self, bin_data, sha):
        """Return where a file is stored; an incomplete copy there is deleted (E05).

        A full disk, or a server that is stopped while it writes, leaves the beginning
        of a file under the name of the whole file. Odoo takes that for a different file
        of the same name, and would never store the whole one again.

        :param bytes bin_data: content of the file
        :param str sha: SHA-1 of the content, which is the name of the file
        :return: name in the file store and full path
        :rtype: tuple[str, str]
        """
        path = self._full_path(f"{sha[:2]}/{sha}")
        # Another process may delete it at the same time.
        with contextlib.suppress(FileNotFoundError):
            # The name is made of the content: a shorter file is not the whole one.
            if os.path.getsize(path) < len(bin_data):
                os.unlink(path)
        return super()._get_path(bin_data, sha)
