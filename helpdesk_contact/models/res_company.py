from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    helpdesk_auto_create_contact = fields.Boolean(
        string="Auto-create new contact on incoming e-mail",
        default=True,
        help="An unknown sender becomes a contact, below the customer that owns the "
        "e-mail domain. When off, the ticket keeps the bare address.",
    )
