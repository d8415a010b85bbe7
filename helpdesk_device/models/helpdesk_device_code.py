import secrets
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import NO_ACCESS
from odoo.tools.misc import hmac

from odoo.addons.helpdesk_contact.cleaning import delete_expired

# Nothing that is read for something else
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
CODE_LIFE = timedelta(days=7)
# Days after which used and expired codes are deleted (I2)
KEPT_DAYS = 30


class HelpdeskDeviceCode(models.Model):
    """A code that connects one device of a customer, once (C12)."""

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
        """Make a code.

        :param partner: `res.partner` whose device it connects
        :param device: `fsm.equipment` that is connected again, or none
        :param company: `res.company` whose helpdesk it is
        :return: the code as it is read out; a hash of it is kept
        :rtype: str
        """
        code = "".join(secrets.choice(LETTERS) for _number in range(LENGTH))
        # sudo: whoever may make devices may make codes, and read none
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
        """Make or find the device that a code connects, and use the code up.

        :param str code: as somebody typed it
        :param dict machine: what the device says of itself
        :return: `fsm.equipment` as the technical user, none for a code that is none
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
        """Return the device of this code: the one it was made for, one of the same name
        that is not connected, or a new one.

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
        """Delete codes that connect nothing any more (I2)."""
        before = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        return delete_expired(
            self, ["|", ("used_on", "<", before), ("expiry", "<", before)]
        )
