from odoo import fields, models


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

    def write(self, vals):
        stages = {order: order.stage_id for order in self}
        res = super().write(vals)
        if "stage_id" in vals:
            moved = self.filtered(lambda order: order.stage_id != stages[order])
            moved._tell_ticket_of_stage(stages)
        return res

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

    def action_view_helpdesk_ticket(self):
        """Open the ticket that this order was made for.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        return self.helpdesk_ticket_id.action_open_form()
