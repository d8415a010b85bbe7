import logging
import stat
from pathlib import Path

from odoo import SUPERUSER_ID, api, models
from odoo.tools import config

_logger = logging.getLogger(__name__)

# Of a file's mode: all that group and others may do
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _register_hook(self):
        super()._register_hook()
        self._keep_files_private()

    @api.model
    def _keep_files_private(self):
        """Let nobody but Odoo's own user into the folder with the files of tickets and
        the mails as they came (rel-I4): Odoo makes it as the server makes all folders,
        which often is for every user of the server to read.

        A web server that hands out files itself reads them there, and so may a backup:
        for that there is the system parameter `helpdesk_ticket.shared_files`.
        """
        # sudo: a word that an administrator has set
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
        """Say whether one of us put a file where it is: no customer, and no program
        that keeps what customers send (T07).

        :rtype: bool
        """
        self.ensure_one()
        # sudo: only who it was
        author = self.sudo().create_uid
        return author.id != SUPERUSER_ID and not author.share
