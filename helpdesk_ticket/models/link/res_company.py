from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """What people without an account may do. Mixed into `res.company`."""

    _inherit = "res.company"

    helpdesk_link = fields.Boolean(
        string="Links in ticket mails",
        default=True,
        help="Ticket mails to customers have a link that shows this ticket and lets "
        "them answer, without an account.",
    )
    helpdesk_link_days = fields.Integer(
        string="Days that links last after closing",
        default=30,
        help="The links of a ticket end this many days after it was closed.",
    )
    helpdesk_form = fields.Boolean(
        string="Public form",
        help="Everybody can write a request on a page of yours, without an account.",
    )
    helpdesk_form_known_only = fields.Boolean(
        string="Known addresses only",
        help="Requests in the public form become tickets only if their e-mail address "
        "is a contact's. The page does not tell whether it is.",
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
                        "Enter how many days links work after the closing of a "
                        "ticket: 0 or more."
                    )
                )
