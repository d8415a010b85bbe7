from odoo import fields, models


class HelpdeskEntraUser(models.Model):
    """Links a user of a directory to a contact (C11).

    A member of a chosen group has a row with only its id before its data is read. Users
    in no chosen group have none, so nothing is stored about people who were not chosen.
    """

    _name = "helpdesk.entra.user"
    _description = "User of a Directory"
    _rec_name = "external_id"

    connection_id = fields.Many2one(
        "helpdesk.entra.connection", required=True, ondelete="cascade"
    )
    external_id = fields.Char(string="Object ID", required=True)
    partner_id = fields.Many2one(
        "res.partner", string="Contact", index="btree_not_null", ondelete="set null"
    )
    is_deactivated = fields.Boolean(
        string="Deactivated by the directory",
        help="The contact was deactivated because of its directory user and is "
        "reactivated with it.",
    )
    member_run_id = fields.Integer(string="Last seen in a chosen group, by run")
    seen_run_id = fields.Integer(string="Last seen in the directory, by run")
    is_read = fields.Boolean(string="Data received")
    photo_checksum = fields.Char(string="Photo from the directory")
    photo_due_date = fields.Datetime(string="Photo is requested again on")
    written = fields.Json(
        string="Values from the directory",
        help="A field that differs was edited here.",
    )

    _external_uniq = models.Constraint(
        "UNIQUE(connection_id, external_id)", "This user is already known."
    )
