from odoo import fields, models


class HelpdeskTicketVisit(models.Model):
    """Somebody opened the signed link of a ticket, or a file behind it (rel-I3).

    Mail scanners open links too: a row does not prove that the recipient has read the
    ticket.
    """

    _name = "helpdesk.ticket.visit"
    _description = "Opened Link"
    _order = "id desc"

    ticket_id = fields.Many2one(
        "helpdesk.ticket", required=True, readonly=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    address = fields.Char(
        string="Sent to", readonly=True, help="The address that the link was sent to."
    )
    kind = fields.Selection(
        [("opened", "Opened"), ("answered", "Answered"), ("downloaded", "Downloaded")],
        string="Action",
        required=True,
        readonly=True,
    )
    name = fields.Char(string="File", readonly=True)
    create_date = fields.Datetime(string="Time", readonly=True)
