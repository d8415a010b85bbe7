from odoo import models

from ..inside import Inside


class BaseImportImport(models.TransientModel):
    _inherit = "base_import.import"

    def execute_import(self, fields, columns, options, dryrun=False):
        """Tell the import of contacts how many rows of the file came before (C10).

        :param dict options: of the import screen; `skip` is that number
        :return: as Odoo's own
        """
        skipped = options.get("skip", 0)
        counting = self.with_context(helpdesk_import_skip=Inside(skipped))
        return super(BaseImportImport, counting).execute_import(
            fields, columns, options, dryrun=dryrun
        )
