from collections import Counter

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.mail import is_html_empty

from odoo.addons.fieldservice.models.fsm_stage import AVAILABLE_PRIORITIES

from ...press import is_first_press


class HelpdeskTicket(models.Model):
    """Work at the customer's site that results from a ticket (T16)."""

    _inherit = "helpdesk.ticket"

    fsm_order_ids = fields.One2many(
        "fsm.order", "helpdesk_ticket_id", string="Service order list"
    )
    fsm_order_count = fields.Integer(
        string="Service orders", compute="_compute_fsm_order_figures"
    )
    fsm_order_open_count = fields.Integer(
        string="Open service orders", compute="_compute_fsm_order_figures"
    )
    fsm_order_done_count = fields.Integer(
        string="Completed service orders", compute="_compute_fsm_order_figures"
    )
    fsm_location_id = fields.Many2one(
        "fsm.location",
        string="Service location",
        compute="_compute_fsm_location_id",
        store=True,
        readonly=False,
        default=False,  # a new ticket has none to clear
        tracking=True,
        index="btree_not_null",
        help="Where the work of a service order is done. If empty, the location of "
        "the contact or of the customer is used, or a new one is created at the "
        "customer's address.",
    )

    @api.depends("fsm_order_ids.stage_id")
    def _compute_fsm_order_figures(self):
        # sudo: only numbers, also for users who may not read service orders
        orders = self.env["fsm.order"].sudo()
        groups = orders._read_group(
            [("helpdesk_ticket_id", "in", self.ids)],
            ["helpdesk_ticket_id", "stage_id"],
            ["__count"],
        )
        cancelled = self.env.ref("fieldservice.fsm_stage_cancelled", False)
        total, still_open, done = Counter(), Counter(), Counter()
        for ticket, stage, count in groups:
            total[ticket.id] += count
            still_open[ticket.id] += 0 if stage.is_closed else count
            done[ticket.id] += count if stage.is_closed and stage != cancelled else 0
        for ticket in self:
            ticket.fsm_order_count = total[ticket._origin.id]
            ticket.fsm_order_open_count = still_open[ticket._origin.id]
            ticket.fsm_order_done_count = done[ticket._origin.id]

    @api.depends("customer_id")
    def _compute_fsm_location_id(self):
        """Clear a location that does not belong to the new customer."""
        for ticket in self:
            location = ticket.fsm_location_id
            # sudo: whose location it is, whoever looks at the ticket
            same = ticket._is_of_customer(location.sudo().owner_id)
            ticket.fsm_location_id = location if same else False

    def action_create_service_order(self):
        """Open the dialog that asks what is to be done, when and by whom (T16).

        :return: an `ir.actions.act_window` of the dialog
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "res_model": "helpdesk.service.order",
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Service Order"),
            "context": {"default_ticket_id": self.id},
        }

    def _create_service_order(self, asked):
        """Create a service order from the ticket (T16).

        :param dict asked: values of `fsm.order` that the user chose
        :return: `fsm.order` as sudo
        :raise UserError: when no location for the work can be found
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: users who may work on the ticket may order work for it, also without
        # rights in the field service app; few values come from elsewhere
        ticket = self.sudo().with_company(self.company_id)
        values = {**ticket._prepare_service_order_values(), **asked}
        if is_html_empty(values["description"]):
            values["description"] = False
        order = ticket.env["fsm.order"].create(values)
        # its files, except those of internal notes and private messages (T07, T15)
        target = {"res_model": order._name, "res_id": order.id}
        ticket._get_files_outside_notes()[ticket].copy(target)
        order.message_post_with_source(
            "mail.message_origin_link",
            render_values={"self": order, "origin": ticket},
            subtype_xmlid="mail.mt_note",
        )
        ticket._message_log(
            body=ticket.env._(
                "Service order %(order)s has been created.",
                order=order._get_html_link(),
            )
        )
        return order

    def _prepare_service_order_values(self):
        """Return the values of a service order created from this ticket; a hook (T16).

        :rtype: dict
        :raise UserError: when no location for the work can be found
        """
        self.ensure_one()
        return {
            "helpdesk_ticket_id": self.id,
            "company_id": self.company_id.id,
            "location_id": self._get_service_location().id,
            "subject": self.name,
            "description": self.description,
            "priority": self.severity_id.fsm_priority or "0",
            "request_early": fields.Datetime.now().replace(second=0),
            "customer_id": self.customer_id.id,
            "contact_id": self.partner_id.id,
            "contract_id": self.contract_id.id,
            "project_id": self.project_id.id,
        }

    def _get_service_location(self):
        """Return the location of the work: the one chosen on the ticket, the contact's
        own, the only one of the customer, or a new one at the customer's address.

        :return: `fsm.location`
        :raise UserError: when there is no address, or several locations to choose from
        """
        self.ensure_one()
        if self.fsm_location_id:
            return self.fsm_location_id
        customer = self.customer_id.commercial_partner_id
        if not customer:
            raise UserError(
                self.env._(
                    "A service order needs a location. Choose the customer of the "
                    "ticket first."
                )
            )
        own = self.partner_id.service_location_id or customer.service_location_id
        if own:
            return own
        of_customer = self._get_service_location_domain(customer)
        locations = self.env["fsm.location"].search(of_customer)
        of_contact = locations.filtered(lambda loc: loc.contact_id == self.partner_id)
        if self.partner_id and len(of_contact) == 1:
            return of_contact
        if len(locations) > 1:
            raise UserError(
                self.env._(
                    "%(customer)s has several service locations: %(locations)s. Choose "
                    "one in “Service location” on the ticket.",
                    customer=customer.display_name,
                    locations=", ".join(locations.mapped("complete_name")),
                )
            )
        return locations or locations.create(self._prepare_service_location_values())

    @api.model
    def _get_service_location_domain(self, customer):
        """Return a domain of a customer's locations.

        :param customer: `res.partner`
        :rtype: Domain
        """
        return Domain("owner_id", "child_of", customer.commercial_partner_id.id)

    def _prepare_service_location_values(self):
        """Return the values of a location at the customer's address; a hook (T16).

        :rtype: dict
        :raise UserError: when neither contact nor customer has an address
        """
        self.ensure_one()
        customer = self.customer_id.commercial_partner_id
        delivery = customer.browse(customer.address_get(["delivery"])["delivery"])
        for place in (self.partner_id, delivery, customer):
            if place.street or place.zip or place.city:
                break
        else:
            raise UserError(
                self.env._(
                    "%(customer)s has no address for a service order. Enter the "
                    "customer's address, or choose a service location on the ticket.",
                    customer=customer.display_name,
                )
            )
        return {
            "name": customer.name,
            "owner_id": customer.id,
            "contact_id": self.partner_id.id,
            "company_id": customer.company_id.id,
            "phone": place.phone or customer.phone,
            "lang": customer.lang,
            **{
                name: place._fields[name].convert_to_write(place[name], place)
                for name in place._address_fields()
            },
        }

    @api.model
    def _get_moved_fields(self):
        """Move the service orders of a merged ticket to the remaining one (T17)."""
        return [*super()._get_moved_fields(), ("fsm.order", "helpdesk_ticket_id")]

    def _move_relations(self, target):
        """Move pending news about the orders too (T09)."""
        res = super()._move_relations(target)
        self.notice_ids.filtered(lambda one: one.kind == "order").ticket_id = target
        return res

    def _get_document_orders(self):
        """Return the service orders, oldest first.

        :return: `fsm.order`
        """
        self.ensure_one()
        # sudo: the customer's document lists all work, whoever prints it
        return self.sudo().fsm_order_ids.sorted("id")

    def action_view_fsm_orders(self):
        """Open the service orders of this ticket.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        action = {
            "type": "ir.actions.act_window",
            "res_model": "fsm.order",
            "view_mode": "list,form",
            "domain": [("helpdesk_ticket_id", "=", self.id)],
            "context": {"create": False},
            "name": self.env._("Service Orders"),
        }
        if len(self.fsm_order_ids) == 1:
            action.update(view_mode="form", res_id=self.fsm_order_ids.id)
        return action

    def _get_news(self):
        """Tell what became of service orders (T09)."""
        notices = self._get_notices("order")
        there = notices.filtered("order_id")
        lines = [
            order._get_news(self, mine[0].moment)
            for order, mine in there.grouped("order_id").items()
        ] + [
            self._get_news_of_cancelled_order(notice.deleted_order, notice.moment)
            for notice in notices - there
        ]
        return [
            *super()._get_news(),
            *(Markup("<p>%s</p>") % line for line in lines if line),
        ]

    def _get_news_of_cancelled_order(self, name, before):
        """Return the news for the customer about an order that is cancelled.

        :param str name: of the order
        :param before: the date that the customer knows, or False
        :rtype: str
        """
        if not before:
            return ""
        return self.env._(
            "Service order %(order)s, planned for %(before)s, has been cancelled.",
            order=name,
            before=self._show_moment(before),
        )


class FsmLocation(models.Model):
    _inherit = "fsm.location"

    @api.ondelete(at_uninstall=False)
    def _unlink_take_off_tickets(self):
        """Take deleted locations off their tickets, which say so: the database would
        without a word (T16, T14)."""
        # sudo: tickets of all teams, archived ones too
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        named = tickets.search([("fsm_location_id", "in", self.ids)])
        named._take_off("fsm_location_id")


class HelpdeskTicketSeverity(models.Model):
    _inherit = "helpdesk.ticket.severity"

    fsm_priority = fields.Selection(
        AVAILABLE_PRIORITIES,
        string="Priority of service orders",
        default=AVAILABLE_PRIORITIES[0][0],
        help="The priority of a service order made from a ticket of this severity.",
    )


class HelpdeskServiceOrder(models.TransientModel):
    """The dialog for a service order: what, when and by whom (T16)."""

    _name = "helpdesk.service.order"
    _description = "Ordering of Service"

    ticket_id = fields.Many2one("helpdesk.ticket", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="ticket_id.company_id", related_sudo=False)
    customer_id = fields.Many2one(related="ticket_id.customer_id", related_sudo=False)
    location_id = fields.Many2one(
        "fsm.location",
        string="Service location",
        compute="_compute_from_ticket",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="Where the work is done. If empty, the location of the contact or of the "
        "customer is used, or a new one is created at the customer's address.",
    )
    scheduled_date_start = fields.Datetime(
        string="Planned for", help="Leave empty if no date has been agreed yet."
    )
    person_id = fields.Many2one("fsm.person", string="Technician")
    description = fields.Html(
        string="Work to be done",
        compute="_compute_from_ticket",
        compute_sudo=False,
        store=True,
        readonly=False,
    )

    @api.depends("ticket_id")
    def _compute_from_ticket(self):
        for wizard in self:
            wizard.location_id = wizard.ticket_id.fsm_location_id
            wizard.description = wizard.ticket_id.description

    def action_create(self):
        """Make the service order and open it.

        :return: an `ir.actions.act_window` of the order as a dict
        :raise UserError: when no place for the work can be found
        """
        self.ensure_one()
        if not is_first_press(self):
            return {"type": "ir.actions.act_window_close"}
        if self.location_id != self.ticket_id.fsm_location_id:
            self.ticket_id.fsm_location_id = self.location_id
        values = {
            "description": self.description,
            "scheduled_date_start": self.scheduled_date_start,
            "person_id": self.person_id.id,
        }
        order = self.ticket_id._create_service_order(values)
        self.unlink()
        return order.get_formview_action()


class HelpdeskTicketClose(models.TransientModel):
    _inherit = "helpdesk.ticket.close"

    open_order_count = fields.Integer(
        string="Open service orders", compute="_compute_open_orders"
    )
    open_orders = fields.Char(
        string="Names of the open service orders", compute="_compute_open_orders"
    )

    @api.depends("ticket_ids")
    def _compute_open_orders(self):
        for wizard in self:
            # sudo: number and name of the orders, also for agents without field service
            orders = wizard.ticket_ids._origin.sudo().fsm_order_ids
            orders = orders.filtered(lambda order: not order.is_closed).sorted()
            wizard.open_order_count = len(orders)
            wizard.open_orders = ", ".join(orders.mapped("name"))
