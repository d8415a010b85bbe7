from odoo import fields, models


class HelpdeskTicket(models.Model):
    """What follows from how far the sender of the first mail is trusted: whose ticket
    it is (E08).

    Mixed into `helpdesk.ticket`.
    """

    _inherit = "helpdesk.ticket"

    sender_doubt = fields.Selection(
        [
            ("failed", "Proven false by the mail server"),
            ("unproven", "Not confirmed by the mail server"),
            ("several", "Several senders named"),
            ("reply_to", "No sender named"),
            ("address", "Address with unusual characters"),
            ("form", "Sent by a form"),
        ],
        readonly=True,
        copy=False,
        help="Why the mail that opened this ticket may not come from the address it "
        "names.",
    )

    requested_date = fields.Datetime(
        "Requested on",
        readonly=True,
        copy=False,
        help="When the mail that an agent forwarded was written.",
    )
