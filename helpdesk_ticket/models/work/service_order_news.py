from typing import NamedTuple

from markupsafe import Markup

from odoo import api, fields, models

# What of an order customers are told when it changes (T09); a duration or an end may
# change when it begins.
TOLD_FIELDS = {
    "helpdesk_ticket_id",
    "scheduled_date_start",
    "scheduled_date_end",
    "scheduled_duration",
    "stage_id",
}


class Outlook(NamedTuple):
    """What a customer can know of a service order."""

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
        help="The person to contact at the customer, who made the request.",
    )
    contact_phone = fields.Char(string="Contact's phone", related="contact_id.phone")
    contract_id = fields.Many2one("contract.contract", index="btree_not_null")
    project_id = fields.Many2one("project.project", index="btree_not_null")

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._note_outlook({})
        return orders

    def write(self, vals):
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

    # -- what the ticket is told ------------------------------------------------

    def _tell_ticket_of_stage(self, previous):
        """Write a line into the ticket of each order that moved on; the assignee is
        told when an order is finished (T16).

        :param dict previous: the `fsm.stage` of each order before
        """
        for order in self.filtered("helpdesk_ticket_id"):
            # sudo: who carries out the order need not be an agent
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

    # -- what the customer is told ----------------------------------------------

    def _get_outlook(self):
        """Return what customers can know of these orders (T09).

        :return: dict of Outlook by order
        """
        cancelled = self.env.ref("fieldservice.fsm_stage_cancelled", False)
        outlook = {}
        for order in self:
            progress = "done" if order.is_closed else "open"
            if order.stage_id == cancelled:
                progress = "cancelled"
            # sudo: who carries out an order need not see its ticket
            ticket = order.sudo().helpdesk_ticket_id
            outlook[order] = Outlook(ticket, order.scheduled_date_start, progress)
        return outlook

    def _note_outlook(self, before):
        """Note what customers are to be told of these orders: one was planned, moved,
        done or cancelled (T09). One that goes to another ticket with a merge is known.

        :param dict before: the Outlook of each order, empty for new ones
        """
        # sudo: as above
        tickets = self.sudo().helpdesk_ticket_id
        if not tickets or not tickets._may_notify():
            return
        audience = tickets._get_audience().filtered("company_id.helpdesk_notify_orders")
        rows = []
        for order, now in self._get_outlook().items():
            known = before.get(order)
            if not known or not known.ticket:
                known = Outlook(now.ticket, False, "open")
            ended = known.progress == now.progress != "open"
            same = ended or now == known or now.ticket != known.ticket
            if not same and now.ticket in audience:
                rows.append(
                    {
                        "ticket_id": now.ticket.id,
                        "kind": "order",
                        "order_id": order.id,
                        "moment": known.moment,
                    }
                )
        self.env["helpdesk.ticket.notice"]._note(rows)

    def _note_deletion(self):
        """Note that these orders do not take place, because they are deleted: whoever
        knows a date is told as of a cancelled one (T09)."""
        # sudo: as above
        tickets = self.sudo().helpdesk_ticket_id
        if not tickets or not tickets._may_notify():
            return
        audience = tickets._get_audience().filtered("company_id.helpdesk_notify_orders")
        # sudo: technical rows
        notices = self.env["helpdesk.ticket.notice"].sudo()
        waiting = notices.search([("order_id", "in", self.ids)]).grouped("order_id")
        rows = []
        for order, (ticket, moment, progress) in self._get_outlook().items():
            known = waiting[order][0].moment if order in waiting else moment
            ahead = known and known > fields.Datetime.now() and progress == "open"
            if ahead and ticket in audience:
                rows.append(
                    {
                        "ticket_id": ticket.id,
                        "kind": "order",
                        "deleted_order": order.name,
                        "moment": known,
                    }
                )
        notices._note(rows)

    def _get_news(self, ticket, before):
        """Return what the customer is to be told of this order now, in the language of
        the context; an empty text when nothing has changed in the end.

        :param ticket: the `helpdesk.ticket`, for whose contact the dates are shown
        :param before: when it was to be done as far as the customer knows, or False
        :rtype: str
        """
        self.ensure_one()
        _ticket, moment, progress = self._get_outlook()[self]
        words = {
            "order": self.name,
            "moment": moment and ticket._show_moment(moment),
            "before": before and ticket._show_moment(before),
        }
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


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    def _get_news(self):
        """Tell what became of service orders (T09)."""
        notices = self._get_notices("order")
        there = notices.filtered("order_id")
        lines = [
            order._get_news(self, mine[0].moment)
            for order, mine in there.grouped("order_id").items()
        ]
        lines += [
            self._get_news_of_cancelled_order(notice.deleted_order, notice.moment)
            for notice in notices - there
        ]
        return [
            *super()._get_news(),
            *(Markup("<p>%s</p>") % line for line in lines if line),
        ]

    def _get_news_of_cancelled_order(self, name, before):
        """Return what the customer is to be told of an order that does not take place.

        :param str name: of the order
        :param before: when it was to be done as far as the customer knows, or False
        :rtype: str
        """
        if not before:
            return ""
        return self.env._(
            "Service order %(order)s, planned for %(before)s, has been cancelled.",
            order=name,
            before=self._show_moment(before),
        )


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
