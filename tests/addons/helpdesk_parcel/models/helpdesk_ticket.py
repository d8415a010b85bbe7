from markupsafe import Markup

from odoo import api, fields, models

from odoo.addons.helpdesk_ticket.models.clock.deadlines import said


class HelpdeskTicket(models.Model):
    """A ticket knows the parcel that it is about."""

    _inherit = "helpdesk.ticket"

    # customers read it in the portal
    parcel_number = fields.Char(index="btree_not_null", helpdesk_portal=True)
    parcel_carrier_id = fields.Many2one("res.partner", string="Carrier")
    parcel_sent_date = fields.Datetime(string="Parcel sent on")
    parcel_deadline = fields.Datetime("Parcel due", **said("parcel", "due"))

    @api.model
    def _prepare_new_values(self, vals):
        """A step of `create`: numbers are written as the carriers write them."""
        if number := vals.get("parcel_number"):
            vals = {**vals, "parcel_number": number.replace(" ", "").upper()}
        return super()._prepare_new_values(vals)

    @api.model
    def _prepare_portal_values(self, post):
        """A field of the form in the portal."""
        number = self._clean_portal_text(post.get("parcel_number"))
        return {**super()._prepare_portal_values(post), "parcel_number": number[:40]}

    def _get_notice_recipients(self, everybody=False):
        """Who is told: the carrier of the parcel, too."""
        partners, addresses = super()._get_notice_recipients(everybody)
        return partners | self.parcel_carrier_id, addresses

    def _notify_by_email_prepare_rendering_context(self, message, msg_vals=False, **kwargs):
        """A part of the mails that go out, below the footer of the company."""
        values = super()._notify_by_email_prepare_rendering_context(message, msg_vals=msg_vals, **kwargs)
        if self.parcel_number:
            line = Markup("<p>Parcel %s</p>") % self.parcel_number
            footer = values["helpdesk_mail_footer"] or Markup()
            values["helpdesk_mail_footer"] = footer + line
        return values
