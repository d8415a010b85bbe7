from odoo import fields, models


class HelpdeskEntraRunLine(models.Model):
    """A line of the log about one user: a conflict, or in a dry run what would be
    done."""

    _name = "helpdesk.entra.run.line"
    _description = "Line of a Synchronization"
    _order = "id"
    _rec_name = "name"

    run_id = fields.Many2one(
        "helpdesk.entra.run", required=True, index=True, ondelete="cascade"
    )
    name = fields.Char(string="User")
    external_id = fields.Char(string="Object ID")
    partner_id = fields.Many2one(
        "res.partner", string="Contact", index="btree_not_null", ondelete="set null"
    )
    action = fields.Selection(
        [
            ("create", "Create"),
            ("update", "Update"),
            ("deactivate", "Deactivate"),
            ("reactivate", "Activate again"),
            ("conflict", "Conflict"),
        ],
        required=True,
    )
    text = fields.Char(string="Details")
