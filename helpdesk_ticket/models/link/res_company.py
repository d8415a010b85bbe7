from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """What people without an account may do. Mixed into `res.company`."""

    _inherit = "res.company"

    helpdesk_link = fields.Boolean(
        string="Links in ticket mails",
        default=True,
        help="Ticket mails to customers contain a link that shows this ticket and "
        "lets them answer, without an account.",
    )
    helpdesk_link_days = fields.Integer(
        string="Days that links last after closing",
        default=30,
        help="Links to a ticket expire this many days after it was closed.",
    )
    helpdesk_form = fields.Boolean(
        string="Public form",
        help="Anyone can send a request on a public page, without an account.",
    )
    helpdesk_form_known_only = fields.Boolean(
        string="Known addresses only",
        help="Requests from the public form become tickets only if their e-mail "
        "address belongs to a contact. The page does not reveal whether it does.",
    )
    helpdesk_form_url = fields.Char(
        string="Address of the form", compute="_compute_helpdesk_form_url"
    )

    def _compute_helpdesk_form_url(self):
        for company in self:
            company.helpdesk_form_url = (
                f"{company.get_base_url()}/helpdesk/form/{company.id}"
            )

    @api.constrains("helpdesk_link_days")
    def _check_helpdesk_link_days(self):
        for company in self:
            if company.helpdesk_link_days < 0:
                raise ValidationError(
                    self.env._(
                        "Enter for how many days links work after a ticket is closed: "
                        "0 or more."
                    )
                )
