from odoo import fields, models

DEFAULTS = (
    ("address", "email"),
    ("givenName", "firstname"),
    ("surname", "lastname"),
    ("jobTitle", "function"),
    ("department", "department_id"),
    ("businessPhones", "phone"),
    ("mobilePhone", "mobile"),
    ("preferredLanguage", "lang"),
)


class HelpdeskEntraMapping(models.Model):
    """Maps a property of a directory's users to a field of contacts (C11)."""

    _name = "helpdesk.entra.mapping"
    _description = "Field of a Directory"
    _order = "sequence, id"

    connection_id = fields.Many2one(
        "helpdesk.entra.connection", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    source = fields.Selection(
        [
            ("address", "E-mail address, else sign-in name"),
            ("mail", "E-mail address"),
            ("userPrincipalName", "Sign-in name"),
            ("givenName", "First name"),
            ("surname", "Last name"),
            ("jobTitle", "Job title"),
            ("department", "Department"),
            ("businessPhones", "First business phone"),
            ("mobilePhone", "Mobile phone"),
            ("employeeId", "Employee number"),
            ("preferredLanguage", "Preferred language"),
        ],
        string="In the directory",
        required=True,
    )
    target = fields.Selection(
        [
            ("email", "E-mail"),
            ("firstname", "First name"),
            ("lastname", "Last name"),
            ("function", "Job position"),
            ("department_id", "Department"),
            ("phone", "Phone"),
            ("mobile", "Mobile"),
            ("ref", "Reference"),
            ("lang", "Support language"),
        ],
        string="Contact field",
        required=True,
    )
    overwrite = fields.Boolean(
        string="Overwrite edits",
        help="Values from the directory replace what was entered here by hand.",
    )

    _target_uniq = models.Constraint(
        "UNIQUE(connection_id, target)",
        "A field of the contact can have only one source.",
    )
