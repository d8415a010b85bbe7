from odoo import api, fields, models
from odoo.fields import NO_ACCESS

from odoo.addons.helpdesk_contact.secret import SecretError

from ..credential import get_end, split_pem
from ..faults import DirectoryFault


class HelpdeskEntraConnection(models.Model):
    """The credentials of a connection (rel-F3)."""

    _name = "helpdesk.entra.connection"
    _inherit = ["helpdesk.entra.connection", "helpdesk.secret.mixin"]

    _secrets = ("client_secret", "certificate")

    auth_method = fields.Selection(
        [("secret", "Client secret"), ("certificate", "Certificate")],
        string="Sign in by",
        required=True,
        default="secret",
    )
    # Entered here, stored encrypted below, and never shown again (rel-F3)
    client_secret = fields.Char(
        compute="_compute_secrets",
        inverse="_inverse_client_secret",
        groups="base.group_system",
    )
    secret_end_date = fields.Date(
        string="Secret valid until",
        copy=False,
        help="Microsoft Entra ID shows it next to the secret. The self-check reminds "
        "you in time to create a new one.",
    )
    certificate = fields.Text(
        string="Private key and certificate",
        compute="_compute_secrets",
        inverse="_inverse_certificate",
        groups="base.group_system",
        help="Both in PEM format, one below the other.",
    )
    kept_client_secret = fields.Char(copy=False, prefetch=False, groups=NO_ACCESS)
    kept_certificate = fields.Text(copy=False, prefetch=False, groups=NO_ACCESS)
    credential_end_date = fields.Date(
        string="Valid until",
        compute="_compute_credential_end_date",
        compute_sudo=True,
        help="When the secret or the certificate expires.",
    )

    @api.depends("auth_method", "kept_certificate", "secret_end_date")
    def _compute_credential_end_date(self):
        for connection in self:
            connection.credential_end_date = (
                connection.secret_end_date
                if connection.auth_method == "secret"
                else connection._get_certificate_end()
            )

    def _get_certificate_end(self):
        try:
            return get_end(self._reveal_secret("certificate"))
        except SecretError:
            # no date; the sign-in reports what is wrong with it
            return None

    def _inverse_client_secret(self):
        self._keep_secret("client_secret")

    def _inverse_certificate(self):
        self._keep_secret("certificate")

    def _get_credential(self):
        """Return the secret or the certificate in the form msal expects."""
        is_secret = self.auth_method == "secret"
        try:
            name = "client_secret" if is_secret else "certificate"
            entered = self._reveal_secret(name)
        except SecretError as error:
            is_missing = error.kind == "no_password"
            raise DirectoryFault("no_secret" if is_missing else "secret_key") from error
        if is_secret:
            return entered
        keys, certificates = split_pem(entered)
        if not (keys and certificates):
            raise DirectoryFault("certificate")
        return {"private_key": keys[0], "public_certificate": certificates[0]}
