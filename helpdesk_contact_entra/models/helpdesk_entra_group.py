from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..person import IDENTIFIER


class HelpdeskEntraGroup(models.Model):
    """A group of a customer's directory, whose members may be synchronized (C11)."""

    _name = "helpdesk.entra.group"
    _description = "Group of a Directory"
    _order = "is_taken desc, name, id"

    connection_id = fields.Many2one(
        "helpdesk.entra.connection", required=True, index=True, ondelete="cascade"
    )
    name = fields.Char(string="Group", required=True)
    external_id = fields.Char(string="Object ID", required=True)
    is_taken = fields.Boolean(
        string="Include",
        help="Members of these groups become contacts. Without any chosen group, all "
        "users do.",
    )

    _external_uniq = models.Constraint(
        "UNIQUE(connection_id, external_id)", "This group is already in the list."
    )

    @api.constrains("external_id")
    def _check_external_id(self):
        for group in self:
            if not IDENTIFIER.match(group.external_id):
                raise ValidationError(
                    self.env._(
                        "“%(id)s” is not the object ID of a group.",
                        id=group.external_id,
                    )
                )
