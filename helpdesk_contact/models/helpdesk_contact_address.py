from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.mail import email_normalize


class HelpdeskContactAddress(models.Model):
    """A further e-mail address of a contact: mail from it is the contact's (K03)."""

    _name = "helpdesk.contact.address"
    _description = "Further E-mail Address of a Contact"
    _rec_name = "email"
    _order = "email"

    email = fields.Char(string="E-mail", required=True)
    email_normalized = fields.Char(
        string="Normalized e-mail",
        compute="_compute_email_normalized",
        store=True,
        precompute=True,
    )
    partner_id = fields.Many2one(
        "res.partner", string="Contact", required=True, index=True, ondelete="cascade"
    )

    _email_normalized_uniq = models.Constraint(
        "UNIQUE(email_normalized)",
        "This e-mail address already belongs to a contact.",
    )

    @api.depends("email")
    def _compute_email_normalized(self):
        for address in self:
            address.email_normalized = email_normalize(address.email)

    @api.model
    def _find_owner_ids(self, addresses):
        """Return the ids of the contacts that have further addresses; a hook.

        :param list addresses: normalised addresses
        :return: a dict of ids by those addresses that somebody has
        """
        found = self.search_fetch(
            [("email_normalized", "in", addresses)], ["email_normalized", "partner_id"]
        )
        return {address.email_normalized: address.partner_id.id for address in found}

    @api.constrains("email", "partner_id")
    def _check_email(self):
        for address in self:
            if not address.email_normalized:
                raise ValidationError(
                    self.env._(
                        "“%(address)s” is not an e-mail address. Enter one address, "
                        "for example anna@example.com.",
                        address=address.email,
                    )
                )
        self.partner_id._check_helpdesk_identity()
