from odoo import api, fields, models


class HelpdeskTokenShow(models.AbstractModel):
    """The dialog that shows a new code or token, which is not stored (rel-F3).

    Each addon has its own view that says what the token is for.
    """

    _name = "helpdesk.token.show"
    _description = "Code or Token Shown Once"

    # the form of a model without records reads it
    id = fields.Id()
    address = fields.Char(readonly=True)
    token = fields.Char(readonly=True)
    expiry = fields.Datetime(string="Valid until", readonly=True)

    @api.model
    def _get_action(self, name, view, **values):
        """Return the action that opens the dialog with a new token.

        :param str name: its title
        :param str view: external id of its form
        :param values: of its fields
        :return: an `ir.actions.act_window`
        :rtype: dict
        """
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "name": name,
            "views": [(self.env["ir.model.data"]._xmlid_to_res_id(view), "form")],
            "target": "new",
            "context": {f"default_{field}": value for field, value in values.items()},
        }
