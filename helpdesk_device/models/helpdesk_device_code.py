import secrets
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import NO_ACCESS
from odoo.tools.misc import hmac

from odoo.addons.helpdesk_contact.cleaning import delete_expired

# No characters that could be confused
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
CODE_LIFE = timedelta(days=7)
# Days after which used and expired codes are deleted (I2)
KEPT_DAYS = 30


class HelpdeskDeviceCode(models.Model):
    """A code with which one device of a customer can be connected, once (C12)."""

    _name = "helpdesk.device.code"
    _description = "Code for a Device"
    _order = "id desc"
    _rec_name = "partner_id"

    code_hash = fields.Char(required=True, copy=False, groups=NO_ACCESS)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer or contact",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    device_id = fields.Many2one(
        "fsm.equipment", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    expiry = fields.Datetime(string="Valid until", required=True, readonly=True)
    used_on = fields.Datetime(readonly=True)

    _code_uniq = models.Constraint("UNIQUE(code_hash)", "This code already exists.")

    @api.model
    def _hash_code(self, code):
        plain = "".join(c for c in code.upper() if c.isalnum())
        # sudo: reads the secret of the database; only the hash leaves this method
        return hmac(self.sudo().env, "helpdesk_device.code", plain)

    @api.model
    def _make(self, partner, device, company):
        """Create a code.

        :param partner: `res.partner` whose device it connects
        :param device: `fsm.equipment` to be connected again, or empty
        :param company: `res.company` of the helpdesk
        :return: the code; only its hash is stored
        :rtype: str
        """
        code = "".join(secrets.choice(LETTERS) for _number in range(LENGTH))
        # sudo: users who may create devices may create codes, but not read them
        self.sudo().create(
            {
                "code_hash": self._hash_code(code),
                "partner_id": partner.id,
                "company_id": company.id,
                "device_id": device.id,
                "expiry": fields.Datetime.now() + CODE_LIFE,
            }
        )
        return "-".join(code[begin : begin + 4] for begin in range(0, LENGTH, 4))

    @api.model
    def _enrol(self, code, machine):
        """Find or create the device that a code connects, and invalidate the code.

        :param str code: as typed
        :param dict machine: data reported by the device
        :return: `fsm.equipment` as the technical user, empty if the code is invalid
        """
        # sudo: a program has no account; the code is its proof
        codes = self.sudo().with_user(SUPERUSER_ID)
        now = fields.Datetime.now()
        found = codes.search(
            [
                ("code_hash", "=", self._hash_code(code)),
                ("used_on", "=", False),
                ("expiry", ">", now),
            ]
        ).try_lock_for_update()
        if not found:
            return self.env["fsm.equipment"]
        found.used_on = now
        found.device_id = found._find_device(machine["host_name"])
        device = found.device_id.with_company(found.company_id)
        device._note_machine(machine)
        return device

    def _find_device(self, host_name):
        """Return the device for this code: the one it was created for, an unconnected
        one with the same name, or a new one.

        :return: `fsm.equipment`
        """
        self.ensure_one()
        partner = self.partner_id
        contact = partner.browse() if partner.is_company else partner
        customer = partner.commercial_partner_id
        device = self.device_id or self.device_id.search(
            [
                ("host_name", "=", host_name),
                ("customer_id", "=", customer.id),
                ("company_id", "=", self.company_id.id),
                ("is_connected", "=", False),
            ],
            limit=1,
        )
        if device:
            device.write({"contact_id": contact.id, "customer_id": customer.id})
            return device
        return device.with_company(self.company_id).create(
            {
                "name": device._get_free_name(host_name, customer),
                "host_name": host_name,
                "contact_id": contact.id,
                "customer_id": customer.id,
                "owned_by_id": customer.id,
                "company_id": self.company_id.id,
            }
        )

    @api.autovacuum
    def _gc_codes(self):
        """Delete used and expired codes (I2)."""
        before = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        return delete_expired(
            self, ["|", ("used_on", "<", before), ("expiry", "<", before)]
        )
