import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# How often a device reports that it is running
HEARTBEAT = timedelta(hours=1)
# Special characters in SQL patterns
LIKE = re.compile(r"[\\%_]")


class FsmEquipment(models.Model):
    """A device of a customer (C12), with its tickets, service orders and history in one
    record."""

    _inherit = "fsm.equipment"
    _check_company_auto = True

    contact_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        tracking=True,
        check_company=True,
        help="The contact who works with the device: its tickets belong to this "
        "contact. Without one, they belong to the customer.",
    )
    customer_id = fields.Many2one(
        "res.partner",
        compute="_compute_customer_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        tracking=True,
        check_company=True,
    )
    host_name = fields.Char(
        string="Computer name",
        readonly=True,
        copy=False,
        help="The name that the device reports for itself.",
    )
    operating_system = fields.Char(tracking=True)
    facts = fields.Json(readonly=True, copy=False)
    facts_text = fields.Text(string="Details", compute="_compute_facts_text")
    last_seen = fields.Datetime(readonly=True, copy=False, index="btree_not_null")
    helpdesk_ticket_ids = fields.One2many(
        "helpdesk.ticket", "device_id", string="Tickets"
    )
    helpdesk_ticket_count = fields.Integer(
        string="Ticket count", compute="_compute_figures"
    )
    helpdesk_open_ticket_count = fields.Integer(
        string="Open tickets", compute="_compute_figures"
    )
    fsm_order_count = fields.Integer(
        string="Service order count", compute="_compute_figures"
    )

    @api.depends("contact_id.commercial_partner_id", "owned_by_id")
    def _compute_customer_id(self):
        for device in self:
            owner = device.contact_id or device.owned_by_id
            device.customer_id = owner.commercial_partner_id or device.customer_id

    @api.depends("facts")
    def _compute_facts_text(self):
        for device in self:
            facts = device.facts or {}
            device.facts_text = "\n".join(
                f"{name}: {fact}" for name, fact in facts.items()
            )

    @api.depends("helpdesk_ticket_ids.is_open")
    def _compute_figures(self):
        domain = Domain("device_id", "in", self.ids)
        tickets = self.env["helpdesk.ticket"]
        found = dict(
            tickets._read_group(domain, ["device_id"], ["__count"])
            if tickets.has_access("read")
            else ()
        )
        still_open = dict(
            tickets._read_group(
                domain & Domain("is_open", "=", True), ["device_id"], ["__count"]
            )
            if found
            else ()
        )
        orders = self.env["fsm.order"]
        ordered = dict(
            orders._read_group(
                [("equipment_ids", "in", self.ids)], ["equipment_ids"], ["__count"]
            )
            if orders.has_access("read")
            else ()
        )
        for device in self:
            device.helpdesk_ticket_count = found.get(device._origin, 0)
            device.helpdesk_open_ticket_count = still_open.get(device._origin, 0)
            device.fsm_order_count = ordered.get(device._origin, 0)

    @api.constrains("contact_id", "customer_id")
    def _check_contact_id(self):
        for device in self:
            contact, customer = device.contact_id, device.customer_id
            if contact and contact.commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is not a contact of %(customer)s. Choose one of "
                        "its contacts for %(device)s.",
                        contact=contact.name,
                        customer=customer.name or "-",
                        device=device.name,
                    )
                )

    def _get_person(self):
        """Return whose tickets this device opens: the contact, or the customer.

        :return: `res.partner` with at most one record
        """
        self.ensure_one()
        return self.contact_id or self.customer_id

    # -- its own data -----------------------------------------------------------------

    @api.model
    def _get_free_name(self, host_name, customer):
        """Return a name that no other device has: devices of different customers may
        report the same name, but OCA's equipment requires unique names.

        :param str host_name: as the device reports it
        :param customer: `res.partner`
        :rtype: str
        """
        beginning = LIKE.sub(r"\\\g<0>", host_name)
        # sudo: compares the names of all companies, and shows none of them
        devices = self.sudo()
        taken = set(devices.search([("name", "=like", f"{beginning}%")]).mapped("name"))
        if host_name not in taken:
            return host_name
        longer = f"{host_name} ({customer.name})"
        name, number = longer, 1
        while name in taken:
            number += 1
            name = f"{longer} {number}"
        return name

    def _note_machine(self, machine):
        """Store that this device is running, and its data.

        :param dict machine: the values that it reported
        """
        self.ensure_one()
        values = {name: value for name, value in machine.items() if self[name] != value}
        host_name = values.get("host_name")
        # a name given by people is kept
        if host_name and self.name in (self.host_name, self._get_long_name()):
            values["name"] = self._get_free_name(host_name, self.customer_id)
        self.write({**values, "last_seen": fields.Datetime.now()})

    def _get_long_name(self):
        return f"{self.host_name} ({self.customer_id.name})"

    def _describe(self):
        """Return the data of this device for the API.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "device": {
                "name": self.name,
                "customer": self.customer_id.name or "",
                "contact": self.contact_id.name or "",
            },
            "rotate": self._needs_rotation(),
            "token_expires": self._get_expiry(),
            "heartbeat_seconds": int(HEARTBEAT.total_seconds()),
        }

    def _get_own_tickets(self, is_open, count):
        """Return the tickets that a device may list: those opened by it for its current
        contact.

        :param bool is_open: open ones only
        :param int count: maximum number
        :return: `helpdesk.ticket`
        """
        person = self._get_person()
        if not person:
            return self.env["helpdesk.ticket"]
        domain = Domain("device_id", "=", self.id) & Domain(
            "partner_id", "=", person.id
        )
        if is_open:
            domain &= Domain("is_open", "=", True)
        return self.env["helpdesk.ticket"].search(domain, limit=count)

    # -- agents -----------------------------------------------------------------------

    def action_make_code(self):
        """Create a code that connects this device, for the first time or again.

        :return: an `ir.actions.act_window` as a dict that shows it once
        """
        self.ensure_one()
        person = self._get_person()
        return person._make_device_code(self)

    def action_view_tickets(self):
        """Open the tickets of this device.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "helpdesk.ticket",
            "view_mode": "list,kanban,form",
            "domain": [("device_id", "=", self.id)],
            "context": {
                "default_device_id": self.id,
                "default_customer_id": self.customer_id.id,
                "default_partner_id": self.contact_id.id,
            },
            "name": self.env._("Tickets of %(device)s", device=self.name),
        }

    def action_view_service_orders(self):
        """Open the service orders of this device.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "fsm.order",
            "view_mode": "list,form",
            "domain": [("equipment_ids", "in", self.ids)],
            "context": {"create": False},
            "name": self.env._("Service orders of %(device)s", device=self.name),
        }
