from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.orm.models import NO_ACCESS

from odoo.addons.helpdesk_contact import secret as safe

from ...mailbox_errors import MailboxError, sentence

DOTS = "••••••••"


class FetchmailServer(models.Model):
    """The password of a mailbox, which can be entered but not read (rel-F3).

    `password` is always empty for a mailbox of the helpdesk; what is written to it is
    stored encrypted. Mixed into `fetchmail.server`, whose fields it uses.
    """

    _inherit = "fetchmail.server"

    helpdesk_secret = fields.Char(
        groups=NO_ACCESS, copy=False, prefetch=False, readonly=True
    )
    helpdesk_password_hint = fields.Char(
        compute="_compute_helpdesk_password_hint", groups="base.group_system"
    )

    @api.depends("helpdesk_secret")
    def _compute_helpdesk_password_hint(self):
        for server in self:
            # sudo: only whether there is a password
            server.helpdesk_password_hint = server.sudo().helpdesk_secret and DOTS

    @api.model
    def _split_secret(self, values):
        """Return the values without the password, and the password.

        :param dict values: of `create`, or of `write` on this single server
        :return: the values, and the password, False to delete it, or None to keep it
        """
        values = dict(values)
        if "is_helpdesk_collector" not in values and not self:
            values |= self.default_get(["is_helpdesk_collector"])
        if values.get("is_helpdesk_collector", self.is_helpdesk_collector):
            password = values.pop("password", None)
            # sudo: a password that Odoo stored as plain text is encrypted
            clear = self.sudo().password
            if clear and password is None:
                password = clear
            if clear or not self:
                values["password"] = False
            return values, password
        if self.is_helpdesk_collector:
            # no longer ours: Odoo would show it, so it must be entered again
            values = {"password": False, "state": "draft", **values}
            return values, False
        return values, None

    def _keep_secret(self, password):
        """Store the password of `_split_secret` encrypted.

        :raises UserError: when the configured key is invalid, or its file cannot be
            read or created
        """
        self.ensure_one()
        if password is None:
            return
        try:
            token = safe.protect(password, self.server) if password else False
        except safe.SecretError as error:
            fault = MailboxError(error.kind, detail=error.detail)
            raise UserError(sentence(self.env, fault)) from error
        # sudo: nobody may access the field; write access was checked before
        self.sudo().helpdesk_secret = token

    def _find_secret_fault(self):
        """Return why the mailbox cannot log in with its password, without a connection.

        :rtype: MailboxError or None
        """
        self.ensure_one()
        mailbox = self.sudo()  # only whether the key decrypts the password
        if mailbox.server_type not in ("imap", "pop") or mailbox.password:
            return None
        try:
            mailbox._reveal_secret()
        except MailboxError as fault:
            return fault
        return None
