from typing import NamedTuple

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
        help="The person who asked, and whom to ask at the customer's.",
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
            return self.env._("Service order %(order)s is done.", **words)
        if progress == "cancelled":
            if not before:
                return ""
            return self.env._(
                "Service order %(order)s, planned for %(before)s, was cancelled.",
                **words,
            )
        if moment == before or (moment and moment < fields.Datetime.now()):
            return ""
        if not moment:
            return self.env._(
                "Service order %(order)s does not take place on %(before)s. We tell "
                "you when there is a new date.",
                **words,
            )
        if not before:
            return self.env._(
                "Service order %(order)s is planned for %(moment)s.", **words
            )
        return self.env._(
            "Service order %(order)s was moved from %(before)s to %(moment)s.", **words
        )

    def action_view_helpdesk_ticket(self):
        """Open the ticket that this order was made for.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        return self.helpdesk_ticket_id.action_open_form()
