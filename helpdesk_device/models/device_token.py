import secrets
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import NO_ACCESS
from odoo.tools.misc import hmac

# How long a token is valid, and when a program is asked to replace it
TOKEN_LIFE = timedelta(days=365)
ROTATION = timedelta(days=30)
ACTIVITY = "helpdesk_device.mail_activity_type_expired"


def as_utc(moment):
    """Return a moment in the format of the API.

    :param datetime moment: naive, in UTC
    :rtype: str
    """
    return f"{moment.isoformat(timespec='seconds')}Z"


class FsmEquipment(models.Model):
    """The token that identifies a device; only its hash is stored.

    The next token replaces it only once it is used, so that a lost answer does not lock
    the device out.
    """

    _inherit = "fsm.equipment"

    is_connected = fields.Boolean(
        string="Connected",
        compute="_compute_is_connected",
        store=True,
        help="The program on the device can open tickets.",
    )
    token_hash = fields.Char(copy=False, groups=NO_ACCESS)
    token_date = fields.Datetime(string="Connected on", readonly=True, copy=False)
    next_token_hash = fields.Char(copy=False, groups=NO_ACCESS)
    next_token_date = fields.Datetime(copy=False, groups=NO_ACCESS)

    _token_idx = models.UniqueIndex("(token_hash) WHERE token_hash IS NOT NULL")
    _next_token_idx = models.UniqueIndex(
        "(next_token_hash) WHERE next_token_hash IS NOT NULL"
    )

    @api.depends("token_hash")
    def _compute_is_connected(self):
        for device in self:
            device.is_connected = bool(device.token_hash)

    @api.model
    def _hash_token(self, token):
        # sudo: reads the secret of the database; only a hash is returned
        return hmac(self.sudo().env, "helpdesk_device.token", token)

    @api.model
    def _find_by_token(self, token):
        """Return the device that a token belongs to; callers do not learn why there is
        none.

        :param str token: as received
        :return: `fsm.equipment` as the technical user in its company, at most one
        """
        digest = self._hash_token(token)
        # sudo: a program has no account; the token identifies it
        devices = self.sudo().with_user(SUPERUSER_ID)
        device = devices.search(
            ["|", ("token_hash", "=", digest), ("next_token_hash", "=", digest)],
            limit=1,
        )
        if device.next_token_hash == digest:
            device.write(
                {
                    "token_hash": digest,
                    "token_date": device.next_token_date,
                    "next_token_hash": False,
                    "next_token_date": False,
                }
            )
        return device.with_company(device.company_id)

    def _has_expired_token(self):
        self.ensure_one()
        return self.token_date + TOKEN_LIFE < fields.Datetime.now()

    def _note_expired_token(self):
        """Create one activity for the managers: the program is locked out, and only
        they can connect it again."""
        self.ensure_one()
        if self.activity_search([ACTIVITY]):
            return
        group = self.env.ref("helpdesk_contact.group_helpdesk_manager")
        for user in group.all_user_ids:
            if self.company_id in user.company_ids:
                device = self.with_context(lang=user.lang)
                device.activity_schedule(
                    ACTIVITY,
                    user_id=user.id,
                    summary=device.env._("This device needs a new code"),
                    note=device.env._(
                        "It was away for more than a year and cannot open tickets. "
                        "Create a code with “Connect” and enter it in its program, or "
                        "press “Disconnect”."
                    ),
                )

    def _needs_rotation(self):
        self.ensure_one()
        return self.token_date + ROTATION < fields.Datetime.now()

    def _get_expiry(self, of_next=False):
        """Return until when the token, or the one that replaces it, is valid.

        :rtype: str
        """
        self.ensure_one()
        begin = self.next_token_date if of_next else self.token_date
        return as_utc(begin + TOKEN_LIFE)

    def _issue_token(self):
        """Connect this device with a new token; its previous one becomes invalid.

        :return: the token, which is not stored
        :rtype: str
        """
        self.ensure_one()
        token = f"hd_{secrets.token_urlsafe(32)}"
        self.write(
            {
                "token_hash": self._hash_token(token),
                "token_date": fields.Datetime.now(),
                "next_token_hash": False,
                "next_token_date": False,
            }
        )
        self.activity_unlink([ACTIVITY])
        self._message_log(body=self.env._("The device was connected."))
        return token

    def _prepare_next_token(self):
        """Create the token that replaces the current one once it is used.

        :rtype: str
        """
        self.ensure_one()
        token = f"hd_{secrets.token_urlsafe(32)}"
        self.write(
            {
                "next_token_hash": self._hash_token(token),
                "next_token_date": fields.Datetime.now(),
            }
        )
        return token

    def action_disconnect(self):
        """Revoke the tokens of devices at once, for example when they were lost or
        sold."""
        self.check_access("write")
        # sudo: the hashes of tokens are written here only
        devices = self.sudo().filtered("is_connected")
        devices.write(
            {
                "token_hash": False,
                "next_token_hash": False,
                "next_token_date": False,
            }
        )
        devices.activity_unlink([ACTIVITY])
        text = self.env._("The device was disconnected.")
        devices._message_log_batch(bodies=dict.fromkeys(devices.ids, text))
