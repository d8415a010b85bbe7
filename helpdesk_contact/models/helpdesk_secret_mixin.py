from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.sql import column_exists

from .. import secret

# Shown in the field when a secret is stored.
DOTS = "••••••••"


class HelpdeskSecretMixin(models.AbstractModel):
    """Secrets are entered in one field, stored encrypted in another, `kept_<field>`,
    and never shown again (rel-F3).

    A model lists them in `_secrets`. Their fields are computed by `_compute_secrets`,
    each with an inverse that calls `_keep_secret`; the `kept_…` fields have
    `groups=NO_ACCESS`.
    """

    _name = "helpdesk.secret.mixin"
    _description = "Secrets That Are Never Shown Again"

    _secrets = ()

    @api.depends(lambda self: [f"kept_{name}" for name in self._secrets])
    def _compute_secrets(self):
        for record in self:
            kept = record.sudo()  # sudo: only whether there are some
            for name in self._secrets:
                record[name] = kept[f"kept_{name}"] and DOTS

    def _keep_secret(self, name):
        """Encrypt what was entered; called by the inverse of each secret.

        :param str name: of the field
        :raise UserError: when the key is invalid, or cannot be read or created
        """
        for record in self.filtered(lambda record: record[name] != DOTS):
            record._protect_secret(name, record[name])

    def _protect_secret(self, name, entered):
        self.ensure_one()
        try:
            kept = entered and secret.protect(entered, self._get_secret_host(name))
        except secret.SecretError as error:
            raise UserError(self._describe_secret_error(error)) from error
        # sudo: nobody may access the field; write access was checked before
        self.sudo()[f"kept_{name}"] = kept

    def _get_secret_host(self, name):
        """Return the only server that a secret may be sent to, "" for any; a hook.

        :param str name: of the field
        :rtype: str
        """
        return ""

    def _reveal_secret(self, name):
        """Return a decrypted secret, for use by the server only.

        :param str name: of the field
        :rtype: str
        :raise SecretError: when there is none, or it cannot be decrypted
        """
        return secret.reveal(self[f"kept_{name}"], self._get_secret_host(name))

    def _describe_secret_error(self, error):
        if error.kind == "key_option":
            return self.env._(
                "The option helpdesk_mailbox_key in the Odoo configuration is not a "
                "valid key. Ask your Odoo administrator to fix it as described in the "
                "documentation."
            )
        return self.env._(
            "The encryption key for the passwords cannot be read: %(detail)s. Ask "
            "your Odoo administrator to make the file helpdesk_mailbox.key in the "
            "data folder readable for Odoo.",
            detail=error.detail,
        )

    @api.autovacuum
    def _renew_secrets(self):
        """Encrypt with the newest key what is encrypted with an older one."""
        if self._abstract:
            return
        # sudo: encrypts secrets with another key, without showing them
        records = self.sudo().with_context(active_test=False)
        for name in (f"kept_{name}" for name in self._secrets):
            for record in records.search([(name, "!=", False)]):
                if renewed := secret.renew(record[name]):
                    record[name] = renewed

    @api.model
    def _encrypt_columns(self):
        """Encrypt what older versions stored as plain text; for migrations."""
        records = self.with_context(active_test=False, tracking_disable=True)
        table = SQL.identifier(self._table)
        for name in self._secrets:
            if not column_exists(self.env.cr, self._table, name):
                continue
            column = SQL.identifier(name)
            for row_id, entered in self.env.execute_query(
                SQL("SELECT id, %s FROM %s", column, table)
            ):
                record = records.browse(row_id)
                if not record[f"kept_{name}"]:
                    record._protect_secret(name, entered)
            self.env.flush_all()
            self.env.cr.execute(SQL("ALTER TABLE %s DROP COLUMN %s", table, column))
