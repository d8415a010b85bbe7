import logging
import stat
from pathlib import Path

from odoo import SUPERUSER_ID, api, models
from odoo.tools import config

_logger = logging.getLogger(__name__)

# Permissions of group and others in the mode of a file
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _register_hook(self):
        super()._register_hook()
        self._keep_files_private()

    @api.model
    def _keep_files_private(self):
        """Make the folder with the files of tickets and received mails accessible to
        Odoo's own user only (rel-I4): Odoo creates it with the default permissions,
        which often allow all users of the machine to read it.

        A web server that serves files itself, or a backup, may need access: set the
        system parameter `helpdesk_ticket.shared_files` then.
        """
        # sudo: a system parameter
        parameters = self.env["ir.config_parameter"].sudo()
        path = Path(config.filestore(self.env.cr.dbname))
        is_shared = parameters.get_param("helpdesk_ticket.shared_files")
        if config["x_sendfile"] or is_shared or not path.is_dir():
            return
        mode = stat.S_IMODE(path.stat().st_mode)
        if not mode & OTHERS:
            return
        try:
            path.chmod(mode & ~OTHERS)
        except OSError as error:
            _logger.warning("Other users of this server can read %s: %s", path, error)

    def _is_of_helpdesk_colleague(self):
        """Return whether one of our users created a file, not a customer or a program
        that stores files of customers (T07).

        :rtype: bool
        """
        self.ensure_one()
        # sudo: only who created it
        author = self.sudo().create_uid
        return author.id != SUPERUSER_ID and not author.share
