from typing import NamedTuple

from odoo import api, fields, models

from odoo.addons.helpdesk_contact.inside import inside

# Changes that customers are notified of (T09); duration and end may change the start.
TOLD_FIELDS = {"helpdesk_ticket_id", "stage_id"}
TOLD_FIELDS |= {"scheduled_date_start", "scheduled_date_end", "scheduled_duration"}


class Outlook(NamedTuple):
    """What a customer may know about a service order."""

    ticket: models.BaseModel
    moment: object  # when it is to be done: a datetime, False when not planned
    progress: str  # open, done or cancelled


class FsmOrder(models.Model):
    _inherit = "fsm.order"

    # What it takes over from its ticket (T16)
    helpdesk_ticket_id = fields.Many2one(
        "helpdesk.ticket",
        string="Ticket",
        index="btree_not_null",
        check_company=True,
        help="The ticket that this service order was made for.",
    )
    subject = fields.Char()
    customer_id = fields.Many2one("res.partner", index="btree_not_null")
    contact_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        help="The person who asked, and whom to ask at the customer's.",
    )
    contact_phone = fields.Char(string="Contact's phone", related="contact_id.phone")
    contract_id = fields.Many2one("contract.contract", index="btree_not_null")
    project_id = fields.Many2one("project.project", index="btree_not_null")

    @api.model_create_multi
    def create(self, vals_list):
        default = self.env.context.get("default_helpdesk_ticket_id")
        named = [vals.get("helpdesk_ticket_id", default) for vals in vals_list]
        self.env["helpdesk.ticket"]._check_named(named)
        orders = super().create(vals_list)
        orders._note_outlook({})
        return orders

    def write(self, vals):
        self.env["helpdesk.ticket"]._check_named([vals.get("helpdesk_ticket_id")])
        stages = {order: order.stage_id for order in self}
        outlook = self._get_outlook() if TOLD_FIELDS & vals.keys() else {}
        res = super().write(vals)
        if "stage_id" in vals:
            moved = self.filtered(lambda order: order.stage_id != stages[order])
            moved._tell_ticket_of_stage(stages)
        if outlook:
            self._note_outlook(outlook)
        return res

    def unlink(self):
        self._note_deletion()
        return super().unlink()

    # -- log on the ticket ------------------------------------------------------

    def _tell_ticket_of_stage(self, previous):
        """Log the progress of orders on their tickets; the assignee is notified when an
        order is finished (T16).

        :param dict previous: the `fsm.stage` of each order before
        """
        for order in self.filtered("helpdesk_ticket_id"):
            # sudo: users who carry out the order may not be agents
            ticket = order.sudo().helpdesk_ticket_id
            body = self.env._(
                "Service order %(order)s: %(before)s → %(after)s",
                order=order._get_html_link(),
                before=previous[order].name or "",
                after=order.stage_id.name or "",
            )
            if order.is_closed:
                assignee = ticket.user_id.partner_id - self.env.user.partner_id
                ticket.message_post(
                    body=body,
                    message_type="notification",
                    subtype_xmlid="mail.mt_note",
                    subject=ticket.name,
                    force_record_name=ticket._get_label(),
                    partner_ids=assignee.ids,
                )
            else:
                ticket._message_log(body=body)

    # -- news for the customer --------------------------------------------------

    def _get_outlook(self):
        """Return what customers may know about these orders (T09).

        :return: dict of Outlook by order
        """
        cancelled = self.env.ref("fieldservice.fsm_stage_cancelled", False)
        outlook = {}
        for order in self:
            progress = "done" if order.is_closed else "open"
            if order.stage_id == cancelled:
                progress = "cancelled"
            # sudo: users who carry out an order may be unable to see its ticket
            ticket = order.sudo().helpdesk_ticket_id
            outlook[order] = Outlook(ticket, order.scheduled_date_start, progress)
        return outlook

    def _get_told_tickets(self, before=()):
        """Return the tickets whose customers are told of these orders (T09).

        :param before: the Outlook of each order, whose former tickets count too
        """
        # sudo: as above
        tickets = self.sudo().helpdesk_ticket_id
        tickets = tickets.union(*(one.ticket for one in dict(before).values()))
        if not tickets or not tickets._may_notify():
            return tickets.browse()
        return tickets._get_audience().filtered("company_id.helpdesk_notify_orders")

    def _note_outlook(self, before):
        """Note what customers are to be told of these orders: one was planned, moved,
        done or cancelled, or belongs to somebody else's ticket now (T09). One that goes
        to another ticket with a merge is known.

        :param dict before: the Outlook of each order, empty for new ones
        """
        audience = self._get_told_tickets(before)
        if not audience or inside(self.env, "helpdesk_together"):
            return
        outlook, nobody = self._get_outlook(), audience.browse()
        rows = self._note_partings(before, outlook, audience)
        for order, now in outlook.items():
            known = before.get(order, now._replace(ticket=nobody))
            if known.ticket.partner_id & now.ticket.partner_id:
                known = known._replace(ticket=now.ticket)
            elif known.ticket != now.ticket:
                known = Outlook(now.ticket, False, "open")
            ended = known.progress == now.progress != "open"
            if not ended and now != known and now.ticket in audience:
                row = {"ticket_id": now.ticket.id, "kind": "order"}
                rows.append({**row, "order_id": order.id, "moment": known.moment})
        self.env["helpdesk.ticket.notice"]._note(rows)

    def _note_partings(self, before, outlook, audience):
        """Return what is noted for tickets that lose these orders to others: their
        contacts wait for somebody who does not come. What waits to be told goes along
        where the same contact asked (T09).

        :param dict before: the Outlook of each order
        :param dict outlook: the one that each has now
        :param audience: the `helpdesk.ticket` records whose customers are told
        :return: list of values of `helpdesk.ticket.notice`
        """
        moved = self.filtered(
            lambda one: one in before and before[one].ticket != outlook[one].ticket
        )
        if not moved:
            return []
        # sudo: technical rows
        notices = self.env["helpdesk.ticket.notice"].sudo()
        waiting = notices.search([("order_id", "in", moved.ids)])
        rows, now = [], fields.Datetime.now()
        for order in moved:
            ticket, moment, progress = before[order]
            mine = waiting.filtered(
                lambda row, order=order, ticket=ticket: (
                    row.order_id == order and row.ticket_id == ticket
                )
            )
            if ticket.partner_id & outlook[order].ticket.partner_id:
                mine.ticket_id = outlook[order].ticket
                continue
            ahead = progress == "open" and moment and moment > now
            # rows that wait say it themselves
            if ahead and ticket in audience and not mine:
                row = {"ticket_id": ticket.id, "kind": "order"}
                rows.append({**row, "order_id": order.id, "moment": moment})
        return rows

    def _note_deletion(self):
        """Store that these orders are deleted: customers who know a date are notified
        as of a cancelled one (T09)."""
        if not (audience := self._get_told_tickets()):
            return
        # sudo: technical rows
        notices = self.env["helpdesk.ticket.notice"].sudo()
        waiting = notices.search([("order_id", "in", self.ids)]).grouped("order_id")
        rows = []
        for order, (ticket, moment, progress) in self._get_outlook().items():
            known = waiting[order][0].moment if order in waiting else moment
            ahead = known and known > fields.Datetime.now() and progress == "open"
            if ahead and ticket in audience:
                row = {"ticket_id": ticket.id, "kind": "order"}
                rows.append({**row, "deleted_order": order.name, "moment": known})
        notices._note(rows)

    def _get_news(self, ticket, before):
        """Return what the customer is to be told of this order now, in the language of
        the context; an empty text when nothing has changed in the end.

        :param ticket: the `helpdesk.ticket`, for whose contact the dates are shown
        :param before: when it was to be done as far as the customer knows, or False
        :rtype: str
        """
        self.ensure_one()
        owner, moment, progress = self._get_outlook()[self]
        words = {
            "order": self.name,
            "moment": moment and ticket._show_moment(moment),
            "before": before and ticket._show_moment(before),
        }
        if owner != ticket:
            return before and self.env._(
                "Service order %(order)s, planned for %(before)s, no longer belongs to "
                "this request.",
                **words,
            )
        if progress == "done":
            return self.env._("Service order %(order)s has been completed.", **words)
        if progress == "cancelled":
            return ticket._get_news_of_cancelled_order(self.name, before)
        if moment == before or (moment and moment < fields.Datetime.now()):
            return ""
        if not moment:
            return self.env._(
                "Service order %(order)s will not take place on %(before)s. We will "
                "let you know the new date.",
                **words,
            )
        if not before:
            return self.env._(
                "Service order %(order)s is planned for %(moment)s.", **words
            )
        return self.env._(
            "Service order %(order)s has been moved from %(before)s to %(moment)s.",
            **words,
        )

    def action_view_helpdesk_ticket(self):
        """Open the ticket that this order was made for.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        return self.helpdesk_ticket_id.action_open_form()


class HelpdeskTicketNotice(models.Model):
    _inherit = "helpdesk.ticket.notice"

    kind = fields.Selection(
        selection_add=[("order", "Service order")], ondelete={"order": "cascade"}
    )
    order_id = fields.Many2one(
        "fsm.order",
        string="Service order",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    deleted_order = fields.Char(
        string="Deleted service order",
        readonly=True,
        help="The name of an order that no longer exists.",
    )
