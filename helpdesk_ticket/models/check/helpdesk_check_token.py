import secrets

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import NO_ACCESS
from odoo.tools.misc import hmac

ADDRESS = "/helpdesk/check"


class HelpdeskCheckToken(models.Model):
    """A token with which a monitoring program queries the self-check of a company
    (M04).

    Only its hash is stored; deleting it revokes it at once.
    """

    _name = "helpdesk.check.token"
    _description = "Token of the Self-Check"
    _order = "id desc"

    name = fields.Char(
        required=True,
        help="The program that uses this token, so that you can recognise it.",
    )
    token_hash = fields.Char(required=True, copy=False, groups=NO_ACCESS)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    last_used = fields.Datetime(readonly=True, copy=False)

    _token_uniq = models.Constraint("UNIQUE(token_hash)", "This token exists already.")

    @api.model
    def _hash_token(self, token):
        # sudo: reads the secret of the database; only a hash is returned
        return hmac(self.sudo().env, "helpdesk_ticket.check_token", token)

    def action_make_token(self):
        """Create a token for the current company.

        :return: an `ir.actions.act_window` of the dialog that shows it once
        :rtype: dict
        :raise AccessError: for users who are neither managers nor administrators
        """
        self.check_access("unlink")
        token = f"hc_{secrets.token_urlsafe(32)}"
        # sudo: the hashes of tokens are written here only
        self.sudo().create(
            {
                "name": self.env._("Monitoring"),
                "token_hash": self._hash_token(token),
                "company_id": self.env.company.id,
            }
        )
        return self.env["helpdesk.token.show"]._get_action(
            self.env._("Token for Monitoring"),
            "helpdesk_ticket.helpdesk_check_token_show_view_form",
            address=f"{self.get_base_url()}{ADDRESS}",
            token=token,
        )

    @api.model
    def _find_by_token(self, token):
        """Return the record of a token, and store that it was used.

        :param str token: as received
        :return: `helpdesk.check.token` as the technical user, at most one
        """
        # sudo: a program has no account; the token identifies it
        tokens = self.sudo().with_user(SUPERUSER_ID)
        found = tokens.search([("token_hash", "=", self._hash_token(token))])
        found.last_used = fields.Datetime.now()
        return found
