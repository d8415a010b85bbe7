from odoo import api, models

from ..models.ticket.helpdesk_ticket import FORMER


class BaseImport(models.TransientModel):
    _inherit = "base_import.import"

    @api.model
    def get_fields_tree(self, model, *args, **kwargs):
        """Return the columns that can be imported; for managers also those for tickets
        from another helpdesk: number, dates, author (T01).

        :param str model: name of the model
        :rtype: list
        """
        tree = super().get_fields_tree(model, *args, **kwargs)
        manager = "helpdesk_contact.group_helpdesk_manager"
        if model != "helpdesk.ticket" or not self.env.user.has_group(manager):
            return tree
        described = self.env[model].fields_get(FORMER, ["string", "type", "relation"])
        for name, field in described.items():
            column = {
                "id": name,
                "name": name,
                "string": field["string"],
                "required": False,
                "fields": [],
                "type": field["type"],
                "model_name": model,
            }
            if relation := field.get("relation"):
                column["comodel_name"] = relation
                column["fields"] = [
                    {**column, "name": key, "type": "id", "model_name": relation}
                    for key in ("id", ".id")
                ]
            tree.append(column)
        return tree
