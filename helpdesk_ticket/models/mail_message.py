from odoo import fields, models


class MailMessage(models.Model):
    _inherit = "mail.message"

    helpdesk_origin_id = fields.Many2one(
        "helpdesk.ticket",
        string="Written in ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The ticket that the message was written in before it was merged or "
        "split.",
    )
    helpdesk_origin = fields.Char(
        string="Number of that ticket", related="helpdesk_origin_id.number"
    )

    def _to_store_defaults(self, target):
        return [*super()._to_store_defaults(target), "helpdesk_origin"]
