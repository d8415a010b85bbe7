from odoo import api, models

from ..inside import Inside

# The rows per batch that Odoo's import screen proposes, whatever a row costs.
ODOO_BATCH = 2000


class BaseImportImport(models.TransientModel):
    _inherit = "base_import.import"

    def parse_preview(self, options, count=10):
        """Propose a batch size that Odoo can save well before a request times out
        (C10).

        :param dict options: of the import screen; `limit` is the size of a batch
        :return: as Odoo's own
        """
        proposed = self._get_helpdesk_batches().get(self.res_model)
        if proposed and options.get("limit") == ODOO_BATCH:
            options["limit"] = proposed
        return super().parse_preview(options, count=count)

    @api.model
    def _get_helpdesk_batches(self):
        """Return the number of rows saved at once, by name of the model; a hook."""
        return {"res.partner": 500}

    def execute_import(self, fields, columns, options, dryrun=False):
        """Pass the number of preceding rows of the file to the import of contacts
        (C10).

        :param dict options: of the import screen; `skip` is that number
        :return: as Odoo's own
        """
        skipped = options.get("skip", 0)
        counting = self.with_context(helpdesk_import_skip=Inside(skipped))
        return super(BaseImportImport, counting).execute_import(
            fields, columns, options, dryrun=dryrun
        )
